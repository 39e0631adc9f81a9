/*
title = "A standby is behind in bytes"
why = """This much WAL would be lost, or waited for, if the primary died now; with a slot it is
also kept on the primary's disk. 256 MiB are a few seconds of a bulk load, 4 GiB mean that the
standby does not keep up."""
fix = """Compare sent, written, flushed and replayed positions: the first large step names the
cause: network, the standby's disk, or a query that holds up its replay."""
every = "15s"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
unit = "bytes"
medium = 268_435_456
high = 4_294_967_296
[metrics.pg_stat_replication_pg_wal_lsn_diff]
type = "gauge"
help = "Bytes of WAL that this standby has not yet replayed"
labels = ["application_name", "client_addr", "state", "slot_name"]
*/
select
  pg_catalog.format(
    'standby:%I', coalesce(nullif(r.application_name, ''), s.slot_name, r.pid::text)
  ) as object,
  pg_catalog.pg_wal_lsn_diff(p.lsn, r.replay_lsn) as value,
  pg_catalog.format(
    'state %s, sent to %s, replayed to %s of %s', r.state, r.sent_lsn, r.replay_lsn, p.lsn
  ) as detail,
  r.application_name,
  pg_catalog.host(r.client_addr) as client_addr,
  r.state,
  s.slot_name::text as slot_name
from pg_catalog.pg_stat_replication as r
left join pg_catalog.pg_replication_slots as s on s.active_pid = r.pid
cross join (
  select case
    when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
    else pg_catalog.pg_current_wal_lsn()
  end as lsn
) as p
where r.state <> 'backup'
order by value desc nulls last, object, r.pid;
