/*
title = "Something holds back the horizon of vacuum"
why = """No vacuum can remove or freeze a row that this holder might still see, in any table, so
that all autovacuum work is done in vain until it goes. 10 million transactions are hours of a
busy server; at 200 million (autovacuum_freeze_max_age) forced vacuums begin, and cannot
succeed."""
fix = """End the session, drop the slot or finish the prepared transaction with the statement
shown; for a standby, bound its queries or turn hot_standby_feedback off."""
every = "5m"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
unit = "transactions"
low = 10_000_000
medium = 50_000_000
high = 200_000_000
[metrics.thorbis_vacuum_horizon_age]
type = "gauge"
help = "Age in transactions of the oldest snapshot that each kind of holder keeps"
value = "oldest_of_kind"
labels = ["kind"]
*/
with holder as (
  select
    case when a.backend_type = 'walsender' then 'standby' else 'session' end as kind,
    'session:' || a.pid as object,
    greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) as age,
    pg_catalog.format(
      '%s%s, application %L', a.backend_type, ' of role ' || pg_catalog.quote_ident(a.usename),
      a.application_name
    ) as detail,
    pg_catalog.format(
      'select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity'
      ' where pid = %s and backend_start = %L',
      a.pid, a.backend_start
    ) as fix
  from pg_catalog.pg_stat_activity as a
  where (a.backend_xmin is not null or a.backend_xid is not null)
    and a.pid <> pg_catalog.pg_backend_pid()
  union all
  select
    'slot',
    'slot:' || pg_catalog.quote_ident(s.slot_name),
    greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)),
    pg_catalog.format('%s slot, %s', s.slot_type, case
      when s.active then 'active' else 'inactive' end),
    case
      when not s.active
      then pg_catalog.format('select pg_catalog.pg_drop_replication_slot(%L)', s.slot_name)
    end
  from pg_catalog.pg_replication_slots as s
  where s.xmin is not null or s.catalog_xmin is not null
  union all
  select
    'prepared transaction',
    'transaction:' || pg_catalog.quote_ident(x.gid),
    pg_catalog.age(x.transaction),
    'prepared in database ' || pg_catalog.quote_ident(x.database),
    pg_catalog.format('rollback prepared %L', x.gid)
  from pg_catalog.pg_prepared_xacts as x
),
ranked as (
  select h.*,
    pg_catalog.row_number() over (partition by h.kind order by h.age desc, h.object) as place
  from holder as h
)
select
  r.object,
  r.age as value,
  r.detail,
  r.fix,
  case when r.place = 1 then r.age end as oldest_of_kind,
  r.kind
from ranked as r
where r.place = 1 or r.age >= 10000000
order by value desc, r.object;
