/*
title = "A prepared transaction was left behind"
why = """It survives its client and the server's restart, holds its locks and the horizon of
vacuum, and shows in no list of sessions. A transaction manager finishes it in seconds; after
five minutes it was forgotten."""
fix = """Ask the transaction manager for its verdict, then commit prepared or roll back with the
statement shown, in the database named."""
every = "1m"
scope = "cluster"
unit = "seconds"
medium = 300
high = 3_600
*/
select
  'transaction:' || pg_catalog.quote_ident(x.gid) as object,
  pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() - x.prepared)) as value,
  pg_catalog.format(
    'prepared by %s in database %s',
    pg_catalog.quote_ident(x.owner), pg_catalog.quote_ident(x.database)
  ) as detail,
  pg_catalog.format('rollback prepared %L', x.gid) as fix
from pg_catalog.pg_prepared_xacts as x
order by value desc, object;
