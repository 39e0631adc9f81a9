/*
title = "Size of each database"
why = """Its growth says when the disk is full and how long a restore takes. The server adds up
the files of the database, which costs time, hence the long interval."""
every = "15m"
scope = "cluster"
timeout = "30s"
needs = ["member:pg_read_all_stats"]
unit = "bytes"
[metrics.pg_database_size_bytes]
type = "gauge"
help = "Disk space used by the database"
labels = ["datname"]
*/
select
  'database:' || pg_catalog.quote_ident(d.datname) as object,
  pg_catalog.pg_database_size(d.oid) as value,
  d.datname::text as datname
from pg_catalog.pg_database as d
order by value desc, object;
