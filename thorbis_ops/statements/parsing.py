"""From a text to its tree, or to the reason why there is none.

The tree is made of plain dicts and lists: twenty times cheaper than an object per node, and
walked with a stack of its own, so that no depth of nesting can exhaust Python's. Parsing
holds the interpreter's lock: the caller keeps it off an event loop and the texts are capped.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import orjson
from pglast import parser
from pglast.error import Error

Node: TypeAlias = dict[str, Any]

#: Characters; parsing this much takes about a tenth of a second.
LONGEST = 100_000


class NotUnderstood(ValueError):  # noqa: N818 - a verdict on the text, not a fault of ours
    """Why a text has no tree, in words that quote nothing of it."""


def parse(text: str) -> list[Node]:
    """The statements of ``text``, each as ``{node name: fields}``; NotUnderstood if it has none."""
    if len(text) > LONGEST:
        raise NotUnderstood(f"too long to parse: {len(text)} characters")
    if "\0" in text:
        raise NotUnderstood("holds a NUL byte")
    try:
        tree = orjson.loads(parser.parse_sql_json(text))
    except orjson.JSONDecodeError:
        raise NotUnderstood("nested too deeply") from None
    except parser.ParseError as error:
        raise NotUnderstood(_place(error)) from None
    except (RecursionError, UnicodeError, Error):
        raise NotUnderstood("the parser refuses it") from None
    return [statement["stmt"] for statement in tree["stmts"] if statement.get("stmt")]


def _place(error: parser.ParseError) -> str:
    """Where parsing stopped. The parser's own words may quote a literal."""
    position = error.args[1] if len(error.args) > 1 else None
    return "does not parse" if position is None else f"does not parse at character {position}"
