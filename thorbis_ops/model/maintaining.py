"""What is done to a target: jobs, what they plan, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["go", "wait", "stop"]
Outcome: TypeAlias = Literal[
    "done", "nothing_to_do", "window_closed", "guard", "refused", "failed", "interrupted"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A daily span in which a job may work, in minutes after local midnight; may wrap."""

    opens: int
    closes: int

    def holds(self, minute: int) -> bool:
        """Whether ``minute`` of the day lies inside; the closing minute does not."""
        if self.opens <= self.closes:
            return self.opens <= minute < self.closes
        return minute >= self.opens or minute < self.closes


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Maintenance: a SQL file whose rows are statements, or a Python procedure.

    ``commands`` are the only statements it may send; ``lock_timeout`` is in seconds.
    ``build_lock_timeout`` replaces it for the statements themselves, once a step's probe has
    had the lock: a concurrent build waits under it for transactions older than itself.
    """

    name: str
    title: str
    schedule: str
    path: Path
    sql: str | None = None
    why: str = ""
    window: Window | None = None
    commands: tuple[str, ...] = ()
    lock_timeout: float = 0.2
    build_lock_timeout: float | None = None
    statement_timeout: float = 0.0
    guards: tuple[str, ...] = ()
    parallel: int = 1
    needs: tuple[str, ...] = ()
    versions: tuple[int, int] = (14, 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A candidate that a plan looked at, with its measure, also when it is left alone."""

    object: str
    value: float | None = None
    unit: str | None = None
    decision: str = "leave"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardVerdict:
    """What one guard says to one step."""

    guard: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One object's share of a job: its statements, and the query that proves them done.

    Several statements are one transaction. ``verify`` is SQL that returns one true row when
    the post-condition holds. ``relation`` is the table that no other job may work on at the
    same time; ``probe`` is a statement that takes its lock for a moment, to learn whether it
    can be had. ``oid`` and ``filenode`` say what the object was before, ``mark`` is a number
    for the next plan to compare with.
    """

    object: str
    statements: tuple[str, ...]
    reason: str = ""
    weight_bytes: int = 0
    predicted_seconds: float | None = None
    verify: str | None = None
    relation: str | None = None
    probe: str | None = None
    oid: int | None = None
    filenode: int | None = None
    mark: float | None = None
    guards: tuple[GuardVerdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An object that a plan wanted to touch and may not, with the reason."""

    object: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a job would do as of ``at``, what it looked at, and what it refuses."""

    job: str
    at: datetime
    considered: tuple[Considered, ...] = ()
    steps: tuple[Step, ...] = ()
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One journalled execution of a job. ``scheduled_at`` is the due time it answers to.

    A run that ended early is taken up again by a further ``attempt`` for the same time.
    """

    job: str
    target: str
    scheduled_at: datetime
    attempt: int = 1
    started_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    detail: str = ""
    steps_done: int = 0
    steps_total: int = 0

    @property
    def duration(self) -> timedelta | None:
        """How long it took, when it has ended."""
        return None if self.finished_at is None else self.finished_at - self.started_at
