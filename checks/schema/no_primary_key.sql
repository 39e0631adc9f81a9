/*
title = "A table has no primary key"
why = """Its rows cannot be told apart: duplicates slip in, logical replication refuses updates
and deletes of it, and no tool can repair a single row. Partitions and tables that belong to an
extension are left out, and tables with a unique key whose columns are all not null."""
fix = """Name the columns that make a row unique: alter table … add primary key (…). On a large
table create the unique index concurrently first."""
every = "1h"
scope = "database"
severity = "low"
*/
select
  pg_catalog.format('table:%I.%I', n.nspname, c.relname) as object,
  case
    when exists (select from pg_catalog.pg_publication_rel as r where r.prrelid = c.oid)
      and c.relreplident = 'd' then 'high'
    else 'low'
  end as severity,
  case
    when exists (select from pg_catalog.pg_publication_rel as r where r.prrelid = c.oid)
    then 'it is published: updates and deletes of it fail'
  end as detail
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
  and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
  and not exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indimmediate
      and not exists (
        select from pg_catalog.unnest(i.indkey::int2[]) as k (attnum)
        left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum
        where k.attnum = 0 or not a.attnotnull
      )
  )
  and not exists (
    select from pg_catalog.pg_depend as e
    where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
  )
order by object;
