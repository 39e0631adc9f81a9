"""Compliance as the document that scripts read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thorbis_ops.slo.objective import Objective, Tally, verdict


def slo_document(
    objectives: Sequence[Objective],
    tallies: Mapping[str, Tally],
    *,
    target: str,
    window_seconds: float | None,
    coverage: float | None,
    unseen: int,
    statements: Sequence[Mapping[str, object]],
) -> dict[str, Any]:
    """What was promised, what was counted, and the verdict of each objective.

    ``unseen`` is the number of calls that took place and could not be counted; no verdict
    stands that they might overturn. ``window_seconds`` is None for the counters' lifetime.
    """
    return {
        "version": 1,
        "target": target,
        "window_seconds": window_seconds,
        "coverage": coverage,
        "objectives": [
            _row(objective, tallies.get(objective.name, Tally()), unseen)
            for objective in objectives
        ],
        "statements": list(statements),
    }


def _row(objective: Objective, tally: Tally, unseen: int) -> dict[str, Any]:
    return {
        "name": objective.name,
        "threshold_seconds": objective.threshold_seconds,
        "objective": objective.objective,
        "calls": tally.calls,
        "good_estimated": tally.good_estimated,
        "good_min": tally.good_min,
        "good_max": tally.good_max,
        "good_measured": None,
        "verdict": verdict(objective, tally, unseen=unseen),
    }
