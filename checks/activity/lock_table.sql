/*
title = "The lock table is filling"
why = """When it is full, statements fail with "out of shared memory". Its size is
max_locks_per_transaction times the possible transactions, and one query over a table with
many partitions takes a lock for each partition and each of their indexes. In health a few
percent are used; a fifth means that a few such queries at once would fill it."""
fix = """Raise max_locks_per_transaction with the statement shown and restart; let queries
prune partitions."""
every = "1m"
scope = "cluster"
unit = "ratio"
low = 0.2
medium = 0.5
high = 0.8
*/
select
  'setting:max_locks_per_transaction' as object,
  pg_catalog.round(u.used::numeric / u.size, 4) as value,
  pg_catalog.format('%s of about %s lock entries are in use', u.used, u.size) as detail,
  pg_catalog.format(
    'alter system set max_locks_per_transaction = %s',
    2 * pg_catalog.current_setting('max_locks_per_transaction')::bigint
  ) as fix
from (
  select
    (select pg_catalog.count(*) from pg_catalog.pg_locks as l where not l.fastpath) as used,
    pg_catalog.current_setting('max_locks_per_transaction')::bigint * (
      pg_catalog.current_setting('max_connections')::bigint
      + pg_catalog.current_setting('max_prepared_transactions')::bigint
    ) as size
) as u;
