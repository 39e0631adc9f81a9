/*
title = "A sequence is near its end"
why = """After the last value every insert fails. The end is that of the sequence or of the
column that it feeds, whichever comes first: a bigint sequence on an integer column ends at
2,147,483,647. A change to bigint rewrites the table under an exclusive lock, so that it wants
months of notice: from 75 % on it should be planned. Sequences that may not be read, or that are
being altered right now, are counted instead of taken for healthy."""
fix = """Change the column to bigint with the statements shown, on a large table by a new column,
a trigger and batches; or let the sequence cycle through negative values."""
every = "15m"
scope = "database"
unit = "ratio"
severity = "low"
[metrics.thorbis_sequence_used_ratio]
type = "gauge"
help = "Used share of the sequence that is nearest to its end"
value = "worst"
labels = ["datname"]
*/
with changing as materialized (
  select l.relation
  from pg_catalog.pg_locks as l
  where l.locktype = 'relation'
    and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
),
sequence as materialized (
  select
    q.seqrelid,
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.relname) as table_name,
    pg_catalog.quote_ident(a.attname) as column_name,
    q.seqtypid,
    a.atttypid,
    t.relpages::bigint * pg_catalog.current_setting('block_size')::bigint as bytes,
    q.seqincrement,
    q.seqstart,
    q.seqcycle,
    case
      when q.seqincrement > 0 then least(q.seqmax, case a.atttypid
        when 'int2'::regtype then 32767
        when 'int4'::regtype then 2147483647
        else q.seqmax
      end)
      else greatest(q.seqmin, case a.atttypid
        when 'int2'::regtype then -32768
        when 'int4'::regtype then -2147483648
        else q.seqmin
      end)
    end as last,
    pg_catalog.has_sequence_privilege(c.oid, 'select, usage') as readable,
    exists (select from changing as x where x.relation = c.oid) as changing
  from pg_catalog.pg_sequence as q
  join pg_catalog.pg_class as c on c.oid = q.seqrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_depend as d
    on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
    and d.deptype in ('a', 'i')
  left join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  left join pg_catalog.pg_class as t on t.oid = d.refobjid
  left join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
  where c.relpersistence <> 't' and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
),
measured as (
  select
    s.*,
    pg_catalog.round(r.value::numeric / nullif(s.last, 0), 4) as used,
    r.value
  from sequence as s
  cross join lateral (
    select case
      when s.readable and not s.changing then pg_catalog.pg_sequence_last_value(s.seqrelid)
    end as value
  ) as r
  where not s.seqcycle
),
ranked as (
  select
    m.*, pg_catalog.row_number() over (order by m.used desc nulls last, m.name) as place
  from measured as m
)
select
  'sequence:' || r.name as object,
  r.used as value,
  case
    when r.used >= 0.95 then 'critical'
    when r.used >= 0.9 then 'high'
    when r.used >= 0.75 then 'medium'
  end as severity,
  pg_catalog.format(
    'at %s of %s%s%s', r.value, r.last,
    case when r.column_name is not null then ', feeds ' || r.table_name || '.' || r.column_name end,
    case
      when r.atttypid in ('int2'::regtype, 'int4'::regtype)
      then pg_catalog.format(
        '; bigint rewrites %s under an exclusive lock', pg_catalog.pg_size_pretty(r.bytes)
      )
    end
  ) as detail,
  pg_catalog.concat_ws(
    E';\n',
    case
      when r.seqtypid <> 'int8'::regtype
        then pg_catalog.format('alter sequence %s as bigint', r.name)
    end,
    case
      when r.atttypid in ('int2'::regtype, 'int4'::regtype)
      then pg_catalog.format(
        'alter table %s alter column %s type bigint', r.table_name, r.column_name
      )
    end
  ) as fix,
  case when r.place = 1 then r.used end as worst,
  pg_catalog.current_database()::text as datname
from ranked as r
where r.place = 1 and r.used is not null or r.used >= 0.75
union all
select
  'database:' || pg_catalog.quote_ident(pg_catalog.current_database()),
  null,
  'low',
  pg_catalog.format(
    '%s of %s sequences were not read: %s without the privilege, %s being altered',
    pg_catalog.count(*) filter (where not s.readable or s.changing),
    pg_catalog.count(*),
    pg_catalog.count(*) filter (where not s.readable),
    pg_catalog.count(*) filter (where s.readable and s.changing)
  ),
  (
    select pg_catalog.string_agg(
      pg_catalog.format('grant select on all sequences in schema %I to %I', g.nspname,
        current_user),
      E';\n' order by g.nspname
    )
    from (
      select distinct n.nspname
      from sequence as u
      join pg_catalog.pg_class as c on c.oid = u.seqrelid
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where not u.readable
    ) as g
  ),
  null,
  pg_catalog.current_database()::text
from sequence as s
having pg_catalog.count(*) filter (where not s.readable or s.changing) > 0
order by value desc nulls last, object;
