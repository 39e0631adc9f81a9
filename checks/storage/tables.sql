/*
title = "Size of the largest tables"
why = """Table, TOAST and indexes, partitions added to their root, as vacuum and analyze last
counted the pages: no lock is needed, so that a migration never blocks it. The fifty largest are
named; the others are added up under (others), with their number."""
every = "15m"
scope = "database"
unit = "bytes"
[metrics.thorbis_table_size_bytes]
type = "gauge"
help = "Disk space of the table with TOAST, indexes and partitions, by the last count of pages"
labels = ["datname", "schemaname", "relname"]
[metrics.thorbis_table_index_size_bytes]
type = "gauge"
help = "The share of indexes in it"
value = "index_bytes"
labels = ["datname", "schemaname", "relname"]
[metrics.thorbis_table_rows]
type = "gauge"
help = "Rows by the last analyze or vacuum"
value = "rows"
labels = ["datname", "schemaname", "relname"]
[metrics.thorbis_tables_named]
type = "gauge"
help = "Tables behind this entry: 1, or the number that (others) adds up"
value = "tables"
labels = ["datname", "schemaname", "relname"]
*/
with recursive rooted as (
  select c.oid as relid, c.oid as root
  from pg_catalog.pg_class as c
  where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't' and not c.relispartition
  union all
  select i.inhrelid, r.root
  from rooted as r
  join pg_catalog.pg_inherits as i on i.inhparent = r.relid
  join pg_catalog.pg_class as c on c.oid = i.inhrelid and c.relispartition
),
indexed as (
  select i.indrelid, pg_catalog.sum(c.relpages::bigint) as pages
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  group by i.indrelid
),
sized as (
  select
    r.root,
    pg_catalog.sum(c.relpages::bigint + coalesce(t.relpages, 0) + coalesce(ti.pages,
      0) + coalesce(x.pages, 0))
      as pages,
    pg_catalog.sum(coalesce(x.pages, 0)) as index_pages,
    pg_catalog.sum(case when c.relkind <> 'p' then greatest(c.reltuples, 0) else 0 end) as rows
  from rooted as r
  join pg_catalog.pg_class as c on c.oid = r.relid
  left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
  left join indexed as ti on ti.indrelid = c.reltoastrelid
  left join indexed as x on x.indrelid = c.oid
  group by r.root
),
ranked as (
  select
    n.nspname::text as schemaname,
    c.relname::text as relname,
    s.pages * pg_catalog.current_setting('block_size')::bigint as bytes,
    s.index_pages * pg_catalog.current_setting('block_size')::bigint as index_bytes,
    s.rows,
    pg_catalog.row_number() over (order by s.pages desc, n.nspname, c.relname) as place
  from sized as s
  join pg_catalog.pg_class as c on c.oid = s.root
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
)
select
  pg_catalog.format('table:%I.%I', r.schemaname, r.relname) as object,
  r.bytes as value,
  r.index_bytes,
  r.rows,
  1::bigint as tables,
  pg_catalog.current_database()::text as datname,
  r.schemaname,
  r.relname
from ranked as r
where r.place <= 50
union all
select
  'tables:others',
  coalesce(pg_catalog.sum(r.bytes), 0),
  coalesce(pg_catalog.sum(r.index_bytes), 0),
  coalesce(pg_catalog.sum(r.rows), 0),
  pg_catalog.count(*),
  pg_catalog.current_database()::text,
  '(others)',
  '(others)'
from ranked as r
where r.place > 50
order by value desc, object;
