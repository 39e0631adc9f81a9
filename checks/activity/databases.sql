/*
title = "What each database did"
why = """Counters of transactions, rows, blocks, temporary files and deadlocks since the last
reset: rates over them show a change of load, of hit ratio and of errors."""
every = "30s"
scope = "cluster"
[metrics.pg_stat_database_numbackends]
type = "gauge"
help = "Sessions connected to this database"
value = "numbackends"
labels = ["datid", "datname"]
[metrics.pg_stat_database_xact_commit]
type = "counter"
help = "Transactions committed"
value = "xact_commit"
labels = ["datid", "datname"]
[metrics.pg_stat_database_xact_rollback]
type = "counter"
help = "Transactions rolled back"
value = "xact_rollback"
labels = ["datid", "datname"]
[metrics.pg_stat_database_blks_read]
type = "counter"
help = "Blocks read from outside shared buffers"
value = "blks_read"
labels = ["datid", "datname"]
[metrics.pg_stat_database_blks_hit]
type = "counter"
help = "Blocks found in shared buffers"
value = "blks_hit"
labels = ["datid", "datname"]
[metrics.pg_stat_database_tup_returned]
type = "counter"
help = "Rows read by scans"
value = "tup_returned"
labels = ["datid", "datname"]
[metrics.pg_stat_database_tup_fetched]
type = "counter"
help = "Rows fetched by index scans"
value = "tup_fetched"
labels = ["datid", "datname"]
[metrics.pg_stat_database_tup_inserted]
type = "counter"
help = "Rows inserted"
value = "tup_inserted"
labels = ["datid", "datname"]
[metrics.pg_stat_database_tup_updated]
type = "counter"
help = "Rows updated"
value = "tup_updated"
labels = ["datid", "datname"]
[metrics.pg_stat_database_tup_deleted]
type = "counter"
help = "Rows deleted"
value = "tup_deleted"
labels = ["datid", "datname"]
[metrics.pg_stat_database_conflicts]
type = "counter"
help = "Queries cancelled by recovery on a standby"
value = "conflicts"
labels = ["datid", "datname"]
[metrics.pg_stat_database_temp_files]
type = "counter"
help = "Temporary files created by queries"
value = "temp_files"
labels = ["datid", "datname"]
[metrics.pg_stat_database_temp_bytes]
type = "counter"
help = "Bytes written to temporary files by queries"
value = "temp_bytes"
labels = ["datid", "datname"]
[metrics.pg_stat_database_deadlocks]
type = "counter"
help = "Deadlocks detected"
value = "deadlocks"
labels = ["datid", "datname"]
[metrics.pg_stat_database_blk_read_time]
type = "counter"
help = "Milliseconds spent reading blocks, with track_io_timing"
value = "blk_read_time"
labels = ["datid", "datname"]
[metrics.pg_stat_database_blk_write_time]
type = "counter"
help = "Milliseconds spent writing blocks, with track_io_timing"
value = "blk_write_time"
labels = ["datid", "datname"]
[metrics.pg_stat_database_stats_reset]
type = "gauge"
help = "Unix time of the last reset of these counters"
value = "stats_reset"
labels = ["datid", "datname"]
*/
select
  'database:' || pg_catalog.quote_ident(s.datname) as object,
  s.numbackends,
  s.xact_commit,
  s.xact_rollback,
  s.blks_read,
  s.blks_hit,
  s.tup_returned,
  s.tup_fetched,
  s.tup_inserted,
  s.tup_updated,
  s.tup_deleted,
  s.conflicts,
  s.temp_files,
  s.temp_bytes,
  s.deadlocks,
  s.blk_read_time,
  s.blk_write_time,
  extract(epoch from s.stats_reset)::float8 as stats_reset,
  s.datid::text as datid,
  s.datname::text as datname
from pg_catalog.pg_stat_database as s
where s.datname is not null
order by s.datname;
