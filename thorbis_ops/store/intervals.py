"""What statements and objectives did, span by span, for the questions of tomorrow.

Of each minute the heaviest statements are kept one by one and the rest as a sum, so that the
history stays small and still adds up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from thorbis_ops.slo.objective import Objective, Tally
from thorbis_ops.span import Span
from thorbis_ops.statements.counters import Key
from thorbis_ops.statements.loads import Load
from thorbis_ops.statements.share import Share
from thorbis_ops.store.connection import Cursor

#: Statements of one sample that are kept one by one.
HEAVIEST = 50
_REST: Key = (0, 0, 0, True)


async def keep_intervals(
    cursor: Cursor,
    target: str,
    span: Span,
    objectives: Sequence[Objective],
    hashes: Mapping[Key, bytes],
) -> None:
    """Adds a span to the history; a first sample, which has no span, adds nothing."""
    if span.from_at is None:
        return
    events = [_event(target, span, objective) for objective in objectives]
    if counted := [event for event in events if event["calls"]]:
        await cursor.executemany(_KEEP_EVENTS, counted)
    minute = span.to_at.replace(second=0, microsecond=0)
    if rows := [{"at": minute, "target": target, **row} for row in _rows(span.loads, hashes)]:
        await cursor.executemany(_KEEP_STATEMENT, rows)


async def read_tallies(cursor: Cursor, target: str, since: datetime) -> dict[str, Tally]:
    """The events of each objective in the spans that began at ``since`` or later."""
    await cursor.execute(_TALLIES, {"target": target, "since": since})
    return {row.pop("objective"): Tally(**row) for row in await cursor.fetchall()}


def _event(target: str, span: Span, objective: Objective) -> dict[str, Any]:
    tally = span.tallies.get(objective.name, Tally())
    return {
        "at": span.to_at,
        "from_at": span.from_at,
        "target": target,
        "objective": objective.name,
        "threshold_seconds": objective.threshold_seconds,
        "calls": tally.calls,
        "bad_min": tally.bad_min,
        "bad_max": tally.bad_max,
        "bad_estimated": tally.bad_estimated,
    }


def _rows(loads: Sequence[Load], hashes: Mapping[Key, bytes]) -> list[dict[str, Any]]:
    """Rows in the order of their keys, so that two writers never wait for one another."""
    rows = [_row(load, hashes.get(load.key)) for load in loads[:HEAVIEST]]
    if rest := loads[HEAVIEST:]:
        rows.append(_sum(rest))
    return sorted(rows, key=lambda row: (row["dbid"], row["userid"], row["queryid"]))


def _row(load: Load, digest: bytes | None) -> dict[str, Any]:
    share = next(iter(load.shares.values()), None)
    return {
        **_key(load.key),
        "text_hash": digest,
        "kind": load.facts.kind,
        "statements": 1,
        "calls": load.calls,
        "rows": load.rows,
        "seconds": load.seconds,
        **_above(share),
    }


def _sum(rest: Sequence[Load]) -> dict[str, Any]:
    """Nested statements are left out: they are contained in those that called them."""
    top = [load for load in rest if load.key[3]]
    return {
        **_key(_REST),
        "text_hash": None,
        "kind": None,
        "statements": len(rest),
        "calls": sum(load.calls for load in top),
        "rows": sum(load.rows for load in top),
        "seconds": sum(load.seconds for load in top),
        **_above(None),
    }


def _key(key: Key) -> dict[str, Any]:
    return dict(zip(("dbid", "userid", "queryid", "toplevel"), key, strict=True))


def _above(share: Share | None) -> dict[str, Any]:
    return {
        "above_min": share.above_min if share else None,
        "above_max": share.above_max if share else None,
        "above_estimated": share.above_estimated if share else None,
    }


_KEEP_EVENTS = """
insert into thorbis_ops.objective_intervals
  (at, from_at, target, objective, threshold_seconds, calls, bad_min, bad_max, bad_estimated)
values (%(at)s, %(from_at)s, %(target)s, %(objective)s, %(threshold_seconds)s, %(calls)s,
  %(bad_min)s, %(bad_max)s, %(bad_estimated)s)
"""

_KEEP_STATEMENT = """
insert into thorbis_ops.statement_intervals as i (
  at, target, dbid, userid, queryid, toplevel, text_hash, kind, statements, calls, rows, seconds,
  above_min, above_max, above_estimated
) values (
  %(at)s, %(target)s, %(dbid)s, %(userid)s, %(queryid)s, %(toplevel)s, %(text_hash)s, %(kind)s,
  %(statements)s, %(calls)s, %(rows)s, %(seconds)s, %(above_min)s, %(above_max)s,
  %(above_estimated)s
)
on conflict (target, dbid, userid, queryid, toplevel, at) do update set
  text_hash = excluded.text_hash, kind = excluded.kind,
  statements = greatest(i.statements, excluded.statements),
  calls = i.calls + excluded.calls, rows = i.rows + excluded.rows,
  seconds = i.seconds + excluded.seconds,
  above_min = i.above_min + excluded.above_min,
  above_max = i.above_max + excluded.above_max,
  above_estimated = i.above_estimated + excluded.above_estimated
"""

_TALLIES = """
select objective, pg_catalog.sum(calls)::bigint as calls,
  pg_catalog.sum(bad_min)::bigint as bad_min, pg_catalog.sum(bad_max)::bigint as bad_max,
  pg_catalog.sum(bad_estimated) as bad_estimated
from thorbis_ops.objective_intervals
where target = %(target)s and from_at >= %(since)s and at >= %(since)s
group by objective order by objective
"""
