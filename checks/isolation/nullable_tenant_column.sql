/*
title = "A tenant column may be null"
why = """A row without a tenant belongs to nobody: a policy that compares with = hides it from all,
one that is written with a way out for null shows it to all."""
fix = """Fill the nulls, then run the statements shown, each by itself: the check is validated
while the table is read and written, and spares SET NOT NULL its scan under an exclusive lock."""
every = "1h"
scope = "database"
severity = "low"
*/
with recursive
-- tenancy: the same lines in every question on isolation; a test holds them together.
parameter as (
  select
    nullif(pg_catalog.current_setting('thorbis.tenant_column', true), '')::name as tenant_column,
    pg_catalog.string_to_array(
      nullif(pg_catalog.current_setting('thorbis.app_roles', true), ''), ',') as app_roles,
    pg_catalog.string_to_array(
      nullif(pg_catalog.current_setting('thorbis.schemas', true), ''), ',') as schemas,
    pg_catalog.string_to_array(
      pg_catalog.current_setting('thorbis.global_tables', true), ',') as global_tables,
    nullif(pg_catalog.current_setting('thorbis.tenant_columns', true), '')::jsonb as tenant_columns
),
-- As configured, else the column of their own table that the policies of most tables read.
tenant_column as materialized (
  select coalesce(p.tenant_column, (
    select a.attname
    from pg_catalog.pg_policy as y
    join pg_catalog.pg_depend as d
      on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = y.oid
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = y.polrelid
      and d.refobjsubid > 0
    join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    where a.attname <> 'id'
      and coalesce(nullif(t.typbasetype, 0), t.oid) in (
        'uuid'::regtype, 'int4'::regtype, 'int8'::regtype, 'text'::regtype, 'varchar'::regtype)
    group by a.attname
    order by pg_catalog.count(distinct y.polrelid) desc, a.attname
    limit 1
  )) as name
  from parameter as p
),
relation as materialized (
  select
    c.oid, c.relkind, c.relowner, c.relacl, c.relispartition, c.relrowsecurity,
    c.relforcerowsecurity, c.reloptions, c.reltuples, c.relname, n.nspname, n.oid as nspoid,
    pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
    a.attnum as tenant_attnum, a.attname as tenant_attname, a.attnotnull as tenant_not_null,
    a.atttypid as tenant_type, a.atttypmod as tenant_typmod,
    coalesce(p.global_tables && array[
      n.nspname || '.' || c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname)
    ], false) as is_global
  from parameter as p
  cross join pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_attribute as a
    on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and a.attname = coalesce(
      (p.tenant_columns ->> (n.nspname || '.' || c.relname))::name,
      (select t.name from tenant_column as t))
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
    and n.nspname not in ('information_schema', 'thorbis_ops') and n.nspname not like 'pg\_%'
    and (p.schemas is null or n.nspname = any (p.schemas))
    and not exists (
      select from pg_catalog.pg_depend as e
      where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
    )
),
tenant_table as materialized (
  select r.* from relation as r
  where r.relkind in ('r', 'p') and r.tenant_attnum is not null and not r.is_global
),
-- As configured, else the login roles that were granted a tenant's rows, by membership too; where
-- nobody was granted anything, the owners that log in.
candidate as materialized (
  select distinct x.grantee as oid, false as owns
  from tenant_table as t
  cross join lateral pg_catalog.aclexplode(t.relacl) as x
  where x.grantee not in (0, t.relowner)
    and x.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
  union
  select t.relowner, true from tenant_table as t
),
login as materialized (
  select
    r.oid, r.rolname,
    exists (select from candidate as c where c.owns and c.oid = r.oid) as owns
  from pg_catalog.pg_roles as r
  where r.rolcanlogin and not r.rolsuper and not r.rolbypassrls
    and exists (
      select from candidate as c
      where case
        when c.owns then c.oid = r.oid
        else pg_catalog.pg_has_role(r.oid, c.oid, 'member')
      end
    )
),
named_role as materialized (
  select r.oid
  from pg_catalog.pg_roles as r
  cross join parameter as p
  where case
    when p.app_roles is not null then r.rolname = any (p.app_roles)
    else r.oid in (
      select l.oid from login as l
      where not l.owns or not exists (select from login as o where not o.owns)
    )
  end
),
-- What they do not inherit, they take on by SET ROLE.
app_role as materialized (
  select r.oid, r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole
  from pg_catalog.pg_roles as r
  where r.oid in (select n.oid from named_role as n)
    or exists (
      select from named_role as n
      join candidate as c on c.oid = r.oid and not c.owns
      where pg_catalog.pg_has_role(n.oid, c.oid, 'member')
        and not pg_catalog.pg_has_role(n.oid, c.oid, 'usage')
    )
)
-- end of tenancy
select
  'table:' || t.name as object,
  pg_catalog.format('column %I', t.tenant_attname) as detail,
  pg_catalog.format(
    E'alter table %1$s add constraint tenant_not_null check (%2$I is not null) not valid;\n'
    'alter table %1$s validate constraint tenant_not_null;\n'
    'alter table %1$s alter column %2$I set not null;\n'
    'alter table %1$s drop constraint tenant_not_null',
    t.name, t.tenant_attname
  ) as fix
from tenant_table as t
where not t.tenant_not_null and not t.relispartition
order by object;
