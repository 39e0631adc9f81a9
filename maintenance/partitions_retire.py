'''
title = "Retire partitions that outlived their retention"
why = """
Old rows cost room, backups and time, and some may not be kept. A partition that lies wholly
before the retention of its set is detached, stays in quarantine as a table of its own, and
is dropped only in a later run: when the quarantine is over, the journal says that it was this
job that detached it, and nobody attached or renamed it since. A partition whose comment says
"legal hold" stays. Sets without a retention are never touched.
"""
schedule = "40 3 * * *"
commands = ["LOCK TABLE", "ALTER TABLE", "DROP TABLE"]
lock_timeout = "100ms"
build_lock_timeout = "10m"
statement_timeout = "30m"
guards = ["replica_lag", "long_transaction"]
'''

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from thorbis_ops.core import partitions
from thorbis_ops.core.partitions import Existing
from thorbis_ops.model import Considered, Plan, Refusal, Step
from thorbis_ops.runner import Work
from thorbis_ops.runner.partition_creation import locks
from thorbis_ops.runner.partition_sets import Surveyed, Table, survey
from thorbis_ops.store.history import PastStep

_GONE = """
select not exists (select from pg_catalog.pg_class where oid = {oid})
"""
_DETACHED = """
select not exists (select from pg_catalog.pg_inherits where inhrelid = {oid})
  and exists (select from pg_catalog.pg_class where oid = {oid})
"""
_STANDING = """
select c.oid::bigint as oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname) as name,
  c.relkind::text as kind, c.relpages::bigint
    * pg_catalog.current_setting('block_size')::bigint as bytes,
  exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid) as attached,
  coalesce(pg_catalog.obj_description(c.oid, 'pg_class') ~* 'legal hold', false) as hold
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any (%s::oid[]) order by name
"""


async def plan(work: Work) -> Plan:
    """What to detach, what detaching was interrupted, and whose quarantine is over."""
    found = await survey(work.session, work.order)
    steps: list[Step] = []
    for table in found.tables:
        steps += _detaching(work, table, found)
    steps += await _dropping(work, found)
    return Plan(
        job=work.order.job.name,
        at=work.order.as_of,
        considered=tuple(found.considered),
        steps=tuple(steps),
        refused=tuple(found.refused),
    )


def _detaching(work: Work, table: Table, found: Surveyed) -> Iterator[Step]:
    members = {m["relname"]: m for m in table.members}
    for one in sorted(table.existing, key=lambda e: e.range.upper):
        member = members[one.name]
        decision, reason = _judged(work, table, one, member)
        found.considered.append(
            Considered(
                object=f"table:{member['name']}",
                value=_age(table.local(work.order.as_of), one),
                unit="days old",
                decision=decision,
                reason=reason,
            )
        )
        if decision == "run":
            yield _detach(table, member, reason)
        if decision == "refuse":
            found.refused.append(Refusal(object=f"table:{member['name']}", reason=reason))


def _age(now: datetime, one: Existing) -> float | None:
    """Days since the last moment that a partition takes; None while that is to come."""
    seconds = (now - one.range.upper).total_seconds()
    return round(seconds / 86400, 2) if seconds > 0 else None


def _judged(work: Work, table: Table, one: Existing, member: Mapping[str, Any]) -> tuple[str, str]:
    if member["pending"]:
        return _pending(work, table, member)
    if table.retention is None:
        return "leave", "the set has no retention"
    edge = partitions.expiry(table.period, table.local(work.order.as_of), table.retention)
    if one.range.upper > edge:
        return "leave", f"its rows are kept until {table.retention} {table.period}s have passed"
    if member["hold"]:
        return "leave", "its comment says legal hold"
    if not table.facts["mine"]:
        return "refuse", "the role is no member of the parent's owner"
    return "run", f"all its rows are older than {edge:%Y-%m-%d}"


def _pending(work: Work, table: Table, member: Mapping[str, Any]) -> tuple[str, str]:
    """A detach that was interrupted hides rows and refuses new ones until it is finished."""
    ours = any(past.oid == member["oid"] for past in work.past)
    if ours or table.retention is not None:
        return "run", "its detaching was interrupted, and its rows are hidden meanwhile"
    return "leave", "somebody's detaching was interrupted: finish it with detach … finalize"


def _detach(table: Table, member: Mapping[str, Any], reason: str) -> Step:
    return Step(
        object=f"table:{member['name']}",
        statements=_statements(table, member),
        reason=reason,
        weight_bytes=member["bytes"],
        # Detaching concurrently commits half way and then waits for older transactions: given
        # up there, it leaves the rows hidden. So only the first lock is asked for in haste.
        probe=f"lock table only {table.name} in share update exclusive mode",
        verify=_DETACHED.format(oid=member["oid"]).strip(),
        relation=f"table:{table.name}",
        oid=member["oid"],
    )


def _statements(table: Table, member: Mapping[str, Any]) -> tuple[str, ...]:
    """Concurrently where the server allows it, else all at once under a short lock."""
    detach = f"alter table {table.name} detach partition {member['name']}"
    if member["pending"]:
        return (*locks(table), f"{detach} finalize")
    if table.default is not None:
        return (*locks(table, parent="access exclusive"), detach)
    return (f"{detach} concurrently",)


async def _dropping(work: Work, found: Surveyed) -> list[Step]:
    """The tables that this job detached and whose quarantine is over."""
    # What this very run detached is not yet past.
    before = (p for p in work.past if p.as_of < work.order.at)
    detached = {p.oid: p for p in before if _was_detached(p)}
    if not detached:
        return []
    quarantine = _quarantines(found)
    steps = []
    for row in await work.session.rows(_STANDING, (list(detached),)):
        past = detached[row["oid"]]
        decision, reason = _ripe(work, row, past, quarantine.get(_parent(past)))
        days = (work.order.as_of - past.as_of).total_seconds() / 86400
        found.considered.append(
            Considered(
                object=f"table:{row['name']}",
                value=round(days, 2),
                unit="days in quarantine",
                decision=decision,
                reason=reason,
            )
        )
        if decision == "run":
            steps.append(_drop(row, reason))
    return steps


def _was_detached(past: PastStep) -> bool:
    return past.outcome == "done" and " detach partition " in past.statements[-1]


def _parent(past: PastStep) -> str:
    head = past.statements[-1].removeprefix("alter table ")
    return head.split(" detach partition ")[0]


def _quarantines(found: Surveyed) -> dict[str, timedelta]:
    retired = (table for table in found.tables if table.retention is not None)
    return {table.name: timedelta(seconds=table.quarantine) for table in retired}


def _ripe(
    work: Work, row: Mapping[str, Any], past: PastStep, quarantine: timedelta | None
) -> tuple[str, str]:
    if row["attached"]:
        return "leave", "somebody attached it again"
    if past.object != f"table:{row['name']}" or row["kind"] != "r":
        return "leave", f"it was {past.object} when it was detached; drop it by hand"
    if row["hold"]:
        return "leave", "its comment says legal hold"
    if quarantine is None:
        return "leave", f"{_parent(past)} has no retention any more"
    until = past.as_of + quarantine
    if work.order.as_of < until:
        return "leave", f"in quarantine until {until:%Y-%m-%d %H:%M} UTC"
    return "run", f"detached {past.as_of:%Y-%m-%d}, in quarantine until {until:%Y-%m-%d}"


def _drop(row: Mapping[str, Any], reason: str) -> Step:
    return Step(
        object=f"table:{row['name']}",
        statements=(f"drop table {row['name']}",),
        reason=reason,
        weight_bytes=row["bytes"],
        verify=_GONE.format(oid=row["oid"]).strip(),
        oid=row["oid"],
    )
