/*
title = "A role's password is kept as md5"
why = """MD5 is broken for this use since long, deprecated from PostgreSQL 18 on and to be
removed: the role will not be able to log in after a coming upgrade. Only a superuser may see
how passwords are kept."""
fix = """Set password_encryption to scram-sha-256, then let each role set its password again
(\\password in psql), and turn md5 into scram-sha-256 in pg_hba.conf."""
every = "1d"
scope = "cluster"
severity = "medium"
*/
select
  'role:' || pg_catalog.quote_ident(a.rolname) as object,
  'its password is kept as md5' as detail
from pg_catalog.pg_authid as a
where a.rolpassword like 'md5%'
order by object;
