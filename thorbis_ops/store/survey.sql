-- One row about what `init` finds: the server, our roles, their memberships, the schema.
select
  pg_catalog.current_setting('server_version_num')::int / 10000 as major,
  pg_catalog.pg_is_in_recovery() as replica,
  pg_catalog.current_database()::text as database,
  current_user::text as "user",
  (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as superuser,
  coalesce((
    select pg_catalog.jsonb_object_agg(r.rolname, pg_catalog.jsonb_build_object(
      'login', r.rolcanlogin,
      'superuser', r.rolsuper,
      'settings', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.split_part(c.pair, '=', 1))
        from pg_catalog.unnest(r.rolconfig) as c (pair)), '[]')))
    from pg_catalog.pg_roles r
    where r.rolname like 'thorbis\_ops\_%'
  ), '{}') as roles,
  array(
    select array[m.rolname::text, g.rolname::text]
    from pg_catalog.pg_auth_members a
    join pg_catalog.pg_roles m on m.oid = a.member
    join pg_catalog.pg_roles g on g.oid = a.roleid
    where m.rolname like 'thorbis\_ops\_%' or g.rolname like 'thorbis\_ops\_%'
    order by 1
  ) as memberships,
  array(
    select r.rolname::text from pg_catalog.pg_roles r
    where r.rolname like 'thorbis\_ops\_%'
      and pg_catalog.has_database_privilege(r.oid, d.oid, 'connect')
    union all
    select 'public' where pg_catalog.has_database_privilege('public', d.oid, 'connect')
  ) as connectable,
  array(
    select distinct r.rolname::text
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_roles r on r.oid = c.relowner
    where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'thorbis_ops')
      and not r.rolsuper and r.rolname not like 'thorbis\_ops\_%'
    order by 1
  ) as owners,
  (
    select pg_catalog.count(*)::int
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_roles r on r.oid = c.relowner
    where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't'
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'thorbis_ops')
      and r.rolsuper
      and not exists (
        select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_class'::regclass
          and e.objid = c.oid and e.deptype = 'e')
  ) as superuser_tables,
  array(
    select distinct n.nspname::text
    from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where e.extname in ('pg_stat_statements', 'pgstattuple', 'pg_buffercache')
      and not pg_catalog.has_schema_privilege('public', n.oid, 'usage')
      and not exists (
        select from pg_catalog.pg_roles r where r.rolname = 'thorbis_ops_monitor'
          and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage'))
    order by 1
  ) as closed_extension_schemas,
  (
    select pg_catalog.pg_get_userbyid(n.nspowner)::text
    from pg_catalog.pg_namespace n where n.nspname = 'thorbis_ops'
  ) as schema_owner,
  array(
    select c.relname::text
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'thorbis_ops' and c.relkind in ('r', 'p', 'v')
      and pg_catalog.pg_get_userbyid(c.relowner) <> 'thorbis_ops_store'
    order by c.relkind = 'v', c.relname
  ) as strangers,
  exists (
    select from pg_catalog.pg_default_acl a
    join pg_catalog.pg_namespace n on n.oid = a.defaclnamespace
    join pg_catalog.pg_roles o on o.oid = a.defaclrole
    cross join lateral pg_catalog.aclexplode(a.defaclacl) x
    join pg_catalog.pg_roles g on g.oid = x.grantee
    where n.nspname = 'thorbis_ops' and o.rolname = 'thorbis_ops_store'
      and g.rolname = 'thorbis_ops_monitor' and a.defaclobjtype = 'r'
      and x.privilege_type = 'SELECT'
  ) as readable
from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()
