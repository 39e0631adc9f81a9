/*
title = "How many tables the database holds"
why = """The size of what is watched, for the report: tables and partitioned tables, without the
partitions."""
every = "1h"
scope = "database"
facts = true
*/
select
  'database:' || pg_catalog.quote_ident(pg_catalog.current_database()) as object,
  pg_catalog.count(*) filter (where not c.relispartition) as value,
  pg_catalog.count(*) filter (where c.relispartition) as partitions
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
  and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%';
