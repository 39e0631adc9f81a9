/*
title = "Statements are not counted"
why = """Without pg_stat_statements nobody knows which statement costs the time: no objectives,
no shares, no advice. It needs its library at start and the extension in this database; the cost
is under a few percent."""
fix = """Run the statement shown; where the library is not loaded yet, restart after it and run
create extension pg_stat_statements. Where it is not on the machine, install PostgreSQL's contrib
package first: a server that is told to load a library that it lacks does not start."""
every = "1h"
scope = "database"
needs = ["member:pg_read_all_settings"]
severity = "medium"
*/
select
  'extension:pg_stat_statements' as object,
  case
    when not l.there then 'not installed on the machine'
    when l.loaded then 'not created in this database'
    else 'its library is not loaded'
  end as detail,
  case
    when not l.there then null
    when l.loaded then 'create extension pg_stat_statements'
    else pg_catalog.format(
      'alter system set shared_preload_libraries = %s',
      pg_catalog.concat_ws(
        ', ', nullif(pg_catalog.current_setting('shared_preload_libraries'), ''),
          'pg_stat_statements'
      )
    )
  end as fix
from (
  select
    'pg_stat_statements' = any (
      pg_catalog.regexp_split_to_array(
        pg_catalog.current_setting('shared_preload_libraries'), '[\s",]+'
      )
    ) as loaded,
    exists (
      select from pg_catalog.pg_available_extensions as x where x.name = 'pg_stat_statements'
    ) as there
) as l
where not l.loaded
  or not exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_stat_statements');
