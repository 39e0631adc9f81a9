-- What the application of a business asks of the estate. Each statement names itself, its kind
-- and how often it comes within its kind; parameters are named. Each binds the tenant by itself
-- and does not lean on row security alone.

-- name: known_keys
-- kind: setup
-- weight: 0
(select 'customer_id' as kind, c.id::text as key from hs.customers as c
 where c.business_id = %(business_id)s order by c.updated_at desc, c.id limit 200)
union all
(select 'property_id', p.id::text from hs.properties as p
 where p.business_id = %(business_id)s order by p.updated_at desc, p.id limit 200)
union all
(select 'work_order_id', w.id::text from hs.work_orders as w
 where w.business_id = %(business_id)s order by w.requested_at desc, w.id limit 200)
union all
(select 'job_id', j.id::text from hs.jobs as j
 where j.business_id = %(business_id)s order by j.scheduled_start_at desc nulls last, j.id limit 200)
union all
(select 'invoice_id', i.id::text from hs.invoices as i
 where i.business_id = %(business_id)s order by i.issued_on desc, i.id limit 200)
union all
(select 'technician_id', t.id::text from hs.technicians as t
 where t.business_id = %(business_id)s order by t.id limit 100)
union all
(select 'user_id', u.id::text from user_mgmt.users as u
 where u.business_id = %(business_id)s order by u.id limit 100)
union all
(select 'item_id', n.id::text from hs.inventory_items as n
 where n.business_id = %(business_id)s order by n.id limit 200)
union all
(select 'service_id', s.id::text from hs.services as s
 where s.business_id = %(business_id)s order by s.id limit 100)
union all
(select 'lead_source_id', l.id::text from hs.lead_sources as l
 where l.business_id = %(business_id)s order by l.id limit 20);

-- name: customer_by_phone
-- kind: read
-- weight: 8
select id, customer_number, display_name, status, balance
from hs.customers
where business_id = %(business_id)s and phone = %(phone)s;

-- name: customer_by_email
-- kind: read
-- weight: 3
select id, customer_number, display_name, status
from hs.customers
where business_id = %(business_id)s and lower(email) = lower(%(email)s);

-- name: customers_by_family_name
-- kind: read
-- weight: 4
select id, customer_number, given_name, family_name, phone
from hs.customers
where business_id = %(business_id)s and family_name = %(family_name)s
order by given_name, id
limit 20;

-- name: customer_profile
-- kind: read
-- weight: 10
select c.id, c.display_name, c.phone, c.email, c.payment_terms_days, c.customer_since, s.name as lead_source
from hs.customers as c
left join hs.lead_sources as s on s.business_id = c.business_id and s.id = c.lead_source_id
where c.business_id = %(business_id)s and c.id = %(customer_id)s;

-- name: customer_properties
-- kind: read
-- weight: 6
select p.id, p.street_address, p.city, p.postal_code, z.name as zone
from hs.properties as p
left join hs.dispatch_zones as z on z.business_id = p.business_id and z.id = p.dispatch_zone_id
where p.business_id = %(business_id)s and p.customer_id = %(customer_id)s and p.is_active;

-- name: property_equipment
-- kind: read
-- weight: 5
select id, kind, manufacturer, model_number, installed_on, warranty_ends_on
from hs.equipment
where business_id = %(business_id)s and property_id = %(property_id)s
order by installed_on desc, id;

-- name: customer_balance
-- kind: read
-- weight: 5
select count(*) as open_invoices, coalesce(sum(balance_due), 0) as balance_due
from hs.invoices
where business_id = %(business_id)s and customer_id = %(customer_id)s
  and status in ('sent', 'partially_paid', 'overdue');

-- name: customer_work_orders
-- kind: read
-- weight: 6
select id, work_order_number, summary, status, requested_at
from hs.work_orders
where business_id = %(business_id)s and customer_id = %(customer_id)s
order by requested_at desc
limit 20;

-- name: work_order_detail
-- kind: read
-- weight: 10
select w.work_order_number, w.summary, w.priority, w.status, c.display_name, c.phone, p.street_address, p.access_instructions
from hs.work_orders as w
join hs.customers as c on c.business_id = w.business_id and c.id = w.customer_id
join hs.properties as p on p.business_id = w.business_id and p.id = w.property_id
where w.business_id = %(business_id)s and w.id = %(work_order_id)s;

-- name: work_order_history
-- kind: read
-- weight: 4
select h.changed_at, h.from_status, h.to_status, u.given_name, u.family_name
from hs.work_order_status_history as h
left join user_mgmt.users as u on u.business_id = h.business_id and u.id = h.changed_by_user_id
where h.business_id = %(business_id)s and h.work_order_id = %(work_order_id)s
  and h.changed_at >= now() - interval '60 days'
order by h.changed_at;

-- name: dispatch_board
-- kind: read
-- weight: 8
select j.id, j.job_number, j.status, j.scheduled_start_at, j.scheduled_end_at, t.employee_number, p.city, p.postal_code
from hs.jobs as j
join hs.properties as p on p.business_id = j.business_id and p.id = j.property_id
left join hs.technicians as t on t.business_id = j.business_id and t.id = j.lead_technician_id
where j.business_id = %(business_id)s
  and j.scheduled_start_at >= date_trunc('day', now())
  and j.scheduled_start_at < date_trunc('day', now()) + interval '1 day'
order by j.scheduled_start_at, j.id
limit 200;

-- name: technician_day
-- kind: read
-- weight: 8
select id, job_number, kind, status, scheduled_start_at
from hs.jobs
where business_id = %(business_id)s and lead_technician_id = %(technician_id)s
  and scheduled_start_at >= now() - interval '12 hours' and scheduled_start_at < now() + interval '36 hours'
order by scheduled_start_at, id;

-- name: job_detail
-- kind: read
-- weight: 12
select j.job_number, j.kind, j.status, j.scheduled_start_at, j.work_performed, w.summary, p.street_address
from hs.jobs as j
join hs.work_orders as w on w.business_id = j.business_id and w.id = j.work_order_id
join hs.properties as p on p.business_id = j.business_id and p.id = j.property_id
where j.business_id = %(business_id)s and j.id = %(job_id)s;

-- name: job_checklist
-- kind: read
-- weight: 6
select step_number, instruction, is_required, completed_at
from hs.job_checklist_steps
where business_id = %(business_id)s and job_id = %(job_id)s
order by step_number;

-- name: job_lines
-- kind: read
-- weight: 6
select l.line_number, l.description, l.quantity, l.unit_price, n.sku
from hs.job_line_items as l
left join hs.inventory_items as n on n.business_id = l.business_id and n.id = l.item_id
where l.business_id = %(business_id)s and l.job_id = %(job_id)s
order by l.line_number;

-- name: job_timeline
-- kind: read
-- weight: 5
select occurred_at, kind, device
from hs.job_events
where business_id = %(business_id)s and job_id = %(job_id)s and occurred_at >= now() - interval '60 days'
order by occurred_at desc
limit 50;

-- name: unscheduled_jobs
-- kind: read
-- weight: 4
select id, job_number, kind, created_at
from hs.jobs
where business_id = %(business_id)s and status = 'unscheduled'
order by created_at, id
limit 50;

-- name: technician_position
-- kind: read
-- weight: 6
select recorded_at, latitude, longitude, speed_kmh
from hs.gps_pings
where business_id = %(business_id)s and technician_id = %(technician_id)s
  and recorded_at >= now() - interval '1 day'
order by recorded_at desc
limit 1;

-- name: technicians_with_skill
-- kind: read
-- weight: 3
select t.id, t.employee_number, s.name, ts.level
from hs.technicians as t
join hs.technician_skills as ts on ts.business_id = t.business_id and ts.technician_id = t.id
join hs.skills as s on s.business_id = ts.business_id and s.id = ts.skill_id
where t.business_id = %(business_id)s and t.status = 'available' and ts.level >= 3
order by ts.level desc, t.employee_number
limit 20;

-- name: invoice_with_lines
-- kind: read
-- weight: 6
select i.invoice_number, i.status, i.total_amount, i.balance_due, l.line_number, l.description, l.line_amount
from hs.invoices as i
left join hs.invoice_lines as l on l.business_id = i.business_id and l.invoice_id = i.id
where i.business_id = %(business_id)s and i.id = %(invoice_id)s
order by l.line_number;

-- name: invoices_overdue
-- kind: read
-- weight: 3
select id, invoice_number, customer_id, due_on, balance_due
from hs.invoices
where business_id = %(business_id)s and status in ('sent', 'overdue') and due_on < current_date
order by due_on, id
limit 50;

-- name: stock_of_item
-- kind: read
-- weight: 5
select o.name, l.on_hand, l.reserved
from hs.stock_levels as l
join hs.stock_locations as o on o.business_id = l.business_id and o.id = l.stock_location_id
where l.business_id = %(business_id)s and l.item_id = %(item_id)s
order by o.name;

-- name: session_user
-- kind: read
-- weight: 10
select s.id, s.user_id, s.expires_at, u.email, u.status
from user_mgmt.sessions as s
join user_mgmt.users as u on u.business_id = s.business_id and u.id = s.user_id
where s.business_id = %(business_id)s and s.user_id = %(user_id)s
  and s.expires_at > now() and s.revoked_at is null;

-- name: user_permissions
-- kind: read
-- weight: 10
select distinct rp.permission_code
from user_mgmt.user_roles as ur
join user_mgmt.role_permissions as rp on rp.business_id = ur.business_id and rp.role_id = ur.role_id
where ur.business_id = %(business_id)s and ur.user_id = %(user_id)s
order by rp.permission_code;

-- name: business_settings
-- kind: read
-- weight: 6
select key, value
from tenant_mgmt.business_settings
where business_id = %(business_id)s
order by key;

-- name: plan_features
-- kind: read
-- weight: 3
select f.code, f.name, pf.monthly_allowance
from tenant_mgmt.subscriptions as s
join system_core.plan_features as pf on pf.plan_code = s.plan_code
join system_core.features as f on f.code = pf.feature_code
where s.business_id = %(business_id)s and s.status = 'active'
order by f.code;

-- name: reminders_due
-- kind: read
-- weight: 3
select a.id, a.job_id, a.arrival_window_starts_at, j.job_number
from hs.appointments as a
join hs.jobs as j on j.business_id = a.business_id and j.id = a.job_id
where a.business_id = %(business_id)s and a.status = 'booked' and a.reminder_sent_at is null
  and a.arrival_window_starts_at >= now() and a.arrival_window_starts_at < now() + interval '24 hours'
order by a.arrival_window_starts_at
limit 100;

-- name: customer_conversation
-- kind: read
-- weight: 4
select id, direction, channel, body, sent_at
from hs.customer_messages
where business_id = %(business_id)s and customer_id = %(customer_id)s
order by sent_at desc
limit 30;

-- name: record_position
-- kind: write
-- weight: 14
insert into hs.gps_pings (business_id, technician_id, latitude, longitude, accuracy_m, speed_kmh, battery_percent)
select t.business_id, t.id, %(latitude)s, %(longitude)s, 8, %(count)s, 80
from hs.technicians as t
where t.business_id = %(business_id)s and t.id = %(technician_id)s;

-- name: record_job_event
-- kind: write
-- weight: 10
insert into hs.job_events (business_id, job_id, technician_id, kind, device, payload)
select j.business_id, j.id, j.lead_technician_id, 'viewed', 'android', '{"source": "mobile"}'
from hs.jobs as j
where j.business_id = %(business_id)s and j.id = %(job_id)s;

-- name: create_lead
-- kind: write
-- weight: 3
insert into hs.leads (business_id, lead_source_id, contact_name, phone, service_requested, received_at)
select s.business_id, s.id, %(family_name)s, %(phone)s, %(text)s, now()
from hs.lead_sources as s
where s.business_id = %(business_id)s and s.id = %(lead_source_id)s
returning id;

-- name: create_customer
-- kind: write
-- weight: 2
with numbered as (
  update tenant_mgmt.number_series set next_number = next_number + 1
  where business_id = %(business_id)s and document_type = 'customer'
  returning business_id, prefix || '-' || lpad((next_number - 1)::text, 6, '0') as number
)
insert into hs.customers (business_id, customer_number, kind, display_name, family_name, phone, customer_since)
select n.business_id, n.number, 'residential', %(family_name)s, %(family_name)s, %(phone)s, current_date
from numbered as n
where n.business_id = %(business_id)s
returning id;

-- name: create_work_order
-- kind: write
-- weight: 3
with numbered as (
  update tenant_mgmt.number_series set next_number = next_number + 1
  where business_id = %(business_id)s and document_type = 'work_order'
  returning business_id, prefix || '-' || lpad((next_number - 1)::text, 6, '0') as number
)
insert into hs.work_orders (business_id, work_order_number, customer_id, property_id, location_id, summary, requested_at)
select p.business_id, n.number, p.customer_id, p.id, z.location_id, %(text)s, now()
from hs.properties as p
join numbered as n on n.business_id = p.business_id
join hs.dispatch_zones as z on z.business_id = p.business_id and z.id = p.dispatch_zone_id
where p.business_id = %(business_id)s and p.id = %(property_id)s
returning id;

-- name: create_job
-- kind: write
-- weight: 3
with numbered as (
  update tenant_mgmt.number_series set next_number = next_number + 1
  where business_id = %(business_id)s and document_type = 'job'
  returning business_id, prefix || '-' || lpad((next_number - 1)::text, 6, '0') as number
)
insert into hs.jobs (business_id, job_number, work_order_id, property_id, kind)
select w.business_id, n.number, w.id, w.property_id, 'repair'
from hs.work_orders as w
join numbered as n on n.business_id = w.business_id
where w.business_id = %(business_id)s and w.id = %(work_order_id)s
returning id;

-- name: schedule_job
-- kind: write
-- weight: 4
update hs.jobs
set status = 'scheduled', lead_technician_id = t.id,
  scheduled_start_at = date_trunc('hour', now()) + make_interval(hours => %(count)s),
  scheduled_end_at = date_trunc('hour', now()) + make_interval(hours => %(count)s + 2),
  version = hs.jobs.version + 1
from hs.technicians as t
where hs.jobs.business_id = %(business_id)s and hs.jobs.id = %(job_id)s
  and t.business_id = hs.jobs.business_id and t.id = %(technician_id)s
  and hs.jobs.status in ('unscheduled', 'scheduled');

-- name: complete_checklist_step
-- kind: write
-- weight: 5
update hs.job_checklist_steps
set completed_at = now(), reading = %(amount)s
where business_id = %(business_id)s and job_id = %(job_id)s and step_number = %(step)s;

-- name: finish_job
-- kind: write
-- weight: 3
update hs.jobs
set status = 'completed', completed_at = now(), work_performed = %(text)s, version = version + 1
where business_id = %(business_id)s and id = %(job_id)s and status in ('scheduled', 'dispatched', 'in_progress');

-- name: add_job_note
-- kind: write
-- weight: 4
insert into hs.job_notes (business_id, job_id, author_user_id, body)
select j.business_id, j.id, u.id, %(text)s
from hs.jobs as j
join user_mgmt.users as u on u.business_id = j.business_id and u.id = %(user_id)s
where j.business_id = %(business_id)s and j.id = %(job_id)s;

-- name: change_work_order_status
-- kind: write
-- weight: 4
with changed as (
  update hs.work_orders set status = 'in_progress'
  where business_id = %(business_id)s and id = %(work_order_id)s and status in ('new', 'scheduled')
  returning business_id, id
)
insert into hs.work_order_status_history (business_id, work_order_id, from_status, to_status)
select c.business_id, c.id, 'scheduled', 'in_progress'
from changed as c
where c.business_id = %(business_id)s;

-- name: record_payment
-- kind: write
-- weight: 3
with numbered as (
  update tenant_mgmt.number_series set next_number = next_number + 1
  where business_id = %(business_id)s and document_type = 'payment'
  returning business_id, prefix || '-' || lpad((next_number - 1)::text, 6, '0') as number
),
settled as (
  update hs.invoices set paid_amount = total_amount, status = 'paid'
  where business_id = %(business_id)s and id = %(invoice_id)s and balance_due > 0
  returning business_id, id, customer_id, total_amount
),
received as (
  insert into hs.payments (business_id, payment_number, customer_id, method, amount, received_at)
  select s.business_id, n.number, s.customer_id, 'card', s.total_amount, now()
  from settled as s
  join numbered as n on n.business_id = s.business_id
  where s.business_id = %(business_id)s
  returning business_id, id, amount
)
insert into hs.payment_allocations (business_id, payment_id, invoice_id, amount, allocated_at)
select r.business_id, r.id, s.id, r.amount, now()
from received as r
join settled as s on s.business_id = r.business_id
where r.business_id = %(business_id)s;

-- name: issue_invoice
-- kind: write
-- weight: 2
with numbered as (
  update tenant_mgmt.number_series set next_number = next_number + 1
  where business_id = %(business_id)s and document_type = 'invoice'
  returning business_id, prefix || '-' || lpad((next_number - 1)::text, 6, '0') as number
)
insert into hs.invoices (business_id, invoice_number, customer_id, work_order_id, status, issued_on, due_on, subtotal_amount, total_amount)
select w.business_id, n.number, w.customer_id, w.id, 'sent', current_date, current_date + 14, %(amount)s, %(amount)s
from hs.work_orders as w
join numbered as n on n.business_id = w.business_id
where w.business_id = %(business_id)s and w.id = %(work_order_id)s
returning id;

-- name: use_stock
-- kind: write
-- weight: 4
with taken as (
  update hs.stock_levels set on_hand = on_hand - 1
  where business_id = %(business_id)s and item_id = %(item_id)s and on_hand > 0
  returning business_id, item_id, stock_location_id
)
insert into hs.stock_movements (business_id, item_id, stock_location_id, kind, quantity, unit_cost, moved_at)
select t.business_id, t.item_id, t.stock_location_id, 'usage', -1, n.unit_cost, now()
from taken as t
join hs.inventory_items as n on n.business_id = t.business_id and n.id = t.item_id
where t.business_id = %(business_id)s;

-- name: send_message
-- kind: write
-- weight: 4
insert into hs.customer_messages (business_id, customer_id, direction, channel, body, sent_at)
select c.business_id, c.id, 'outbound', 'sms', %(text)s, now()
from hs.customers as c
where c.business_id = %(business_id)s and c.id = %(customer_id)s and not c.do_not_contact;

-- name: clock_in
-- kind: write
-- weight: 3
insert into hs.time_entries (business_id, technician_id, activity, starts_at)
select t.business_id, t.id, 'work', now()
from hs.technicians as t
where t.business_id = %(business_id)s and t.id = %(technician_id)s;

-- name: clock_out
-- kind: write
-- weight: 3
update hs.time_entries
set ends_at = now()
where business_id = %(business_id)s and technician_id = %(technician_id)s
  and ends_at is null and starts_at < now();

-- name: touch_session
-- kind: write
-- weight: 8
update user_mgmt.sessions
set last_seen_at = now()
where business_id = %(business_id)s and user_id = %(user_id)s and expires_at > now();

-- name: record_sign_in
-- kind: write
-- weight: 3
insert into user_mgmt.sign_in_attempts (business_id, user_id, email, ip_address, outcome)
select u.business_id, u.id, u.email, '198.51.100.7', 'success'
from user_mgmt.users as u
where u.business_id = %(business_id)s and u.id = %(user_id)s;

-- name: enqueue_message
-- kind: write
-- weight: 4
insert into tenant_mgmt.outbox_messages (business_id, topic, payload)
values (%(business_id)s, 'job.updated', jsonb_build_object('job_id', %(job_id)s::text));

-- name: publish_messages
-- kind: write
-- weight: 3
update tenant_mgmt.outbox_messages as o
set published_at = now(), attempts = o.attempts + 1
from (
  select business_id, position
  from tenant_mgmt.outbox_messages
  where business_id = %(business_id)s and published_at is null
  order by position
  limit 20
  for update skip locked
) as due
where o.business_id = %(business_id)s and due.business_id = o.business_id and o.position = due.position;

-- name: forget_sessions
-- kind: write
-- weight: 1
delete from user_mgmt.sessions
where business_id = %(business_id)s and expires_at < now() - interval '1 day';

-- name: assign_technician
-- kind: upsert
-- weight: 4
insert into hs.job_assignments (business_id, job_id, technician_id, role)
select j.business_id, j.id, t.id, 'helper'
from hs.jobs as j
join hs.technicians as t on t.business_id = j.business_id and t.id = %(technician_id)s
where j.business_id = %(business_id)s and j.id = %(job_id)s
on conflict (business_id, job_id, technician_id) do update set accepted_at = now();

-- name: count_usage
-- kind: upsert
-- weight: 10
insert into tenant_mgmt.usage_daily (business_id, used_on, metric, quantity)
values (%(business_id)s, current_date, 'api_calls', %(count)s)
on conflict (business_id, used_on, metric) do update set quantity = usage_daily.quantity + excluded.quantity;

-- name: save_setting
-- kind: upsert
-- weight: 1
insert into tenant_mgmt.business_settings (business_id, key, value)
values (%(business_id)s, 'dispatch.board_hours', to_jsonb(%(count)s::integer))
on conflict (business_id, key) do update set value = excluded.value;

-- name: set_preference
-- kind: upsert
-- weight: 2
insert into user_mgmt.notification_preferences (business_id, user_id, event, channel, enabled)
select u.business_id, u.id, 'stock_low', 'email', true
from user_mgmt.users as u
where u.business_id = %(business_id)s and u.id = %(user_id)s
on conflict (business_id, user_id, event, channel) do update set enabled = excluded.enabled;

-- name: revenue_by_month
-- kind: report
-- weight: 3
select date_trunc('month', issued_on) as month, count(*) as invoices, sum(total_amount) as billed, sum(paid_amount) as paid
from hs.invoices
where business_id = %(business_id)s and issued_on >= current_date - 365 and status <> 'void'
group by 1
order by 1;

-- name: receivables_by_age
-- kind: report
-- weight: 2
select case when due_on >= current_date then 'current' when due_on >= current_date - 30 then '1-30' when due_on >= current_date - 60 then '31-60' else 'over 60' end as age,
  count(*) as invoices, sum(balance_due) as balance_due
from hs.invoices
where business_id = %(business_id)s and balance_due > 0 and status in ('sent', 'partially_paid', 'overdue')
group by 1
order by 1;

-- name: technician_utilisation
-- kind: report
-- weight: 2
select t.employee_number, count(distinct e.job_id) as jobs, sum(extract(epoch from e.ends_at - e.starts_at)) / 3600 as hours
from hs.technicians as t
left join hs.time_entries as e on e.business_id = t.business_id and e.technician_id = t.id
  and e.starts_at >= now() - interval '90 days' and e.activity = 'work'
where t.business_id = %(business_id)s
group by t.id, t.employee_number
order by hours desc nulls last, t.employee_number;

-- name: best_customers
-- kind: report
-- weight: 2
select c.display_name, count(*) as invoices, sum(i.total_amount) as billed, rank() over (order by sum(i.total_amount) desc) as rank
from hs.customers as c
join hs.invoices as i on i.business_id = c.business_id and i.customer_id = c.id
where c.business_id = %(business_id)s and i.issued_on >= current_date - 365
group by c.id, c.display_name
order by billed desc, c.display_name
limit 25;

-- name: lead_conversion
-- kind: report
-- weight: 1
select s.name, count(*) as leads, count(*) filter (where l.status = 'won') as won, avg(l.estimated_value) as average_value
from hs.leads as l
join hs.lead_sources as s on s.business_id = l.business_id and s.id = l.lead_source_id
where l.business_id = %(business_id)s and l.received_at >= now() - interval '90 days'
group by s.id, s.name
order by leads desc, s.name;

-- name: stock_value
-- kind: report
-- weight: 1
select o.name, count(*) as items, sum(l.on_hand * n.unit_cost) as value
from hs.stock_levels as l
join hs.stock_locations as o on o.business_id = l.business_id and o.id = l.stock_location_id
join hs.inventory_items as n on n.business_id = l.business_id and n.id = l.item_id
where l.business_id = %(business_id)s
group by o.id, o.name
order by value desc nulls last, o.name;

-- name: distance_by_day
-- kind: report
-- weight: 1
select date_trunc('day', recorded_at) as day, count(*) as pings, avg(speed_kmh) as average_speed
from hs.gps_pings
where business_id = %(business_id)s and recorded_at >= now() - interval '30 days'
group by 1
order by 1;

-- name: import_positions
-- kind: bulk
-- weight: 3
insert into hs.gps_pings (business_id, recorded_at, technician_id, latitude, longitude, speed_kmh)
select t.business_id, clock_timestamp() - make_interval(secs => s.step), t.id, 41 + s.step / 1000.0, -87 - s.step / 1000.0, s.step %% 90
from hs.technicians as t
cross join generate_series(1, 200) as s (step)
where t.business_id = %(business_id)s and t.id = %(technician_id)s;

-- name: import_prices
-- kind: bulk
-- weight: 1
update hs.inventory_items as n
set unit_cost = fresh.unit_cost, unit_price = round(fresh.unit_cost * 1.6, 2)
from (
  select business_id, id, round(unit_cost * (1 + (%(count)s - 12) / 1000.0), 4) as unit_cost
  from hs.inventory_items
  where business_id = %(business_id)s and is_active
  order by id
  for update
) as fresh
where n.business_id = %(business_id)s and fresh.business_id = n.business_id and n.id = fresh.id;

-- name: plan_shifts
-- kind: bulk
-- weight: 1
insert into hs.technician_shifts (business_id, technician_id, starts_at, ends_at)
select t.business_id, t.id, d.day + interval '8 hours', d.day + interval '17 hours'
from hs.technicians as t
cross join generate_series(date_trunc('day', now()) + interval '8 days', date_trunc('day', now()) + interval '14 days', interval '1 day') as d (day)
where t.business_id = %(business_id)s and t.status <> 'left'
  and not exists (
    select from hs.technician_shifts as s
    where s.business_id = t.business_id and s.technician_id = t.id and s.starts_at = d.day + interval '8 hours'
  );

-- name: export_customers
-- kind: export
-- weight: 2
copy (
  select customer_number, display_name, email, phone, status, customer_since
  from hs.customers
  where business_id = (select nullif(current_setting('app.current_business_id', true), '')::uuid)
  order by customer_number
) to stdout with (format csv, header);

-- name: export_payments
-- kind: export
-- weight: 1
copy (
  select p.payment_number, p.received_at, p.method, p.amount, c.customer_number
  from hs.payments as p
  join hs.customers as c on c.business_id = p.business_id and c.id = p.customer_id
  where p.business_id = (select nullif(current_setting('app.current_business_id', true), '')::uuid)
    and p.received_at >= now() - interval '90 days'
  order by p.received_at
) to stdout with (format csv, header);
