"""What was looked at on a server, what is missing, what that costs, and what cures it.

What a missing extension, role or setting costs is read from the needs of the questions and
jobs themselves, so a new one never has to be told here. What could not be read is unknown,
which is no health.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

NAMES_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at; ``lost`` are checks and jobs that cannot do without it."""

    subject: str
    verdict: Literal["ok", "missing", "unknown"]
    detail: str
    cost: str = ""
    cure: str = ""
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a server says beyond its discovery; ``installable`` maps extension to version."""

    installable: Mapping[str, str]
    statements_preloaded: bool
    connections_used: int
    connections_reserved: int
    role_limit: int
    maintenance_role: bool
    quoted_user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """How the store stands; ``fault`` is why it cannot be used, in words, or None."""

    fault: str | None
    detail: str = ""
    cure: str = ""


Needs = Mapping[str, Collection[str]]


def worst(found: Iterable[Diagnosis]) -> int:
    """The exit code: 1 where something is missing, else 3 where something is unknown."""
    verdicts = {d.verdict for d in found}
    return 1 if "missing" in verdicts else 3 if "unknown" in verdicts else 0


def named(names: Collection[str]) -> str:
    """A few names, and of how many."""
    shown = sorted(names)[:NAMES_SHOWN]
    if len(names) <= NAMES_SHOWN:
        return ", ".join(shown)
    return f"{', '.join(shown)} and {len(names) - NAMES_SHOWN} of {len(names)} more"


def lost(needs: Needs, *wanted: str) -> tuple[str, ...]:
    """The checks and jobs that have any of the ``wanted`` needs."""
    return tuple(sorted({name for need in wanted for name in needs.get(need, ())}))
