/*
title = "A replication slot has no consumer"
why = """A slot keeps WAL, and a logical one also old catalogue rows, until its consumer returns.
An abandoned slot fills the disk, and then the server stops. A restart of the consumer takes a
minute or two; ten minutes mean that it is gone."""
fix = """Start the consumer again, or drop the slot with the statement shown."""
every = "1m"
scope = "cluster"
unit = "seconds"
medium = 600
high = 3_600
*/
select
  'slot:' || pg_catalog.quote_ident(s.slot_name) as object,
  extract(epoch from pg_catalog.clock_timestamp() - s.inactive_since)::float8 as value,
  pg_catalog.format(
    '%s slot without a consumer since %s; %s of WAL are kept for it',
    s.slot_type,
    s.inactive_since,
    pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff(p.lsn, s.restart_lsn))
  ) as detail,
  pg_catalog.format('select pg_catalog.pg_drop_replication_slot(%L)', s.slot_name) as fix
from pg_catalog.pg_replication_slots as s
cross join (
  select case
    when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
    else pg_catalog.pg_current_wal_lsn()
  end as lsn
) as p
where not s.active and not s.temporary and coalesce(s.wal_status, '') <> 'lost'
order by object;
