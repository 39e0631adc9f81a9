/*
title = "A setting endangers the data"
why = """Each of these trades the safety of data, or the server's ability to look after itself,
for something else: fsync and full_page_writes off corrupt after a crash; zero_damaged_pages,
ignore_checksum_failure and ignore_invalid_pages hide and then destroy what is damaged;
autovacuum and track_counts off lead to bloat and wraparound; without data_checksums a failing
disk is noticed late; synchronous_commit off loses the last moments of a crash, which is a
choice for some and a surprise for others."""
fix = """Set it back with the statements shown; data_checksums needs pg_checksums --enable on the
stopped server."""
every = "15m"
scope = "cluster"
severity = "high"
*/
with rule (name, bad, good, severity, detail) as (values
  ('fsync', 'off', 'on', 'critical', 'a crash of the machine corrupts the database'),
  ('full_page_writes', 'off', 'on', 'critical',
    'a crash can leave torn pages that nothing repairs'),
  ('zero_damaged_pages', 'on', 'off', 'critical', 'damaged pages are emptied and lost'),
  ('ignore_checksum_failure', 'on', 'off', 'high', 'damaged pages are read as if they were sound'),
  ('ignore_invalid_pages', 'on', 'off', 'high', 'recovery goes on over missing pages'),
  ('ignore_system_indexes', 'on', 'off', 'medium', 'catalogue reads scan whole tables'),
  ('autovacuum', 'off', 'on', 'high', 'dead rows and old transaction ids are never cleaned up'),
  ('track_counts', 'off', 'on', 'high', 'autovacuum does not know what to do'),
  ('track_activities', 'off', 'on', 'medium', 'sessions cannot be watched'),
  ('data_checksums', 'off', null, 'low', 'damage by the disk is noticed late or never'),
  ('synchronous_commit', 'off', 'on', 'low', 'a crash loses commits that were confirmed'),
  ('wal_level', 'minimal', 'replica', 'medium', 'no base backup, archive or replica is possible'),
  ('row_security', 'off', 'on', 'medium', 'queries on protected tables fail instead of filtering')
)
select
  'setting:' || s.name as object,
  r.severity,
  pg_catalog.format('%s is %s: %s', s.name, s.setting, r.detail) as detail,
  case
    when r.good is not null and s.context = 'postmaster'
    then pg_catalog.format('alter system set %s = %L', s.name, r.good)
    when r.good is not null
    then pg_catalog.format(
      E'alter system set %s = %L;\nselect pg_catalog.pg_reload_conf()', s.name, r.good
    )
  end as fix
from rule as r
join pg_catalog.pg_settings as s on s.name = r.name and s.setting = r.bad
order by object;
