-- One row about what discovery does not tell: what could be installed, and how much room is left.
select
  'server' as object,
  (
    select coalesce(pg_catalog.jsonb_object_agg(a.name, a.default_version), '{}')
    from pg_catalog.pg_available_extensions a
  ) as installable,
  pg_catalog.current_setting('pg_stat_statements.max', true) is not null as statements_preloaded,
  (
    select pg_catalog.count(*)::int
    from pg_catalog.pg_stat_activity a
    where a.backend_type = 'client backend'
  ) as connections_used,
  (
    select pg_catalog.sum(s.setting::int)::int
    from pg_catalog.pg_settings s
    where s.name in ('superuser_reserved_connections', 'reserved_connections')
  ) as connections_reserved,
  r.rolconnlimit as role_limit,
  exists (
    select from pg_catalog.pg_roles m where m.rolname = 'thorbis_ops_maintenance'
  ) as maintenance_role,
  pg_catalog.quote_ident(r.rolname) as quoted_user
from pg_catalog.pg_roles r
where r.rolname = current_user
