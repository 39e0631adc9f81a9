/*
title = "Shared buffers miss too often"
why = """A block that is not in shared buffers is read from the system's cache at best and from
disk at worst, tens to thousands of times slower. This is the ratio since the last reset, so it
is judged only after ten million block reads, and only as a hint: what matters now is the rate
over pg_stat_database_blks_hit and _blks_read. Reports over whole tables lower it honestly."""
fix = """Look for scans of large tables (statements) before raising shared_buffers, up to about
a quarter of the memory."""
every = "15m"
scope = "cluster"
unit = "ratio"
worse = "lower"
info = 0.95
low = 0.9
*/
select
  'database:' || pg_catalog.quote_ident(s.datname) as object,
  pg_catalog.round(s.blks_hit::numeric / (s.blks_hit + s.blks_read), 4) as value,
  pg_catalog.format(
    '%s blocks were read from outside shared buffers of %s asked for, since %s',
    s.blks_read, s.blks_hit + s.blks_read, coalesce(s.stats_reset::text, 'statistics began')
  ) as detail
from pg_catalog.pg_stat_database as s
where s.datname is not null and s.blks_hit + s.blks_read >= 10000000
order by value, object;
