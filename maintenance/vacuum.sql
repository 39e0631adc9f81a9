/*
title = "Remove dead rows and freeze old ones where it is needed"
why = """
Autovacuum does this too, in its own time: after a day of many deletes it may be hours late,
and when a table's oldest rows reach autovacuum_freeze_max_age it starts by force, at any hour.
This job goes first, in the window: a table is due when its dead rows exceed a share of its
rows, or when its oldest transaction or multixact id, or that of its TOAST table, has come
near the limit. What holds back the horizon is shown, because no vacuum can pass it. Settings
of the job: dead_percent (10), dead_rows (10000), freeze_percent (75).
"""
schedule = "0 3 * * *"
window = "01:00-05:00"
commands = ["VACUUM"]
lock_timeout = "200ms"
statement_timeout = "4h"
guards = ["replica_lag", "load", "disk", "slots"]
*/
with parameter as (
  select coalesce(nullif(pg_catalog.current_setting('thorbis.dead_percent', true), ''),
      '10')::numeric / 100 as dead_share,
    coalesce(nullif(pg_catalog.current_setting('thorbis.dead_rows', true), ''),
      '10000')::bigint as dead_rows,
    coalesce(nullif(pg_catalog.current_setting('thorbis.freeze_percent', true), ''),
      '75')::numeric / 100 as freeze_share,
    pg_catalog.current_setting('autovacuum_freeze_max_age')::numeric as max_age,
    pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::numeric as max_mxid_age,
    pg_catalog.current_setting('block_size')::bigint as block
), maintainer as (
  select coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(r.oid, 'usage')), false)
    or pg_catalog.pg_has_role((select d.datdba from pg_catalog.pg_database d
      where d.datname = pg_catalog.current_database()), 'usage') as everywhere
  from pg_catalog.pg_roles r where r.rolname = 'pg_maintain'
), holder as (
  select 'session:' || a.pid as object, pg_catalog.age(a.backend_xmin)::bigint as held,
    pg_catalog.format('a session of %s holds the horizon', coalesce(a.usename, 'the server'))
      as what
  from pg_catalog.pg_stat_activity a
  where a.backend_xmin is not null and a.pid <> pg_catalog.pg_backend_pid()
    and a.backend_type = 'client backend'
  union all
  select 'slot:' || s.slot_name, greatest(pg_catalog.age(s.xmin),
    pg_catalog.age(s.catalog_xmin))::bigint, 'a replication slot holds the horizon'
  from pg_catalog.pg_replication_slots s
  where s.xmin is not null or s.catalog_xmin is not null
  union all
  select 'prepared:' || p.gid, pg_catalog.age(p.transaction)::bigint,
    'a prepared transaction holds the horizon'
  from pg_catalog.pg_prepared_xacts p where p.database = pg_catalog.current_database()
  union all
  select 'standby:' || coalesce(r.application_name, r.pid::text),
    pg_catalog.age(r.backend_xmin)::bigint, 'a standby holds the horizon by its feedback'
  from pg_catalog.pg_stat_replication r where r.backend_xmin is not null
), relation as (
  select c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relpages,
    greatest(c.reltuples, 0)::numeric as rows, coalesce(s.n_dead_tup, 0)::numeric as dead,
    greatest(pg_catalog.age(c.relfrozenxid), pg_catalog.age(t.relfrozenxid))
      / least(p.max_age, o.max_age) as aged,
    greatest(pg_catalog.mxid_age(c.relminmxid), pg_catalog.mxid_age(t.relminmxid))
      / p.max_mxid_age as mxid_aged,
    exists (select from pg_catalog.pg_stat_progress_vacuum v where v.relid = c.oid) as busy,
    pg_catalog.pg_has_role(c.relowner, 'usage') or m.everywhere or exists (
      select from pg_catalog.aclexplode(c.relacl) a
      where a.privilege_type = 'MAINTAIN'
        and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'usage'))) as mine
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join parameter p
  cross join maintainer m
  left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
  left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
  cross join lateral (
    select (select pg_catalog.substr(r.option, 27)::numeric
      from pg_catalog.unnest(c.reloptions) as r (option)
      where r.option like 'autovacuum_freeze_max_age=%') as max_age
  ) o
  where c.relkind in ('r', 'm') and c.relpersistence <> 't'
    and n.nspname not in ('information_schema', 'thorbis_ops') and n.nspname !~ '^pg_'
), judged as (
  select r.oid, r.name, r.relpages, r.mine, r.busy, r.dead,
    greatest(r.aged, r.mxid_aged, 0) as aged,
    greatest(r.aged, r.mxid_aged, 0) >= p.freeze_share as freeze,
    r.dead > greatest(p.dead_rows, p.dead_share * r.rows) as littered,
    greatest(p.dead_rows, p.dead_share * r.rows) as limit
  from relation r cross join parameter p
), decided as (
  select j.oid, j.name, j.relpages, j.freeze, j.aged, j.dead, j.limit,
    case when not (j.freeze or j.littered) or j.busy then 'leave'
      when not j.mine then 'refuse' else 'run' end as decision,
    case
      when j.busy then 'a vacuum is at work on it'
      when j.freeze then pg_catalog.format(
        'its oldest rows are %s %% of the way to a forced vacuum',
        pg_catalog.round(100 * j.aged))
      when j.littered then pg_catalog.format('%s dead rows, more than %s', j.dead,
        pg_catalog.round(j.limit))
      else pg_catalog.format('%s dead rows, not more than %s', j.dead,
        pg_catalog.round(j.limit))
    end as reason
  from judged j
)
select 'table:' || d.name as object,
  d.dead::double precision as value,
  'dead rows' as unit,
  d.decision,
  d.reason || case when d.decision = 'refuse'
    then '; the role is neither its owner nor may it MAINTAIN it' else '' end as reason,
  -- Without truncation, which takes ACCESS EXCLUSIVE and is replayed so on standbys.
  case when d.decision = 'run' then pg_catalog.format('vacuum (%sskip_locked, truncate false) %s',
    case when d.freeze then 'freeze, ' else '' end, d.name) end as statement,
  d.relpages * p.block as weight,
  'table:' || d.name as relation,
  pg_catalog.format('select s.last_vacuum > %L::timestamptz '
    'from pg_catalog.pg_stat_all_tables s where s.relid = %s',
    pg_catalog.clock_timestamp(), d.oid) as verify,
  d.aged as urgency
from decided d cross join parameter p
union all
select h.object, h.held, 'transactions held back', 'leave', h.what, null, null, null, null, 0
from holder h
order by 4 desc, urgency desc nulls last, 2 desc nulls last, 1
