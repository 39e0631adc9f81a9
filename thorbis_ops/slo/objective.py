"""A promise about a share of calls, the calls counted against it, and the verdict.

A call is an event; it is bad when it took longer than the threshold. How many were bad is
often known only between bounds, and then the verdict may be that nobody can know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["met", "missed", "undetermined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """``objective`` (0…1) of the calls of a class end within ``threshold_seconds``."""

    name: str
    statement_class: str
    threshold_seconds: float
    objective: float = 0.95


DEFAULT_OBJECTIVES = (
    Objective(name="oltp", statement_class="oltp", threshold_seconds=0.1),
    Objective(name="analytics", statement_class="analytics", threshold_seconds=0.5),
    Objective(name="bulk", statement_class="bulk", threshold_seconds=2.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Calls counted against an objective, and the bad ones: at least, at most, by estimate."""

    calls: int = 0
    bad_min: int = 0
    bad_max: int = 0
    bad_estimated: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        """Both spans; bounds of each bound the sum."""
        return Tally(
            calls=self.calls + other.calls,
            bad_min=self.bad_min + other.bad_min,
            bad_max=self.bad_max + other.bad_max,
            bad_estimated=self.bad_estimated + other.bad_estimated,
        )

    @property
    def good_min(self) -> int:
        """Calls that were surely within the threshold."""
        return self.calls - self.bad_max

    @property
    def good_max(self) -> int:
        """Calls that may have been within the threshold."""
        return self.calls - self.bad_min

    @property
    def good_estimated(self) -> float:
        """Calls within the threshold by estimate."""
        return self.calls - self.bad_estimated


def total(tallies: Iterable[Tally]) -> Tally:
    """All spans as one."""
    return sum(tallies, Tally())


def verdict(objective: Objective, tally: Tally, *, unseen: int = 0) -> Verdict:
    """Whether the promise was kept, as far as it is certain.

    ``unseen`` calls took place without being counted: they may all have been good, or bad.
    Where nothing was called, nothing was proven.
    """
    needed = objective.objective * (tally.calls + unseen)
    if tally.calls and tally.good_min >= needed:
        return "met"
    if tally.good_max + unseen < needed:
        return "missed"
    return "undetermined"
