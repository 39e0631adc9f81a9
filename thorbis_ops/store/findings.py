"""What was found, from the first sight to the last, and every change between.

The comparison is pure and lives in ``core.changes``; here yesterday is read, and the
outcome written, in one transaction, so that two daemons never open one finding twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from thorbis_ops.core.changes import Changes, compare
from thorbis_ops.model import Finding, Server, Severity
from thorbis_ops.store.connection import Cursor, Store
from thorbis_ops.store.values import plain

LOCK_CLASS = 740_621


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """A finding that stands, with the time it was first and last seen."""

    finding: Finding
    opened_at: datetime
    last_seen_at: datetime


async def save_findings(
    store: Store,
    target: str,
    findings: Iterable[Finding],
    unanswered_checks: Collection[str],
    asked_checks: Collection[str],
    at: datetime,
) -> Changes:
    """Writes today's findings of ``target`` and tells what they changed.

    A finding closes only where its check was asked and answered. A time before the last
    look is taken as the last look: history never runs backwards.
    """
    async with store.transaction() as cursor:
        await cursor.execute(
            "select pg_catalog.pg_advisory_xact_lock(%s, pg_catalog.hashtext(%s))",
            (LOCK_CLASS, target),
        )
        before = [known.finding for known in await _open(cursor, target)]
        changes = compare(before, findings, asked=asked_checks, unanswered=unanswered_checks)
        await _write(cursor, changes, at)
        return changes


async def open_findings(store: Store, target: str | None = None) -> tuple[OpenFinding, ...]:
    """What stands now, of one target or of all, in the order of keys."""
    async with store.transaction() as cursor:
        return await _open(cursor, target)


async def saw_target(store: Store, target: str, server: Server, at: datetime) -> None:
    """Remembers that ``target`` answered, and which server it was."""
    async with store.transaction() as cursor:
        await cursor.execute(
            _SAW,
            {
                "name": target,
                "at": at,
                "system_identifier": server.system_identifier,
                "version_num": server.version_num,
                "role": server.role,
            },
        )


_SAW = """
insert into thorbis_ops.targets as known
  (name, first_seen_at, last_seen_at, system_identifier, version_num, role)
values (%(name)s, %(at)s, %(at)s, %(system_identifier)s, %(version_num)s, %(role)s)
on conflict (name) do update set
  last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
  system_identifier = excluded.system_identifier,
  version_num = excluded.version_num,
  role = excluded.role
"""

_OPEN = """
select target, check_id, object, severity, title, detail, value, unit, fix, proven, muted,
  evidence, opened_at, last_seen_at
from thorbis_ops.findings
where closed_at is null and (%(target)s::text is null or target = %(target)s)
order by target, check_id, object
"""

_OPENED = """
insert into thorbis_ops.findings
  (target, check_id, object, severity, title, detail, value, unit, fix, proven, muted,
   evidence, opened_at, last_seen_at)
values (%(target)s, %(check)s, %(object)s, %(severity)s, %(title)s, %(detail)s, %(value)s,
  %(unit)s, %(fix)s, %(proven)s, %(muted)s, %(evidence)s, %(at)s, %(at)s)
"""

_SEEN = """
update thorbis_ops.findings set
  severity = %(severity)s, title = %(title)s, detail = %(detail)s, value = %(value)s,
  unit = %(unit)s, fix = %(fix)s, proven = %(proven)s, muted = %(muted)s,
  evidence = %(evidence)s, last_seen_at = greatest(last_seen_at, %(at)s)
where target = %(target)s and check_id = %(check)s and object = %(object)s
  and closed_at is null
"""

_CLOSED = """
update thorbis_ops.findings set closed_at = greatest(last_seen_at, %(at)s)
where target = %(target)s and check_id = %(check)s and object = %(object)s
  and closed_at is null
"""

_EVENT = """
insert into thorbis_ops.finding_events
  (at, target, check_id, object, event, severity_before, severity_after)
values (%(at)s, %(target)s, %(check)s, %(object)s, %(event)s, %(before)s, %(after)s)
"""


async def _open(cursor: Cursor, target: str | None) -> tuple[OpenFinding, ...]:
    await cursor.execute(_OPEN, {"target": target})
    return tuple(_known(row) for row in await cursor.fetchall())


def _known(row: dict[str, Any]) -> OpenFinding:
    opened_at, last_seen_at = row.pop("opened_at"), row.pop("last_seen_at")
    check, severity = row.pop("check_id"), Severity.parse(row.pop("severity"))
    finding = Finding(**row, check=check, severity=severity)
    return OpenFinding(finding=finding, opened_at=opened_at, last_seen_at=last_seen_at)


async def _write(cursor: Cursor, changes: Changes, at: datetime) -> None:
    seen = [*changes.unchanged, *(r.finding for r in (*changes.worsened, *changes.improved))]
    for statement, findings in (
        (_OPENED, changes.opened),
        (_SEEN, seen),
        (_CLOSED, changes.closed),
    ):
        await cursor.executemany(statement, [_values(finding, at) for finding in findings])
    await cursor.executemany(_EVENT, _events(changes, at))


def _values(finding: Finding, at: datetime) -> dict[str, object]:
    values = {name: getattr(finding, name) for name in _TEXTS}
    return {
        **values,
        "severity": finding.severity.label,
        "evidence": Jsonb(plain(finding.evidence)),
        "at": at,
    }


_TEXTS = (
    "target", "check", "object", "title", "detail", "value", "unit", "fix", "proven", "muted",
)  # fmt: skip


def _events(changes: Changes, at: datetime) -> list[Mapping[str, object]]:
    regraded = (("worsened", changes.worsened), ("improved", changes.improved))
    return [
        *(_event(f, "opened", None, f.severity, at) for f in changes.opened),
        *(
            _event(r.finding, event, r.before, r.finding.severity, at)
            for event, grades in regraded
            for r in grades
        ),
        *(_event(f, "closed", f.severity, None, at) for f in changes.closed),
    ]


def _event(
    finding: Finding, event: str, before: Severity | None, after: Severity | None, at: datetime
) -> Mapping[str, object]:
    return {
        "at": at,
        "target": finding.target,
        "check": finding.check,
        "object": finding.object,
        "event": event,
        "before": None if before is None else before.label,
        "after": None if after is None else after.label,
    }
