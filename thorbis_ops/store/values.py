"""Values as JSON can hold them, so that evidence is kept and never refused for its type."""

from __future__ import annotations

import math
from collections.abc import Mapping


def plain(value: object) -> object:
    """``value`` made of objects, lists, strings, numbers and null; what is neither, as text.

    PostgreSQL's jsonb holds no NUL character and JSON no infinity: both become text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping):
        return {_text(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((plain(entry) for entry in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return _text(value)


def _text(value: object) -> str:
    return str(value).replace("\0", "\\0")
