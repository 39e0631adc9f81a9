/*
title = "A role or database carries a tenant by default"
why = """Where the setting that policies compare with is set for a role or a database, a session
that forgot to set its tenant acts for that one, instead of for none."""
fix = """Take it away with the statement shown."""
every = "15m"
scope = "database"
severity = "high"
*/
with setting as materialized (
  select distinct
    pg_catalog.convert_from(pg_catalog.decode((
      select pg_catalog.string_agg(
        pg_catalog.lpad(pg_catalog.to_hex(b.byte::int & 255), 2, '0'), '' order by b.place)
      from pg_catalog.unnest(pg_catalog.string_to_array(m.found[1], ' '))
        with ordinality as b (byte, place)
      where b.place > 4
    ), 'hex'), pg_catalog.getdatabaseencoding()) as name
  from (
    select distinct pg_catalog.concat(y.polqual::text, y.polwithcheck::text) as node
    from pg_catalog.pg_policy as y
  ) as f
  cross join lateral pg_catalog.regexp_matches(
    f.node,
    ':funcid (?:2077|3294) [^{]*\{CONST :consttype 25 [^[{}]*\[ ([-0-9 ]+) \]', 'g'
  ) as m (found)
  union
  select m.found[1]
  from pg_catalog.pg_depend as d
  join pg_catalog.pg_proc as f on f.oid = d.refobjid
  cross join lateral pg_catalog.regexp_matches(
    f.prosrc, 'current_setting\s*\(\s*''([^'']+)''', 'gi'
  ) as m (found)
  where d.classid = 'pg_catalog.pg_policy'::regclass
    and d.refclassid = 'pg_catalog.pg_proc'::regclass
)
select
  case
    when s.setrole = 0 and s.setdatabase = 0 then 'role:all'
    when r.rolname is null then 'database:' || pg_catalog.quote_ident(pg_catalog.current_database())
    else 'role:' || pg_catalog.quote_ident(r.rolname)
  end as object,
  pg_catalog.string_agg(pg_catalog.format('%s is set', e.name), ', ' order by e.name) as detail,
  pg_catalog.string_agg(
    case
      when s.setrole = 0 and s.setdatabase = 0
      then pg_catalog.format('alter role all reset %s', e.name)
      when r.rolname is null
      then pg_catalog.format('alter database %I reset %s', pg_catalog.current_database(), e.name)
      when s.setdatabase <> 0
      then pg_catalog.format(
        'alter role %I in database %I reset %s', r.rolname, pg_catalog.current_database(), e.name
      )
      else pg_catalog.format('alter role %I reset %s', r.rolname, e.name)
    end, E';\n' order by e.name, s.setdatabase
  ) as fix
from pg_catalog.pg_db_role_setting as s
cross join lateral pg_catalog.unnest(s.setconfig) as x (entry)
cross join lateral (
  -- Spelt and quoted as it is stored: RESET finds no other spelling.
  select pg_catalog.string_agg(pg_catalog.quote_ident(w.part), '.' order by w.place) as name
  from pg_catalog.unnest(
    pg_catalog.string_to_array(pg_catalog.split_part(x.entry, '=', 1), '.')
  ) with ordinality as w (part, place)
) as e
left join pg_catalog.pg_roles as r on r.oid = s.setrole
where s.setdatabase in (
    0,
    (select d.oid from pg_catalog.pg_database as d
      where d.datname = pg_catalog.current_database())
  )
  and pg_catalog.lower(pg_catalog.split_part(x.entry, '=', 1)) in (
    select pg_catalog.lower(c.name) from setting as c
  )
group by r.rolname, s.setrole = 0 and s.setdatabase = 0
order by object;
