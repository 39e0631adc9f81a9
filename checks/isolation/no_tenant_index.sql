/*
title = "No index of a tenant's table begins with the tenant"
why = """Every statement of the application is bound to one tenant by the policy, and without such
an index it reads the rows of all. Below ten thousand rows it does not matter; at a million each
request pays."""
fix = """Create the index with the statement shown, better with the columns that queries filter or
sort by behind the tenant."""
every = "1h"
scope = "database"
unit = "rows"
low = 10_000
medium = 1_000_000
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
),
-- end of tenancy
-- What names the table is carried along: joined again, it would be searched once for each table.
member as (
  select t.oid as relid, t.name, t.relkind, t.tenant_attname
  from tenant_table as t
  where not t.relispartition
    and not exists (
      select from pg_catalog.pg_index as i
      where i.indrelid = t.oid and i.indisvalid and i.indpred is null
        and i.indkey[0] = t.tenant_attnum
    )
  union all
  select i.inhrelid, m.name, m.relkind, m.tenant_attname
  from member as m
  join pg_catalog.pg_inherits as i on i.inhparent = m.relid
),
counted as (
  select
    m.name, m.relkind, m.tenant_attname,
    pg_catalog.sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0)) as rows
  from member as m
  join pg_catalog.pg_class as c on c.oid = m.relid
  where c.relkind = 'r'
  group by m.name, m.relkind, m.tenant_attname
)
select
  'table:' || c.name as object,
  c.rows::bigint as value,
  pg_catalog.format('about %s rows', c.rows::bigint) as detail,
  pg_catalog.format(
    'create index %son %s (%I)',
    case when c.relkind = 'r' then 'concurrently ' end, c.name, c.tenant_attname
  ) as fix
from counted as c
order by value desc, object;
