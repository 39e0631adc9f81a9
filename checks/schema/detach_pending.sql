/*
title = "A partition is half detached"
why = """A detach concurrently was broken off: the partition's rows are invisible through the
table, and inserts into its range fail."""
fix = """Finish it with the statement shown."""
every = "5m"
scope = "database"
needs = ["primary"]
severity = "high"
*/
select
  pg_catalog.format('table:%I.%I', n.nspname, c.relname) as object,
  pg_catalog.format('of table %I.%I', pn.nspname, p.relname) as detail,
  pg_catalog.format(
    'alter table %I.%I detach partition %I.%I finalize', pn.nspname, p.relname, n.nspname, c.relname
  ) as fix
from pg_catalog.pg_inherits as i
join pg_catalog.pg_class as c on c.oid = i.inhrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as p on p.oid = i.inhparent
join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
where i.inhdetachpending
order by object;
