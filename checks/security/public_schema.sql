/*
title = "Everybody may create objects in a schema"
why = """Whoever can connect can put a function or table there, under a name that an unqualified
call of somebody mightier finds first (CVE-2018-1058). Databases made before PostgreSQL 15 are
like this by default, and stay so after an upgrade."""
fix = """Revoke it with the statement shown."""
every = "1h"
scope = "database"
severity = "medium"
*/
select
  'schema:' || pg_catalog.quote_ident(n.nspname) as object,
  'PUBLIC holds CREATE' as detail,
  pg_catalog.format('revoke create on schema %I from public', n.nspname) as fix
from pg_catalog.pg_namespace as n
where n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
  and exists (
    select from pg_catalog.aclexplode(n.nspacl) as x
    where x.grantee = 0 and x.privilege_type = 'CREATE'
  )
order by object;
