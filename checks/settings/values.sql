/*
title = "Settings and state of the server"
why = """The limits that other metrics are read against: connections, buffers, WAL, workers; when
the server started, and whether it is a replica."""
every = "5m"
scope = "cluster"
[metrics.pg_static]
type = "gauge"
help = "Version of the server; always 1"
value = "one"
labels = ["short_version"]
[metrics.pg_postmaster_start_time_seconds]
type = "gauge"
help = "Unix time at which the server started"
value = "started"
[metrics.pg_settings_max_connections]
type = "gauge"
help = "Setting max_connections"
value = "max_connections"
[metrics.pg_settings_superuser_reserved_connections]
type = "gauge"
help = "Setting superuser_reserved_connections"
value = "superuser_reserved_connections"
[metrics.pg_settings_shared_buffers_bytes]
type = "gauge"
help = "Setting shared_buffers"
value = "shared_buffers"
[metrics.pg_settings_effective_cache_size_bytes]
type = "gauge"
help = "Setting effective_cache_size"
value = "effective_cache_size"
[metrics.pg_settings_work_mem_bytes]
type = "gauge"
help = "Setting work_mem"
value = "work_mem"
[metrics.pg_settings_maintenance_work_mem_bytes]
type = "gauge"
help = "Setting maintenance_work_mem"
value = "maintenance_work_mem"
[metrics.pg_settings_max_wal_size_bytes]
type = "gauge"
help = "Setting max_wal_size"
value = "max_wal_size"
[metrics.pg_settings_checkpoint_timeout_seconds]
type = "gauge"
help = "Setting checkpoint_timeout"
value = "checkpoint_timeout"
[metrics.pg_settings_random_page_cost]
type = "gauge"
help = "Setting random_page_cost"
value = "random_page_cost"
[metrics.pg_settings_autovacuum]
type = "gauge"
help = "Setting autovacuum; 1 for on"
value = "autovacuum"
[metrics.pg_settings_autovacuum_max_workers]
type = "gauge"
help = "Setting autovacuum_max_workers"
value = "autovacuum_max_workers"
[metrics.pg_settings_autovacuum_freeze_max_age]
type = "gauge"
help = "Setting autovacuum_freeze_max_age"
value = "autovacuum_freeze_max_age"
[metrics.pg_settings_autovacuum_multixact_freeze_max_age]
type = "gauge"
help = "Setting autovacuum_multixact_freeze_max_age"
value = "autovacuum_multixact_freeze_max_age"
[metrics.pg_settings_max_locks_per_transaction]
type = "gauge"
help = "Setting max_locks_per_transaction"
value = "max_locks_per_transaction"
[metrics.pg_settings_max_prepared_transactions]
type = "gauge"
help = "Setting max_prepared_transactions"
value = "max_prepared_transactions"
[metrics.pg_settings_max_worker_processes]
type = "gauge"
help = "Setting max_worker_processes"
value = "max_worker_processes"
[metrics.pg_settings_max_replication_slots]
type = "gauge"
help = "Setting max_replication_slots"
value = "max_replication_slots"
[metrics.pg_settings_max_wal_senders]
type = "gauge"
help = "Setting max_wal_senders"
value = "max_wal_senders"
[metrics.pg_settings_fsync]
type = "gauge"
help = "Setting fsync; 1 for on"
value = "fsync"
[metrics.pg_settings_full_page_writes]
type = "gauge"
help = "Setting full_page_writes; 1 for on"
value = "full_page_writes"
[metrics.pg_settings_data_checksums]
type = "gauge"
help = "Setting data_checksums; 1 for on"
value = "data_checksums"
*/
with number as (
  select
    s.name,
    case s.vartype when 'bool' then (s.setting = 'on')::int::numeric else s.setting::numeric end
      * case s.unit
        when '8kB' then 8192
        when 'kB' then 1024
        when 'MB' then 1048576
        when 'ms' then 0.001
        when 'min' then 60
        else 1
      end as value
  from pg_catalog.pg_settings as s
  where s.vartype in ('bool', 'integer', 'real')
)
select
  'server:settings' as object,
  1 as one,
  pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as short_version,
  extract(epoch from pg_catalog.pg_postmaster_start_time())::float8 as started,
  pg_catalog.max(n.value) filter (where n.name = 'max_connections') as max_connections,
  pg_catalog.max(n.value)
    filter (where n.name = 'superuser_reserved_connections') as superuser_reserved_connections,
  pg_catalog.max(n.value) filter (where n.name = 'shared_buffers') as shared_buffers,
  pg_catalog.max(n.value) filter (where n.name = 'effective_cache_size') as effective_cache_size,
  pg_catalog.max(n.value) filter (where n.name = 'work_mem') as work_mem,
  pg_catalog.max(n.value) filter (where n.name = 'maintenance_work_mem') as maintenance_work_mem,
  pg_catalog.max(n.value) filter (where n.name = 'max_wal_size') as max_wal_size,
  pg_catalog.max(n.value) filter (where n.name = 'checkpoint_timeout') as checkpoint_timeout,
  pg_catalog.max(n.value) filter (where n.name = 'random_page_cost') as random_page_cost,
  pg_catalog.max(n.value) filter (where n.name = 'autovacuum') as autovacuum,
  pg_catalog.max(n.value)
    filter (where n.name = 'autovacuum_max_workers') as autovacuum_max_workers,
  pg_catalog.max(n.value)
    filter (where n.name = 'autovacuum_freeze_max_age') as autovacuum_freeze_max_age,
  pg_catalog.max(n.value)
    filter (where n.name = 'autovacuum_multixact_freeze_max_age')
      as autovacuum_multixact_freeze_max_age,
  pg_catalog.max(n.value)
    filter (where n.name = 'max_locks_per_transaction') as max_locks_per_transaction,
  pg_catalog.max(n.value)
    filter (where n.name = 'max_prepared_transactions') as max_prepared_transactions,
  pg_catalog.max(n.value) filter (where n.name = 'max_worker_processes') as max_worker_processes,
  pg_catalog.max(n.value) filter (where n.name = 'max_replication_slots') as max_replication_slots,
  pg_catalog.max(n.value) filter (where n.name = 'max_wal_senders') as max_wal_senders,
  pg_catalog.max(n.value) filter (where n.name = 'fsync') as fsync,
  pg_catalog.max(n.value) filter (where n.name = 'full_page_writes') as full_page_writes,
  pg_catalog.max(n.value) filter (where n.name = 'data_checksums') as data_checksums
from number as n;
