"""What may be shown of a statement: its shape, never a value.

pg_stat_statements puts parameters for the literals of queries, but not always: what was
prepared before a reset comes back as it was written, and utility statements keep passwords
and tenants' ids. So a text is shown only after no literal and no comment is left in it;
otherwise its command alone is.
"""

from __future__ import annotations

import re

from pglast import parser
from pglast.error import Error

from thorbis_ops.statements.words import words

#: Without any of these a text can hold neither a string nor a comment.
_QUOTES = ("'", "--", "/*")
_SQUASHED = "/*, ... */"
#: A number that is no parameter, part of a name or position, or the tag of a dollar quote.
_NUMBER = re.compile(r"[\s(,=<>+*/%|:\[!~-](?:(?<!by )|(?=[0-9]{3}))[.]?[0-9]", re.IGNORECASE)
_DOLLAR = re.compile(r"\$[^0-9\s]")
_QUERY = re.compile(
    r"\s*(?:\(\s*)*(select|insert|update|delete|merge|with|values|table)\b", re.IGNORECASE
)
_LITERALS = frozenset({"BCONST", "FCONST", "SCONST", "USCONST", "XCONST"})
_COMMENTS = frozenset({"C_COMMENT", "SQL_COMMENT"})
#: Positions (order by 1) and lengths (numeric(10,2)) stay; a longer number may be somebody's.
_LONGEST_POSITION = 3
_WORDS = 2
#: Characters: more are not normalised, more are not kept.
_LONGEST_NORMALISED = 20_000
_LONGEST_SHOWN = 4_000
UNKNOWN = "?"


def displayable(text: str, *, literals: bool = True) -> str:
    """``text`` without literals and comments, or only its command where that is impossible.

    ``literals`` is False where the tree has shown that there is none.
    """
    if _QUERY.match(text) is None:
        return command(text)
    if not _suspect(text, literals=literals):
        return _capped(text.strip())
    if len(text) > _LONGEST_NORMALISED:
        return f"{command(text)} … ({len(text)} characters)"
    try:
        bare = _bare(parser.normalize(_bare(text)))
        return command(text) if _reveals(bare) else _capped(bare)
    except (Error, UnicodeError):
        return command(text)


def _suspect(text: str, *, literals: bool) -> bool:
    """Whether the text may hold a literal or a comment; the server's own for lists is none."""
    plain = text.replace(_SQUASHED, "") if _SQUASHED in text else text
    if any(quote in plain for quote in _QUOTES):
        return True
    return literals and bool(_DOLLAR.search(plain) or _NUMBER.search(plain))


def _capped(text: str) -> str:
    if len(text) <= _LONGEST_SHOWN:
        return text
    return f"{text[:_LONGEST_SHOWN]} … ({len(text)} characters)"


def command(text: str) -> str:
    """The leading keywords of a statement, such as ``CREATE ROLE``; ``?`` where there are none."""
    try:
        tokens = parser.scan(text[:200])
    except (Error, UnicodeError):
        tokens = []
    words: list[str] = []
    for token in tokens:
        if token.name in _COMMENTS:
            continue
        if token.kind == "NO_KEYWORD" or len(words) == _WORDS:
            break
        words.append(text[token.start : token.end + 1].upper())
    return " ".join(words) or _first_word(text)


def _first_word(text: str) -> str:
    match = re.match(r"\s*([A-Za-z]{2,12})\b", text)
    return match[1].upper() if match and match[1].lower() in _COMMANDS else UNKNOWN


def _bare(text: str) -> str:
    """The text with a blank for each comment, which may hold anything."""
    parts, end = [], 0
    for token in parser.scan(text):
        if token.name in _COMMENTS:
            parts.append(text[end : token.start])
            end = token.end + 1
    return " ".join((*parts, text[end:])).strip()


def _reveals(text: str) -> bool:
    return any(
        token.name in _LITERALS
        or (token.name == "ICONST" and token.end - token.start >= _LONGEST_POSITION)
        for token in parser.scan(text)
    )


_COMMANDS = words("""
    abort alter analyze begin call checkpoint close cluster comment commit copy create
    deallocate declare delete discard do drop end execute explain fetch grant import insert
    listen load lock merge move notify prepare reassign refresh reindex release reset revoke
    rollback savepoint security select set show start table truncate unlisten update vacuum
    values with""")
