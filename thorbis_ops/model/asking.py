"""What is asked of a target, what it answers, and what is found."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

Row: TypeAlias = Mapping[str, object]
Reason: TypeAlias = Literal["privilege", "timeout", "locked", "version", "missing", "error"]
Role: TypeAlias = Literal["primary", "replica"]


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
    inferred: bool = True


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
