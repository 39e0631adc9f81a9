/*
title = "Transaction ids are running out"
why = """At 2,147,483,648 ids the server refuses every write until the oldest rows are frozen.
Autovacuum freezes by itself from autovacuum_freeze_max_age (200 million) on: an age of 500
million means that it does not get through, 1 billion is half of the way, at 1.6 billion the
server drops all restraint (vacuum_failsafe_age)."""
fix = """Find what holds the horizon back (vacuum.horizon), then freeze the oldest tables
(vacuum.freeze_tables) or, with the statement shown, the whole database named."""
every = "5m"
scope = "cluster"
unit = "transactions"
medium = 500_000_000
high = 1_000_000_000
critical = 1_500_000_000
[metrics.pg_database_wraparound_age_datfrozenxid_seconds]
type = "gauge"
help = "Age of the oldest transaction id of the database, in transactions"
labels = ["datname"]
*/
select
  'database:' || pg_catalog.quote_ident(d.datname) as object,
  pg_catalog.age(d.datfrozenxid) as value,
  pg_catalog.format(
    '%s %% of the ids are used up',
      pg_catalog.round(pg_catalog.age(d.datfrozenxid) / 21474836.48, 1)
  ) as detail,
  'vacuum (freeze)' as fix,
  d.datname::text as datname
from pg_catalog.pg_database as d
where d.datallowconn
order by value desc, object;
