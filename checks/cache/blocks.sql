/*
title = "Blocks of indexes and tables, from buffers and from outside"
why = """Apart from each other they tell what does not fit: when indexes miss, every lookup
pays; when only tables miss, it is the scans."""
every = "1m"
scope = "database"
[metrics.pg_statio_user_tables_heap_blocks_read_total]
type = "counter"
help = "Table blocks read from outside shared buffers, all tables of the database"
value = "heap_read"
labels = ["datname"]
[metrics.pg_statio_user_tables_heap_blocks_hit_total]
type = "counter"
help = "Table blocks found in shared buffers, all tables of the database"
value = "heap_hit"
labels = ["datname"]
[metrics.pg_statio_user_tables_idx_blocks_read_total]
type = "counter"
help = "Index blocks read from outside shared buffers, all tables of the database"
value = "idx_read"
labels = ["datname"]
[metrics.pg_statio_user_tables_idx_blocks_hit_total]
type = "counter"
help = "Index blocks found in shared buffers, all tables of the database"
value = "idx_hit"
labels = ["datname"]
*/
select
  'database:' || pg_catalog.quote_ident(pg_catalog.current_database()) as object,
  coalesce(pg_catalog.sum(s.heap_blks_read), 0) as heap_read,
  coalesce(pg_catalog.sum(s.heap_blks_hit), 0) as heap_hit,
  coalesce(pg_catalog.sum(s.idx_blks_read), 0) as idx_read,
  coalesce(pg_catalog.sum(s.idx_blks_hit), 0) as idx_hit,
  pg_catalog.current_database()::text as datname
from pg_catalog.pg_statio_user_tables as s;
