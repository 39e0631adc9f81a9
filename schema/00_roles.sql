-- Roles belong to the cluster, the estate to one database. Several databases share these four
-- and may be loaded at the same time: only when one is missing is the catalogue of roles
-- locked, and then looked at again. A role that could go round row security is refused.
do $$
declare
  required constant text[] := array['thorbis_owner', 'thorbis_app', 'thorbis_reporting', 'thorbis_ops_monitor'];
  attributes constant jsonb := '{
    "thorbis_owner":     "nologin",
    "thorbis_app":       "login connection limit 80",
    "thorbis_reporting": "login connection limit 20",
    "thorbis_ops_monitor": "login connection limit 10"}';
  missing text;
  mighty text;
begin
  if (select count(*) from pg_catalog.pg_roles where rolname = any (required)) < cardinality(required) then
    lock table pg_catalog.pg_authid in share row exclusive mode;
    for missing in
      select name from unnest(required) as name
      where not exists (select from pg_catalog.pg_roles where rolname = name)
    loop
      execute format('create role %I noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls ', missing)
        || (attributes ->> missing);
    end loop;
    -- The monitor reads statistics through its membership, so it is the one that inherits.
    alter role thorbis_ops_monitor inherit;
    alter role thorbis_reporting set default_transaction_read_only = on;
    grant pg_monitor to thorbis_ops_monitor;
  end if;

  select string_agg(quote_ident(rolname), ', ' order by rolname) into mighty
  from pg_catalog.pg_roles
  where rolname = any (required)
    and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication);
  if mighty is not null then
    raise exception 'these roles exist with rights that go round tenant isolation: %', mighty
      using hint = 'alter role … nosuperuser nobypassrls nocreaterole nocreatedb noreplication';
  end if;
end
$$;

-- What PUBLIC would have otherwise: temporary tables, and up to PostgreSQL 14 objects in public.
do $$
begin
  execute format('revoke create, temporary on database %I from public', current_database());
end
$$;
revoke create on schema public from public;

-- What the owner creates later starts closed: each table and function is granted on purpose.
alter default privileges for role thorbis_owner revoke execute on functions from public;

-- How near its end a sequence is, is no row of a tenant.
alter default privileges for role thorbis_owner grant select on sequences to thorbis_ops_monitor;
