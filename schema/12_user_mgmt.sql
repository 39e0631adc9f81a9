-- The people of a tenant: who may sign in, in which role, from where, and what they did there.
create schema user_mgmt authorization thorbis_owner;
grant usage on schema user_mgmt to thorbis_app, thorbis_reporting;
set role thorbis_owner;

create table user_mgmt.users (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  email text not null check (email = lower(email)),
  given_name text not null,
  family_name text not null,
  phone text,
  password_hash text,
  mfa_enabled boolean not null default false,
  status text not null default 'active' check (status in ('invited', 'active', 'locked', 'deactivated')),
  last_sign_in_at timestamptz,
  deactivated_at timestamptz,
  unique (business_id, email)
);
call system_core.tenant_table('user_mgmt.users');
call tenant_mgmt.audited('user_mgmt.users');

create table user_mgmt.roles (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  kind text not null check (kind in ('owner', 'manager', 'staff', 'accountant', 'auditor')),
  is_built_in boolean not null default false,
  unique (business_id, name)
);
call system_core.tenant_table('user_mgmt.roles');

create table user_mgmt.role_permissions (
  business_id uuid not null,
  role_id uuid not null,
  permission_code text not null references system_core.permissions,
  granted_by_user_id uuid,
  primary key (business_id, role_id, permission_code),
  foreign key (business_id, role_id) references user_mgmt.roles on delete cascade,
  foreign key (business_id, granted_by_user_id) references user_mgmt.users
);
call system_core.tenant_table('user_mgmt.role_permissions');
call tenant_mgmt.audited('user_mgmt.role_permissions');

create table user_mgmt.user_roles (
  business_id uuid not null,
  user_id uuid not null,
  role_id uuid not null,
  valid_until date,
  primary key (business_id, user_id, role_id),
  foreign key (business_id, user_id) references user_mgmt.users on delete cascade,
  foreign key (business_id, role_id) references user_mgmt.roles
);
call system_core.tenant_table('user_mgmt.user_roles');
call tenant_mgmt.audited('user_mgmt.user_roles');

create table user_mgmt.teams (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  location_id uuid not null,
  name text not null,
  lead_user_id uuid,
  unique (business_id, name),
  foreign key (business_id, location_id) references tenant_mgmt.business_locations,
  foreign key (business_id, lead_user_id) references user_mgmt.users
);
call system_core.tenant_table('user_mgmt.teams');

create table user_mgmt.team_members (
  business_id uuid not null,
  team_id uuid not null,
  user_id uuid not null,
  joined_on date not null,
  primary key (business_id, team_id, user_id),
  foreign key (business_id, team_id) references user_mgmt.teams on delete cascade,
  foreign key (business_id, user_id) references user_mgmt.users on delete cascade
);
call system_core.tenant_table('user_mgmt.team_members');

create table user_mgmt.invitations (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  email text not null check (email = lower(email)),
  role_id uuid not null,
  invited_by_user_id uuid not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  foreign key (business_id, role_id) references user_mgmt.roles,
  foreign key (business_id, invited_by_user_id) references user_mgmt.users
);
call system_core.tenant_table('user_mgmt.invitations');

create table user_mgmt.sessions (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  user_id uuid not null,
  token_hash bytea not null,
  ip_address inet not null,
  user_agent text not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  foreign key (business_id, user_id) references user_mgmt.users on delete cascade
);
create index on user_mgmt.sessions (business_id, token_hash);
create index on user_mgmt.sessions (business_id, expires_at);
call system_core.tenant_table('user_mgmt.sessions');

create table user_mgmt.sign_in_attempts (
  business_id uuid not null,
  attempted_at timestamptz not null default pg_catalog.clock_timestamp(),
  id uuid not null default pg_catalog.gen_random_uuid(),
  user_id uuid,
  email text not null,
  ip_address inet not null,
  outcome text not null check (outcome in ('success', 'wrong_password', 'unknown_user', 'locked', 'mfa_failed')),
  primary key (business_id, attempted_at, id),
  foreign key (business_id, user_id) references user_mgmt.users
) partition by range (attempted_at);
create index on user_mgmt.sign_in_attempts (business_id, email, attempted_at);
call system_core.tenant_table('user_mgmt.sign_in_attempts', array['select', 'insert']);
call system_core.monthly_partitions('user_mgmt.sign_in_attempts');

create table user_mgmt.api_keys (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  key_prefix text not null,
  key_hash bytea not null,
  scopes text[] not null,
  created_by_user_id uuid not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  unique (business_id, key_prefix),
  foreign key (business_id, created_by_user_id) references user_mgmt.users
);
call system_core.tenant_table('user_mgmt.api_keys');
call tenant_mgmt.audited('user_mgmt.api_keys');

create table user_mgmt.notification_preferences (
  business_id uuid not null,
  user_id uuid not null,
  event text not null check (event in
    ('job_assigned', 'job_completed', 'estimate_accepted', 'invoice_paid', 'stock_low', 'review_received')),
  channel text not null check (channel in ('email', 'sms', 'push')),
  enabled boolean not null default true,
  primary key (business_id, user_id, event, channel),
  foreign key (business_id, user_id) references user_mgmt.users on delete cascade
);
call system_core.tenant_table('user_mgmt.notification_preferences');

reset role;
