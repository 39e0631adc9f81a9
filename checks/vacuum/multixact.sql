/*
title = "Multixact ids are running out"
why = """Rows locked by several transactions at once, as foreign keys do, use multixact ids; at
2,147,483,648 the server refuses to make more. Autovacuum freezes them by itself from
autovacuum_multixact_freeze_max_age (400 million) on: 700 million mean that it does not get
through, 1 billion is half of the way."""
fix = """Find what holds the horizon back (vacuum.horizon), then freeze the oldest tables
(vacuum.freeze_tables) or, with the statement shown, the whole database named."""
every = "5m"
scope = "cluster"
unit = "multixacts"
medium = 700_000_000
high = 1_000_000_000
critical = 1_500_000_000
[metrics.pg_database_wraparound_age_datminmxid_seconds]
type = "gauge"
help = "Age of the oldest multixact id of the database, in multixacts"
labels = ["datname"]
*/
select
  'database:' || pg_catalog.quote_ident(d.datname) as object,
  pg_catalog.mxid_age(d.datminmxid) as value,
  'vacuum (freeze)' as fix,
  d.datname::text as datname
from pg_catalog.pg_database as d
where d.datallowconn
order by value desc, object;
