/*
title = "The replica holds WAL that it has not replayed"
why = """What was received and not yet replayed must be replayed before the replica can be
promoted. 1 GiB is about a minute of replay on a common disk; 10 GiB make a failover long."""
fix = """Look for a long query on the replica, a paused replay and a saturated disk."""
every = "15s"
scope = "cluster"
needs = ["replica"]
unit = "bytes"
medium = 1_073_741_824
high = 10_737_418_240
[metrics.thorbis_replay_backlog_bytes]
type = "gauge"
help = "Bytes of WAL received and not yet replayed"
*/
select
  'server:replay' as object,
  pg_catalog.pg_wal_lsn_diff(
    pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn()
  ) as value
where pg_catalog.pg_last_wal_receive_lsn() is not null;
