/*
title = "Locks held and awaited"
why = """A mode that suddenly counts in the thousands shows a transaction that touches every
partition; exclusive modes show migrations at work."""
every = "30s"
scope = "cluster"
[metrics.pg_locks_count]
type = "gauge"
help = "Number of locks of this mode"
labels = ["datname", "mode"]
*/
select
  'database:' || pg_catalog.quote_ident(d.datname) as object,
  pg_catalog.count(l.mode) as value,
  d.datname::text as datname,
  pg_catalog.lower(m.mode) as mode
from pg_catalog.pg_database as d
cross join (values
  ('AccessShareLock'), ('RowShareLock'), ('RowExclusiveLock'), ('ShareUpdateExclusiveLock'),
  ('ShareLock'), ('ShareRowExclusiveLock'), ('ExclusiveLock'), ('AccessExclusiveLock'),
  ('SIReadLock')
) as m (mode)
left join pg_catalog.pg_locks as l on l.database = d.oid and l.mode = m.mode
where d.datallowconn and not d.datistemplate
group by d.datname, m.mode
order by d.datname, m.mode;
