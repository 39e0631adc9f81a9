/*
title = "Statements are counted with gaps"
why = """With pg_stat_statements.track off or compute_query_id off nothing is counted; without
track_io_timing the time spent reading is unknown; below a thousand entries a busy database
evicts statements before they were seen twice. Where the library is not loaded, its settings do
not exist, which is the finding of statements.extension."""
fix = """Set it with the statements shown."""
every = "1h"
scope = "cluster"
severity = "low"
*/
with rule (name, holds, good, severity, detail) as (
  select s.name, r.holds, r.good, r.severity, r.detail
  from pg_catalog.pg_settings as s
  cross join lateral (values
    ('pg_stat_statements.track', s.setting = 'none', 'top', 'medium', 'nothing is counted'),
    ('compute_query_id', s.setting = 'off', 'auto', 'medium', 'nothing is counted'),
    ('track_io_timing', s.setting = 'off', 'on', 'info', 'time spent reading is unknown'),
    (
      'pg_stat_statements.max',
      s.name = 'pg_stat_statements.max' and s.setting ~ '^\d{1,3}$',
      '5000', 'low', 'statements are evicted before they are seen'
    )
  ) as r (name, holds, good, severity, detail)
  where r.name = s.name
)
select
  'setting:' || r.name as object,
  r.severity,
  r.detail,
  case
    when r.name = 'pg_stat_statements.max'
    then pg_catalog.format('alter system set %s = %L', r.name, r.good)
    else pg_catalog.format(
      E'alter system set %s = %L;\nselect pg_catalog.pg_reload_conf()', r.name, r.good
    )
  end as fix
from rule as r
where r.holds
order by object;
