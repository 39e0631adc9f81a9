select pg_catalog.quote_ident(p.polname) as name,
  case when p.polpermissive then 'permissive' else 'restrictive' end as kind,
  case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert'
    when 'w' then 'update' else 'delete' end as command,
  (select pg_catalog.string_agg(
      case when r.oid = 0 then 'public' else pg_catalog.quote_ident(g.rolname) end, ', '
      order by r.oid)
    from pg_catalog.unnest(p.polroles) as r (oid)
    left join pg_catalog.pg_roles g on g.oid = r.oid) as roles,
  pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using,
  pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as with_check
from pg_catalog.pg_policy p
where p.polrelid = %s::oid
order by p.polname
