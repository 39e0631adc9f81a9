/*
title = "A transaction has been running for long"
why = """As long as it lasts, vacuum can remove no row that died after its start, in any table
of the database; its locks hold back every migration; and a failover waits for it or loses it.
Half an hour is more than any request and most reports need; after four hours the dead rows
of a busy table outnumber the live ones. Backups and loads that must last are muted by name."""
fix = """Ask who runs it; split it into batches, or cancel it with the statement shown."""
every = "30s"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
unit = "seconds"
low = 300
medium = 1_800
high = 14_400
*/
select
  'session:' || a.pid as object,
  pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)) as value,
  pg_catalog.format(
    'role %s in database %s, application %L, %s',
    pg_catalog.quote_ident(a.usename), pg_catalog.quote_ident(a.datname), a.application_name,
    coalesce('waits on ' || a.wait_event_type, 'runs')
  ) as detail,
  pg_catalog.format(
    'select pg_catalog.pg_cancel_backend(pid) from pg_catalog.pg_stat_activity'
    ' where pid = %s and xact_start = %L',
    a.pid, a.xact_start
  ) as fix
from pg_catalog.pg_stat_activity as a
where a.backend_type = 'client backend'
  and a.state not like 'idle in transaction%'
  and a.pid <> pg_catalog.pg_backend_pid()
  and a.xact_start < pg_catalog.clock_timestamp() - interval '1 second'
order by value desc, object;
