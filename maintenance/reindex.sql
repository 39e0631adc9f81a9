/*
title = "Rebuild bloated indexes, clear up after interrupted rebuilds"
why = """
An index that shrank inside keeps its pages: it costs room, cache and every backup. The pages
that a B-tree would need, freshly built at its fillfactor, are estimated from its rows, the
widths of its columns, and how often its keys repeat; the share above that is bloat. Indexes
that are filled in random order stand near 0.25 by nature and are not worth a rebuild. One
index at a time is rebuilt concurrently, the most wasteful first. An invalid index is dropped
only where the journal says that a rebuild of ours left it. Settings of the job: bloat (0.4),
min_bytes (1048576), rest_days (30).
"""
schedule = "0 2 * * 0"
window = "01:00-05:00"
commands = ["REINDEX INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY"]
lock_timeout = "200ms"
build_lock_timeout = "10m"
guards = ["replica_lag", "long_transaction", "load", "disk", "slots"]
*/
with parameter as (
  select coalesce(nullif(pg_catalog.current_setting('thorbis.bloat', true), ''), '0.4')::numeric
      as bloat,
    coalesce(nullif(pg_catalog.current_setting('thorbis.min_bytes', true), ''),
      '1048576')::bigint as min_bytes,
    pg_catalog.make_interval(days => coalesce(nullif(pg_catalog.current_setting(
      'thorbis.rest_days', true), ''), '30')::integer) as rest,
    coalesce(nullif(pg_catalog.current_setting('thorbis.at', true), '')::timestamptz,
      pg_catalog.clock_timestamp()) as at,
    coalesce(nullif(pg_catalog.current_setting('thorbis.past', true), ''), '[]')::jsonb as past,
    pg_catalog.current_setting('block_size')::numeric as block,
    pg_catalog.current_setting('server_version_num')::integer between 140000 and 140003 as broken
), past as (
  select p.object, p.oid, p.outcome, p.started_at
  from parameter
  cross join lateral pg_catalog.jsonb_to_recordset(parameter.past)
    as p (object text, oid bigint, outcome text, started_at timestamptz)
), index as materialized (
  select c.oid, c.relname, n.nspname, c.relfilenode, c.relpages::numeric as pages,
    c.reltuples::numeric as tuples, a.amname, x.indrelid, x.indisunique, x.indisvalid,
    x.indisexclusion, x.indkey, x.indnkeyatts, x.indclass, x.indcollation, x.indoption,
    pg_catalog.md5(x.indexprs::text) as expressions, pg_catalog.md5(x.indpred::text) as predicate,
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    t.relname as table_relname, pg_catalog.format('%I.%I', tn.nspname, t.relname) as table_name,
    tn.nspname as table_schema, greatest(t.reltuples, 0)::numeric as table_rows,
    pg_catalog.pg_has_role(c.relowner, 'usage') as mine,
    coalesce((select pg_catalog.substr(o.option, 12)::numeric
      from pg_catalog.unnest(c.reloptions) as o (option)
      where o.option like 'fillfactor=%'), 90) / 100 as fill,
    'deduplicate_items=off' = any (c.reloptions) as plain
  from pg_catalog.pg_index x
  join pg_catalog.pg_class c on c.oid = x.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_am a on a.oid = c.relam
  join pg_catalog.pg_class t on t.oid = x.indrelid
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  where c.relkind = 'i' and c.relpersistence <> 't'
    and n.nspname not in ('information_schema', 'thorbis_ops') and n.nspname !~ '^pg_'
), statistic as materialized (
  select s.schemaname, s.tablename, s.attname, s.null_frac::numeric as nulls,
    s.avg_width::numeric as width, s.n_distinct::numeric as n_distinct
  from pg_catalog.pg_stats s where not s.inherited
), part as (
  select i.oid, k.position,
    coalesce(s.nulls, 0) as nulls,
    coalesce(s.width, case when a.attlen > 0 then a.attlen end) as width,
    case when s.n_distinct > 0 then s.n_distinct
      when s.n_distinct < 0 then -s.n_distinct * i.table_rows end as distinct_keys,
    -- Only types whose equal values are stored alike are deduplicated.
    a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'oid'::regtype,
      'bool'::regtype, 'date'::regtype, 'time'::regtype, 'timestamp'::regtype,
      'timestamptz'::regtype, 'uuid'::regtype, 'text'::regtype, 'varchar'::regtype) as alike
  from index i
  cross join lateral pg_catalog.unnest(i.indkey::smallint[]) with ordinality as k (attnum, position)
  join pg_catalog.pg_attribute own on own.attrelid = i.oid and own.attnum = k.position
  join pg_catalog.pg_attribute a
    on (k.attnum <> 0 and a.attrelid = i.indrelid and a.attnum = k.attnum)
    or (k.attnum = 0 and a.attrelid = i.oid and a.attnum = own.attnum)
  left join statistic s on s.attname = a.attname
    and ((k.attnum <> 0 and s.schemaname = i.table_schema and s.tablename = i.table_relname)
      or (k.attnum = 0 and s.schemaname = i.nspname and s.tablename = i.relname))
  where i.amname = 'btree'
), width as (
  select p.oid,
    case when pg_catalog.count(p.width) = pg_catalog.count(*)
      then pg_catalog.sum(p.width * (1 - p.nulls)) end as width,
    pg_catalog.max(p.nulls) as nulls,
    pg_catalog.bool_and(p.alike) as alike,
    -- The product of the columns' distinct values; unknown counts as all different.
    pg_catalog.exp(least(pg_catalog.sum(pg_catalog.ln(greatest(p.distinct_keys, 1))), 60)) as distinct_keys,
    pg_catalog.count(p.distinct_keys) = pg_catalog.count(*) as distinct_known
  from part p group by p.oid
), tuple as (
  -- A tuple's header is 8 bytes, 16 where a key may be NULL; it is aligned to 8, and its line
  -- pointer takes 4. A posting list holds a repeated key once and 6 bytes for each row, at most
  -- a tenth of a page (src/backend/access/nbtree, README and nbtsort.c).
  select i.oid, i.tuples,
    pg_catalog.ceil((8 + 8 * w.nulls + w.width) / 8) * 8 as bytes,
    case when not i.indisunique and not i.plain and w.alike and w.distinct_known
        and i.indnkeyatts = pg_catalog.cardinality(i.indkey::smallint[])
      then least(i.tuples / greatest(w.distinct_keys, 1),
        pg_catalog.floor((p.block / 10 - 8 - w.width) / 6)) else 1 end as repeats
  from index i join width w on w.oid = i.oid cross join parameter p
  where w.width is not null and i.tuples >= 0
), page as (
  select t.oid, t.tuples,
    case when t.repeats >= 2
      then (4 + pg_catalog.ceil((t.bytes + 6 * t.repeats) / 8) * 8) / t.repeats
      else 4 + t.bytes end as row_bytes,
    4 + t.bytes as item
  from tuple t
), need as (
  -- A page gives up 40 bytes to its header and its links, and one item to its high key;
  -- a level of inner pages, filled to 70 %, stands above each level, and one page is the root's.
  select g.oid, 1 + pg_catalog.ceil(leaf.pages)
    + case when leaf.pages > 1 then pg_catalog.ceil(leaf.pages
        / greatest((p.block - 40) * 0.7 / g.item - 2, 1)) else 0 end as pages
  from page g
  join index i on i.oid = g.oid
  cross join parameter p
  cross join lateral (
    select greatest(g.tuples * g.row_bytes / ((p.block - 40) * i.fill - g.item), 1) as pages
  ) leaf
), busy as (
  select b.relid, 'a build is at work on its table' as what
  from pg_catalog.pg_stat_progress_create_index b
  where b.datname = pg_catalog.current_database()
  union all
  select v.relid, 'a vacuum is at work on its table'
  from pg_catalog.pg_stat_progress_vacuum v where v.datname = pg_catalog.current_database()
), leftover as (
  -- The old index keeps its oid and becomes _ccold when a rebuild succeeded; a new one, _ccnew,
  -- stands on the table of an index whose rebuild we began, and is built alike.
  select i.oid,
    case when i.oid = o.oid then 'the old index that a rebuild of ours replaced'
      else 'what an interrupted rebuild of ours left' end as cause
  from index i
  cross join lateral (
    select distinct p.oid from past p
    left join index origin on origin.oid = p.oid
    where p.oid = i.oid and i.relname ~ '_ccold[0-9]*$'
      or p.outcome is distinct from 'done' and origin.indrelid = i.indrelid
        and origin.oid <> i.oid and i.relname ~ '_ccnew[0-9]*$'
        and (i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text)
          = (origin.indkey::text, origin.indclass::text, origin.indcollation::text,
            origin.indoption::text)
        and (i.expressions, i.predicate)
          is not distinct from (origin.expressions, origin.predicate)
  ) o
  where not i.indisvalid
), measured as (
  select i.oid, i.name, i.relfilenode, i.table_name, i.amname, i.indisvalid, i.indisexclusion,
    i.mine, i.pages, i.tuples, l.cause, b.what as busy,
    case when n.pages is not null and i.pages > 0
      then pg_catalog.round(greatest(0, 1 - n.pages / i.pages), 4) end as bloat,
    exists (select from past p, parameter
      where p.object = 'index:' || i.name and p.outcome = 'done'
        and p.started_at > parameter.at - parameter.rest) as rested
  from index i
  left join need n on n.oid = i.oid
  left join leftover l on l.oid = i.oid
  left join lateral (select b.what from busy b where b.relid = i.indrelid limit 1) b on true
), judged as (
  select m.oid, m.name, m.relfilenode, m.table_name, m.pages, m.bloat, m.indisvalid, m.cause,
    p.block,
    case
      when m.busy is not null then array['leave', m.busy]
      when m.cause is not null and not m.mine
        then array['refuse', m.cause || '; the role is no member of its owner']
      when m.cause is not null then array['run', m.cause]
      when not m.indisvalid
        then array['leave', 'invalid, and no rebuild of ours: drop it or build it again by hand']
      when m.amname <> 'btree' then array['leave', 'no estimate for ' || m.amname]
      when m.tuples < 0 or m.pages = 0 then array['leave', 'never analyzed']
      when m.bloat is null then array['leave', 'no statistics on its columns, or none to be seen']
      when m.pages * p.block < p.min_bytes then array['leave', 'too small to matter']
      when m.bloat < p.bloat then array['leave', pg_catalog.format(
        'bloat %s, less than %s', pg_catalog.round(m.bloat, 2), p.bloat)]
      when m.rested then array['leave', 'rebuilt lately, and bloated again: leave it to itself']
      when m.indisexclusion
        then array['leave', 'an exclusion constraint cannot be rebuilt concurrently']
      when p.broken then array['refuse',
        'PostgreSQL 14.0 to 14.3 may corrupt an index that is rebuilt concurrently; upgrade']
      when not m.mine then array['refuse', 'the role is no member of its owner']
      else array['run', pg_catalog.format('bloat %s, %s of %s pages wasted',
        pg_catalog.round(m.bloat, 2), pg_catalog.round(m.bloat * m.pages), m.pages)]
    end as verdict
  from measured m cross join parameter p
)
select 'index:' || j.name as object,
  j.bloat::double precision as value,
  'bloat' as unit,
  j.verdict[1] as decision,
  j.verdict[2] as reason,
  case when j.verdict[1] = 'run' then
    case when j.cause is not null then 'drop index concurrently ' || j.name
      else 'reindex index concurrently ' || j.name end end as statement,
  (j.pages * j.block)::bigint as weight,
  'table:' || j.table_name as relation,
  'lock table only ' || j.table_name || ' in share update exclusive mode' as probe,
  j.oid::bigint as oid,
  j.relfilenode::bigint as filenode,
  case when j.cause is not null
    then pg_catalog.format('select not exists (select from pg_catalog.pg_class where oid = %s)',
      j.oid)
    else pg_catalog.format('select pg_catalog.count(*) = 1 from pg_catalog.pg_index x '
      'join pg_catalog.pg_class c on c.oid = x.indexrelid '
      'where c.oid = pg_catalog.to_regclass(%L) and x.indisvalid and x.indisready '
      'and c.relfilenode <> %s', j.name, j.relfilenode) end as verify
from judged j
order by j.verdict[1] = 'run' desc, j.cause is null, j.bloat * j.pages desc nulls last, object
