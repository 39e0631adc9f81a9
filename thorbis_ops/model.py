"""The nouns of the project: frozen values that every layer shares.

Nothing here acts. A question is asked of a target and gives an answer or says why
it could not; answers become findings; a job becomes steps, and steps become runs.
This module imports the standard library only, so that anything may import it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

Row: TypeAlias = Mapping[str, object]
Reason: TypeAlias = Literal["privilege", "timeout", "locked", "version", "missing", "error"]
Role: TypeAlias = Literal["primary", "replica"]
Verdict: TypeAlias = Literal["go", "wait", "stop"]
Outcome: TypeAlias = Literal[
    "done", "nothing_to_do", "window_closed", "guard", "refused", "failed", "interrupted"
]


class Severity(enum.IntEnum):
    """How bad a finding is; comparable, so that a threshold is one comparison."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The name as it is written in headers, JSON and options."""
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Severity:
        """The severity called ``text``; ValueError names the ones there are."""
        try:
            return cls[text.upper()]
        except KeyError:
            known = ", ".join(s.label for s in cls)
            raise ValueError(f'"{text}" is not a severity; use one of {known}') from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How the rows of an answer become samples of one metric family."""

    name: str
    type: Literal["gauge", "counter"]
    help: str
    value: str = "value"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A SQL file with its header: what to ask, how often, and how to judge the answer.

    ``every`` is in seconds. ``thresholds`` grade ``value``; ``severity`` makes every row a
    finding; a ``facts`` question is neither measured nor judged by itself. Where SQL cannot
    judge, ``compute`` makes the rows from the answers that it ``reads``.
    """

    id: str
    title: str
    sql: str
    path: Path
    why: str = ""
    fix: str = ""
    every: float = 300.0
    timeout: float | None = None
    scope: Literal["cluster", "database"] = "database"
    needs: tuple[str, ...] = ()
    unit: str | None = None
    thresholds: Mapping[Severity, float] = field(default_factory=dict)
    descending: bool = False
    severity: Severity | None = None
    metrics: tuple[Metric, ...] = ()
    versions: tuple[int, int] = (14, 18)
    facts: bool = False
    reads: tuple[str, ...] = ()
    compute: Callable[..., Iterable[Row]] | None = None

    @property
    def area(self) -> str:
        """The first part of the id: the folder that the question lives in."""
        return self.id.split(".", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """How the target tells its tenants apart. ``inferred`` when nobody configured it."""

    column: str | None = None
    setting: str | None = None
    context_functions: tuple[str, ...] = ()
    app_roles: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    global_tables: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    inferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One configured database. ``dsn`` may hold a password: it is never shown."""

    name: str
    dsn: str = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    tenancy: Tenancy = field(default_factory=Tenancy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What was discovered on connecting. ``version_num`` is PostgreSQL's, e.g. 180001."""

    version_num: int
    version: str
    role: Role
    database: str
    user: str
    superuser: bool
    system_identifier: str | None
    started_at: datetime
    extensions: Mapping[str, str]
    settings: Mapping[str, str]
    memberships: frozenset[str]

    @property
    def major(self) -> int:
        """The major version, such as 15."""
        return self.version_num // 10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The rows that a question gave, and the seconds that it took."""

    question: str
    rows: tuple[Row, ...]
    seconds: float
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question that could not be asked, and why. It never reads as health."""

    question: str
    reason: Reason
    detail: str
    seconds: float
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that one target said at one time. ``server`` is None when it was not reached."""

    target: str
    taken_at: datetime
    server: Server | None
    answers: Mapping[str, Answer | Unanswered]
    error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault on one object. (target, check, object) is its key from day to day."""

    target: str
    check: str
    object: str
    severity: Severity
    title: str
    detail: str = ""
    value: float | None = None
    unit: str | None = None
    fix: str = ""
    proven: bool = False
    evidence: Row = field(default_factory=dict)
    muted: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same finding tomorrow."""
        return (self.target, self.check, self.object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A finding that somebody decided to live with, until a day, for a reason."""

    check: str
    object: str
    until: datetime
    because: str


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
