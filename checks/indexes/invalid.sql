/*
title = "An index is invalid"
why = """A create or reindex concurrently was broken off: no query may use the index, yet every
write may keep it up. A unique one does not vouch for the rows that were there before, and hides
duplicates. One that is being built right now is left out."""
fix = """Run the statement shown: leftovers of a reindex (…_ccnew, …_ccold) are dropped, others
built anew."""
every = "15m"
scope = "database"
needs = ["primary", "member:pg_read_all_stats"]
severity = "medium"
*/
select
  pg_catalog.format('index:%I.%I', n.nspname, c.relname) as object,
  case
    when c.relkind = 'I' then 'low'
    when i.indisunique and c.relname !~ '_cc(new|old)[0-9]*$' then 'high'
    else 'medium'
  end as severity,
  pg_catalog.format(
    'on table %I.%I: %s', tn.nspname, t.relname,
    case
      when c.relkind = 'I'
        then 'not every partition has its index yet; create and attach the missing ones'
      when i.indisready then 'kept up by every write and used by no query'
      else 'not kept up, used by no query'
    end
  ) as detail,
  case
    when c.relkind = 'I' then null
    when c.relname ~ '_cc(new|old)[0-9]*$'
    then pg_catalog.format('drop index concurrently %I.%I', n.nspname, c.relname)
    else pg_catalog.format('reindex index concurrently %I.%I', n.nspname, c.relname)
  end as fix
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
where not (i.indisvalid and i.indisready and i.indislive)
  and t.relpersistence <> 't'
  and not exists (
    select from pg_catalog.pg_stat_progress_create_index as p
    where p.relid = i.indrelid
      and p.datid = (select d.oid from pg_catalog.pg_database as d
        where d.datname = pg_catalog.current_database())
  )
order by object;
