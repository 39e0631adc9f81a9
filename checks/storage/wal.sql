/*
title = "The WAL directory is larger than it should be"
why = """After a checkpoint the server recycles WAL down to max_wal_size, unless wal_keep_size, a
slot or a failing archive needs it. Twice that is a burst; five times means that something keeps
it, and it grows until the disk is full and the server stops."""
fix = """See replication.slot_wal and backup.archiving for what keeps it. Never remove files from
pg_wal by hand."""
every = "5m"
scope = "cluster"
needs = ["member:pg_monitor"]
unit = "ratio"
low = 2
medium = 5
high = 10
[metrics.pg_wal_size_bytes]
type = "gauge"
help = "Size of the WAL directory"
value = "bytes"
[metrics.pg_wal_segments]
type = "gauge"
help = "Files of WAL"
value = "segments"
*/
select
  'server:wal' as object,
  pg_catalog.round(w.bytes / l.allowed, 3) as value,
  pg_catalog.format(
    '%s in %s segments, where %s are meant',
    pg_catalog.pg_size_pretty(w.bytes), w.segments, pg_catalog.pg_size_pretty(l.allowed)
  ) as detail,
  w.bytes,
  w.segments
from (
  select coalesce(pg_catalog.sum(f.size), 0) as bytes, pg_catalog.count(*) as segments
  from pg_catalog.pg_ls_waldir() as f
  where f.name ~ '^[0-9A-F]{24}$'
) as w
cross join (
  select 1048576 * pg_catalog.sum(s.setting::numeric) as allowed
  from pg_catalog.pg_settings as s
  where s.name in ('max_wal_size', 'wal_keep_size')
) as l;
