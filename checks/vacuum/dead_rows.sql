/*
title = "A table is full of dead rows"
why = """Every scan reads them and every index points to them. Autovacuum starts at one dead row
to five live ones, so that up to 17 % are the normal tide; beyond it vacuum does not keep up, or
may not remove them. Below ten thousand dead rows nobody notices."""
fix = """Find what holds the horizon back (vacuum.horizon), then vacuum with the statement shown;
lower autovacuum_vacuum_scale_factor on large tables."""
every = "5m"
scope = "database"
needs = ["primary"]
unit = "ratio"
low = 0.2
medium = 0.4
high = 0.6
*/
select
  pg_catalog.format('table:%I.%I', s.schemaname, s.relname) as object,
  pg_catalog.round(s.n_dead_tup::numeric / (s.n_live_tup + s.n_dead_tup), 4) as value,
  pg_catalog.format(
    '%s dead rows beside %s live ones; last vacuumed %s',
    s.n_dead_tup, s.n_live_tup, coalesce(greatest(s.last_vacuum, s.last_autovacuum)::text, 'never')
  ) as detail,
  pg_catalog.format('vacuum (analyze) %I.%I', s.schemaname, s.relname) as fix
from pg_catalog.pg_stat_user_tables as s
where s.n_dead_tup >= 10000
order by value desc, object;
