-- The businesses themselves: who they are, what they pay for, how much they may use, and the
-- trail of what was changed in their data.
create schema tenant_mgmt authorization thorbis_owner;
grant usage on schema tenant_mgmt to thorbis_app, thorbis_reporting;
set role thorbis_owner;

create table tenant_mgmt.businesses (
  business_id uuid primary key default pg_catalog.gen_random_uuid(),
  legal_name text not null,
  trading_name text not null,
  industry_code text not null references system_core.industries,
  country_code char(2) not null references system_core.countries,
  currency_code char(3) not null references system_core.currencies,
  time_zone text not null references system_core.time_zones,
  language_tag text not null references system_core.languages,
  tax_registration_number text,
  phone text,
  email text,
  website text,
  status text not null default 'active' check (status in ('trial', 'active', 'suspended', 'closed')),
  onboarded_at timestamptz not null,
  suspended_at timestamptz
);
call system_core.tenant_table('tenant_mgmt.businesses', array['select', 'update']);

create table tenant_mgmt.business_locations (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  street_address text not null,
  city text not null,
  region text not null,
  postal_code text not null,
  phone text,
  latitude numeric(9, 6),
  longitude numeric(9, 6),
  is_headquarters boolean not null default false,
  closed_on date
);
call system_core.tenant_table('tenant_mgmt.business_locations');

create table tenant_mgmt.business_hours (
  business_id uuid not null,
  location_id uuid not null,
  weekday smallint not null check (weekday between 1 and 7),
  opens_at time not null,
  closes_at time not null,
  accepts_emergency_calls boolean not null default false,
  primary key (business_id, location_id, weekday),
  foreign key (business_id, location_id) references tenant_mgmt.business_locations on delete cascade,
  check (opens_at < closes_at)
);
call system_core.tenant_table('tenant_mgmt.business_hours');

create table tenant_mgmt.business_settings (
  business_id uuid not null,
  key text not null,
  value jsonb not null,
  changed_by_user_id uuid,
  primary key (business_id, key)
);
call system_core.tenant_table('tenant_mgmt.business_settings');

create table tenant_mgmt.business_domains (
  business_id uuid not null,
  domain text not null check (domain = lower(domain)),
  purpose text not null check (purpose in ('portal', 'booking', 'email')),
  verification_token text not null,
  verified_at timestamptz,
  primary key (business_id, domain)
);
call system_core.tenant_table('tenant_mgmt.business_domains');

create table tenant_mgmt.subscriptions (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  plan_code text not null references system_core.plans,
  billing_period text not null check (billing_period in ('monthly', 'annual')),
  seats integer not null check (seats > 0),
  unit_price numeric(10, 2) not null check (unit_price >= 0),
  status text not null check (status in ('trialing', 'active', 'past_due', 'cancelled')),
  started_on date not null,
  current_period_starts_on date not null,
  current_period_ends_on date not null,
  cancelled_at timestamptz,
  check (current_period_starts_on < current_period_ends_on)
);
call system_core.tenant_table('tenant_mgmt.subscriptions', array['select', 'update']);

create table tenant_mgmt.resource_limits (
  business_id uuid not null,
  resource text not null check (resource in
    ('users', 'storage_bytes', 'api_calls_per_minute', 'jobs_per_month', 'report_seconds_per_day')),
  soft_limit bigint not null,
  hard_limit bigint not null,
  primary key (business_id, resource),
  check (soft_limit <= hard_limit)
);
call system_core.tenant_table('tenant_mgmt.resource_limits', array['select', 'update']);

create table tenant_mgmt.usage_daily (
  business_id uuid not null,
  used_on date not null,
  metric text not null check (metric in ('api_calls', 'jobs_created', 'invoices_sent', 'storage_bytes', 'messages_sent')),
  quantity bigint not null default 0 check (quantity >= 0),
  primary key (business_id, used_on, metric)
);
call system_core.tenant_table('tenant_mgmt.usage_daily');

create table tenant_mgmt.tax_rates (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  rate numeric(6, 5) not null check (rate between 0 and 1),
  jurisdiction text not null,
  applies_to text not null check (applies_to in ('labor', 'materials', 'all')),
  valid_from date not null,
  valid_until date,
  unique (business_id, name, valid_from)
);
call system_core.tenant_table('tenant_mgmt.tax_rates');

create table tenant_mgmt.number_series (
  business_id uuid not null,
  document_type text not null check (document_type in
    ('customer', 'work_order', 'job', 'estimate', 'invoice', 'payment', 'purchase_order', 'service_agreement')),
  prefix text not null,
  next_number bigint not null default 1 check (next_number > 0),
  primary key (business_id, document_type)
);
call system_core.tenant_table('tenant_mgmt.number_series');

-- Written in the transaction that it tells of, and sent on afterwards in order of position.
create table tenant_mgmt.outbox_messages (
  business_id uuid not null,
  position bigint generated always as identity,
  topic text not null,
  payload jsonb not null,
  published_at timestamptz,
  attempts smallint not null default 0,
  primary key (business_id, position)
);
create index on tenant_mgmt.outbox_messages (business_id, position) where published_at is null;
call system_core.tenant_table('tenant_mgmt.outbox_messages');

create table tenant_mgmt.audit_log (
  business_id uuid not null,
  occurred_at timestamptz not null default pg_catalog.clock_timestamp(),
  id uuid not null default pg_catalog.gen_random_uuid(),
  actor_user_id uuid,
  actor_role name not null default current_user,
  action text not null check (action in ('insert', 'update', 'delete')),
  table_schema name not null,
  table_name name not null,
  row_key jsonb not null,
  changes jsonb not null,
  primary key (business_id, occurred_at, id)
) partition by range (occurred_at);
create index on tenant_mgmt.audit_log (business_id, table_schema, table_name, occurred_at);
create index on tenant_mgmt.audit_log (business_id, actor_user_id, occurred_at);
call system_core.tenant_table('tenant_mgmt.audit_log', array['select', 'insert']);
call system_core.monthly_partitions('tenant_mgmt.audit_log');

-- Runs with the rights of whoever makes the change, so that row security binds it like the
-- change itself. Its arguments are the key's columns; what differs is kept, old and new.
create function tenant_mgmt.record_change() returns trigger
language plpgsql set search_path = '' as $$
declare
  before constant jsonb := coalesce(pg_catalog.to_jsonb(old), '{}');
  after constant jsonb := coalesce(pg_catalog.to_jsonb(new), '{}');
  subject constant jsonb := case tg_op when 'DELETE' then before else after end;
begin
  insert into tenant_mgmt.audit_log
    (business_id, actor_user_id, action, table_schema, table_name, row_key, changes)
  select
    (subject ->> 'business_id')::uuid,
    nullif(pg_catalog.current_setting('app.current_user_id', true), '')::uuid,
    pg_catalog.lower(tg_op), tg_table_schema, tg_table_name,
    (select pg_catalog.jsonb_object_agg(k, subject -> k) from pg_catalog.unnest(tg_argv) as k),
    coalesce(pg_catalog.jsonb_object_agg(
      key, pg_catalog.jsonb_build_array(before -> key, after -> key)), '{}')
  from pg_catalog.jsonb_object_keys(before || after) as key
  where before -> key is distinct from after -> key and key <> 'updated_at';
  return null;
end
$$;

create procedure tenant_mgmt.audited(relation regclass)
language plpgsql set search_path = '' as $$
declare
  key_columns text;
begin
  select pg_catalog.string_agg(pg_catalog.quote_literal(a.attname), ', ' order by a.attnum)
  into strict key_columns
  from pg_catalog.pg_constraint as con
  join pg_catalog.pg_attribute as a on a.attrelid = con.conrelid and a.attnum = any (con.conkey)
  where con.conrelid = relation and con.contype = 'p';
  execute pg_catalog.format(
    'create trigger audit after insert or update or delete on %s'
    ' for each row execute function tenant_mgmt.record_change(%s)', relation, key_columns);
end
$$;

call tenant_mgmt.audited('tenant_mgmt.businesses');
call tenant_mgmt.audited('tenant_mgmt.subscriptions');
call tenant_mgmt.audited('tenant_mgmt.tax_rates');

reset role;
