/*
title = "An index was never used"
why = """Every write keeps it up, vacuum scans it, backups carry it, and no query on this server
has used it since its statistics began. Asked only when these are thirty days old, so that a
report at the end of the month has been seen. Indexes that guard a rule (primary key, unique,
exclusion, replica identity), that serve a foreign key, or that are smaller than a megabyte are
left out. Replicas keep statistics of their own and were not asked."""
fix = """Look at every replica's pg_stat_user_indexes first; then drop it with the statement
shown, and keep its definition. That of a partitioned table cannot be dropped concurrently: set a
lock_timeout."""
every = "1d"
scope = "database"
needs = ["primary"]
severity = "low"
unit = "bytes"
*/
with recursive statistics as (
  select coalesce(s.stats_reset, pg_catalog.pg_postmaster_start_time()) as since
  from pg_catalog.pg_stat_database as s
  where s.datname = pg_catalog.current_database()
),
rooted as (
  select c.oid as indexrelid, c.oid as root
  from pg_catalog.pg_class as c
  where c.relkind in ('i', 'I') and not c.relispartition and c.relpersistence <> 't'
  union all
  select h.inhrelid, r.root
  from rooted as r
  join pg_catalog.pg_inherits as h on h.inhparent = r.indexrelid
),
used as (
  select
    r.root,
    pg_catalog.sum(coalesce(pg_catalog.pg_stat_get_numscans(r.indexrelid), 0)) as scans,
    pg_catalog.sum(c.relpages::bigint) * pg_catalog.current_setting('block_size')::bigint as bytes
  from rooted as r
  join pg_catalog.pg_class as c on c.oid = r.indexrelid
  group by r.root
)
select
  pg_catalog.format('index:%I.%I', n.nspname, c.relname) as object,
  u.bytes as value,
  pg_catalog.format(
    '%s on table %I.%I, no scan since %s (%s days) on this server; replicas were not asked',
    pg_catalog.pg_size_pretty(u.bytes), n.nspname, t.relname, s.since,
    extract(day from pg_catalog.now() - s.since)
  ) as detail,
  pg_catalog.format(
    'drop index %s%I.%I', case when c.relkind = 'i' then 'concurrently ' end, n.nspname, c.relname
  ) as fix
from statistics as s
cross join used as u
join pg_catalog.pg_index as i on i.indexrelid = u.root
join pg_catalog.pg_class as c on c.oid = u.root
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where s.since < pg_catalog.now() - interval '30 days'
  and u.scans = 0
  and u.bytes >= 1048576
  and i.indisvalid and not i.indisunique and not i.indisexclusion and not i.indisreplident
  and not i.indisclustered
  and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
  and not exists (
    select from pg_catalog.pg_constraint as k
    where k.conrelid = i.indrelid and k.contype = 'f'
      and k.conkey @> (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1]
      and k.conkey <@ (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1]
  )
  and not exists (
    select from pg_catalog.pg_depend as e
    where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = t.oid and e.deptype = 'e'
  )
order by value desc, object;
