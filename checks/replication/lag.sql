/*
title = "The replica replays late"
why = """Reads on it are old by this much, and a failover would lose it or wait for it. Zero
while everything received is replayed, so that an idle primary raises no alarm; before the first
commit is replayed, counted from the start. A minute is more than a large commit needs; ten
minutes mean that replay stands, by a conflict, a lock or a slow disk."""
fix = """Look for a long query on the replica (max_standby_streaming_delay), a paused replay
(pg_wal_replay_resume) and a saturated disk."""
every = "15s"
scope = "cluster"
unit = "seconds"
medium = 60
high = 600
[metrics.pg_replication_lag_seconds]
type = "gauge"
help = "Time since the last replayed commit while there is more to replay; 0 on a primary"
[metrics.pg_replication_is_replica]
type = "gauge"
help = "1 on a replica, 0 on a primary"
value = "is_replica"
*/
select
  'server:replay' as object,
  case
    when not r.recovering then 0
    when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() then 0
    else extract(epoch from greatest(
      pg_catalog.clock_timestamp() - coalesce(
        pg_catalog.pg_last_xact_replay_timestamp(), pg_catalog.pg_postmaster_start_time()
      ), interval '0'
    ))::float8
  end as value,
  r.recovering::int as is_replica
from (select pg_catalog.pg_is_in_recovery() as recovering) as r;
