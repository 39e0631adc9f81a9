/*
title = "Two indexes are the same"
why = """Same table, method, columns, order, operator classes, collations, expressions and
predicate: every write keeps up both, every query needs one. The one that guards a rule is kept,
else the older. Expressions are compared as the server stores them, without positions in text,
so that nothing waits for a lock."""
fix = """Drop the one named with the statement shown. That of a partitioned table cannot be dropped
concurrently: it locks the table and all its partitions for a moment, so set a lock_timeout."""
every = "1h"
scope = "database"
needs = ["primary"]
unit = "bytes"
low = 0
medium = 104_857_600
*/
with described as (
  select
    i.indexrelid,
    i.indisunique,
    row(
      i.indrelid, c.relam, i.indnkeyatts, i.indkey::text, i.indclass::text, i.indcollation::text,
      i.indoption::text,
      pg_catalog.regexp_replace(i.indexprs::text, ':location -?\d+', '', 'g'),
      pg_catalog.regexp_replace(i.indpred::text, ':location -?\d+', '', 'g')
    )::text as shape,
    i.indisprimary or i.indisexclusion or i.indisreplident or exists (
      select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid
    ) as guards
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where i.indisvalid and not c.relispartition and c.relpersistence <> 't'
    and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
),
ranked as (
  select
    d.*,
    pg_catalog.first_value(d.indexrelid) over same as kept,
    pg_catalog.row_number() over same as place
  from described as d
  window same as (
    partition by d.shape order by d.guards desc, d.indisunique desc, d.indexrelid
  )
)
select
  pg_catalog.format('index:%I.%I', n.nspname, c.relname) as object,
  c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint as value,
  pg_catalog.format(
    'the same as %I.%I on table %I.%I', kn.nspname, k.relname, n.nspname, t.relname
  ) as detail,
  pg_catalog.format(
    'drop index %s%I.%I', case when c.relkind = 'i' then 'concurrently ' end, n.nspname, c.relname
  ) as fix
from ranked as r
join pg_catalog.pg_index as i on i.indexrelid = r.indexrelid
join pg_catalog.pg_class as c on c.oid = r.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_class as k on k.oid = r.kept
join pg_catalog.pg_namespace as kn on kn.oid = k.relnamespace
where r.place > 1 and not r.guards
order by value desc, object;
