/*
title = "New tables will be granted to everybody"
why = """Default privileges give PUBLIC rights on each table that is made from now on, before
anybody has put row security on it."""
fix = """Take them back with the statement shown."""
every = "1h"
scope = "database"
severity = "medium"
*/
with granted as (
  select
    r.rolname,
    n.nspname,
    pg_catalog.string_agg(pg_catalog.lower(x.privilege_type), ', ' order by x.privilege_type)
      as privileges
  from pg_catalog.pg_default_acl as d
  join pg_catalog.pg_roles as r on r.oid = d.defaclrole
  left join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
  cross join lateral pg_catalog.aclexplode(d.defaclacl) as x
  where d.defaclobjtype = 'r' and x.grantee = 0
  group by r.rolname, n.nspname
)
select
  'role:' || pg_catalog.quote_ident(g.rolname) as object,
  pg_catalog.string_agg(
    pg_catalog.format(
      'tables that it creates%s: %s',
        coalesce(' in schema ' || pg_catalog.quote_ident(g.nspname), ''), g.privileges
    ), '; ' order by g.nspname nulls first
  ) as detail,
  pg_catalog.string_agg(
    pg_catalog.format(
      'alter default privileges for role %I%s revoke all on tables from public',
      g.rolname, coalesce(' in schema ' || pg_catalog.quote_ident(g.nspname), '')
    ), E';\n' order by g.nspname nulls first
  ) as fix
from granted as g
group by g.rolname
order by object;
