"""Where the count of a target's statements stands, and one step of it. Pure.

The count goes from sample to sample. Whoever keeps it, in memory or in a store, keeps the
sample, the totals and what is known of texts together: apart they would contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from thorbis_ops.slo.objective import Objective, Tally
from thorbis_ops.span import Span
from thorbis_ops.statements.counters import Key, Sample
from thorbis_ops.statements.deltas import Delta
from thorbis_ops.statements.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All events of an objective since ``begun_at``; another threshold begins anew."""

    threshold_seconds: float
    begun_at: datetime
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Where the count of one target stands: the last sample and all that was counted."""

    sequence: int = 0
    begun_at: datetime | None = None
    sampled_at: datetime | None = None
    sample: Sample | None = None
    counted: int = 0
    lost: int = 0
    totals: Mapping[str, Total] = field(default_factory=dict)
    hashes: Mapping[Key, bytes] = field(default_factory=dict)
    facts: Mapping[bytes, Facts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """One step of the count: a sample, what changed since the last, and what that means."""

    at: datetime
    sample: Sample
    delta: Delta
    span: Span
    objectives: Sequence[Objective]
    hashes: Mapping[Key, bytes]
    learnt: Mapping[bytes, Facts] = field(default_factory=dict)


def advanced(count: Count, advance: Advance) -> Count:
    """Where the count stands after a step."""
    hashes = {k: h for k, h in advance.hashes.items() if k in advance.sample.counters}
    alive = set(hashes.values())
    facts = {**count.facts, **advance.learnt}
    return Count(
        sequence=count.sequence + 1,
        begun_at=count.begun_at or advance.at,
        sampled_at=advance.at,
        sample=advance.sample,
        counted=count.counted + advance.span.counted,
        lost=count.lost + advance.span.lost,
        totals={o.name: _total(count, advance, o) for o in advance.objectives},
        hashes=hashes,
        facts={digest: fact for digest, fact in facts.items() if digest in alive},
    )


def _total(count: Count, advance: Advance, objective: Objective) -> Total:
    last = count.totals.get(objective.name)
    if last is None or last.threshold_seconds != objective.threshold_seconds:
        begun = count.sampled_at or advance.at
        last = Total(threshold_seconds=objective.threshold_seconds, begun_at=begun)
    return replace(last, tally=last.tally + advance.span.tallies.get(objective.name, Tally()))
