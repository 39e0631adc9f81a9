"""What is known of a statement's text, once and for all.

A text is parsed a single time; what stays is a few words, not the tree, which would be
thirty times as large as the text. Facts are kept by the text's hash.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from thorbis_ops.statements.classify import StatementClass, classify, of_several
from thorbis_ops.statements.display import UNKNOWN, command, displayable
from thorbis_ops.statements.parsing import NotUnderstood, parse
from thorbis_ops.statements.survey import Survey, survey
from thorbis_ops.statements.words import words

#: Facts of another revision are gathered again.
REVISION = 1

# What pg_stat_statements turns into texts that no longer parse, such as FETCH $1.
_SURELY_UTILITY = words("""
    BEGIN CLOSE COMMIT DEALLOCATE DISCARD EXPLAIN FETCH LISTEN MOVE NOTIFY RELEASE RESET
    ROLLBACK SAVEPOINT SET SHOW START""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A text's class, the relations that it names and what may be shown of it.

    ``kind`` is None where the text was not understood; ``error`` then says why.
    """

    kind: StatementClass | None
    shown: str
    relations: tuple[str, ...] = ()
    error: str | None = None


def text_hash(text: str) -> bytes:
    """The identity of a text: 16 bytes."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def understand(text: str) -> Facts:
    """The facts of ``text``; never an error, whatever it holds."""
    try:
        statements = parse(text)
    except NotUnderstood as error:
        return _by_command(text, str(error))
    surveys = [survey(statement) for statement in statements]
    return Facts(
        kind=of_several(map(classify, statements, surveys)),
        shown=displayable(text, literals=any(found.literals for found in surveys)),
        relations=_names(surveys),
    )


def _names(surveys: list[Survey]) -> tuple[str, ...]:
    pairs = {pair for found in surveys for pair in found.relations}
    return tuple(sorted(f"{schema}.{name}" if schema else name for schema, name in pairs))


def _by_command(text: str, error: str) -> Facts:
    """What the first word alone tells; a statement that it does not settle stays unknown."""
    shown = command(text)
    if shown.split(" ", 1)[0] in _SURELY_UTILITY:
        return Facts(kind="utility", shown=shown)
    return Facts(kind=None, shown=UNKNOWN if shown == UNKNOWN else f"{shown} …", error=error)
