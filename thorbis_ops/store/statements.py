"""The count of statements as the store keeps it: where it stands, and one step on.

A step is one transaction: the counters that it ends at, the events that it found and what was
learnt of texts. So whoever goes on after a kill counts nothing twice and loses nothing that
the server still holds. A step is refused to those who have not seen the last one.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from thorbis_ops.count import Advance, Count, Total, advanced
from thorbis_ops.errors import StoreError
from thorbis_ops.slo.objective import Tally
from thorbis_ops.statements.counters import Counters, Sample
from thorbis_ops.statements.facts import REVISION, Facts
from thorbis_ops.store.connection import Cursor
from thorbis_ops.store.intervals import keep_intervals

TEXTS_KEPT_DAYS = 90


class OvertakenError(StoreError):
    """Another daemon has counted on from the same sample; nothing was written."""


async def load_count(cursor: Cursor, target: str) -> Count:
    """Where the count of ``target`` stands; an empty one where it has not begun."""
    await cursor.execute(_SAMPLE, {"target": target})
    row = await cursor.fetchone()
    if row is None:
        return Count()
    kept = {name: row.pop(name) for name in _KEPT}
    entries = await _rows(cursor, _BASELINE, target)
    digests = [entry.pop("text_hash") for entry in entries]
    counters = [Counters(**entry) for entry in entries]
    return Count(
        **kept,
        sample=Sample(**row, counters={entry.key: entry for entry in counters}),
        totals={t.pop("objective"): _total(t) for t in await _rows(cursor, _TOTALS, target)},
        hashes={e.key: bytes(d) for e, d in zip(counters, digests, strict=True) if d is not None},
        facts={bytes(t.pop("hash")): _facts(t) for t in await _rows(cursor, _TEXTS, target)},
    )


async def _rows(cursor: Cursor, statement: str, target: str) -> list[dict[str, Any]]:
    await cursor.execute(statement.encode(), {"target": target, "revision": REVISION})
    return await cursor.fetchall()


def _facts(row: dict[str, Any]) -> Facts:
    return Facts(**{**row, "relations": tuple(row["relations"])})


def _total(row: dict[str, Any]) -> Total:
    head = {name: row.pop(name) for name in ("threshold_seconds", "begun_at")}
    return Total(**head, tally=Tally(**row))


async def save_count(cursor: Cursor, target: str, before: Count, advance: Advance) -> Count:
    """Writes one step on from ``before``, and tells where the count stands then.

    Raises OvertakenError when the store has moved on from ``before`` meanwhile.
    """
    now = advanced(before, advance)
    await _take_turn(cursor, target, before, now)
    await _keep_texts(cursor, advance)
    await _keep_counters(cursor, target, advance)
    await _keep_totals(cursor, target, now)
    await keep_intervals(cursor, target, advance.span, advance.objectives, advance.hashes)
    if before.sampled_at is None or before.sampled_at.date() != advance.at.date():
        await _forget_texts(cursor, advance.at)
    return now


async def _take_turn(cursor: Cursor, target: str, before: Count, now: Count) -> None:
    assert now.sample is not None, "a step has a sample"  # noqa: S101
    values = {name: getattr(now.sample, name) for name in _SAMPLED}
    values |= {name: getattr(now, name) for name in _KEPT}
    statement = _FIRST if before.sequence == 0 else _NEXT
    await cursor.execute(statement, {**values, "target": target, "before": before.sequence})
    if await cursor.fetchone() is None:
        raise OvertakenError(f"{target}: another daemon has counted on; nothing was written")


async def _keep_texts(cursor: Cursor, advance: Advance) -> None:
    rows = [
        {
            "hash": digest,
            "revision": REVISION,
            "kind": facts.kind,
            "shown": facts.shown.replace("\0", ""),
            "relations": list(facts.relations),
            "error": facts.error,
            "today": advance.at.date(),
        }
        for digest, facts in advance.learnt.items()
    ]
    if rows:
        await cursor.executemany(_KEEP_TEXT, rows)


async def _keep_counters(cursor: Cursor, target: str, advance: Advance) -> None:
    gone = sorted(advance.delta.gone)
    if gone:
        dbids, userids, queryids, toplevels = (list(column) for column in zip(*gone, strict=True))
        await cursor.execute(_DROP_COUNTERS, (dbids, userids, queryids, toplevels, target))
    changed = [advance.sample.counters[key] for key in sorted(advance.delta.changed)]
    if changed:
        columns = [list(column) for column in zip(*changed, strict=True)]
        hashes = [advance.hashes.get(entry.key) for entry in changed]
        await cursor.execute(_KEEP_COUNTERS, (target, *columns, hashes))


async def _keep_totals(cursor: Cursor, target: str, now: Count) -> None:
    rows = [
        {
            "target": target,
            "objective": name,
            "threshold_seconds": total.threshold_seconds,
            "begun_at": total.begun_at,
            **{column: getattr(total.tally, column) for column in _TALLIED},
        }
        for name, total in now.totals.items()
    ]
    if rows:
        await cursor.executemany(_KEEP_TOTAL, rows)


async def _forget_texts(cursor: Cursor, at: datetime) -> None:
    """Once a day: texts in use are marked as seen, those unseen for long are dropped."""
    await cursor.execute(_SEEN_TEXTS, {"today": at.date()})
    await cursor.execute(_OLD_TEXTS, {"today": at.date(), "days": TEXTS_KEPT_DAYS})


_KEPT = ("sequence", "begun_at", "sampled_at", "counted", "lost")
_SAMPLED = tuple(f.name for f in fields(Sample) if f.name != "counters")
_TALLIED = ("calls", "bad_min", "bad_max", "bad_estimated")

_SAMPLE = """
select sequence, begun_at, sampled_at, taken_at, started_at, system_identifier, stats_reset,
  deallocated, capacity, hidden_entries, hidden_calls, counted, lost
from thorbis_ops.statement_samples where target = %(target)s
"""

_BASELINE = """
select dbid, userid, queryid, toplevel, calls, plans, rows, total, minimum, maximum, mean,
  deviation, since, extremes_since, text_hash
from thorbis_ops.statement_baselines where target = %(target)s
order by dbid, userid, queryid, toplevel
"""

_TEXTS = """
select t.hash, t.kind, t.shown, t.relations, t.error
from thorbis_ops.statement_texts t
where t.revision = %(revision)s and exists (
  select from thorbis_ops.statement_baselines b
  where b.target = %(target)s and b.text_hash = t.hash
)
order by t.hash
"""

_TOTALS = """
select objective, threshold_seconds, begun_at, calls, bad_min, bad_max, bad_estimated
from thorbis_ops.objective_totals where target = %(target)s order by objective
"""

_FIRST = """
insert into thorbis_ops.statement_samples (
  target, sequence, begun_at, sampled_at, taken_at, started_at, system_identifier, stats_reset,
  deallocated, capacity, hidden_entries, hidden_calls, counted, lost
) values (
  %(target)s, %(sequence)s, %(begun_at)s, %(sampled_at)s, %(taken_at)s, %(started_at)s,
  %(system_identifier)s, %(stats_reset)s, %(deallocated)s, %(capacity)s, %(hidden_entries)s,
  %(hidden_calls)s, %(counted)s, %(lost)s
) on conflict do nothing returning sequence
"""

_NEXT = """
update thorbis_ops.statement_samples set
  sequence = %(sequence)s, sampled_at = %(sampled_at)s, taken_at = %(taken_at)s,
  started_at = %(started_at)s, system_identifier = %(system_identifier)s,
  stats_reset = %(stats_reset)s, deallocated = %(deallocated)s, capacity = %(capacity)s,
  hidden_entries = %(hidden_entries)s, hidden_calls = %(hidden_calls)s,
  counted = %(counted)s, lost = %(lost)s
where target = %(target)s and sequence = %(before)s returning sequence
"""

_KEEP_TEXT = """
insert into thorbis_ops.statement_texts as t
  (hash, revision, kind, shown, relations, error, seen_on)
values (%(hash)s, %(revision)s, %(kind)s, %(shown)s, %(relations)s, %(error)s, %(today)s)
on conflict (hash) do update set
  revision = excluded.revision, kind = excluded.kind, shown = excluded.shown,
  relations = excluded.relations, error = excluded.error, seen_on = excluded.seen_on
where t.revision <> excluded.revision or t.seen_on <> excluded.seen_on
"""

_DROP_COUNTERS = """
delete from thorbis_ops.statement_baselines b
using unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[])
  as g (dbid, userid, queryid, toplevel)
where b.target = %s and (b.dbid, b.userid, b.queryid, b.toplevel)
  = (g.dbid, g.userid, g.queryid, g.toplevel)
"""

_KEEP_COUNTERS = """
insert into thorbis_ops.statement_baselines
select %s, c.* from unnest(
  %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::bigint[], %s::bigint[],
  %s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[],
  %s::timestamptz[], %s::timestamptz[], %s::bytea[]
) as c
on conflict (target, dbid, userid, queryid, toplevel) do update set
  calls = excluded.calls, plans = excluded.plans, rows = excluded.rows, total = excluded.total,
  minimum = excluded.minimum, maximum = excluded.maximum, mean = excluded.mean,
  deviation = excluded.deviation, since = excluded.since,
  extremes_since = excluded.extremes_since, text_hash = excluded.text_hash
"""

_KEEP_TOTAL = """
insert into thorbis_ops.objective_totals
  (target, objective, threshold_seconds, begun_at, calls, bad_min, bad_max, bad_estimated)
values (%(target)s, %(objective)s, %(threshold_seconds)s, %(begun_at)s, %(calls)s, %(bad_min)s,
  %(bad_max)s, %(bad_estimated)s)
on conflict (target, objective) do update set
  threshold_seconds = excluded.threshold_seconds, begun_at = excluded.begun_at,
  calls = excluded.calls, bad_min = excluded.bad_min, bad_max = excluded.bad_max,
  bad_estimated = excluded.bad_estimated
"""

_SEEN_TEXTS = """
update thorbis_ops.statement_texts t set seen_on = %(today)s
where t.seen_on <> %(today)s and exists (
  select from thorbis_ops.statement_baselines b where b.text_hash = t.hash
)
"""

_OLD_TEXTS = """
delete from thorbis_ops.statement_texts
where seen_on < %(today)s::date - %(days)s::integer
"""
