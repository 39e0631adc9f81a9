/*
title = "Connections are running out"
why = """When the last slot is taken, every new session is refused, the application's and the
rescuer's alike. At 75 % one burst of a pool is enough to reach the end; at 90 % there is no
time left to react. Slots reserved for superusers are not counted as free, and databases and
roles with a limit of their own are judged by that limit."""
fix = """Find who holds them (activity.sessions), put a transaction pooler in front, lower the
pools' sizes; raise max_connections last, since it costs memory and needs a restart."""
every = "30s"
scope = "cluster"
needs = ["member:pg_read_all_stats"]
unit = "ratio"
medium = 0.75
high = 0.9
critical = 0.98
[metrics.thorbis_connections_used_ratio]
type = "gauge"
help = "Share of the connections in use that the server, a database or a role allows"
labels = ["object"]
*/
with session as (
  select a.datid, a.usesysid
  from pg_catalog.pg_stat_activity as a
  where a.backend_type = 'client backend'
),
limited as (
  select
    'setting:max_connections' as object,
    (select pg_catalog.count(*) from session) as used,
    pg_catalog.current_setting('max_connections')::bigint
      - pg_catalog.current_setting('superuser_reserved_connections')::bigint
      - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::bigint as allowed
  union all
  select
    'database:' || pg_catalog.quote_ident(d.datname),
    (select pg_catalog.count(*) from session as s where s.datid = d.oid),
    d.datconnlimit
  from pg_catalog.pg_database as d
  where d.datconnlimit > 0
  union all
  select
    'role:' || pg_catalog.quote_ident(r.rolname),
    (select pg_catalog.count(*) from session as s where s.usesysid = r.oid),
    r.rolconnlimit
  from pg_catalog.pg_roles as r
  where r.rolconnlimit > 0 and not r.rolsuper
)
select
  l.object,
  pg_catalog.round(l.used::numeric / greatest(l.allowed, 1), 4) as value,
  pg_catalog.format('%s of %s connections are in use', l.used, l.allowed) as detail
from limited as l
order by value desc, l.object;
