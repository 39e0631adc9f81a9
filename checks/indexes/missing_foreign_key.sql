/*
title = "A foreign key has no index"
why = """Each delete, and each change of the key, in the referenced table scans this whole table
for rows that refer to it, under a lock. Below a thousand rows nobody notices; from a million on
one delete takes seconds. An index serves when its leading columns are those of the key, in any
order, and when it covers all rows in which they are not null."""
fix = """Create the index with the statement shown. On a partitioned table it locks: create it on
each partition concurrently and attach."""
every = "1h"
scope = "database"
needs = ["primary"]
unit = "rows"
low = 1_000
medium = 1_000_000
*/
with recursive member as (
  select c.oid as relid, c.oid as root
  from pg_catalog.pg_class as c
  where c.relkind in ('r', 'p') and c.relpersistence <> 't'
  union all
  select i.inhrelid, m.root
  from member as m
  join pg_catalog.pg_inherits as i on i.inhparent = m.relid
),
counted as (
  select
    m.root,
    pg_catalog.sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0)) as rows
  from member as m
  join pg_catalog.pg_class as c on c.oid = m.relid
  where c.relkind = 'r'
  group by m.root
)
select
  pg_catalog.format('constraint:%I.%I.%I', n.nspname, t.relname, k.conname) as object,
  r.rows::bigint as value,
  pg_catalog.format(
    'table %I.%I, about %s rows, refers to %I.%I', n.nspname, t.relname, r.rows::bigint,
      fn.nspname, f.relname
  ) as detail,
  pg_catalog.format(
    'create index %son %I.%I (%s)',
    case when t.relkind = 'r' then 'concurrently ' end,
    n.nspname,
    t.relname,
    (
      select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by u.place)
      from pg_catalog.unnest(k.conkey) with ordinality as u (attnum, place)
      join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum
    )
  ) as fix
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as t on t.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
join pg_catalog.pg_class as f on f.oid = k.confrelid
join pg_catalog.pg_namespace as fn on fn.oid = f.relnamespace
join counted as r on r.root = t.oid and r.rows > 0
where k.contype = 'f' and k.conparentid = 0
  and not exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = k.conrelid and i.indisvalid
      and (
        i.indpred is null
        or i.indpred::text like '({NULLTEST %' and i.indpred::text like '% :nulltesttype 1 %'
        or i.indpred::text like '{NULLTEST %' and i.indpred::text like '% :nulltesttype 1 %'
      )
      and i.indnkeyatts >= pg_catalog.cardinality(k.conkey)
      and k.conkey <@ (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1]
      and (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1] <@ k.conkey
  )
order by value desc, object;
