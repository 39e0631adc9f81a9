/*
title = "A replication slot keeps too much WAL, or has lost it"
why = """WAL that a slot keeps is not recycled: without max_slot_wal_keep_size it grows until the
disk is full and the server stops; with it, the server gives up the slot and its consumer must
be built anew. 10 GiB are ten times the default max_wal_size. A status of unreserved means that
the next checkpoint may remove what the consumer needs; lost means that it is too late."""
fix = """Bring the consumer back, or drop the slot with the statement shown; bound the damage by
max_slot_wal_keep_size."""
every = "1m"
scope = "cluster"
unit = "bytes"
severity = "high"
[metrics.pg_replication_slot_slot_is_active]
type = "gauge"
help = "Whether the slot has a consumer"
value = "active"
labels = ["slot_name", "slot_type"]
[metrics.pg_replication_slot_safe_wal_size_bytes]
type = "gauge"
help = "Bytes of WAL that can be written before the slot is in danger of being lost"
value = "safe_wal_size"
labels = ["slot_name", "slot_type"]
[metrics.pg_replication_slots_pg_wal_lsn_diff]
type = "gauge"
help = "Bytes of WAL kept for the slot"
labels = ["slot_name", "slot_type"]
*/
select
  'slot:' || pg_catalog.quote_ident(k.slot_name) as object,
  k.kept as value,
  case
    when k.wal_status = 'lost' then 'high'
    when k.wal_status = 'unreserved' then 'critical'
    when k.safe_wal_size < k.kept / 4 then 'high'
    when k.kept >= 53687091200 then 'high'
    when k.kept >= 10737418240 then 'medium'
  end as severity,
  pg_catalog.format(
    'status %s, %s of WAL kept, %s more before it is lost',
    k.wal_status,
    pg_catalog.pg_size_pretty(k.kept),
    coalesce(pg_catalog.pg_size_pretty(k.safe_wal_size), 'without limit')
  ) as detail,
  case
    when not k.active
    then pg_catalog.format('select pg_catalog.pg_drop_replication_slot(%L)', k.slot_name)
  end as fix,
  k.active::int as active,
  k.safe_wal_size,
  k.slot_name::text as slot_name,
  k.slot_type
from (
  select
    s.slot_name,
    s.slot_type,
    s.active,
    s.safe_wal_size,
    coalesce(s.wal_status, 'unknown') as wal_status,
    pg_catalog.pg_wal_lsn_diff(
      case
        when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
        else pg_catalog.pg_current_wal_lsn()
      end,
      s.restart_lsn
    ) as kept
  from pg_catalog.pg_replication_slots as s
) as k
order by value desc nulls last, object;
