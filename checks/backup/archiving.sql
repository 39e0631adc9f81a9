/*
title = "WAL archiving fails"
why = """The last attempt failed after the last success: what is written since then is in no
archive, and the WAL stays on the server's disk until it is full. Judged by the failure, not by
the age of the last success, since an idle database archives nothing. After a quarter of an hour
it is no hiccup; after four hours the loss is more than most agreements allow."""
fix = """Read the server's log for what archive_command said; archiving goes on by itself once
the cause is gone."""
every = "1m"
scope = "cluster"
needs = ["primary"]
unit = "seconds"
low = 0
high = 900
critical = 14_400
[metrics.pg_stat_archiver_archived_count]
type = "counter"
help = "WAL files archived"
value = "archived_count"
[metrics.pg_stat_archiver_failed_count]
type = "counter"
help = "Attempts to archive that failed"
value = "failed_count"
[metrics.pg_stat_archiver_last_archive_age]
type = "gauge"
help = "Seconds since the last WAL file was archived"
value = "last_archive_age"
*/
select
  'server:archiver' as object,
  case
    when pg_catalog.current_setting('archive_mode') <> 'off'
      and a.last_failed_time > coalesce(a.last_archived_time, '-infinity')
    then extract(
      epoch from pg_catalog.clock_timestamp() - coalesce(a.last_archived_time, a.stats_reset)
    )::float8
  end as value,
  pg_catalog.format(
    '%s failed at %s; the last success was %s',
    a.last_failed_wal, a.last_failed_time, coalesce(a.last_archived_time::text, 'never')
  ) as detail,
  a.archived_count,
  a.failed_count,
  extract(epoch from pg_catalog.clock_timestamp() - a.last_archived_time)::float8
    as last_archive_age
from pg_catalog.pg_stat_archiver as a;
