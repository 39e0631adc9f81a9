select p.oid::bigint as oid, n.nspname as schema, p.relname as "table",
  pg_catalog.format('%I.%I', n.nspname, p.relname) as name,
  k.attname as key, pg_catalog.quote_ident(k.attname) as key_quoted,
  k.atttypid::regtype::text as key_type,
  pg_catalog.quote_ident(o.rolname) as owner,
  pg_catalog.pg_has_role(p.relowner, 'usage') as mine,
  p.relrowsecurity as row_security, p.relforcerowsecurity as forced,
  pg_catalog.quote_ident(space.spcname) as tablespace,
  exists (select from pg_catalog.pg_attribute a
    where a.attrelid = p.oid and a.attidentity <> '' and not a.attisdropped) as identity,
  array(
    select array['grant ' || a.privilege_type || ' on table ', ' to '
      || case when a.grantee = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end
      || case when a.is_grantable then ' with grant option' else '' end]
    from pg_catalog.aclexplode(p.relacl) a left join pg_catalog.pg_roles g on g.oid = a.grantee
    where a.grantee <> p.relowner
    order by a.grantee, a.privilege_type) as grants,
  array(
    select array[pg_catalog.format('grant %s (%I) on table ', a.privilege_type, c.attname), ' to '
      || case when a.grantee = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end
      || case when a.is_grantable then ' with grant option' else '' end]
    from pg_catalog.pg_attribute c
    cross join lateral pg_catalog.aclexplode(c.attacl) a
    left join pg_catalog.pg_roles g on g.oid = a.grantee
    where c.attrelid = p.oid and c.attnum > 0 and not c.attisdropped
    order by c.attnum, a.grantee, a.privilege_type) as column_grants,
  array(
    -- What default privileges would give away before the parent's own grants are copied.
    select distinct array['revoke all on table ', ' from '
      || case when a.grantee = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end]
    from pg_catalog.pg_default_acl d
    cross join lateral pg_catalog.aclexplode(d.defaclacl) a
    left join pg_catalog.pg_roles g on g.oid = a.grantee
    where d.defaclobjtype = 'r' and d.defaclnamespace in (0, p.relnamespace)
      and d.defaclrole = (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user)
      and a.grantee <> d.defaclrole
    order by 1) as revokes,
  array(
    select distinct pg_catalog.format('%I.%I', fn.nspname, f.relname)
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class f on f.oid = c.confrelid
    join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
    where c.conrelid = p.oid and c.contype = 'f' order by 1) as references,
  (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'oid', c.oid::bigint,
      'name', pg_catalog.format('%I.%I', cn.nspname, c.relname),
      'relname', c.relname,
      'same_schema', c.relnamespace = p.relnamespace,
      'partitioned', c.relkind = 'p',
      'foreign', c.relkind = 'f',
      'bound', pg_catalog.pg_get_expr(c.relpartbound, 0),
      'default', c.oid = t.partdefid,
      'pending', i.inhdetachpending,
      'pages', c.relpages,
      'bytes', c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint,
      'hold', coalesce(pg_catalog.obj_description(c.oid, 'pg_class') ~* 'legal hold', false),
      'replica_identity', c.relreplident,
      'options', coalesce(pg_catalog.to_jsonb(c.reloptions), '[]'::jsonb),
      'toast_options', coalesce(pg_catalog.to_jsonb(toast.reloptions), '[]'::jsonb)
    ) order by c.oid)
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
    left join pg_catalog.pg_class toast on toast.oid = c.reltoastrelid
    where i.inhparent = p.oid) as partitions
from pg_catalog.pg_partitioned_table t
join pg_catalog.pg_class p on p.oid = t.partrelid
join pg_catalog.pg_namespace n on n.oid = p.relnamespace
join pg_catalog.pg_roles o on o.oid = p.relowner
left join pg_catalog.pg_tablespace space on space.oid = p.reltablespace
left join pg_catalog.pg_attribute k
  on k.attrelid = p.oid and k.attnum = t.partattrs[0]
  and t.partstrat = 'r' and t.partnatts = 1
where not p.relispartition and n.nspname <> 'thorbis_ops'
  and not exists (select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = p.oid and d.deptype = 'e')
order by n.nspname, p.relname
