/*
title = "Autovacuum is switched off for a table"
why = """Somebody switched it off for a load and forgot it: dead rows stay, statistics age, and
the table is touched again only by the forced vacuum against wraparound, at the worst time."""
fix = """Switch it on again with the statement shown."""
every = "1h"
scope = "database"
severity = "medium"
*/
select
  'table:' || t.name as object,
  pg_catalog.format('alter table %s reset (autovacuum_enabled)', t.name) as fix
from (
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.reloptions
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and c.reloptions is not null
    and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
) as t
where exists (
  select from pg_catalog.pg_options_to_table(t.reloptions) as o
  where o.option_name = 'autovacuum_enabled'
    and not o.option_value::boolean
)
order by object;
