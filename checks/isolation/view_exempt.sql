/*
title = "A view shows tenants' rows with the rights of an exempt owner"
why = """A view reads its tables as its owner, unless security_invoker is set (15 and later). Where
that owner is a superuser, has BYPASSRLS, or owns the table and row security is not forced, no
policy binds whoever reads the view. A view whose own formula reads the tenant's setting or calls
a function of the policies filters for itself, and is only mentioned."""
fix = """Set security_invoker with the statement shown, on the whole chain of views; before 15 give
the view to a role that is bound."""
every = "5m"
scope = "database"
severity = "critical"
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
-- What each view reads, from the dependencies of its rule.
reads as materialized (
  select distinct w.ev_class as view, d.refobjid as relid
  from pg_catalog.pg_rewrite as w
  join pg_catalog.pg_depend as d
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> w.ev_class
  join relation as v on v.oid = w.ev_class and v.relkind = 'v'
),
view as materialized (
  select
    v.*,
    o.rolname as owner,
    o.rolsuper or o.rolbypassrls as owner_exempt,
    coalesce((
      select x.option_value::boolean
      from pg_catalog.pg_options_to_table(v.reloptions) as x
      where x.option_name = 'security_invoker'
    ), false) as invoker
  from relation as v
  join pg_catalog.pg_roles as o on o.oid = v.relowner
  where v.relkind = 'v'
),
-- Which views an application role can read: granted, or below one whose owner may.
used as (
  select v.oid
  from view as v
  join app_role as a
    on pg_catalog.has_schema_privilege(a.oid, v.nspoid, 'usage')
      and (
        pg_catalog.has_any_column_privilege(a.oid, v.oid, 'select, insert, update')
        or pg_catalog.has_table_privilege(a.oid, v.oid, 'delete')
      )
  union
  select r.relid
  from used as u
  join reads as r on r.view = u.oid
  join view as outer_view on outer_view.oid = u.oid and not outer_view.invoker
  join view as inner_view on inner_view.oid = r.relid
  where pg_catalog.has_any_column_privilege(outer_view.relowner, inner_view.oid, 'select')
),
-- The tables below a view, through views that read with the rights of whoever asks.
below as (
  select r.view, r.relid
  from reads as r
  join view as v on v.oid = r.view and not v.invoker
  union
  select b.view, r.relid
  from below as b
  join view as v on v.oid = b.relid and v.invoker
  join reads as r on r.view = v.oid
),
leaking as (
  select
    v.oid, v.name, v.owner,
    pg_catalog.string_agg(t.name, ', ' order by t.name) as tables
  from view as v
  join below as b on b.view = v.oid
  join tenant_table as t on t.oid = b.relid and t.relrowsecurity
  where not v.invoker and v.oid in (select u.oid from used as u)
    and (
      v.owner_exempt
      or not t.relforcerowsecurity and pg_catalog.pg_has_role(v.relowner, t.relowner, 'usage')
    )
  group by v.oid, v.name, v.owner
)
select
  'view:' || l.name as object,
  case when s.filters then 'info' else 'critical' end as severity,
  pg_catalog.format(
    'reads %s as %I%s', l.tables, l.owner,
    case when s.filters then '; it filters for itself, which is not proven here' end
  ) as detail,
  case
    when pg_catalog.current_setting('server_version_num')::int >= 150000
    then pg_catalog.format('alter view %s set (security_invoker = true)', l.name)
  end as fix
from leaking as l
cross join lateral (
  select exists (
    select from pg_catalog.pg_rewrite as w
    where w.ev_class = l.oid
      and (
        w.ev_action::text ~ ':funcid (2077|3294) '
        or exists (
          select from pg_catalog.pg_depend as d
          join pg_catalog.pg_depend as y
            on y.classid = 'pg_catalog.pg_policy'::regclass
            and y.refclassid = 'pg_catalog.pg_proc'::regclass and y.refobjid = d.refobjid
          where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
            and d.refclassid = 'pg_catalog.pg_proc'::regclass
        )
      )
  ) as filters
) as s
order by severity, object;
