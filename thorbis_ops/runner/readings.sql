with mine as (
  select pg_catalog.pg_is_in_recovery() as replica,
    case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_receive_lsn()
      else pg_catalog.pg_current_wal_lsn() end as lsn
), replication as (
  select pg_catalog.count(*) as replicas,
    pg_catalog.count(*) filter (where r.state is null) as hidden,
    pg_catalog.max(extract(epoch from r.replay_lag)) as lag_seconds,
    pg_catalog.max(pg_catalog.pg_wal_lsn_diff(m.lsn, r.replay_lsn)) as lag_bytes
  from pg_catalog.pg_stat_replication r cross join mine m
  where r.state is distinct from 'backup' and r.state is distinct from 'startup'
), sessions as (
  select pg_catalog.count(*) filter (
      where a.backend_type is null and a.usesysid is not null) as hidden,
    pg_catalog.count(*) filter (
      where a.backend_type = 'client backend' and a.state = 'active'
        and a.application_name not like 'thorbis-ops%') as active,
    pg_catalog.max(extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)) filter (
      where a.backend_type = 'client backend'
        and a.application_name not like 'thorbis-ops%') as oldest
  from pg_catalog.pg_stat_activity a
  where a.pid <> pg_catalog.pg_backend_pid()
), prepared as (
  select pg_catalog.max(extract(epoch from pg_catalog.clock_timestamp() - p.prepared)) as oldest
  from pg_catalog.pg_prepared_xacts p
), slot as (
  select s.slot_name::text as name,
    pg_catalog.pg_wal_lsn_diff(m.lsn, s.restart_lsn) as retained,
    s.wal_status = 'unreserved' as endangered
  from pg_catalog.pg_replication_slots s cross join mine m
  where s.restart_lsn is not null
  order by s.wal_status = 'unreserved' desc, retained desc, name limit 1
)
select not m.replica as "primary",
  case when not m.replica
    then pg_catalog.left(pg_catalog.pg_walfile_name(m.lsn), 8) end as timeline,
  pg_catalog.pg_backend_pid() as pid,
  r.replicas, r.hidden as hidden_replicas,
  r.lag_seconds::double precision as lag_seconds, r.lag_bytes::bigint as lag_bytes,
  s.hidden as hidden_sessions, s.active,
  greatest(s.oldest, p.oldest, 0)::double precision as oldest,
  pg_catalog.current_setting('max_connections')::integer as max_connections,
  slot.name as slot, slot.retained::bigint as retained,
  coalesce(slot.endangered, false) as endangered,
  (select case when g.setting::bigint >= 0 then g.setting::bigint * 1048576 end
   from pg_catalog.pg_settings g where g.name = 'max_slot_wal_keep_size') as slot_limit,
  (select g.setting from pg_catalog.pg_settings g
   where g.name = 'data_directory') as data_directory,
  array(select l.location
    from pg_catalog.pg_tablespace t
    cross join lateral pg_catalog.pg_tablespace_location(t.oid) as l (location)
    where l.location <> '' order by 1) as tablespaces
from mine m cross join replication r cross join sessions s cross join prepared p
left join slot on true
