/*
title = "A standby replays late"
why = """The time from a commit here until it is visible there, as the standby reported it last;
empty while nothing is written. A minute of reads from the past, or of data lost in a failover,
is more than users forgive."""
fix = """See replication.standbys for the step at which the time is lost."""
every = "15s"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
unit = "seconds"
medium = 60
high = 600
[metrics.thorbis_standby_replay_delay_seconds]
type = "gauge"
help = "Time from flushing WAL here to its replay on this standby"
labels = ["application_name", "client_addr"]
*/
select
  pg_catalog.format('standby:%I', coalesce(nullif(r.application_name, ''), r.pid::text)) as object,
  extract(epoch from r.replay_lag)::float8 as value,
  r.application_name,
  pg_catalog.host(r.client_addr) as client_addr
from pg_catalog.pg_stat_replication as r
where r.state <> 'backup'
order by value desc nulls last, object, r.pid;
