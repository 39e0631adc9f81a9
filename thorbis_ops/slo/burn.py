"""How fast an error budget burns, and the alert rules that watch it.

An alert fires when the budget burns ``factor`` times as fast as it may, over a long window and
still over a short one: the long one keeps it quiet, the short one lets it end. The factor is
the share of the budget spent, times the period, over the long window. (The Site Reliability
Workbook, chapter 5: multiwindow, multi-burn-rate alerts)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HOUR = 3600.0
PERIOD_SECONDS = 30 * 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """Fires when both windows (seconds) burn faster than ``factor``."""

    severity: Literal["page", "ticket"]
    factor: float
    long_seconds: float
    short_seconds: float

    @property
    def budget_share(self) -> float:
        """The share of the period's budget that is spent when it fires."""
        return self.factor * self.long_seconds / PERIOD_SECONDS


BURN_RULES = (
    BurnRule(severity="page", factor=14.4, long_seconds=HOUR, short_seconds=300.0),
    BurnRule(severity="page", factor=6.0, long_seconds=6 * HOUR, short_seconds=1800.0),
    BurnRule(severity="ticket", factor=3.0, long_seconds=24 * HOUR, short_seconds=2 * HOUR),
    BurnRule(severity="ticket", factor=1.0, long_seconds=72 * HOUR, short_seconds=6 * HOUR),
)


def highest_burn(objective: float) -> float:
    """The burn when every single call is bad: no rate can be higher."""
    return 1.0 / (1.0 - objective)


def can_fire(factor: float, objective: float) -> bool:
    """Whether a burn above ``factor`` is possible at all for this objective (0…1)."""
    return factor * (1.0 - objective) < 1.0


def impossible(objective: float, rules: tuple[BurnRule, ...] = BURN_RULES) -> str | None:
    """Why some of ``rules`` could never fire for ``objective``, and what to change; else None."""
    silent = [f"{rule.factor:g}" for rule in rules if not can_fire(rule.factor, objective)]
    if not silent:
        return None
    needed = 1.0 - 1.0 / max(rule.factor for rule in rules)
    return (
        f"an objective of {objective:g} burns at most {highest_burn(objective):.3g} times as fast "
        f"as allowed, so the alert at {', '.join(silent)} can never fire; "
        f"use an objective above {needed:.3f}"
    )


def burn(bad: float, calls: int, objective: float) -> float | None:
    """How many times as fast as allowed the budget burned; None where nothing was called."""
    return bad / calls / (1.0 - objective) if calls else None
