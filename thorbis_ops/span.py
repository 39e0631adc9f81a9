"""What a span of time held: the statements, the events counted, and the calls that were missed.

Here statements meet objectives. Spans that follow one another join into one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from thorbis_ops.slo.objective import Objective, Tally
from thorbis_ops.slo.report import slo_document
from thorbis_ops.statements.counters import Key
from thorbis_ops.statements.deltas import Delta
from thorbis_ops.statements.facts import Facts
from thorbis_ops.statements.loads import Load, counted, loads, merged, not_understood
from thorbis_ops.statements.losses import Loss, coverage
from thorbis_ops.statements.report import objective_rows, statements_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Statements and events from ``from_at`` to ``to_at``; without the former, of a lifetime.

    ``counted`` calls were counted and understood, ``losses`` are those that were not.
    """

    from_at: datetime | None
    to_at: datetime
    loads: tuple[Load, ...] = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    counted: int = 0
    losses: tuple[Loss, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it lasted."""
        if self.from_at is None:
            return None
        return max(0.0, (self.to_at - self.from_at).total_seconds())

    @property
    def lost(self) -> int:
        """Calls that took place and were not counted, at most or by estimate."""
        return sum(loss.calls for loss in self.losses)

    @property
    def coverage(self) -> float:
        """The share of calls that was counted, 0…1."""
        return coverage(self.counted, self.losses)


def span_of(
    found: Delta,
    facts: Mapping[Key, Facts],
    objectives: Sequence[Objective],
    *,
    from_at: datetime | None,
    to_at: datetime,
) -> Span:
    """The difference of two samples, understood and counted against the objectives."""
    limits: dict[str, dict[str, float]] = {}
    for objective in objectives:
        of_class = limits.setdefault(objective.statement_class, {})
        of_class[objective.name] = objective.threshold_seconds
    weighed = loads(found, facts, limits)
    return Span(
        from_at=from_at,
        to_at=to_at,
        loads=weighed,
        tallies={o.name: _tally(weighed, o.name) for o in objectives},
        counted=counted(weighed),
        losses=(*found.losses, *(loss for loss in [not_understood(weighed)] if loss.calls)),
    )


def joined(spans: Sequence[Span]) -> Span:
    """Spans that follow one another as one; there is at least one."""
    tallies: dict[str, Tally] = {}
    for span in spans:
        for name, tally in span.tallies.items():
            tallies[name] = tallies.get(name, Tally()) + tally
    return Span(
        from_at=spans[0].from_at,
        to_at=spans[-1].to_at,
        loads=merged(load for span in spans for load in span.loads),
        tallies=tallies,
        counted=sum(span.counted for span in spans),
        losses=tuple(loss for span in spans for loss in span.losses),
    )


def slo_of(span: Span, objectives: Sequence[Objective], *, target: str) -> dict[str, Any]:
    """The document of ``slo``."""
    return slo_document(
        objectives,
        span.tallies,
        target=target,
        window_seconds=span.seconds,
        coverage=span.coverage,
        unseen=span.lost,
        statements=objective_rows(span.loads),
    )


def statements_of(span: Span, *, target: str, top: int) -> dict[str, Any]:
    """The document of ``statements``."""
    return statements_document(
        span.loads,
        target=target,
        window_seconds=span.seconds,
        coverage=span.coverage,
        top=top,
    )


def _tally(weighed: Iterable[Load], name: str) -> Tally:
    calls, least, most, guess = 0, 0, 0, 0.0
    for load in weighed:
        if (share := load.shares.get(name)) is not None:
            calls += share.calls
            least += share.above_min
            most += share.above_max
            guess += share.above_estimated
    return Tally(calls=calls, bad_min=least, bad_max=most, bad_estimated=guess)
