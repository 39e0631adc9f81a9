/*
title = "A session is idle inside a transaction"
why = """It does nothing and still holds its locks and the horizon of vacuum. A client between
two statements of a transaction needs milliseconds; after five minutes it has forgotten the
transaction, after fifteen it holds back others. An aborted one holds its connection too."""
fix = """End the session with the statement shown, and mend the client: commit before waiting
for anything outside. idle_in_transaction_session_timeout ends such sessions by itself."""
every = "30s"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
unit = "seconds"
medium = 300
high = 900
*/
select
  'session:' || a.pid as object,
  pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - a.state_change)) as value,
  pg_catalog.format(
    'role %s in database %s, application %L, %s',
    pg_catalog.quote_ident(a.usename), pg_catalog.quote_ident(a.datname),
    a.application_name, a.state
  ) as detail,
  pg_catalog.format(
    'select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity'
    ' where pid = %s and state_change = %L',
    a.pid, a.state_change
  ) as fix
from pg_catalog.pg_stat_activity as a
where a.state like 'idle in transaction%'
  and a.pid <> pg_catalog.pg_backend_pid()
  and a.state_change < pg_catalog.clock_timestamp() - interval '1 second'
order by value desc, object;
