/*
title = "A session waits for a lock"
why = """Its user waits, and whoever needs the same rows or table queues behind it. Most locks
are held for milliseconds; five minutes mean that the holder does not let go, after a quarter
of an hour the queue has usually eaten the connections. Blockers are looked up only for those
that wait, since the lookup stops the lock manager."""
fix = """End the blocker with the statement shown, after asking what it does; give migrations a
lock_timeout."""
every = "30s"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
unit = "seconds"
low = 30
medium = 300
high = 900
*/
with waiting as materialized (
  select
    l.pid,
    l.mode,
    l.locktype,
    l.relation,
    l.database,
    coalesce(l.waitstart, pg_catalog.clock_timestamp()) as since
  from pg_catalog.pg_locks as l
  where not l.granted
    and l.waitstart < pg_catalog.clock_timestamp() - interval '1 second'
),
blocked as (
  select w.*, b.pids
  from waiting as w
  cross join lateral pg_catalog.pg_blocking_pids(w.pid) as b (pids)
)
select
  'session:' || b.pid as object,
  pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - b.since)) as value,
  pg_catalog.format(
    'waits for %s on %s, behind %s',
    b.mode,
    coalesce(
      pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), b.locktype
    ),
    coalesce(
      (
        select pg_catalog.string_agg(
          pg_catalog.format('session %s (%s, %s)', h.pid, h.usename, h.state), ', ' order by h.pid
        )
        from pg_catalog.pg_stat_activity as h
        where h.pid = any (b.pids)
      ),
      'a prepared transaction'
    )
  ) as detail,
  (
    select pg_catalog.format(
      'select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity'
      ' where pid = %s and backend_start = %L',
      h.pid, h.backend_start
    )
    from pg_catalog.pg_stat_activity as h
    where h.pid = any (b.pids)
    order by h.xact_start, h.pid
    limit 1
  ) as fix
from blocked as b
left join pg_catalog.pg_class as c
  on c.oid = b.relation
  and b.database = (select d.oid from pg_catalog.pg_database as d
    where d.datname = pg_catalog.current_database())
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
order by value desc, object;
