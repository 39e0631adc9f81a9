/*
title = "The planner's statistics are stale or missing"
why = """Plans are made from what the last ANALYZE saw. Autovacuum renews it when a tenth of the
rows has changed, so that a fifth shows that it is late and a half that it does not come. It
never analyzes a partitioned table itself: there the changes of its partitions since then are
counted. Tables below a thousand rows are left out: their plans cannot go far wrong."""
fix = """Run the statement shown; partitioned tables need it from a job (maintenance analyze)."""
every = "15m"
scope = "database"
needs = ["primary"]
unit = "ratio"
low = 0.2
medium = 0.5
*/
with recursive member as (
  select i.inhparent as root, i.inhrelid as relid
  from pg_catalog.pg_inherits as i
  join pg_catalog.pg_class as p on p.oid = i.inhparent
  where p.relkind = 'p'
  union all
  select m.root, i.inhrelid
  from member as m
  join pg_catalog.pg_inherits as i on i.inhparent = m.relid
),
counted as materialized (
  select
    s.relid,
    greatest(c.reltuples::bigint, s.n_live_tup, 0) as rows,
    s.n_mod_since_analyze as changed,
    c.reltuples < 0 and s.last_analyze is null and s.last_autoanalyze is null as never,
    greatest(s.last_analyze, s.last_autoanalyze) as analyzed
  from pg_catalog.pg_stat_user_tables as s
  join pg_catalog.pg_class as c on c.oid = s.relid
  where c.relkind in ('r', 'm') and c.relpersistence <> 't'
),
partitioned as (
  select
    m.root as relid,
    pg_catalog.sum(l.rows) as rows,
    case
      when p.reltuples < 0 then pg_catalog.sum(l.rows)
      else greatest(
        pg_catalog.abs(pg_catalog.sum(l.rows) - p.reltuples::numeric), pg_catalog.sum(l.changed)
      )
    end as changed,
    p.reltuples < 0 as never,
    pg_catalog.max(s.last_analyze) as analyzed
  from member as m
  join counted as l on l.relid = m.relid
  join pg_catalog.pg_class as p on p.oid = m.root
  left join pg_catalog.pg_stat_user_tables as s on s.relid = m.root
  group by m.root, p.reltuples
),
every_table as (
  select * from counted
  union all
  select * from partitioned
)
select
  'table:' || t.name as object,
  pg_catalog.round(least(e.changed / greatest(e.rows, 1)::numeric, 1), 4) as value,
  pg_catalog.format(
    '%s of %s rows changed since the last analyze (%s)',
    e.changed, e.rows, case
      when e.never then 'never' else coalesce(e.analyzed::text, 'before statistics were reset') end
  ) as detail,
  pg_catalog.format('analyze %s', t.name) as fix
from every_table as e
cross join lateral (
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where c.oid = e.relid
) as t
where e.rows >= 1000 and e.changed > 0
order by value desc, object;
