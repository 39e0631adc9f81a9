-- What every tenant shares: reference data and the catalogue of plans and permissions.
-- Nothing here belongs to a tenant, and the application may only read it.
set role thorbis_owner;

create table system_core.currencies (
  code char(3) primary key check (code ~ '^[A-Z]{3}$'),
  name text not null,
  symbol text not null,
  minor_units smallint not null default 2 check (minor_units between 0 and 4)
);
call system_core.global_table('system_core.currencies', 'ISO 4217 currencies');

create table system_core.languages (
  tag text primary key,
  name text not null,
  native_name text not null,
  right_to_left boolean not null default false
);
call system_core.global_table('system_core.languages', 'BCP 47 languages of the interface');

create table system_core.countries (
  code char(2) primary key check (code ~ '^[A-Z]{2}$'),
  alpha3 char(3) not null unique,
  name text not null,
  calling_code text not null,
  currency_code char(3) not null references system_core.currencies,
  postal_code_pattern text
);
call system_core.global_table('system_core.countries', 'ISO 3166-1 countries');

create table system_core.country_subdivisions (
  country_code char(2) not null references system_core.countries,
  code text not null,
  name text not null,
  kind text not null check (kind in ('state', 'province', 'district', 'territory')),
  primary key (country_code, code)
);
call system_core.global_table('system_core.country_subdivisions', 'ISO 3166-2 states and provinces');

create table system_core.time_zones (
  name text primary key,
  country_code char(2) not null references system_core.countries,
  display_name text not null
);
call system_core.global_table('system_core.time_zones', 'IANA time zones');

create table system_core.public_holidays (
  country_code char(2) not null references system_core.countries,
  observed_on date not null,
  name text not null,
  primary key (country_code, observed_on, name)
);
call system_core.global_table('system_core.public_holidays', 'days on which offices are closed');

create table system_core.units_of_measure (
  code text primary key,
  name text not null,
  dimension text not null check (dimension in ('count', 'length', 'area', 'volume', 'mass', 'time', 'energy')),
  factor_to_base numeric(18, 9) not null check (factor_to_base > 0)
);
call system_core.global_table('system_core.units_of_measure', 'units of stock and of price lists');

create table system_core.industries (
  code text primary key,
  name text not null,
  naics_code text not null check (naics_code ~ '^[0-9]{2,6}$')
);
call system_core.global_table('system_core.industries', 'industries that the platform serves');

create table system_core.plans (
  code text primary key,
  name text not null,
  monthly_price numeric(10, 2) not null check (monthly_price >= 0),
  annual_price numeric(10, 2) not null check (annual_price >= 0),
  currency_code char(3) not null references system_core.currencies,
  trial_days smallint not null default 14,
  is_public boolean not null default true
);
call system_core.global_table('system_core.plans', 'plans that a business can subscribe to');

create table system_core.features (
  code text primary key,
  name text not null,
  description text not null,
  released_on date
);
call system_core.global_table('system_core.features', 'features that a plan can include');

create table system_core.plan_features (
  plan_code text not null references system_core.plans,
  feature_code text not null references system_core.features,
  monthly_allowance integer check (monthly_allowance > 0),
  primary key (plan_code, feature_code)
);
call system_core.global_table('system_core.plan_features', 'what each plan includes, and how much of it');

create table system_core.permissions (
  code text primary key,
  area text not null,
  description text not null,
  is_sensitive boolean not null default false
);
call system_core.global_table('system_core.permissions', 'what a role of a tenant can be allowed to do');

reset role;
