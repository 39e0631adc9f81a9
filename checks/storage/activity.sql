/*
title = "What each table does"
why = """Scans, changes and dead rows by table, partitions added to their root. The twenty first
by size, by changes, by rows read and by dead rows are named; the others are added up under
(others), so that sums stay true while the number of series is bounded."""
every = "1m"
scope = "database"
[metrics.pg_stat_user_tables_seq_scan]
type = "counter"
help = "Sequential scans"
value = "seq_scan"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_seq_tup_read]
type = "counter"
help = "Live rows read by sequential scans"
value = "seq_tup_read"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_idx_scan]
type = "counter"
help = "Index scans"
value = "idx_scan"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_idx_tup_fetch]
type = "counter"
help = "Live rows fetched by index scans"
value = "idx_tup_fetch"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_n_tup_ins]
type = "counter"
help = "Rows inserted"
value = "n_tup_ins"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_n_tup_upd]
type = "counter"
help = "Rows updated"
value = "n_tup_upd"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_n_tup_del]
type = "counter"
help = "Rows deleted"
value = "n_tup_del"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_n_tup_hot_upd]
type = "counter"
help = "Rows updated without a new index entry"
value = "n_tup_hot_upd"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_n_live_tup]
type = "gauge"
help = "Estimated live rows"
value = "n_live_tup"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_n_dead_tup]
type = "gauge"
help = "Estimated dead rows"
value = "n_dead_tup"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_n_mod_since_analyze]
type = "gauge"
help = "Rows changed since the last analyze"
value = "n_mod_since_analyze"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_last_autovacuum]
type = "gauge"
help = "Unix time of the last vacuum by autovacuum; 0 for never"
value = "last_autovacuum"
labels = ["datname", "schemaname", "relname"]
[metrics.pg_stat_user_tables_last_autoanalyze]
type = "gauge"
help = "Unix time of the last analyze by autovacuum; 0 for never"
value = "last_autoanalyze"
labels = ["datname", "schemaname", "relname"]
*/
with recursive rooted as (
  select c.oid as relid, c.oid as root
  from pg_catalog.pg_class as c
  where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't' and not c.relispartition
  union all
  select i.inhrelid, r.root
  from rooted as r
  join pg_catalog.pg_inherits as i on i.inhparent = r.relid
  join pg_catalog.pg_class as c on c.oid = i.inhrelid and c.relispartition
),
summed as (
  select
    r.root,
    pg_catalog.sum(c.relpages::bigint) as pages,
    pg_catalog.sum(s.seq_scan) as seq_scan,
    pg_catalog.sum(s.seq_tup_read) as seq_tup_read,
    pg_catalog.sum(coalesce(s.idx_scan, 0)) as idx_scan,
    pg_catalog.sum(coalesce(s.idx_tup_fetch, 0)) as idx_tup_fetch,
    pg_catalog.sum(s.n_tup_ins) as n_tup_ins,
    pg_catalog.sum(s.n_tup_upd) as n_tup_upd,
    pg_catalog.sum(s.n_tup_del) as n_tup_del,
    pg_catalog.sum(s.n_tup_hot_upd) as n_tup_hot_upd,
    pg_catalog.sum(s.n_live_tup) as n_live_tup,
    pg_catalog.sum(s.n_dead_tup) as n_dead_tup,
    pg_catalog.sum(s.n_mod_since_analyze) as n_mod_since_analyze,
    coalesce(pg_catalog.max(extract(epoch from s.last_autovacuum)), 0)::float8 as last_autovacuum,
    coalesce(pg_catalog.max(extract(epoch from s.last_autoanalyze)), 0)::float8 as last_autoanalyze
  from rooted as r
  join pg_catalog.pg_class as c on c.oid = r.relid
  join pg_catalog.pg_stat_user_tables as s on s.relid = r.relid
  group by r.root
),
ranked as (
  select
    s.*,
    n.nspname::text as schemaname,
    c.relname::text as relname,
    least(
      pg_catalog.row_number() over (order by s.pages desc, s.root),
      pg_catalog.row_number() over (order by s.n_tup_ins + s.n_tup_upd + s.n_tup_del desc, s.root),
      pg_catalog.row_number() over (order by s.seq_tup_read + s.idx_tup_fetch desc, s.root),
      pg_catalog.row_number() over (order by s.n_dead_tup desc, s.root)
    ) <= 20 as named
  from summed as s
  join pg_catalog.pg_class as c on c.oid = s.root
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
)
select
  case when r.named then pg_catalog.format('table:%I.%I', r.schemaname, r.relname)
    else 'tables:others' end
    as object,
  pg_catalog.sum(r.seq_scan) as seq_scan,
  pg_catalog.sum(r.seq_tup_read) as seq_tup_read,
  pg_catalog.sum(r.idx_scan) as idx_scan,
  pg_catalog.sum(r.idx_tup_fetch) as idx_tup_fetch,
  pg_catalog.sum(r.n_tup_ins) as n_tup_ins,
  pg_catalog.sum(r.n_tup_upd) as n_tup_upd,
  pg_catalog.sum(r.n_tup_del) as n_tup_del,
  pg_catalog.sum(r.n_tup_hot_upd) as n_tup_hot_upd,
  pg_catalog.sum(r.n_live_tup) as n_live_tup,
  pg_catalog.sum(r.n_dead_tup) as n_dead_tup,
  pg_catalog.sum(r.n_mod_since_analyze) as n_mod_since_analyze,
  pg_catalog.max(r.last_autovacuum) as last_autovacuum,
  pg_catalog.max(r.last_autoanalyze) as last_autoanalyze,
  pg_catalog.current_database()::text as datname,
  case when r.named then r.schemaname else '(others)' end as schemaname,
  case when r.named then r.relname else '(others)' end as relname
from ranked as r
group by 1, 15, 16, 17
order by 1;
