/*
title = "Collect statistics where they are stale or missing"
why = """
The planner guesses from statistics. After many changes, after an upgrade, for a new
expression index or a partitioned table, which autovacuum never analyzes, it guesses badly.
A table is due when the rows modified since the last ANALYZE exceed the smaller of a share of
its rows and the square root of a thousand times its rows, when it changed and was not
analyzed for long, or when statistics are missing. Settings of the job: percent (10),
max_age_days (30).
"""
schedule = "30 1 * * *"
window = "01:00-05:00"
commands = ["ANALYZE"]
lock_timeout = "200ms"
statement_timeout = "1h"
guards = ["replica_lag", "long_transaction", "load", "disk"]
parallel = 2
*/
with recursive parameter as (
  select coalesce(nullif(pg_catalog.current_setting('thorbis.percent', true), ''), '10')::numeric
      / 100 as share,
    coalesce(nullif(pg_catalog.current_setting('thorbis.at', true), '')::timestamptz,
      pg_catalog.clock_timestamp()) as at,
    pg_catalog.make_interval(days => coalesce(nullif(pg_catalog.current_setting(
      'thorbis.max_age_days', true), ''), '30')::integer) as max_age,
    coalesce(nullif(pg_catalog.current_setting('thorbis.past', true), ''), '[]')::jsonb as past,
    pg_catalog.current_setting('server_version_num')::integer as version,
    pg_catalog.current_setting('block_size')::bigint as block
), maintainer as (
  select coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(r.oid, 'usage')), false)
    or pg_catalog.pg_has_role((select d.datdba from pg_catalog.pg_database d
      where d.datname = pg_catalog.current_database()), 'usage') as everywhere
  from pg_catalog.pg_roles r where r.rolname = 'pg_maintain'
), relation as materialized (
  select c.oid, n.nspname, c.relname, c.relkind, c.relispartition, c.relpages,
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    c.reltuples::double precision as reltuples,
    s.n_live_tup, s.n_mod_since_analyze as modified,
    s.n_tup_ins + s.n_tup_upd + s.n_tup_del as changes,
    greatest(s.last_analyze, s.last_autoanalyze) as analyzed_at,
    not pg_catalog.row_security_active(c.oid)
      and pg_catalog.has_table_privilege(c.oid, 'select') as seen,
    pg_catalog.pg_has_role(c.relowner, 'usage') or m.everywhere or exists (
      select from pg_catalog.aclexplode(c.relacl) a
      where a.privilege_type = 'MAINTAIN'
        and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'usage'))) as mine
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
  cross join maintainer m
  where c.relkind in ('r', 'm', 'p') and c.relpersistence <> 't'
    and n.nspname not in ('information_schema', 'thorbis_ops') and n.nspname !~ '^pg_'
), tree (root, member) as (
  select r.oid, i.inhrelid
  from relation r join pg_catalog.pg_inherits i on i.inhparent = r.oid
  where r.relkind = 'p'
  union all
  select t.root, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.member
), remembered as (
  select distinct on (p.oid) p.oid, p.mark, p.started_at
  from parameter
  cross join lateral pg_catalog.jsonb_to_recordset(parameter.past)
    as p (oid bigint, mark double precision, started_at timestamptz, outcome text)
  where p.outcome = 'done' and p.mark is not null
  order by p.oid, p.started_at desc
), whole as (
  -- A parent counts no changes itself. Since its last ANALYZE: exactly, where the job noted
  -- the leaves' counters then; else what its leaves still count, and the rows by which the
  -- leaves, as they were last analyzed, differ from the whole, as it was.
  select t.root, pg_catalog.sum(l.relpages) as relpages, pg_catalog.sum(l.changes) as changes,
    pg_catalog.sum(greatest(l.reltuples, l.n_live_tup, 0)) as rows,
    pg_catalog.sum(l.modified)
      + pg_catalog.abs(pg_catalog.sum(greatest(l.reltuples, 0)) - greatest(p.reltuples, 0))
      as modified
  from tree t
  join relation l on l.oid = t.member and l.relkind <> 'p'
  join relation p on p.oid = t.root
  group by t.root, p.reltuples
), measured as (
  select r.oid, r.nspname, r.relname, r.relkind, r.name, r.seen, r.mine, r.analyzed_at,
    r.reltuples, r.relkind = 'p' as parent,
    coalesce(case when r.relkind = 'p' then w.relpages else r.relpages end, 0) as relpages,
    coalesce(case when r.relkind = 'p' then w.rows
      else greatest(r.reltuples, r.n_live_tup, 0) end, 0) as rows,
    coalesce(case when r.relkind <> 'p' then r.modified
      when m.mark <= w.changes and r.analyzed_at - m.started_at < interval '1 day'
        then w.changes - m.mark
      else w.modified end, 0) as modified,
    case when r.relkind = 'p' then coalesce(w.changes, 0) end as mark
  from relation r
  left join whole w on w.root = r.oid
  left join remembered m on m.oid = r.oid
), statistic as materialized (
  select s.schemaname, s.tablename, s.attname, s.inherited from pg_catalog.pg_stats s
), missing_columns as (
  select m.oid, 'columns ' || pg_catalog.string_agg(
    pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) as what
  from measured m
  join pg_catalog.pg_attribute a on a.attrelid = m.oid
  where m.seen and m.rows > 0 and a.attnum > 0 and not a.attisdropped
    and a.attstattarget is distinct from 0 and a.attgenerated <> 'v'
    and not exists (
      select from statistic s
      where s.schemaname = m.nspname and s.tablename = m.relname and s.attname = a.attname
        and s.inherited = m.parent)
  group by m.oid
), missing_expressions as (
  select m.oid, 'expressions of index ' || pg_catalog.string_agg(
    pg_catalog.quote_ident(i.relname), ', ' order by i.relname) as what
  from measured m
  join pg_catalog.pg_index x on x.indrelid = m.oid
  join pg_catalog.pg_class i on i.oid = x.indexrelid
  where not m.parent and m.mine and m.rows > 0 and i.reltuples > 0 and x.indisvalid
    and 0 = any (x.indkey::smallint[])
    and not exists (select from statistic s
      where s.schemaname = m.nspname and s.tablename = i.relname)
  group by m.oid
), missing_extended as (
  select m.oid, 'extended statistics ' || pg_catalog.string_agg(
    pg_catalog.quote_ident(e.stxname), ', ' order by e.stxname) as what
  from measured m
  join pg_catalog.pg_statistic_ext e on e.stxrelid = m.oid
  join pg_catalog.pg_namespace n on n.oid = e.stxnamespace
  where m.seen and m.mine and m.rows > 0
    and pg_catalog.to_jsonb(e) ->> 'stxstattarget' is distinct from '0'
    and not exists (
      select from pg_catalog.pg_stats_ext s
      where s.statistics_schemaname = n.nspname and s.statistics_name = e.stxname)
  group by m.oid
), judged as (
  select m.oid, m.name, m.parent, m.mine, m.seen, m.mark, m.rows, m.modified, m.relpages,
    least(p.share * m.rows, pg_catalog.sqrt(1000 * m.rows)) as threshold,
    m.analyzed_at is null and (m.parent and m.rows > 0 or not m.parent and m.reltuples < 0)
      as never,
    m.modified > 0 and m.analyzed_at < p.at - p.max_age as old,
    m.analyzed_at,
    pg_catalog.concat_ws('; ', c.what, x.what, e.what) as missing
  from measured m
  cross join parameter p
  left join missing_columns c on c.oid = m.oid
  left join missing_expressions x on x.oid = m.oid
  left join missing_extended e on e.oid = m.oid
), reasoned as (
  select j.oid, j.name, j.parent, j.mine, j.seen, j.mark, j.modified, j.relpages, j.threshold,
    case
      when j.never then 'never analyzed'
      when j.missing <> '' then 'no statistics on ' || j.missing
      when j.modified > j.threshold then pg_catalog.format('%s rows modified, more than %s',
        pg_catalog.round(j.modified::numeric), pg_catalog.round(j.threshold::numeric))
      when j.old then pg_catalog.format('%s rows modified and last analyzed %s',
        pg_catalog.round(j.modified::numeric), j.analyzed_at::date)
    end as cause,
    j.missing <> '' as lacking
  from judged j
), covered as (
  -- Up to 17, ANALYZE of a parent does every leaf again: then a leaf needs none of its own.
  select t.member as oid, pg_catalog.min(r.name) as by
  from tree t join reasoned r on r.oid = t.root cross join parameter p
  where r.cause is not null and r.mine and p.version < 180000
  group by t.member
)
select 'table:' || r.name as object,
  pg_catalog.round(r.modified::numeric)::double precision as value,
  'rows modified' as unit,
  d.decision,
  case d.decision
    when 'refuse' then r.cause || '; the role is neither its owner nor may it MAINTAIN it'
    when 'run' then r.cause
    else coalesce('ANALYZE of ' || c.by || ' does it too', pg_catalog.format(
      '%s rows modified, not more than %s', pg_catalog.round(r.modified::numeric),
      pg_catalog.round(r.threshold::numeric))
      || case when r.seen then '' else '; row security hides from the role whether '
        'statistics are missing' end)
  end as reason,
  case when d.decision = 'run' then 'analyze (skip_locked) '
    || case when r.parent and p.version >= 180000 then 'only ' else '' end || r.name
  end as statement,
  r.relpages * p.block as weight,
  'table:' || r.name as relation,
  case when r.parent then r.oid::bigint end as oid,
  r.mark,
  pg_catalog.format('select s.last_analyze > %L::timestamptz '
    'from pg_catalog.pg_stat_all_tables s where s.relid = %s',
    pg_catalog.clock_timestamp(), r.oid) as verify
from reasoned r
cross join parameter p
left join covered c on c.oid = r.oid
cross join lateral (
  select case
    when r.cause is null or c.by is not null then 'leave'
    when not r.mine then 'refuse'
    else 'run' end as decision
) d
order by d.decision = 'run' desc, r.lacking desc,
  r.modified / greatest(r.threshold, 1) desc, object
