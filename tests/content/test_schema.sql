-- What holds for every table of the estate. Each law asks for whatever breaks it, and has a
-- breach that it must see.

-- law: the tenant column is uuid not null
-- breach: create table hs.notes (business_id uuid)
select name from tenant_tables
where not exists (
  select from pg_attribute
  where attrelid = id and attname = 'business_id' and attnotnull and atttypid = 'uuid'::regtype
);

-- law: row security is on, forced, and has one policy
-- breach: alter table hs.jobs no force row level security
select name from tenant_tables
where not relrowsecurity or not relforcerowsecurity
  or (select count(*) from pg_policy where polrelid = id) <> 1;

-- law: every policy is the tenant's, for all commands and all roles
-- breach: drop policy tenant on hs.jobs; create policy tenant on hs.jobs using (true)
select name from tenant_tables join pg_policy on polrelid = id
where polcmd <> '*' or not polpermissive or polroles <> '{0}' or polwithcheck is not null
  or lower(regexp_replace(pg_get_expr(polqual, polrelid), '\s+', ' ', 'g')) !~
    ('^\(business_id = \( select \(nullif\(current_setting\(''app.current_business_id''::text, true\),'
    || ' ''''::text\)\)::uuid as "?nullif"?\)\)$');

-- law: everything belongs to the owner, who cannot log in
-- breach: alter table hs.jobs owner to thorbis_app
select c.oid::regclass::text
from pg_class as c join pg_roles as r on r.oid = c.relowner
where c.relnamespace::regnamespace::text in ('system_core', 'tenant_mgmt', 'user_mgmt', 'hs')
  and (r.rolname <> 'thorbis_owner' or r.rolcanlogin or r.rolsuper or r.rolbypassrls);

-- law: partitions are granted to nobody
-- breach: do $$ begin execute (select format('grant select on %s to thorbis_app', min(inhrelid::regclass::text)) from pg_inherits where inhparent = 'hs.gps_pings'::regclass); end $$
select name from granted
where grantee <> 'thorbis_owner' and relkind = 'r' and exists (select from pg_inherits where inhrelid = id);

-- law: the application only reads and writes
-- breach: grant truncate on hs.jobs to thorbis_app
select name from granted
where grantee = 'thorbis_app'
  and (is_grantable or privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'));

-- law: reporting only reads
-- breach: grant insert on hs.jobs to thorbis_reporting
select name from granted
where grantee = 'thorbis_reporting' and (is_grantable or privilege_type <> 'SELECT');

-- law: nobody else holds anything
-- breach: grant select on hs.jobs to thorbis_ops_monitor
select name || ' to ' || grantee from granted
where grantee not in ('thorbis_owner', 'thorbis_app', 'thorbis_reporting')
  and not (relkind = 'S' and grantee = 'thorbis_ops_monitor' and privilege_type = 'SELECT');

-- law: shared tables are only read
-- breach: grant update on system_core.plans to thorbis_app
select name from granted
where schema = 'system_core' and grantee <> 'thorbis_owner' and privilege_type <> 'SELECT';

-- law: shared tables say so and have no tenant column
-- breach: create table system_core.secrets (id int)
select c.oid::regclass::text from pg_class as c
where c.relnamespace = 'system_core'::regnamespace and c.relkind = 'r'
  and (coalesce(obj_description(c.oid, 'pg_class'), '') !~ '^Shared by all tenants: .'
    or exists (select from pg_attribute where attrelid = c.oid and attname = 'business_id'));

-- law: a reference to a tenant's table carries the tenant
-- breach: create unique index by_id on hs.jobs (id); alter table hs.reviews add foreign key (job_id) references hs.jobs (id)
select con.conname
from tenant_tables as t join pg_constraint as con on con.confrelid = t.id and con.contype = 'f'
join pg_attribute as own on own.attrelid = con.conrelid and own.attname = 'business_id'
where con.conkey[1] <> own.attnum;

-- law: every tenant's table reaches the list of businesses
-- breach: create table hs.notes (business_id uuid not null)
select name from tenant_tables
where name <> 'tenant_mgmt.businesses' and not exists (
  select from pg_constraint
  where conrelid = id and contype = 'f' and confrelid = 'tenant_mgmt.businesses'::regclass
);

-- law: every foreign key is indexed
-- breach: drop index hs.job_notes_business_id_author_user_id_idx
select con.conrelid::regclass || ' ' || con.conname
from pg_constraint as con
where con.contype = 'f' and not exists (
  select from pg_index as i
  where i.indrelid = con.conrelid and i.indpred is null
    and con.conkey <@ (i.indkey::int2[])[0:cardinality(con.conkey) - 1]
);

-- law: every unique key begins with the tenant
-- breach: create unique index on hs.jobs (id)
select i.indexrelid::regclass::text
from tenant_tables as t join pg_index as i on i.indrelid = t.id and i.indisunique
join pg_attribute as a on a.attrelid = t.id and a.attname = 'business_id'
where i.indkey[0] <> a.attnum;

-- law: every table has a primary key
-- breach: create table hs.notes (business_id uuid not null)
select name from tenant_tables
where not exists (select from pg_index where indrelid = id and indisprimary);

-- law: no index repeats the beginning of another
-- breach: create index on hs.jobs (business_id)
select a.indexrelid::regclass || ' and ' || b.indexrelid::regclass
from tenant_tables as t
join pg_index as a on a.indrelid = t.id
join pg_index as b on b.indrelid = t.id and b.indexrelid <> a.indexrelid
where not a.indisunique and a.indpred is null and b.indpred is null
  and a.indexprs is null and b.indexprs is null
  and (b.indkey::text || ' ') like (a.indkey::text || ' %');

-- law: every index is valid
-- breach: update pg_index set indisvalid = false where indexrelid = 'hs.jobs_pkey'::regclass
select indexrelid::regclass::text from pg_index where not indisvalid or not indisready;

-- law: no sequence is narrower than bigint
-- breach: create table hs.notes (id serial)
select seqrelid::regclass::text from pg_sequence where seqtypid <> 'bigint'::regtype;

-- law: no function runs with the rights of its owner, or under an open search path
-- breach: alter function system_core.set_updated_at() security definer
select p.oid::regprocedure::text from pg_proc as p
where p.pronamespace::regnamespace::text in ('system_core', 'tenant_mgmt', 'user_mgmt', 'hs')
  and (p.prosecdef or coalesce(p.proconfig::text, '') not like '%search_path=%'
    or has_function_privilege('thorbis_app', p.oid, 'execute'));

-- law: what may be updated says when it was
-- breach: drop trigger set_updated_at on hs.jobs
select name from tenant_tables
where has_table_privilege('thorbis_app', id, 'update') and not (
  exists (select from pg_attribute where attrelid = id and attname = 'updated_at' and attnotnull)
  and exists (select from pg_trigger where tgrelid = id and tgname = 'set_updated_at')
);

-- law: schemas and functions are not open to PUBLIC
-- breach: grant usage on schema hs to public
select nspname::text from pg_namespace, aclexplode(nspacl) as a
where nspname in ('system_core', 'tenant_mgmt', 'user_mgmt', 'hs') and a.grantee = 0
union all
select p.oid::regprocedure::text from pg_proc as p, aclexplode(p.proacl) as a
where p.pronamespace::regnamespace::text in ('system_core', 'tenant_mgmt', 'user_mgmt', 'hs') and a.grantee = 0;
