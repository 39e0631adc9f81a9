"""What one business has so far, and the seeded chance that decides what comes next.

A table's rows are made while COPY reads them; what later tables refer to is remembered here,
so memory holds keys of the largest business and never rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple, TypeVar

from thorbis_ops.estate.tenants import Tenant

T = TypeVar("T")

# The partitions of a log reach back to the first day of the month before last: 59 days at least.
LIVE_DAYS = 56.0
HISTORY_DAYS = 540.0
# Version 4 and its variant, RFC 9562, sections 5.4 and 4.1.
_VERSION_4 = 0x4 << 76 | 0x2 << 62
_RANDOM_BITS = (1 << 128) - 1 - (0xF << 76) - (0x3 << 62)


class Batch(NamedTuple):
    """Rows of one table. ``business_id`` goes before the columns; ``created_at`` counts twice."""

    table: str
    columns: str
    rows: Iterable[tuple[object, ...]]


class Property(NamedTuple):
    """A place, and who pays for work there."""

    id: str
    customer_id: str


class WorkOrder(NamedTuple):
    """What jobs and invoices need to know of their order."""

    id: str
    place: Property
    requested_at: datetime
    status: str


class Job(NamedTuple):
    """What everything that happens on a visit refers to."""

    id: str
    order: WorkOrder
    technician_id: str
    starts_at: datetime
    status: str


class Bill(NamedTuple):
    """An invoice that somebody pays, or does not."""

    id: str
    customer_id: str
    issued_at: datetime
    total: float
    paid: float


@dataclass(slots=True)
class Shop:
    """One business being filled: ``size`` is scale times its share of the whole."""

    tenant: Tenant
    size: float
    random: Random
    now: datetime
    numbers: Counter[str] = field(default_factory=Counter)
    locations: list[str] = field(default_factory=list)
    tax_rates: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    skills: list[str] = field(default_factory=list)
    vehicles: list[str] = field(default_factory=list)
    technicians: list[str] = field(default_factory=list)
    services: list[tuple[str, str, float]] = field(default_factory=list)
    items: list[tuple[str, str, float]] = field(default_factory=list)
    suppliers: list[str] = field(default_factory=list)
    stores: list[str] = field(default_factory=list)
    lead_sources: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    cards: dict[str, str] = field(default_factory=dict)
    properties: list[Property] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    agreements: list[str] = field(default_factory=list)
    orders: list[WorkOrder] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)

    def count(self, total: int, least: int = 1) -> int:
        """This business's part of ``total`` rows at scale 1."""
        return max(least, round(self.size * total))

    def number(self, kind: str, prefix: str) -> str:
        """The next document number of its series."""
        self.numbers[kind] += 1
        return f"{prefix}-{self.numbers[kind]:06d}"

    def id(self) -> str:
        """A random UUID of version 4, as text."""
        h = f"{self.random.getrandbits(128) & _RANDOM_BITS | _VERSION_4:032x}"
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"

    def new(self, kept: list[str]) -> str:
        """A new id, remembered in ``kept``."""
        kept.append(self.id())
        return kept[-1]

    def pick(self, choices: Sequence[T]) -> T:
        """One of ``choices``, each as likely."""
        return choices[int(self.random.random() * len(choices))]

    def some(self, choices: Sequence[T], most: int) -> list[T]:
        """Up to ``most`` different ones of ``choices``, at least one."""
        return self.random.sample(choices, min(len(choices), self.random.randint(1, most)))

    def chance(self, share: float) -> bool:
        """True in ``share`` of all cases."""
        return self.random.random() < share

    def maybe(self, share: float, value: T) -> T | None:
        """``value`` in ``share`` of all cases, else nothing."""
        return value if self.random.random() < share else None

    def between(self, low: float, high: float) -> float:
        """An amount with two decimals."""
        return round(self.random.uniform(low, high), 2)

    def ago(self, days: float) -> datetime:
        """A moment of the last ``days``, to the second; recent ones are likelier."""
        return self.now - timedelta(seconds=int(days * 86_400 * self.random.random() ** 2))

    def after(self, moment: datetime, hours: float) -> datetime:
        """A moment up to ``hours`` after ``moment``, but never in the future."""
        return min(self.now, moment + timedelta(seconds=int(self.random.random() * hours * 3600)))

    def day(self, days_from_now: int) -> date:
        """The date that many days from today."""
        return (self.now + timedelta(days=days_from_now)).date()

    def is_live(self, moment: datetime) -> bool:
        """Whether the partitions of the logs still hold ``moment``."""
        return timedelta(0) <= self.now - moment < timedelta(days=LIVE_DAYS)

    def phone(self) -> str:
        """A telephone number from a range reserved for fiction."""
        return f"+1{self.random.randint(201, 989)}555{self.random.randint(100, 199):04d}"

    def digest(self) -> str:
        """A SHA-256 digest of nothing in particular, as a bytea literal."""
        return "\\x" + hashlib.sha256(self.random.randbytes(8)).hexdigest()
