/*
title = "A security definer function trusts the caller's search_path"
why = """It runs with its owner's rights and finds tables, functions and operators where the
caller says. Whoever may create a temporary table can make it read and write another one.
Functions of extensions, and those that only their owner may call, are left out."""
fix = """Fix its path with the statement shown, after qualifying the names in its body; pg_temp
goes last."""
every = "1h"
scope = "database"
severity = "medium"
*/
select
  pg_catalog.format(
    'function:%I.%I(%s)', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)
  ) as object,
  case
    when r.rolsuper or r.rolbypassrls then 'high'
    else 'medium'
  end as severity,
  pg_catalog.format(
    'runs as %I%s', r.rolname,
    case when r.rolsuper then ', a superuser'
      when r.rolbypassrls then ', exempt from row security' end
  ) as detail,
  pg_catalog.format(
    'alter %s %I.%I(%s) set search_path = pg_catalog, %I, pg_temp',
    case f.prokind when 'p' then 'procedure' else 'function' end,
    n.nspname,
    f.proname,
    pg_catalog.pg_get_function_identity_arguments(f.oid),
    n.nspname
  ) as fix
from pg_catalog.pg_proc as f
join pg_catalog.pg_namespace as n on n.oid = f.pronamespace
join pg_catalog.pg_roles as r on r.oid = f.proowner
where f.prosecdef
  and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
  and not exists (
    select from pg_catalog.unnest(f.proconfig) as s (setting) where s.setting like 'search\_path=%'
  )
  -- A body in SQL standard form was resolved when it was created.
  and f.prosqlbody is null
  and exists (
    select from pg_catalog.aclexplode(
      coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))
    ) as x
    where x.grantee <> f.proowner and x.privilege_type = 'EXECUTE'
  )
  and not exists (
    select from pg_catalog.pg_depend as e
    where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = f.oid and e.deptype = 'e'
  )
order by object;
