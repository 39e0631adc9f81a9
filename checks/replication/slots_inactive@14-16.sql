/*
title = "A replication slot has no consumer"
why = """A slot keeps WAL, and a logical one also old catalogue rows, until its consumer returns.
An abandoned slot fills the disk, and then the server stops. Before PostgreSQL 17 the server
does not record since when, so that every slot without a consumer is shown: high where it holds
back 1 GiB."""
fix = """Start the consumer again, or drop the slot with the statement shown."""
every = "1m"
scope = "cluster"
severity = "medium"
*/
select
  'slot:' || pg_catalog.quote_ident(s.slot_name) as object,
  case
    when pg_catalog.pg_wal_lsn_diff(p.lsn, s.restart_lsn) >= 1073741824 then 'high'
    else 'medium'
  end as severity,
  pg_catalog.format(
    '%s slot without a consumer (since when is not recorded before 17); %s of WAL are kept for it',
    s.slot_type,
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
