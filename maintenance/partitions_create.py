'''
title = "Make partitions before they are needed"
why = """
A table that runs out of partitions refuses new rows, or lets them fall into its default
partition, from where they are hard to move. For every declared set, and every one found with
a regular period, the present period and the next few are made, each with the owner, grants,
row level security and policies of its parent, which PostgreSQL does not copy.
"""
schedule = "10 0 * * *"
commands = [
  "LOCK TABLE", "CREATE TABLE", "ALTER TABLE", "GRANT", "REVOKE", "CREATE POLICY",
]
lock_timeout = "100ms"
statement_timeout = "30s"
guards = ["replica_lag"]
'''

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg

from thorbis_ops.core import partitions
from thorbis_ops.core.partitions import Existing, Range
from thorbis_ops.model import Considered, Plan, Refusal, Step
from thorbis_ops.runner import Work
from thorbis_ops.runner.partition_creation import quoted, statements, verification
from thorbis_ops.runner.partition_sets import Surveyed, Table, survey
from thorbis_ops.runner.session import reason

DEFAULT_PAGES = 10_000
_NAMES = """
select pg_catalog.format('%%I.%%I', %s::text, w.name) as name, exists (
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = %s::text and c.relname = w.name) as taken
from pg_catalog.unnest(%s::text[]) with ordinality as w (name, position) order by w.position
"""

_INSIDE = """
select exists (select from only {default} where {key} >= {lower} and {key} < {upper})
"""


async def plan(work: Work) -> Plan:
    """Every set with its runway, and a step for each partition that is missing."""
    found = await survey(work.session, work.order)
    steps: list[Step] = []
    for table in found.tables:
        try:
            steps += await _steps(work, table, found)
        except psycopg.Error as error:
            found.refused.append(Refusal(object=f"table:{table.name}", reason=reason(error)))
    return Plan(
        job=work.order.job.name,
        at=work.order.as_of,
        considered=tuple(found.considered),
        steps=tuple(steps),
        refused=tuple(found.refused),
    )


async def _steps(work: Work, table: Table, found: Surveyed) -> list[Step]:
    needs = _missing(work, table, found)
    if not needs:
        return []
    if not table.facts["mine"]:
        found.refused.append(
            Refusal(object=f"table:{table.name}", reason="the role is no member of its owner")
        )
        return []
    names = [
        partitions.name_for(table.facts["table"], table.period, n, table.existing) for n in needs
    ]
    schema = table.facts["schema"]
    rows = await work.session.rows(_NAMES, (schema, schema, names))
    steps = []
    for need, row in zip(needs, rows, strict=True):
        fault = await _fault(work, table, need, row)
        if fault is None:
            steps.append(await _step(work, table, need, row["name"]))
        else:
            found.refused.append(Refusal(object=f"table:{row['name']}", reason=fault))
    return steps


def _missing(work: Work, table: Table, found: Surveyed) -> list[Range]:
    """The periods that no partition covers; those covered in part are refused."""
    now = table.local(work.order.as_of)
    wanted = list(partitions.wanted(table.period, now, table.create_ahead))
    missing = [need for need in wanted if not partitions.covered(need, table.existing)]
    for need in missing:
        for one in partitions.crossing(need, table.existing):
            found.refused.append(_crossed(table, need, one))
    free = [need for need in missing if not partitions.crossing(need, table.existing)]
    found.considered.append(
        Considered(
            object=f"table:{table.name}",
            value=_runway(table, missing, now),
            unit="days ahead",
            decision="run" if free else "leave",
            reason=f"{len(free)} partitions to make" if free else f"{len(wanted)} periods stand",
        )
    )
    return free


def _crossed(table: Table, need: Range, one: Existing) -> Refusal:
    return Refusal(
        object=f"table:{table.name}",
        reason=f"{need.lower:%Y-%m-%d} to {need.upper:%Y-%m-%d} is covered only in part, by "
        f"{one.name}; make its bounds meet the period {table.period}",
    )


def _runway(table: Table, missing: list[Range], now: datetime) -> float:
    """Days until the first moment that no partition takes."""
    end = missing[0].lower if missing else max(e.range.upper for e in table.existing)
    seconds = (end - now).total_seconds()
    return max(0.0, round(seconds / 86400, 2))


async def _fault(work: Work, table: Table, need: Range, row: Mapping[str, Any]) -> str | None:
    if row["taken"]:
        return f"a relation of this name stands and is no partition of {table.name}"
    if any(m["partitioned"] for m in table.members):
        return "its partitions are partitioned themselves, which this job does not make"
    default = table.default
    if default is None:
        return None
    if default["pages"] > DEFAULT_PAGES:
        return (
            f"ATTACH would scan the {default['pages']} pages of {default['name']} under its lock; "
            "drain the default partition"
        )
    if await _holds_rows(work, table, need, default["name"]):
        return f"{default['name']} holds rows of this range; move them out first"
    return None


async def _holds_rows(work: Work, table: Table, need: Range, default: str) -> bool:
    """Whether rows of a range lie in the default partition, as far as the role may know.

    Row security must not make them invisible; where it would, ATTACH itself will tell.
    """
    inside = _INSIDE.format(
        default=default,
        key=table.facts["key_quoted"],
        lower=quoted(partitions.literal(need.lower, table.key, table.zone)),
        upper=quoted(partitions.literal(need.upper, table.key, table.zone)),
    )
    await work.session.set("row_security", "off")
    try:
        return await work.session.holds(inside)
    except psycopg.errors.InsufficientPrivilege:
        return False


async def _step(work: Work, table: Table, need: Range, child: str) -> Step:
    return Step(
        object=f"table:{child}",
        statements=tuple(await statements(work.session, table, child, need)),
        reason=f"{table.name} has no partition for {need.lower:%Y-%m-%d} to {need.upper:%Y-%m-%d}",
        verify=verification(table, child),
        relation=f"table:{table.name}",
    )
