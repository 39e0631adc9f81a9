/*
title = "Checkpoints come because the WAL is full"
why = """A checkpoint that is forced by max_wal_size writes all dirty pages at once, and after
each one the first change of every page is logged whole: response times and WAL grow together.
Most should come by the clock. Counted since the last reset and judged from 50 checkpoints on;
what matters now is the rate of the two counters."""
fix = """Raise max_wal_size with the statements shown."""
every = "1m"
scope = "cluster"
unit = "ratio"
low = 0.5
medium = 0.8
[metrics.pg_stat_checkpointer_num_timed_total]
type = "counter"
help = "Checkpoints that came by the clock"
value = "timed"
[metrics.pg_stat_checkpointer_num_requested_total]
type = "counter"
help = "Checkpoints that were requested"
value = "requested"
[metrics.pg_stat_checkpointer_write_time_total]
type = "counter"
help = "Milliseconds spent writing in checkpoints"
value = "write_time"
[metrics.pg_stat_checkpointer_sync_time_total]
type = "counter"
help = "Milliseconds spent syncing in checkpoints"
value = "sync_time"
[metrics.pg_stat_checkpointer_buffers_written_total]
type = "counter"
help = "Buffers written by checkpoints"
value = "buffers_written"
[metrics.pg_stat_bgwriter_buffers_clean_total]
type = "counter"
help = "Buffers written by the background writer"
value = "buffers_clean"
[metrics.pg_stat_bgwriter_maxwritten_clean_total]
type = "counter"
help = "Rounds that the background writer broke off, having written enough"
value = "maxwritten_clean"
[metrics.pg_stat_bgwriter_buffers_alloc_total]
type = "counter"
help = "Buffers allocated"
value = "buffers_alloc"
*/
select
  'setting:max_wal_size' as object,
  case
    when c.num_timed + c.num_requested >= 50
    then pg_catalog.round(c.num_requested::numeric / (c.num_timed + c.num_requested), 4)
  end as value,
  pg_catalog.format(
    '%s of %s checkpoints were requested since %s',
    c.num_requested, c.num_timed + c.num_requested, c.stats_reset
  ) as detail,
  pg_catalog.format(
    E'alter system set max_wal_size = ''%sMB'';\nselect pg_catalog.pg_reload_conf()',
      2 * s.setting::bigint
  ) as fix,
  c.num_timed as timed,
  c.num_requested as requested,
  c.write_time,
  c.sync_time,
  c.buffers_written,
  b.buffers_clean,
  b.maxwritten_clean,
  b.buffers_alloc
from pg_catalog.pg_stat_checkpointer as c
cross join pg_catalog.pg_stat_bgwriter as b
join pg_catalog.pg_settings as s on s.name = 'max_wal_size';
