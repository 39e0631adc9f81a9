-- One row about the server, the session's role and what that role may see.
select
  pg_catalog.current_setting('server_version_num')::int as version_num,
  pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as version,
  pg_catalog.pg_is_in_recovery() as in_recovery,
  pg_catalog.current_database()::text as database,
  current_user::text as "user",
  (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as superuser,
  case
    when pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')
    then (select c.system_identifier::text from pg_catalog.pg_control_system() c)
  end as system_identifier,
  pg_catalog.pg_postmaster_start_time() as started_at,
  (
    select coalesce(pg_catalog.jsonb_object_agg(e.extname, e.extversion), '{}')
    from pg_catalog.pg_extension e
  ) as extensions,
  (
    select coalesce(pg_catalog.jsonb_object_agg(s.name, s.setting), '{}')
    from pg_catalog.pg_settings s
    where s.name in (
      'archive_mode', 'autovacuum', 'compute_query_id', 'data_checksums', 'hot_standby',
      'log_destination', 'log_min_duration_statement', 'logging_collector', 'max_connections',
      'shared_preload_libraries', 'track_activities', 'track_counts', 'track_io_timing',
      'wal_level'
    )
  ) as settings,
  array(
    select r.rolname::text
    from pg_catalog.pg_roles r
    where r.rolname like 'pg\_%' and pg_catalog.pg_has_role(current_user, r.oid, 'usage')
    order by 1
  ) as memberships
