/*
title = "A partitioned table runs out of partitions"
why = """When the last partition ends, inserts fail, or fall into the default partition, from
which they must be moved under a lock. The runway is the time from now to the end of the
partitions without a gap; zero where no partition is for now. Bounds come from the catalogue,
never from names, and are read without a lock. A week is the time in which somebody can act."""
fix = """Run the job partitions_create, which also copies row security and grants: a bare
create table … partition of does not."""
every = "15m"
scope = "database"
unit = "days"
worse = "lower"
medium = 14
high = 7
critical = 1
[metrics.thorbis_partition_runway_seconds]
type = "gauge"
help = "Time until the table has no partition for new rows"
value = "seconds"
labels = ["table"]
*/
with partitioned as (
  select
    c.oid,
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    exists (
      select from pg_catalog.pg_class as x where x.oid = p.partdefid
    ) as has_default
  from pg_catalog.pg_partitioned_table as p
  join pg_catalog.pg_class as c on c.oid = p.partrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
  join pg_catalog.pg_type as t on t.oid = a.atttypid
  where p.partstrat = 'r' and c.relpersistence <> 't'
    and coalesce(nullif(t.typbasetype, 0), t.oid)
      in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
),
bound as (
  -- A bound holds constants only: deparsed for relation 0, it opens and locks nothing.
  select
    i.inhparent as oid,
    pg_catalog.regexp_match(
      pg_catalog.pg_get_expr(c.relpartbound, 0),
      'FROM \((?:''([^'']*)''|(MINVALUE)|MAXVALUE)[^)]*\) TO \((?:''([^'']*)''|(MAXVALUE)|MINVALUE)'
    ) as part
  from pg_catalog.pg_inherits as i
  join partitioned as p on p.oid = i.inhparent
  join pg_catalog.pg_class as c on c.oid = i.inhrelid
  where not i.inhdetachpending
),
span as (
  select
    b.oid,
    case when b.part[2] is not null then '-infinity'::timestamptz
      else b.part[1]::timestamptz end as opens,
    case when b.part[4] is not null then 'infinity'::timestamptz
      else b.part[3]::timestamptz end as ends
  from bound as b
  where b.part is not null
),
gapless as (
  -- A partition begins a new stretch where it opens after the furthest end before it.
  select
    s.*,
    pg_catalog.count(*) filter (where s.opens > s.reached or s.reached is null)
      over (partition by s.oid order by s.opens, s.ends) as stretch
  from (
    select
      x.*,
      pg_catalog.max(x.ends) over (
        partition by x.oid order by x.opens, x.ends
        rows between unbounded preceding and 1 preceding
      ) as reached
    from span as x
  ) as s
),
covered as (
  select g.oid, pg_catalog.max(g.ends) as until
  from gapless as g
  group by g.oid, g.stretch
  having pg_catalog.min(g.opens) <= pg_catalog.now() and pg_catalog.max(g.ends) > pg_catalog.now()
),
runway as (
  select
    p.name,
    p.has_default,
    c.until,
    case
      when c.until = 'infinity' then null
      else coalesce(extract(epoch from c.until - pg_catalog.now()), 0)
    end as seconds
  from partitioned as p
  left join covered as c on c.oid = p.oid
)
select
  'table:' || r.name as object,
  pg_catalog.round(r.seconds / 86400, 1) as value,
  pg_catalog.format(
    '%s; then rows %s',
    case when r.until is null then 'no partition is for now'
      else 'partitions end at ' || r.until end,
    case when r.has_default then 'fall into the default partition' else 'are refused' end
  ) as detail,
  r.seconds::float8 as seconds,
  r.name as "table"
from runway as r
order by r.seconds nulls last, object;
