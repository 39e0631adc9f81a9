/*
title = "Pages with a wrong checksum were read"
why = """The disk, or something on the way to it, changed data behind the server's back. Each
failure is a page whose rows may be lost; copies made from it are damaged as well. The counter
stays until it is reset, so that the finding stays until somebody has looked."""
fix = """Read the log for the file and block, run pg_amcheck, compare with a replica, restore the
table from a backup that verifies; then reset the counter with the statement shown, in the
database named."""
every = "1m"
scope = "cluster"
severity = "critical"
[metrics.pg_stat_database_checksum_failures]
type = "counter"
help = "Pages of this database whose checksum was wrong; empty name: shared catalogues"
labels = ["datid", "datname"]
*/
select
  case when s.datid = 0 then 'server:shared catalogues'
    else 'database:' || pg_catalog.quote_ident(s.datname) end
    as object,
  s.checksum_failures as value,
  case when s.checksum_failures > 0 then 'critical' end as severity,
  pg_catalog.format(
    '%s failures, the last at %s', s.checksum_failures, s.checksum_last_failure
  ) as detail,
  'select pg_catalog.pg_stat_reset()' as fix,
  s.datid::text as datid,
  s.datname::text as datname
from pg_catalog.pg_stat_database as s
where s.checksum_failures is not null
order by value desc, object;
