"""The sets of partitions that jobs look after: declared in the configuration, or found.

A set is found where a table is partitioned by range on one column of time and all its
partitions span the same period. What cannot be understood is shown with its reason, and
never stops the other sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from thorbis_ops.core import partitions
from thorbis_ops.core.partitions import Existing, KeyType, Period
from thorbis_ops.model import Considered, Refusal
from thorbis_ops.runner.order import Order, PartitionSet
from thorbis_ops.runner.session import Session

_FACTS = (files("thorbis_ops") / "runner" / "partition_facts.sql").read_text(encoding="utf-8")
_KEYS: dict[str, KeyType] = {
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A partitioned table with its set's settings and what the catalogue says of it.

    ``facts`` are the columns of partition_facts.sql, ``existing`` the partitions by range.
    """

    name: str
    oid: int
    key: KeyType
    period: Period
    zone: ZoneInfo
    create_ahead: int
    retention: int | None
    quarantine: float
    facts: Mapping[str, Any]
    existing: tuple[Existing, ...]

    @property
    def members(self) -> Sequence[Mapping[str, Any]]:
        """The partitions as the catalogue has them."""
        return self.facts["partitions"] or ()

    @property
    def default(self) -> Mapping[str, Any] | None:
        """The default partition, if there is one."""
        return next((m for m in self.members if m["default"]), None)

    def local(self, moment: datetime) -> datetime:
        """A moment as the naive local time in which this set's bounds are kept."""
        return moment.astimezone(self.zone).replace(tzinfo=None)


@dataclass(slots=True)
class Surveyed:
    """What a survey of the database found."""

    tables: list[Table] = field(default_factory=list)
    considered: list[Considered] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


async def survey(session: Session, order: Order) -> Surveyed:
    """Every set that is declared or found, in the order of their names."""
    await session.set("TimeZone", "UTC")
    await session.set("DateStyle", "ISO, YMD")
    rows = {row["name"]: row for row in await session.rows(_FACTS)}
    plain = {f"{row['schema']}.{row['table']}": name for name, row in rows.items()}
    declared = {plain.get(one.table, one.table): one for one in order.partitions}
    found = Surveyed()
    for name in sorted({*rows, *declared}):
        _understand(found, name, rows.get(name), declared.get(name))
    return found


def _understand(
    found: Surveyed, name: str, facts: Mapping[str, Any] | None, declared: PartitionSet | None
) -> None:
    fault = _fault(facts, declared)
    if facts is not None and fault is None:
        table = _table(name, facts, declared)
        if table is not None:
            found.tables.append(table)
            return
        fault = "its partitions do not all span one period; declare it in [[partitions]]"
    if declared is not None and fault is not None:
        found.refused.append(Refusal(object=f"table:{name}", reason=fault))
    elif fault is not None:
        found.considered.append(Considered(object=f"table:{name}", reason=fault))


def _fault(facts: Mapping[str, Any] | None, declared: PartitionSet | None) -> str | None:
    """Why a table is no set; None where it may be one."""
    if facts is None:
        return "there is no such partitioned table; correct [[partitions]]"
    if facts["key_type"] not in _KEYS:
        return "is not partitioned by range on one column of type date or timestamp"
    if declared is None and not facts["partitions"]:
        return "has no partition to tell its period by; declare it in [[partitions]]"
    return None


def _table(name: str, facts: Mapping[str, Any], declared: PartitionSet | None) -> Table | None:
    zone = ZoneInfo(declared.timezone if declared else "UTC")
    existing = tuple(_existing(facts["partitions"] or (), zone))
    period = declared.period if declared else partitions.inferred(existing)
    if period is None:
        return None
    wishes = declared or PartitionSet(table=name, period=period)
    return Table(
        name=name,
        oid=facts["oid"],
        key=_KEYS[facts["key_type"]],
        period=period,
        zone=zone,
        create_ahead=wishes.create_ahead,
        retention=wishes.retention,
        quarantine=wishes.quarantine,
        facts=facts,
        existing=existing,
    )


def _existing(members: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> list[Existing]:
    ranges = ((m["relname"], partitions.parse_bound(m["bound"] or "", zone)) for m in members)
    return [Existing(name=name, range=bound) for name, bound in ranges if bound is not None]
