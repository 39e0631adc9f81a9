-- What makes a table safe for many tenants, once, so that the files after this one read as
-- business: columns and references there, isolation here. Each procedure is called once per
-- table, after the table's own indexes, and refuses a table that it cannot make safe.
create schema system_core authorization thorbis_owner;
grant usage on schema system_core to thorbis_app, thorbis_reporting;
set role thorbis_owner;

create function system_core.set_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := pg_catalog.now();
  return new;
end
$$;

-- Row security for one relation. The owner is bound too, and the policy names no role, so that
-- a role which is granted something later is bound as well. The sub-select is evaluated once
-- per statement; an empty setting is what a pooled session has after its transaction.
create procedure system_core.isolate(relation regclass)
language plpgsql set search_path = '' as $$
begin
  execute pg_catalog.format('alter table %s enable row level security', relation);
  execute pg_catalog.format('alter table %s force row level security', relation);
  execute pg_catalog.format(
    'create policy tenant on %s using (business_id ='
    ' (select nullif(pg_catalog.current_setting(''app.current_business_id'', true), '''')::uuid))',
    relation);
end
$$;

-- Faults of layout that no policy can mend.
create procedure system_core.refuse_unsafe_layout(relation regclass)
language plpgsql set search_path = '' as $$
declare
  at_fault text;
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = relation and attname = 'business_id' and attnotnull
      and atttypid = 'pg_catalog.uuid'::pg_catalog.regtype
  ) then
    raise exception '%: needs a column business_id uuid not null', relation;
  end if;

  select pg_catalog.string_agg(con.conname, ', ' order by con.conname) into at_fault
  from pg_catalog.pg_constraint as con
  join pg_catalog.pg_attribute as own on own.attrelid = con.conrelid and own.attname = 'business_id'
  join pg_catalog.pg_attribute as other on other.attrelid = con.confrelid and other.attname = 'business_id'
  where con.conrelid = relation and con.contype = 'f'
    and coalesce(pg_catalog.array_position(con.conkey, own.attnum)
      <> pg_catalog.array_position(con.confkey, other.attnum), true);
  if at_fault is not null then
    raise exception '%: a reference to a tenant''s table must carry business_id: %', relation, at_fault;
  end if;

  select pg_catalog.string_agg(c.relname, ', ' order by c.relname) into at_fault
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  join pg_catalog.pg_attribute as own on own.attrelid = i.indrelid and own.attname = 'business_id'
  where i.indrelid = relation and i.indisunique and i.indkey[0] <> own.attnum;
  if at_fault is not null then
    raise exception '%: a unique key must begin with business_id: %', relation, at_fault;
  end if;
end
$$;

-- An index for each foreign key whose columns do not already lead one.
create procedure system_core.index_references(relation regclass)
language plpgsql set search_path = '' as $$
declare
  columns text;
begin
  for columns in
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by k.position)
    from (
      select distinct con.conrelid, con.conkey
      from pg_catalog.pg_constraint as con
      where con.conrelid = relation and con.contype = 'f'
        and not exists (
          select from pg_catalog.pg_index as i
          where i.indrelid = con.conrelid and i.indpred is null
            and con.conkey <@ (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(con.conkey) - 1]
        )
    ) as bare
    cross join lateral pg_catalog.unnest(bare.conkey) with ordinality as k (attnum, position)
    join pg_catalog.pg_attribute as a on a.attrelid = bare.conrelid and a.attnum = k.attnum
    group by bare.conkey
    order by bare.conkey
  loop
    execute pg_catalog.format('create index on %s (%s)', relation, columns);
  end loop;
end
$$;

create procedure system_core.grant_to_app(relation regclass, privileges text[])
language plpgsql set search_path = '' as $$
begin
  if not privileges <@ array['select', 'insert', 'update', 'delete'] then
    raise exception '%: the application may hold select, insert, update and delete only', relation;
  end if;
  execute pg_catalog.format(
    'grant %s on %s to thorbis_app', pg_catalog.array_to_string(privileges, ', '), relation);
  execute pg_catalog.format('grant select on %s to thorbis_reporting', relation);
end
$$;

-- A table of the tenants: key, references, indexes, isolation, grants. Where the application
-- may update, the row also says when it was made and changed; what it may only insert into is
-- a log and brings its own time.
create procedure system_core.tenant_table(
  relation regclass,
  privileges text[] default array['select', 'insert', 'update', 'delete']
)
language plpgsql set search_path = '' as $$
begin
  call system_core.refuse_unsafe_layout(relation);
  if 'update' = any (privileges) then
    execute pg_catalog.format(
      'alter table %s add column created_at timestamptz not null default pg_catalog.now(),'
      ' add column updated_at timestamptz not null default pg_catalog.now()', relation);
    execute pg_catalog.format(
      'create trigger set_updated_at before update on %s'
      ' for each row execute function system_core.set_updated_at()', relation);
  end if;
  if not exists (select from pg_catalog.pg_constraint where conrelid = relation and contype = 'p') then
    execute pg_catalog.format('alter table %s add primary key (business_id, id)', relation);
  end if;
  if relation <> 'tenant_mgmt.businesses'::pg_catalog.regclass then
    execute pg_catalog.format(
      'alter table %s add foreign key (business_id) references tenant_mgmt.businesses', relation);
  end if;
  call system_core.index_references(relation);
  call system_core.isolate(relation);
  call system_core.grant_to_app(relation, privileges);
end
$$;

-- A table that all tenants share, by design. They may read it and nothing else.
create procedure system_core.global_table(relation regclass, purpose text)
language plpgsql set search_path = '' as $$
begin
  execute pg_catalog.format('comment on table %s is %L', relation, 'Shared by all tenants: ' || purpose);
  call system_core.index_references(relation);
  call system_core.grant_to_app(relation, array['select']);
end
$$;

-- The partitions of a range-partitioned log: one per month in UTC, around today. Row security
-- is not inherited by direct access, so each partition is isolated, and none is granted.
create procedure system_core.monthly_partitions(
  relation regclass, months_back integer default 2, months_ahead integer default 3
)
language plpgsql set search_path = '' as $$
declare
  parent record;
  opens date;
begin
  select n.nspname, c.relname into strict parent
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where c.oid = relation;
  for opens in
    select (pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC')
      + pg_catalog.make_interval(months => m))::date
    from pg_catalog.generate_series(-months_back, months_ahead) as m
  loop
    execute pg_catalog.format(
      'create table %I.%I partition of %I.%I for values from (%L) to (%L)',
      parent.nspname, parent.relname || pg_catalog.to_char(opens, '_YYYY_MM'),
      parent.nspname, parent.relname,
      pg_catalog.to_char(opens, 'YYYY-MM-DD 00:00:00+00'),
      pg_catalog.to_char(opens + interval '1 month', 'YYYY-MM-DD 00:00:00+00'));
    call system_core.isolate(
      pg_catalog.format('%I.%I', parent.nspname, parent.relname || pg_catalog.to_char(opens, '_YYYY_MM'))::pg_catalog.regclass);
  end loop;
end
$$;

reset role;
