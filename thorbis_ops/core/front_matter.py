"""A SQL file begins with one comment that holds its header in TOML.

The idea: what a question means stands beside the query, and the file still runs
unchanged under ``psql -f``. This module turns text into (header, statement) and checks
each key; it knows files by name only, for messages, and reads none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from thorbis_ops.errors import ContentError

Fields = dict[str, Any]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")


def split(text: str, path: Path) -> tuple[Fields, str]:
    """The header and the statement of a file; ContentError where either is malformed.

    A ``/*`` inside the header would nest for PostgreSQL and not for us: it is refused.
    """
    body = text.removeprefix("\ufeff").lstrip()
    if not body.startswith("/*"):
        raise ContentError(f"{path}: begin the file with a /* … */ comment that holds its header")
    header, end, statement = body[2:].partition("*/")
    if not end:
        raise ContentError(f"{path}: the header's comment is never closed; end it with */")
    if "/*" in header:
        raise ContentError(f"{path}: the header holds another /*, which would nest; remove it")
    return toml(header, path), _one_statement(statement, path)


def toml(header: str, path: Path) -> Fields:
    """The fields of a header; ContentError where it is not TOML."""
    try:
        return tomllib.loads(header)
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{path}: the header is not valid TOML: {error}") from None


def _one_statement(statement: str, path: Path) -> str:
    bare = statement.strip().removesuffix(";").rstrip()
    if not bare:
        raise ContentError(f"{path}: no statement follows the header")
    if "\0" in bare:
        raise ContentError(f"{path}: the statement holds a NUL byte")
    return bare


def seconds(text: object) -> float:
    """A duration such as "30s", "200ms", "1h30m" or "7d", in seconds; ValueError if it is none."""
    compact = text.replace(" ", "") if isinstance(text, str) else ""
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f'"{text}" is not a duration; write 30s, 5m, 1h or 7d')
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class Header:
    """The fields of one header, taken one by one; what nobody takes is a mistake."""

    def __init__(self, fields: Mapping[str, Any], path: Path, prefix: str = "") -> None:
        self._left = dict(fields)
        self._path = path
        self._prefix = prefix

    def fault(self, key: str, problem: str) -> ContentError:
        """The error that names this file and ``key``."""
        return ContentError(f"{self._path}: {self._prefix}{key} {problem}")

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """The value of ``key``, which must be of ``kind``, or ``default``."""
        value = self._left.pop(key, default)
        if value is not default and (not isinstance(value, kind) or _false_number(value, kind)):
            raise self.fault(key, f"must be {_kind_name(kind)}, not {value!r}")
        return value

    def required(self, key: str, kind: type | tuple[type, ...]) -> Any:
        """The value of ``key``; ContentError when it is not there."""
        if key not in self._left:
            raise self.fault(key, "is missing")
        return self.take(key, kind)

    def parsed(self, key: str, parse: Callable[[Any], Any], default: Any = None) -> Any:
        """The value of ``key`` put through ``parse``, whose ValueError becomes ours."""
        if key not in self._left:
            return default
        try:
            return parse(self._left.pop(key))
        except ValueError as error:
            raise self.fault(key, f"is wrong: {error}") from None

    def words(self, key: str) -> tuple[str, ...]:
        """The list of strings under ``key``, empty when absent."""
        value = self.take(key, list, [])
        if not all(isinstance(word, str) for word in value):
            raise self.fault(key, "must be a list of strings")
        return tuple(value)

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> Any:
        """The value of ``key``, one of ``choices``."""
        value = self.take(key, str, default)
        if value not in choices:
            raise self.fault(key, f"is {value!r}; use one of {', '.join(choices)}")
        return value

    def finish(self) -> None:
        """ContentError for the first key that nobody took."""
        for key in self._left:
            raise self.fault(key, "is not a key of this header; remove it or correct its spelling")


def _false_number(value: object, kind: type | tuple[type, ...]) -> bool:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return isinstance(value, bool) and bool not in kinds


def _kind_name(kind: type | tuple[type, ...]) -> str:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = {str: "text", bool: "true or false", list: "a list", dict: "a table"}
    return " or ".join(names.get(k, "a number") for k in kinds)
