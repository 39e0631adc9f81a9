-- Home services: from the first call of a customer over the visit of the technician to the
-- payment. Amounts are in the currency of the business.
create schema hs authorization thorbis_owner;
grant usage on schema hs to thorbis_app, thorbis_reporting;
set role thorbis_owner;

-- Customers and the places where they want work done

create table hs.lead_sources (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  channel text not null check (channel in ('web', 'phone', 'referral', 'advertising', 'partner', 'walk_in')),
  cost_per_lead numeric(10, 2) check (cost_per_lead >= 0),
  is_active boolean not null default true,
  unique (business_id, name)
);
call system_core.tenant_table('hs.lead_sources');

create table hs.customers (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  customer_number text not null,
  kind text not null check (kind in ('residential', 'commercial')),
  display_name text not null,
  company_name text,
  given_name text,
  family_name text,
  email text,
  phone text not null,
  preferred_contact text not null default 'phone' check (preferred_contact in ('phone', 'email', 'sms')),
  lead_source_id uuid,
  payment_terms_days smallint not null default 14 check (payment_terms_days between 0 and 120),
  credit_limit numeric(12, 2) not null default 0,
  balance numeric(12, 2) not null default 0,
  status text not null default 'active' check (status in ('prospect', 'active', 'on_hold', 'archived')),
  customer_since date not null,
  do_not_contact boolean not null default false,
  unique (business_id, customer_number),
  foreign key (business_id, lead_source_id) references hs.lead_sources
);
create index on hs.customers (business_id, phone);
create index on hs.customers (business_id, lower(email));
create index on hs.customers (business_id, family_name, given_name);
call system_core.tenant_table('hs.customers');
call tenant_mgmt.audited('hs.customers');

create table hs.customer_contacts (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  customer_id uuid not null,
  full_name text not null,
  relationship text not null check (relationship in ('owner', 'tenant', 'spouse', 'property_manager', 'billing', 'other')),
  phone text,
  email text,
  is_primary boolean not null default false,
  foreign key (business_id, customer_id) references hs.customers on delete cascade
);
call system_core.tenant_table('hs.customer_contacts');

create table hs.customer_notes (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  customer_id uuid not null,
  author_user_id uuid not null,
  body text not null,
  is_pinned boolean not null default false,
  foreign key (business_id, customer_id) references hs.customers on delete cascade,
  foreign key (business_id, author_user_id) references user_mgmt.users
);
call system_core.tenant_table('hs.customer_notes');

create table hs.tags (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  color text not null check (color ~ '^#[0-9a-f]{6}$'),
  unique (business_id, name)
);
call system_core.tenant_table('hs.tags');

create table hs.customer_tags (
  business_id uuid not null,
  customer_id uuid not null,
  tag_id uuid not null,
  primary key (business_id, customer_id, tag_id),
  foreign key (business_id, customer_id) references hs.customers on delete cascade,
  foreign key (business_id, tag_id) references hs.tags on delete cascade
);
call system_core.tenant_table('hs.customer_tags');

create table hs.leads (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  lead_source_id uuid not null,
  contact_name text not null,
  phone text not null,
  email text,
  postal_code text,
  service_requested text not null,
  status text not null default 'new' check (status in ('new', 'contacted', 'quoted', 'won', 'lost')),
  estimated_value numeric(12, 2),
  assigned_user_id uuid,
  converted_customer_id uuid,
  received_at timestamptz not null,
  lost_reason text,
  foreign key (business_id, lead_source_id) references hs.lead_sources,
  foreign key (business_id, assigned_user_id) references user_mgmt.users,
  foreign key (business_id, converted_customer_id) references hs.customers
);
create index on hs.leads (business_id, status, received_at);
call system_core.tenant_table('hs.leads');

create table hs.dispatch_zones (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  location_id uuid not null,
  name text not null,
  postal_codes text[] not null,
  travel_fee numeric(10, 2) not null default 0,
  unique (business_id, name),
  foreign key (business_id, location_id) references tenant_mgmt.business_locations
);
call system_core.tenant_table('hs.dispatch_zones');

create table hs.properties (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  customer_id uuid not null,
  dispatch_zone_id uuid,
  kind text not null check (kind in ('house', 'apartment', 'office', 'retail', 'industrial')),
  street_address text not null,
  unit text,
  city text not null,
  region text not null,
  postal_code text not null,
  latitude numeric(9, 6),
  longitude numeric(9, 6),
  floor_area_sqm integer check (floor_area_sqm > 0),
  year_built smallint,
  access_instructions text,
  has_pets boolean not null default false,
  is_active boolean not null default true,
  foreign key (business_id, customer_id) references hs.customers,
  foreign key (business_id, dispatch_zone_id) references hs.dispatch_zones
);
create index on hs.properties (business_id, postal_code);
call system_core.tenant_table('hs.properties');

create table hs.equipment (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  property_id uuid not null,
  kind text not null check (kind in
    ('furnace', 'air_conditioner', 'heat_pump', 'boiler', 'water_heater', 'electrical_panel', 'sump_pump', 'other')),
  manufacturer text not null,
  model_number text not null,
  serial_number text,
  installed_on date,
  warranty_ends_on date,
  last_serviced_on date,
  status text not null default 'in_service' check (status in ('in_service', 'needs_repair', 'replaced', 'removed')),
  foreign key (business_id, property_id) references hs.properties
);
create index on hs.equipment (business_id, serial_number);
create index on hs.equipment (business_id, warranty_ends_on);
call system_core.tenant_table('hs.equipment');

-- What is sold: the price book

create table hs.service_categories (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  parent_category_id uuid,
  name text not null,
  sort_order smallint not null default 0,
  primary key (business_id, id),
  unique (business_id, name),
  foreign key (business_id, parent_category_id) references hs.service_categories
);
call system_core.tenant_table('hs.service_categories');

create table hs.services (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  category_id uuid not null,
  code text not null,
  name text not null,
  description text,
  price numeric(12, 2) not null check (price >= 0),
  cost numeric(12, 2) not null default 0 check (cost >= 0),
  duration_minutes integer not null check (duration_minutes > 0),
  is_taxable boolean not null default true,
  is_active boolean not null default true,
  unique (business_id, code),
  foreign key (business_id, category_id) references hs.service_categories
);
call system_core.tenant_table('hs.services');
call tenant_mgmt.audited('hs.services');

-- The people and vehicles that do the work

create table hs.skills (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  requires_license boolean not null default false,
  unique (business_id, name)
);
call system_core.tenant_table('hs.skills');

create table hs.vehicles (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  location_id uuid not null,
  unit_number text not null,
  make text not null,
  model text not null,
  model_year smallint not null,
  license_plate text not null,
  odometer_km integer not null default 0 check (odometer_km >= 0),
  next_service_due_on date,
  status text not null default 'in_service' check (status in ('in_service', 'in_repair', 'retired')),
  unique (business_id, unit_number),
  foreign key (business_id, location_id) references tenant_mgmt.business_locations
);
call system_core.tenant_table('hs.vehicles');

create table hs.technicians (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  user_id uuid not null,
  location_id uuid not null,
  vehicle_id uuid,
  employee_number text not null,
  hourly_cost numeric(8, 2) not null check (hourly_cost >= 0),
  commission_rate numeric(5, 4) not null default 0 check (commission_rate between 0 and 1),
  hired_on date not null,
  left_on date,
  status text not null default 'available' check (status in ('available', 'on_job', 'off_duty', 'on_leave', 'left')),
  unique (business_id, employee_number),
  unique (business_id, user_id),
  foreign key (business_id, user_id) references user_mgmt.users,
  foreign key (business_id, location_id) references tenant_mgmt.business_locations,
  foreign key (business_id, vehicle_id) references hs.vehicles
);
create index on hs.technicians (business_id, status);
call system_core.tenant_table('hs.technicians');

create table hs.technician_skills (
  business_id uuid not null,
  technician_id uuid not null,
  skill_id uuid not null,
  level smallint not null check (level between 1 and 5),
  license_number text,
  license_expires_on date,
  primary key (business_id, technician_id, skill_id),
  foreign key (business_id, technician_id) references hs.technicians on delete cascade,
  foreign key (business_id, skill_id) references hs.skills
);
create index on hs.technician_skills (business_id, license_expires_on);
call system_core.tenant_table('hs.technician_skills');

create table hs.technician_zones (
  business_id uuid not null,
  technician_id uuid not null,
  dispatch_zone_id uuid not null,
  priority smallint not null default 1,
  primary key (business_id, technician_id, dispatch_zone_id),
  foreign key (business_id, technician_id) references hs.technicians on delete cascade,
  foreign key (business_id, dispatch_zone_id) references hs.dispatch_zones on delete cascade
);
call system_core.tenant_table('hs.technician_zones');

create table hs.technician_shifts (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  technician_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  kind text not null default 'regular' check (kind in ('regular', 'overtime', 'on_call')),
  foreign key (business_id, technician_id) references hs.technicians,
  check (starts_at < ends_at)
);
create index on hs.technician_shifts (business_id, technician_id, starts_at);
create index on hs.technician_shifts (business_id, starts_at);
call system_core.tenant_table('hs.technician_shifts');

create table hs.technician_time_off (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  technician_id uuid not null,
  starts_on date not null,
  ends_on date not null,
  reason text not null check (reason in ('vacation', 'sick', 'training', 'unpaid')),
  approved_by_user_id uuid,
  foreign key (business_id, technician_id) references hs.technicians,
  foreign key (business_id, approved_by_user_id) references user_mgmt.users,
  check (starts_on <= ends_on)
);
create index on hs.technician_time_off (business_id, technician_id, starts_on);
call system_core.tenant_table('hs.technician_time_off');

-- Agreements: work that comes back by itself

create table hs.agreement_plans (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  visits_per_year smallint not null check (visits_per_year between 1 and 12),
  annual_price numeric(12, 2) not null,
  discount_rate numeric(5, 4) not null default 0 check (discount_rate between 0 and 1),
  is_active boolean not null default true,
  unique (business_id, name)
);
call system_core.tenant_table('hs.agreement_plans');

create table hs.service_agreements (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  agreement_number text not null,
  customer_id uuid not null,
  property_id uuid not null,
  agreement_plan_id uuid not null,
  status text not null default 'active' check (status in ('draft', 'active', 'expired', 'cancelled')),
  starts_on date not null,
  ends_on date not null,
  auto_renew boolean not null default true,
  unique (business_id, agreement_number),
  foreign key (business_id, customer_id) references hs.customers,
  foreign key (business_id, property_id) references hs.properties,
  foreign key (business_id, agreement_plan_id) references hs.agreement_plans,
  check (starts_on < ends_on)
);
create index on hs.service_agreements (business_id, status, ends_on);
call system_core.tenant_table('hs.service_agreements');
call tenant_mgmt.audited('hs.service_agreements');

-- Work orders, and the jobs and appointments that carry them out

create table hs.work_orders (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  work_order_number text not null,
  customer_id uuid not null,
  property_id uuid not null,
  service_agreement_id uuid,
  location_id uuid not null,
  summary text not null,
  priority text not null default 'normal' check (priority in ('low', 'normal', 'high', 'emergency')),
  status text not null default 'new' check (status in
    ('new', 'scheduled', 'in_progress', 'on_hold', 'completed', 'invoiced', 'cancelled')),
  requested_at timestamptz not null,
  due_on date,
  completed_at timestamptz,
  estimated_amount numeric(12, 2),
  created_by_user_id uuid,
  unique (business_id, work_order_number),
  foreign key (business_id, customer_id) references hs.customers,
  foreign key (business_id, property_id) references hs.properties,
  foreign key (business_id, service_agreement_id) references hs.service_agreements,
  foreign key (business_id, location_id) references tenant_mgmt.business_locations,
  foreign key (business_id, created_by_user_id) references user_mgmt.users
);
create index on hs.work_orders (business_id, customer_id, requested_at);
create index on hs.work_orders (business_id, status, due_on);
create index on hs.work_orders (business_id, requested_at);
call system_core.tenant_table('hs.work_orders');
call tenant_mgmt.audited('hs.work_orders');

create table hs.work_order_status_history (
  business_id uuid not null,
  changed_at timestamptz not null default pg_catalog.clock_timestamp(),
  id uuid not null default pg_catalog.gen_random_uuid(),
  work_order_id uuid not null,
  from_status text,
  to_status text not null,
  changed_by_user_id uuid,
  comment text,
  primary key (business_id, changed_at, id),
  foreign key (business_id, work_order_id) references hs.work_orders,
  foreign key (business_id, changed_by_user_id) references user_mgmt.users
) partition by range (changed_at);
create index on hs.work_order_status_history (business_id, work_order_id, changed_at);
call system_core.tenant_table('hs.work_order_status_history', array['select', 'insert']);
call system_core.monthly_partitions('hs.work_order_status_history');

create table hs.jobs (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  job_number text not null,
  work_order_id uuid not null,
  property_id uuid not null,
  lead_technician_id uuid,
  kind text not null check (kind in ('diagnostic', 'repair', 'installation', 'maintenance', 'inspection', 'warranty')),
  status text not null default 'unscheduled' check (status in
    ('unscheduled', 'scheduled', 'dispatched', 'en_route', 'in_progress', 'completed', 'cancelled')),
  scheduled_start_at timestamptz,
  scheduled_end_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  work_performed text,
  recommendation text,
  total_amount numeric(12, 2) not null default 0,
  version integer not null default 1,
  unique (business_id, job_number),
  foreign key (business_id, work_order_id) references hs.work_orders,
  foreign key (business_id, property_id) references hs.properties,
  foreign key (business_id, lead_technician_id) references hs.technicians,
  check (scheduled_start_at < scheduled_end_at)
);
create index on hs.jobs (business_id, lead_technician_id, scheduled_start_at);
create index on hs.jobs (business_id, status, scheduled_start_at);
create index on hs.jobs (business_id, scheduled_start_at);
create index on hs.jobs (business_id, completed_at) where completed_at is not null;
call system_core.tenant_table('hs.jobs');

create table hs.job_assignments (
  business_id uuid not null,
  job_id uuid not null,
  technician_id uuid not null,
  role text not null default 'helper' check (role in ('lead', 'helper', 'apprentice')),
  accepted_at timestamptz,
  declined_at timestamptz,
  primary key (business_id, job_id, technician_id),
  foreign key (business_id, job_id) references hs.jobs on delete cascade,
  foreign key (business_id, technician_id) references hs.technicians
);
call system_core.tenant_table('hs.job_assignments');

create table hs.appointments (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  job_id uuid not null,
  arrival_window_starts_at timestamptz not null,
  arrival_window_ends_at timestamptz not null,
  status text not null default 'booked' check (status in ('booked', 'confirmed', 'rescheduled', 'no_show', 'kept', 'cancelled')),
  confirmed_at timestamptz,
  reminder_sent_at timestamptz,
  foreign key (business_id, job_id) references hs.jobs,
  check (arrival_window_starts_at < arrival_window_ends_at)
);
create index on hs.appointments (business_id, arrival_window_starts_at);
create index on hs.appointments (business_id, job_id, arrival_window_starts_at);
call system_core.tenant_table('hs.appointments');

create table hs.job_checklist_steps (
  business_id uuid not null,
  job_id uuid not null,
  step_number smallint not null check (step_number > 0),
  instruction text not null,
  is_required boolean not null default true,
  completed_by_technician_id uuid,
  completed_at timestamptz,
  reading numeric(12, 3),
  primary key (business_id, job_id, step_number),
  foreign key (business_id, job_id) references hs.jobs on delete cascade,
  foreign key (business_id, completed_by_technician_id) references hs.technicians
);
call system_core.tenant_table('hs.job_checklist_steps');

create table hs.job_notes (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  job_id uuid not null,
  author_user_id uuid not null,
  body text not null,
  visible_to_customer boolean not null default false,
  foreign key (business_id, job_id) references hs.jobs on delete cascade,
  foreign key (business_id, author_user_id) references user_mgmt.users
);
call system_core.tenant_table('hs.job_notes');

create table hs.job_events (
  business_id uuid not null,
  occurred_at timestamptz not null default pg_catalog.clock_timestamp(),
  id uuid not null default pg_catalog.gen_random_uuid(),
  job_id uuid not null,
  technician_id uuid,
  kind text not null check (kind in
    ('created', 'scheduled', 'dispatched', 'en_route', 'arrived', 'started', 'paused', 'resumed', 'completed', 'cancelled', 'viewed')),
  device text,
  payload jsonb not null default '{}',
  primary key (business_id, occurred_at, id),
  foreign key (business_id, job_id) references hs.jobs,
  foreign key (business_id, technician_id) references hs.technicians
) partition by range (occurred_at);
create index on hs.job_events (business_id, job_id, occurred_at);
call system_core.tenant_table('hs.job_events', array['select', 'insert']);
call system_core.monthly_partitions('hs.job_events');

create table hs.gps_pings (
  business_id uuid not null,
  recorded_at timestamptz not null default pg_catalog.clock_timestamp(),
  id uuid not null default pg_catalog.gen_random_uuid(),
  technician_id uuid not null,
  latitude numeric(9, 6) not null check (latitude between -90 and 90),
  longitude numeric(9, 6) not null check (longitude between -180 and 180),
  accuracy_m real,
  speed_kmh real check (speed_kmh >= 0),
  heading_degrees smallint check (heading_degrees between 0 and 359),
  battery_percent smallint check (battery_percent between 0 and 100),
  primary key (business_id, recorded_at, id),
  foreign key (business_id, technician_id) references hs.technicians
) partition by range (recorded_at);
create index on hs.gps_pings (business_id, technician_id, recorded_at);
call system_core.tenant_table('hs.gps_pings', array['select', 'insert']);
call system_core.monthly_partitions('hs.gps_pings');

create table hs.time_entries (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  technician_id uuid not null,
  job_id uuid,
  activity text not null check (activity in ('travel', 'work', 'break', 'training', 'shop')),
  starts_at timestamptz not null,
  ends_at timestamptz,
  is_billable boolean not null default true,
  approved_by_user_id uuid,
  approved_at timestamptz,
  foreign key (business_id, technician_id) references hs.technicians,
  foreign key (business_id, job_id) references hs.jobs,
  foreign key (business_id, approved_by_user_id) references user_mgmt.users,
  check (starts_at < ends_at)
);
create index on hs.time_entries (business_id, technician_id, starts_at);
call system_core.tenant_table('hs.time_entries');

-- A file hangs on one of several kinds of record, which attached_to_type names.
create table hs.attachments (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  attached_to_type text not null check (attached_to_type in
    ('customer', 'property', 'equipment', 'work_order', 'job', 'estimate', 'invoice')),
  attached_to_id uuid not null,
  file_name text not null,
  content_type text not null,
  byte_count bigint not null check (byte_count >= 0),
  sha256 bytea not null,
  storage_key text not null,
  uploaded_by_user_id uuid not null,
  foreign key (business_id, uploaded_by_user_id) references user_mgmt.users
);
create index on hs.attachments (business_id, attached_to_type, attached_to_id);
call system_core.tenant_table('hs.attachments');

-- Stock and purchasing

create table hs.suppliers (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  name text not null,
  account_number text,
  contact_name text,
  phone text,
  email text,
  lead_time_days smallint not null default 7,
  payment_terms_days smallint not null default 30,
  is_active boolean not null default true,
  unique (business_id, name)
);
call system_core.tenant_table('hs.suppliers');

create table hs.inventory_items (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  sku text not null,
  name text not null,
  unit_code text not null references system_core.units_of_measure,
  preferred_supplier_id uuid,
  unit_cost numeric(12, 4) not null check (unit_cost >= 0),
  unit_price numeric(12, 2) not null check (unit_price >= 0),
  reorder_point numeric(12, 3) not null default 0,
  reorder_quantity numeric(12, 3) not null default 0,
  barcode text,
  is_serialized boolean not null default false,
  is_active boolean not null default true,
  unique (business_id, sku),
  foreign key (business_id, preferred_supplier_id) references hs.suppliers
);
create index on hs.inventory_items (business_id, barcode);
call system_core.tenant_table('hs.inventory_items');

-- The materials that a service of the price book normally takes.
create table hs.service_materials (
  business_id uuid not null,
  service_id uuid not null,
  item_id uuid not null,
  quantity numeric(12, 3) not null check (quantity > 0),
  primary key (business_id, service_id, item_id),
  foreign key (business_id, service_id) references hs.services on delete cascade,
  foreign key (business_id, item_id) references hs.inventory_items
);
call system_core.tenant_table('hs.service_materials');

create table hs.stock_locations (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  location_id uuid not null,
  vehicle_id uuid,
  name text not null,
  kind text not null check (kind in ('warehouse', 'vehicle', 'consignment')),
  unique (business_id, name),
  foreign key (business_id, location_id) references tenant_mgmt.business_locations,
  foreign key (business_id, vehicle_id) references hs.vehicles
);
call system_core.tenant_table('hs.stock_locations');

create table hs.stock_levels (
  business_id uuid not null,
  stock_location_id uuid not null,
  item_id uuid not null,
  on_hand numeric(12, 3) not null default 0,
  reserved numeric(12, 3) not null default 0 check (reserved >= 0),
  counted_at timestamptz,
  primary key (business_id, stock_location_id, item_id),
  foreign key (business_id, stock_location_id) references hs.stock_locations,
  foreign key (business_id, item_id) references hs.inventory_items
);
call system_core.tenant_table('hs.stock_levels');

create table hs.stock_movements (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  item_id uuid not null,
  stock_location_id uuid not null,
  job_id uuid,
  kind text not null check (kind in ('receipt', 'usage', 'transfer', 'adjustment', 'return')),
  quantity numeric(12, 3) not null check (quantity <> 0),
  unit_cost numeric(12, 4) not null,
  moved_at timestamptz not null,
  moved_by_user_id uuid,
  foreign key (business_id, item_id) references hs.inventory_items,
  foreign key (business_id, stock_location_id) references hs.stock_locations,
  foreign key (business_id, job_id) references hs.jobs,
  foreign key (business_id, moved_by_user_id) references user_mgmt.users
);
create index on hs.stock_movements (business_id, item_id, moved_at);
create index on hs.stock_movements (business_id, moved_at);
call system_core.tenant_table('hs.stock_movements', array['select', 'insert']);

create table hs.purchase_orders (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  purchase_order_number text not null,
  supplier_id uuid not null,
  deliver_to_stock_location_id uuid not null,
  status text not null default 'draft' check (status in ('draft', 'sent', 'partially_received', 'received', 'cancelled')),
  ordered_on date,
  expected_on date,
  total_amount numeric(12, 2) not null default 0,
  created_by_user_id uuid,
  unique (business_id, purchase_order_number),
  foreign key (business_id, supplier_id) references hs.suppliers,
  foreign key (business_id, deliver_to_stock_location_id) references hs.stock_locations,
  foreign key (business_id, created_by_user_id) references user_mgmt.users
);
create index on hs.purchase_orders (business_id, status, expected_on);
call system_core.tenant_table('hs.purchase_orders');
call tenant_mgmt.audited('hs.purchase_orders');

create table hs.purchase_order_lines (
  business_id uuid not null,
  purchase_order_id uuid not null,
  line_number smallint not null check (line_number > 0),
  item_id uuid not null,
  quantity_ordered numeric(12, 3) not null check (quantity_ordered > 0),
  quantity_received numeric(12, 3) not null default 0 check (quantity_received >= 0),
  unit_cost numeric(12, 4) not null,
  primary key (business_id, purchase_order_id, line_number),
  foreign key (business_id, purchase_order_id) references hs.purchase_orders on delete cascade,
  foreign key (business_id, item_id) references hs.inventory_items
);
call system_core.tenant_table('hs.purchase_order_lines');

-- What a job consumed and what it is charged for; a line is a service or a material.
create table hs.job_line_items (
  business_id uuid not null,
  job_id uuid not null,
  line_number smallint not null check (line_number > 0),
  service_id uuid,
  item_id uuid,
  description text not null,
  quantity numeric(12, 3) not null check (quantity > 0),
  unit_price numeric(12, 2) not null,
  discount_rate numeric(5, 4) not null default 0 check (discount_rate between 0 and 1),
  primary key (business_id, job_id, line_number),
  foreign key (business_id, job_id) references hs.jobs on delete cascade,
  foreign key (business_id, service_id) references hs.services,
  foreign key (business_id, item_id) references hs.inventory_items,
  check (num_nonnulls(service_id, item_id) <= 1)
);
call system_core.tenant_table('hs.job_line_items');

-- Estimates, invoices and payments

create table hs.estimates (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  estimate_number text not null,
  customer_id uuid not null,
  property_id uuid not null,
  work_order_id uuid,
  status text not null default 'draft' check (status in ('draft', 'sent', 'accepted', 'declined', 'expired')),
  issued_on date not null,
  valid_until date not null,
  subtotal_amount numeric(12, 2) not null default 0,
  tax_amount numeric(12, 2) not null default 0,
  total_amount numeric(12, 2) generated always as (subtotal_amount + tax_amount) stored,
  accepted_at timestamptz,
  prepared_by_user_id uuid,
  unique (business_id, estimate_number),
  foreign key (business_id, customer_id) references hs.customers,
  foreign key (business_id, property_id) references hs.properties,
  foreign key (business_id, work_order_id) references hs.work_orders,
  foreign key (business_id, prepared_by_user_id) references user_mgmt.users
);
create index on hs.estimates (business_id, status, valid_until);
call system_core.tenant_table('hs.estimates');
call tenant_mgmt.audited('hs.estimates');

create table hs.estimate_lines (
  business_id uuid not null,
  estimate_id uuid not null,
  line_number smallint not null check (line_number > 0),
  service_id uuid,
  item_id uuid,
  description text not null,
  quantity numeric(12, 3) not null check (quantity > 0),
  unit_price numeric(12, 2) not null,
  is_optional boolean not null default false,
  primary key (business_id, estimate_id, line_number),
  foreign key (business_id, estimate_id) references hs.estimates on delete cascade,
  foreign key (business_id, service_id) references hs.services,
  foreign key (business_id, item_id) references hs.inventory_items
);
call system_core.tenant_table('hs.estimate_lines');

create table hs.invoices (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  invoice_number text not null,
  customer_id uuid not null,
  work_order_id uuid,
  service_agreement_id uuid,
  tax_rate_id uuid,
  status text not null default 'draft' check (status in ('draft', 'sent', 'partially_paid', 'paid', 'overdue', 'void', 'written_off')),
  issued_on date not null,
  due_on date not null,
  subtotal_amount numeric(12, 2) not null default 0,
  tax_amount numeric(12, 2) not null default 0,
  total_amount numeric(12, 2) not null default 0,
  paid_amount numeric(12, 2) not null default 0,
  balance_due numeric(12, 2) generated always as (total_amount - paid_amount) stored,
  sent_at timestamptz,
  last_reminder_at timestamptz,
  unique (business_id, invoice_number),
  foreign key (business_id, customer_id) references hs.customers,
  foreign key (business_id, work_order_id) references hs.work_orders,
  foreign key (business_id, service_agreement_id) references hs.service_agreements,
  foreign key (business_id, tax_rate_id) references tenant_mgmt.tax_rates,
  check (issued_on <= due_on)
);
create index on hs.invoices (business_id, customer_id, issued_on);
create index on hs.invoices (business_id, status, due_on);
create index on hs.invoices (business_id, issued_on);
call system_core.tenant_table('hs.invoices');
call tenant_mgmt.audited('hs.invoices');

create table hs.invoice_lines (
  business_id uuid not null,
  invoice_id uuid not null,
  line_number smallint not null check (line_number > 0),
  job_id uuid,
  service_id uuid,
  item_id uuid,
  description text not null,
  quantity numeric(12, 3) not null check (quantity > 0),
  unit_price numeric(12, 2) not null,
  line_amount numeric(12, 2) not null,
  is_taxable boolean not null default true,
  primary key (business_id, invoice_id, line_number),
  foreign key (business_id, invoice_id) references hs.invoices on delete cascade,
  foreign key (business_id, job_id) references hs.jobs,
  foreign key (business_id, service_id) references hs.services,
  foreign key (business_id, item_id) references hs.inventory_items
);
call system_core.tenant_table('hs.invoice_lines');

create table hs.payment_methods (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  customer_id uuid not null,
  kind text not null check (kind in ('card', 'bank_account', 'wallet')),
  processor_token text not null,
  last_four char(4) not null check (last_four ~ '^[0-9]{4}$'),
  expires_on date,
  is_default boolean not null default false,
  foreign key (business_id, customer_id) references hs.customers on delete cascade
);
call system_core.tenant_table('hs.payment_methods');
call tenant_mgmt.audited('hs.payment_methods');

create table hs.payments (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  payment_number text not null,
  customer_id uuid not null,
  payment_method_id uuid,
  method text not null check (method in ('card', 'bank_transfer', 'check', 'cash', 'wallet')),
  amount numeric(12, 2) not null check (amount > 0),
  status text not null default 'captured' check (status in ('pending', 'authorized', 'captured', 'failed', 'refunded')),
  processor_reference text,
  received_at timestamptz not null,
  recorded_by_user_id uuid,
  unique (business_id, payment_number),
  foreign key (business_id, customer_id) references hs.customers,
  foreign key (business_id, payment_method_id) references hs.payment_methods,
  foreign key (business_id, recorded_by_user_id) references user_mgmt.users
);
create index on hs.payments (business_id, customer_id, received_at);
create index on hs.payments (business_id, received_at);
call system_core.tenant_table('hs.payments');
call tenant_mgmt.audited('hs.payments');

create table hs.payment_allocations (
  business_id uuid not null,
  payment_id uuid not null,
  invoice_id uuid not null,
  amount numeric(12, 2) not null check (amount > 0),
  allocated_at timestamptz not null,
  primary key (business_id, payment_id, invoice_id),
  foreign key (business_id, payment_id) references hs.payments,
  foreign key (business_id, invoice_id) references hs.invoices
);
call system_core.tenant_table('hs.payment_allocations');

create table hs.refunds (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  payment_id uuid not null,
  amount numeric(12, 2) not null check (amount > 0),
  reason text not null,
  approved_by_user_id uuid not null,
  refunded_at timestamptz not null,
  foreign key (business_id, payment_id) references hs.payments,
  foreign key (business_id, approved_by_user_id) references user_mgmt.users
);
call system_core.tenant_table('hs.refunds');
call tenant_mgmt.audited('hs.refunds');

-- What follows: visits that agreements promise, messages and reviews

create table hs.agreement_visits (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  service_agreement_id uuid not null,
  job_id uuid,
  due_on date not null,
  status text not null default 'planned' check (status in ('planned', 'scheduled', 'done', 'skipped')),
  foreign key (business_id, service_agreement_id) references hs.service_agreements on delete cascade,
  foreign key (business_id, job_id) references hs.jobs
);
create index on hs.agreement_visits (business_id, status, due_on);
call system_core.tenant_table('hs.agreement_visits');

create table hs.customer_messages (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  customer_id uuid not null,
  job_id uuid,
  direction text not null check (direction in ('inbound', 'outbound')),
  channel text not null check (channel in ('sms', 'email', 'phone', 'portal')),
  body text not null,
  sent_at timestamptz not null,
  delivered_at timestamptz,
  read_at timestamptz,
  foreign key (business_id, customer_id) references hs.customers,
  foreign key (business_id, job_id) references hs.jobs
);
create index on hs.customer_messages (business_id, customer_id, sent_at);
call system_core.tenant_table('hs.customer_messages');

create table hs.reviews (
  business_id uuid not null,
  id uuid not null default pg_catalog.gen_random_uuid(),
  job_id uuid not null,
  customer_id uuid not null,
  rating smallint not null check (rating between 1 and 5),
  comment text,
  published_on text check (published_on in ('portal', 'google', 'facebook', 'yelp')),
  replied_at timestamptz,
  reviewed_at timestamptz not null,
  unique (business_id, job_id),
  foreign key (business_id, job_id) references hs.jobs,
  foreign key (business_id, customer_id) references hs.customers
);
create index on hs.reviews (business_id, reviewed_at);
call system_core.tenant_table('hs.reviews');

reset role;
