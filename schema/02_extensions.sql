-- Statement statistics, where the server has them.
do $$
begin
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_stat_statements') then
    create extension if not exists pg_stat_statements with schema public;
  end if;
end
$$;
