/*
title = "A table is not frozen in time"
why = """The ratio of its age to the age at which autovacuum must freeze it. Above 1 a forced
vacuum is due or at work; at 1.5 it has not succeeded for 100 million transactions, and at 3
the whole server is on its way to refuse writes. Transaction ids, multixacts and the TOAST
table are considered, and limits set on the table itself."""
fix = """Find what holds the horizon back (vacuum.horizon), then run the statement shown."""
every = "15m"
scope = "database"
unit = "ratio"
low = 1.2
medium = 1.5
high = 3
critical = 6
[metrics.thorbis_freeze_age_ratio]
type = "gauge"
help = "Age of the oldest table over the age at which it must be frozen"
value = "worst"
labels = ["datname"]
*/
with aged as (
  select
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    greatest(
      greatest(pg_catalog.age(c.relfrozenxid), pg_catalog.age(t.relfrozenxid))::numeric
        / least(pg_catalog.current_setting('autovacuum_freeze_max_age')::numeric, o.xid_limit),
      greatest(pg_catalog.mxid_age(c.relminmxid), pg_catalog.mxid_age(t.relminmxid))::numeric
        / least(
          pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::numeric, o.mxid_limit
        )
    ) as ratio
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
  left join lateral (
    select
      pg_catalog.max(x.option_value::numeric)
        filter (where x.option_name = 'autovacuum_freeze_max_age') as xid_limit,
      pg_catalog.max(x.option_value::numeric)
        filter (where x.option_name = 'autovacuum_multixact_freeze_max_age') as mxid_limit
    from pg_catalog.pg_options_to_table(c.reloptions) as x
    where x.option_name in ('autovacuum_freeze_max_age', 'autovacuum_multixact_freeze_max_age')
  ) as o on c.reloptions is not null
  where c.relkind in ('r', 'm') and c.relpersistence <> 't'
),
ranked as (
  select a.*, pg_catalog.row_number() over (order by a.ratio desc, a.name) as place from aged as a
)
select
  'table:' || r.name as object,
  pg_catalog.round(r.ratio, 3) as value,
  pg_catalog.format('vacuum (freeze) %s', r.name) as fix,
  case when r.place = 1 then pg_catalog.round(r.ratio, 3) end as worst,
  pg_catalog.current_database()::text as datname
from ranked as r
where r.place = 1 or r.ratio >= 1
order by value desc, object;
