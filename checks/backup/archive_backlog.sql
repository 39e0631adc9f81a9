/*
title = "WAL waits to be archived"
why = """What is written and not yet archived would be lost with the disk. A backlog of 1 GiB
means that archiving is slower than writing, or stands; at 10 GiB the disk is next. An idle
server has no backlog, however long ago it archived."""
fix = """See backup.archiving; make archive_command faster (batches, parallel), or the archive."""
every = "1m"
scope = "cluster"
needs = ["primary"]
unit = "bytes"
medium = 1_073_741_824
high = 10_737_418_240
[metrics.thorbis_archive_backlog_bytes]
type = "gauge"
help = "Bytes of WAL that are complete and not yet archived"
*/
with segment as (
  select s.setting::bigint as bytes
  from pg_catalog.pg_settings as s
  where s.name = 'wal_segment_size'
),
position as (
  select
    case
      when not pg_catalog.pg_is_in_recovery()
      then pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn())
    end as writing,
    a.last_archived_wal as archived
  from pg_catalog.pg_stat_archiver as a
  where pg_catalog.current_setting('archive_mode') <> 'off'
    and a.last_archived_wal ~ '^[0-9A-F]{24}'
)
select
  'server:archiver' as object,
  greatest(0, (w.number - d.number - 1) * g.bytes) as value,
  pg_catalog.format('archived up to %s, writing %s', p.archived, p.writing) as detail
from segment as g
cross join position as p
cross join lateral (
  select ('x' || substring(p.writing from 9 for 8))::bit(32)::bigint * (4294967296 / g.bytes)
    + ('x' || substring(p.writing from 17 for 8))::bit(32)::bigint as number
) as w
cross join lateral (
  select ('x' || substring(p.archived from 9 for 8))::bit(32)::bigint * (4294967296 / g.bytes)
    + ('x' || substring(p.archived from 17 for 8))::bit(32)::bigint as number
) as d;
