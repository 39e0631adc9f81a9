"""The one line over everything: what burns first, then what is not known, and only then peace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from thorbis_ops.metrics import Observed
from thorbis_ops.metrics.freshness import is_up, silences
from thorbis_ops.model import Finding, Severity

Documents: TypeAlias = Mapping[str, Mapping[str, object]]

ALL_IS_WELL = "No fault found, and every question was answered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``bad`` asks for action now, ``doubt`` for a look; ``good`` is only said of all."""

    mood: Literal["bad", "doubt", "good"]
    headline: str
    rest: tuple[str, ...] = ()


def verdict(
    observed: Sequence[Observed], *, now: datetime, waiting: Sequence[str], slo: Documents
) -> Verdict:
    """What to tell somebody who has one second."""
    standing = [f for one in observed for f in one.findings if not f.muted]
    down = [
        one.target.name
        for one in observed
        if one.target.name not in waiting and not is_up(one.snapshot, now)
    ]
    burning = _burning(standing, down)
    doubts = _doubts(observed, now, waiting, slo)
    if not burning and not doubts:
        return Verdict("good", ALL_IS_WELL)
    first = burning or doubts[:1]
    return Verdict(
        "bad" if down or _worst(standing) >= Severity.HIGH else "doubt",
        " · ".join(first),
        tuple(doubts if burning else doubts[1:]),
    )


def missed(documents: Documents) -> list[str]:
    """The objectives that were certainly missed, with their target."""
    return [
        f"{objective.get('name')} on {target}"
        for target, document in documents.items()
        for objective in objectives(document)
        if objective.get("verdict") == "missed"
    ]


def objectives(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The objectives of one target's document."""
    listed = document.get("objectives")
    return list(listed) if isinstance(listed, list | tuple) else []


def _worst(standing: Sequence[Finding]) -> Severity:
    return max((finding.severity for finding in standing), default=Severity.INFO)


def _burning(standing: Sequence[Finding], down: Sequence[str]) -> list[str]:
    counts = Counter(finding.severity for finding in standing)
    parts = [f"{counts[s]} {s.label}" for s in sorted(Severity, reverse=True) if counts[s]]
    noun = "finding" if len(standing) == 1 else "findings"
    silent = [f"No answer from {', '.join(down)}"] if down else []
    return [*silent, *([f"{', '.join(parts)} {noun}"] if parts else [])]


def _doubts(
    observed: Sequence[Observed], now: datetime, waiting: Sequence[str], slo: Documents
) -> list[str]:
    unknown = sum(len(silences(one, now)) for one in observed)
    jobs = [job for one in observed for job in one.jobs]
    failed = [job.job for job in jobs if job.last_run and job.last_run.outcome == "failed"]
    late = [job.job for job in jobs if job.overdue_seconds > 0]
    told = (
        ("No target is configured", not observed),
        (f"Waiting for the first answers of {', '.join(waiting)}", waiting),
        (f"Not known: {unknown} {'question' if unknown == 1 else 'questions'}", unknown),
        (f"Objective missed: {', '.join(missed(slo))}", missed(slo)),
        (f"Job failed: {', '.join(failed)}", failed),
        (f"Job overdue: {', '.join(late)}", late),
    )
    return [line for line, holds in told if holds]
