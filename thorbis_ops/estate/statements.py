"""The statements of the application, read from one SQL file, and how one of them is chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from types import MappingProxyType

from thorbis_ops.errors import ConfigError

# Shares of the kinds of statement in ordinary traffic.
MIX: Mapping[str, float] = MappingProxyType(
    {"read": 60, "write": 28, "upsert": 6, "report": 3, "bulk": 2, "export": 1}
)
_START = re.compile(r"^-- name: ", re.MULTILINE)
_HEADER = re.compile(r"(\w+)\n-- kind: (\w+)\n-- weight: (\d+)\n")
_PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of the application; ``weight`` counts within its ``kind``."""

    name: str
    kind: str
    weight: int
    sql: str
    parameters: frozenset[str]


@cache
def statements() -> Mapping[str, Statement]:
    """Every statement of the file by name."""
    text = files(__package__).joinpath("statements.sql").read_text(encoding="utf-8")
    found = [_parse(part) for part in _START.split(text)[1:]]
    return MappingProxyType({statement.name: statement for statement in found})


def choose(random: Random, mix: Mapping[str, float]) -> Statement:
    """A statement by chance: first its kind, by ``mix``, then its weight within the kind."""
    (kind,) = random.choices(list(mix), list(mix.values()))
    candidates, weights = _weighed(kind)
    return random.choices(candidates, weights)[0]


def refuse_unknown(mix: Mapping[str, float]) -> None:
    """ConfigError where ``mix`` names a kind that there is not, or gives nothing to do."""
    if unknown := sorted(mix.keys() - MIX.keys()):
        raise ConfigError(f"mix: there is no kind {unknown[0]}; use {', '.join(MIX)}")
    if min(mix.values(), default=0) < 0 or sum(mix.values()) <= 0:
        raise ConfigError("mix: give at least one kind a positive share, and none a negative one")


@cache
def _weighed(kind: str) -> tuple[tuple[Statement, ...], tuple[int, ...]]:
    found = tuple(s for s in statements().values() if s.kind == kind)
    return found, tuple(s.weight for s in found)


def _parse(part: str) -> Statement:
    header = _HEADER.match(part)
    if header is None:
        raise AssertionError(f"statements.sql: malformed header before {part[:40]!r}")
    body = part[header.end() :].strip().removesuffix(";")
    return Statement(
        name=header[1],
        kind=header[2],
        weight=int(header[3]),
        sql=body,
        parameters=frozenset(_PARAMETER.findall(body)),
    )
