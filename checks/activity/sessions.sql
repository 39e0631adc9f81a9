/*
title = "Sessions by database and state"
why = """The number of sessions in each state, and the age of the oldest transaction, show a
pool that leaks, a queue that builds, a client that forgot to commit. States without a session
are reported as 0, so that a rate or an alert does not lose its series."""
every = "30s"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
[metrics.pg_stat_activity_count]
type = "gauge"
help = "Number of client sessions in this state"
labels = ["datname", "state"]
[metrics.pg_stat_activity_max_tx_duration]
type = "gauge"
help = "Age in seconds of the oldest transaction of these sessions"
value = "max_tx_duration"
labels = ["datname", "state"]
*/
select
  'database:' || pg_catalog.quote_ident(d.datname) as object,
  pg_catalog.count(a.pid) as value,
  coalesce(
    pg_catalog.max(extract(epoch from pg_catalog.clock_timestamp() - a.xact_start))::float8, 0
  ) as max_tx_duration,
  d.datname::text as datname,
  s.state
from pg_catalog.pg_database as d
cross join (values
  ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'),
  ('fastpath function call'), ('disabled')
) as s (state)
left join pg_catalog.pg_stat_activity as a
  on a.datid = d.oid and a.state = s.state and a.backend_type = 'client backend'
  and a.pid <> pg_catalog.pg_backend_pid()
where d.datallowconn and not d.datistemplate
group by d.datname, s.state
order by d.datname, s.state;
