/*
title = "A setting waits for a restart"
why = """Somebody changed it and believes that it holds. It will, at the next restart, perhaps
in the middle of an incident, and nobody will remember why the server changed."""
fix = """Restart at a time of your choice, or take the change back."""
every = "15m"
scope = "cluster"
severity = "low"
[metrics.pg_settings_pending_restart]
type = "gauge"
help = "1 for each setting that was changed and waits for a restart"
labels = ["name"]
*/
select
  'setting:' || pg_catalog.quote_ident(s.name) as object,
  1 as value,
  'changed in the configuration, and not in force before a restart' as detail,
  s.name
from pg_catalog.pg_settings as s
where s.pending_restart
order by object;
