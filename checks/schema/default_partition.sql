/*
title = "Rows lie in a default partition"
why = """No partition was made for them. As long as they lie there, no partition for their range
can be attached, retention does not reach them, and queries for a range read them as well. The
number is an estimate of the statistics, so that nothing is locked."""
fix = """Create the missing partition beside it, move the rows in small batches (delete and insert
in one transaction each), then attach it."""
every = "15m"
scope = "database"
unit = "rows"
medium = 1
*/
with recursive member as (
  select p.partdefid as root, p.partdefid as relid
  from pg_catalog.pg_partitioned_table as p
  where p.partdefid <> 0
  union all
  select m.root, i.inhrelid
  from member as m
  join pg_catalog.pg_inherits as i on i.inhparent = m.relid
)
select
  pg_catalog.format('table:%I.%I', n.nspname, c.relname) as object,
  pg_catalog.sum(
    greatest(l.reltuples, pg_catalog.pg_stat_get_live_tuples(l.oid), 0)
  )::bigint as value
from member as m
join pg_catalog.pg_class as c on c.oid = m.root
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as l on l.oid = m.relid and l.relkind in ('r', 'f')
where c.relpersistence <> 't'
group by n.nspname, c.relname
order by value desc, object;
