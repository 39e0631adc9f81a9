/*
title = "A constraint was never validated"
why = """It was added as not valid, which checks new rows only: old ones may break it, a foreign
key may point nowhere, and the planner may not rely on it."""
fix = """Validate it with the statement shown; it reads the table under a lock that lets writes
pass."""
every = "1h"
scope = "database"
severity = "low"
*/
select
  pg_catalog.format('constraint:%I.%I.%I', n.nspname, c.relname, k.conname) as object,
  case k.contype when 'f' then 'foreign key' when 'c' then 'check' else 'not null' end as detail,
  pg_catalog.format(
    'alter table %I.%I validate constraint %I', n.nspname, c.relname, k.conname
  ) as fix
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where not k.convalidated and k.conparentid = 0 and c.relpersistence <> 't'
  -- 18: a constraint that is declared not enforced is never valid, on purpose.
  and coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true)
order by object;
