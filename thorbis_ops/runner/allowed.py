"""Which statements a job may send: only those that begin as its header says.

This is the first of two locks. The second is the server's: statements travel by the
extended protocol, which refuses a second statement behind the first. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\s*([A-Za-z_]+)(?![\w.])")


def leading_words(statement: str) -> tuple[str, ...]:
    """The bare words that a statement begins with, in capitals, up to the first other thing."""
    words, position = [], 0
    while match := _WORD.match(statement, position):
        words.append(match[1].upper())
        position = match.end()
    return tuple(words)


def refusal(statement: str, commands: Iterable[str]) -> str | None:
    """Why a statement may not be sent; None when it begins with one of ``commands``."""
    words = leading_words(statement)
    permitted = [tuple(command.upper().split()) for command in commands]
    if any(words[: len(command)] == command for command in permitted):
        return None
    begins = " ".join(words[:3]) or "something else than a word"
    return f"begins with {begins}; the job may send only {', '.join(commands)}"
