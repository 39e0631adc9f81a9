/*
title = "Row level security is on and no policy lets the application in"
why = """Without a permissive policy for its role the application sees no row and may write none:
an outage that looks like empty tables. Where its policies let another application role in, it may
be closed on purpose, and is only mentioned. Restrictive policies only take away. Tables that no
application role was granted are closed on purpose, and left out, as are partitions, which are
reached through their table."""
fix = """Create the policy shown, or make the existing ones apply to the application's role."""
every = "5m"
scope = "database"
severity = "medium"
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
-- What the policies compare the tenant column with: a function of no argument, else a setting.
-- The setting's name stands in the stored formula as the bytes of a text, behind four of length.
-- Only a policy that compares the tenant column with the context and nothing else shows how that
-- of another table would: not one that asks a membership table, or takes the setting apart.
plain as materialized (
  select y.oid, t.tenant_type, t.tenant_typmod, f.node
  from tenant_table as t
  join pg_catalog.pg_policy as y on y.polrelid = t.oid
  cross join lateral (values (coalesce(y.polqual, y.polwithcheck)::text)) as f (node)
  where f.node !~ ':rtekind 0 '
    and array[t.tenant_attnum::int] = array(
      select distinct d.refobjsubid
      from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = y.oid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = y.polrelid
        and d.refobjsubid > 0
    )
    and not exists (
      select from pg_catalog.regexp_matches(f.node, ':opno (\d+)', 'g') as m (found)
      join pg_catalog.pg_operator as o on o.oid = m.found[1]::oid
      where o.oprname <> '='
    )
    and not exists (
      select from pg_catalog.regexp_matches(f.node, ':funcid (\d+)', 'g') as m (found)
      join pg_catalog.pg_proc as p on p.oid = m.found[1]::oid
      where p.pronargs > 0 and p.oid not in (2077, 3294)
        and not exists (select from pg_catalog.pg_cast as k where k.castfunc = p.oid)
    )
  limit 500
),
context as materialized (
  select coalesce(
    (
      select pg_catalog.format('(select %s())', f.name)
      from pg_catalog.unnest(pg_catalog.string_to_array(nullif(
        pg_catalog.current_setting('thorbis.context_functions', true), ''), ','))
        with ordinality as f (name, place)
      order by f.place
      limit 1
    ),
    (
      select pg_catalog.format(
        '(select nullif(pg_catalog.current_setting(%L, true), '''')::%s)',
        nullif(pg_catalog.current_setting('thorbis.setting', true), ''),
        pg_catalog.format_type(t.tenant_type, t.tenant_typmod)
      )
      from tenant_table as t
      where nullif(pg_catalog.current_setting('thorbis.setting', true), '') is not null
      group by t.tenant_type, t.tenant_typmod
      order by pg_catalog.count(*) desc, t.tenant_type
      limit 1
    ),
    (
      select pg_catalog.format('(select %I.%I())', n.nspname, f.proname)
      from plain as y
      join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = y.oid
        and d.refclassid = 'pg_catalog.pg_proc'::regclass
      join pg_catalog.pg_proc as f on f.oid = d.refobjid and f.prorettype = y.tenant_type
      join pg_catalog.pg_namespace as n on n.oid = f.pronamespace
      where f.pronargs = 0 and not f.proretset
      group by n.nspname, f.proname
      order by pg_catalog.count(*) desc, n.nspname, f.proname
      limit 1
    ),
    (
      select pg_catalog.format(
        '(select nullif(pg_catalog.current_setting(%L, true), '''')::%s)',
        s.name, pg_catalog.format_type(s.tenant_type, s.tenant_typmod)
      )
      from (
        select
          y.tenant_type, y.tenant_typmod,
          pg_catalog.convert_from(pg_catalog.decode((
            select pg_catalog.string_agg(
              pg_catalog.lpad(pg_catalog.to_hex(b.byte::int & 255), 2, '0'), '' order by b.place)
            from pg_catalog.unnest(pg_catalog.string_to_array(m.found[1], ' '))
              with ordinality as b (byte, place)
            where b.place > 4
          ), 'hex'), pg_catalog.getdatabaseencoding()) as name
        from plain as y
        cross join lateral pg_catalog.regexp_matches(
          y.node,
          ':funcid (?:2077|3294) [^{]*\{CONST :consttype 25 [^[{}]*\[ ([-0-9 ]+) \]'
        ) as m (found)
      ) as s
      group by s.name, s.tenant_type, s.tenant_typmod
      order by pg_catalog.count(*) desc, s.name
      limit 1
    )
  ) as value
),
closed as (
  select
    r.oid, r.name, r.tenant_attname,
    pg_catalog.string_agg(pg_catalog.quote_ident(a.rolname), ', ' order by a.rolname) as roles,
    exists (select from pg_catalog.pg_policy as y where y.polrelid = r.oid and y.polpermissive)
      as for_others,
    exists (
      select from app_role as o
      join pg_catalog.pg_policy as y on y.polrelid = r.oid and y.polpermissive
      cross join lateral pg_catalog.unnest(y.polroles) as q (oid)
      where pg_catalog.pg_has_role(o.oid, q.oid, 'usage')
    ) as lets_another_in
  from relation as r
  join app_role as a
    on pg_catalog.has_schema_privilege(a.oid, r.nspoid, 'usage')
      and (
        pg_catalog.has_any_column_privilege(a.oid, r.oid, 'select, insert, update')
        or pg_catalog.has_table_privilege(a.oid, r.oid, 'delete')
      )
  where r.relkind in ('r', 'p') and r.relrowsecurity and not r.relispartition
    and not a.rolsuper and not a.rolbypassrls
    and (r.relforcerowsecurity or not pg_catalog.pg_has_role(a.oid, r.relowner, 'usage'))
    and not exists (
      select from pg_catalog.pg_policy as y
      cross join lateral pg_catalog.unnest(y.polroles) as q (oid)
      where y.polrelid = r.oid and y.polpermissive
        and (q.oid = 0 or pg_catalog.pg_has_role(a.oid, q.oid, 'usage'))
    )
  group by r.oid, r.name, r.tenant_attname
)
select
  'table:' || t.name as object,
  case when t.lets_another_in then 'info' else 'medium' end as severity,
  pg_catalog.format(
    'closed to %s%s', t.roles, case when t.for_others then ': its policies are for other roles' end
  ) as detail,
  case
    when not t.lets_another_in and t.tenant_attname is not null and c.value is not null
    then pg_catalog.format(
      'create policy tenant on %s using (%I = %s)', t.name, t.tenant_attname, c.value
    )
  end as fix
from closed as t
cross join context as c
order by object;
