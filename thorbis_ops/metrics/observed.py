"""What the daemon knows of one target at one moment: the input of the exposition.

Plain values only. Whoever builds them has already decided which findings still hold and what
the totals are; here they are given the shape in which they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from thorbis_ops.model import Finding, Question, Run, Snapshot, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveTotals:
    """Events since the beginning of the count, and the bad ones by how they are known.

    ``bad`` is keyed by kind: measured, certain_min, certain_max, estimated. ``objective`` is
    the share that must be good, 0…1.
    """

    slo: str
    objective: float
    events: float
    bad: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """Where one job stands: its last run, its last success, its next run, how late it is.

    ``last_run`` is the newest that has begun; without an outcome it is still at work.
    """

    job: str
    title: str = ""
    schedule: str = ""
    next_run: datetime | None = None
    last_run: Run | None = None
    last_success: datetime | None = None
    overdue_seconds: float = 0.0
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything shown about one target. None, or an empty mapping, shows nothing.

    ``questions`` are those asked of this target, with the interval at which they are really
    asked; ``tables`` counts tables by protected, exposed, global and unanswered.
    """

    target: Target
    snapshot: Snapshot | None = None
    questions: tuple[Question, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: Mapping[str, int] = field(default_factory=dict)
    objectives: tuple[ObjectiveTotals, ...] = ()
    slo_coverage: float | None = None
    jobs: tuple[JobState, ...] = ()
    backup_age_seconds: float | None = None
    drill_last_success: datetime | None = None
    drill_rto_seconds: float | None = None
    drill_rpo_seconds: float | None = None
