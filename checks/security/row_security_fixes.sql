/*
title = "The server lacks fixes of row security"
why = """These releases let rows, or samples of them, through row level security, in ways that no
policy can mend: CVE-2023-2455 (inlined functions), CVE-2023-39418 (MERGE), CVE-2024-4317 and
CVE-2025-8713 (statistics), CVE-2024-10976 (plans below sub-queries), CVE-2026-120154 (ON
CONFLICT DO UPDATE). Asked only where policies exist. After CVE-2024-4317 an old cluster also
needs the script fix-CVE-2024-4317.sql, which cannot be seen from here."""
fix = """Update to the newest minor release: stop, install, start."""
every = "1d"
scope = "database"
severity = "medium"
*/
with repaired (vulnerability, number) as (values
  ('CVE-2023-2455', 140008), ('CVE-2023-2455', 150003),
  ('CVE-2023-39418', 150004),
  ('CVE-2024-4317', 140012), ('CVE-2024-4317', 150007), ('CVE-2024-4317', 160003),
  ('CVE-2024-10976', 140014), ('CVE-2024-10976', 150009), ('CVE-2024-10976', 160005),
  ('CVE-2024-10976', 170001),
  ('CVE-2025-8713', 140019), ('CVE-2025-8713', 150014), ('CVE-2025-8713', 160010),
  ('CVE-2025-8713', 170006),
  ('CVE-2026-120154', 140025), ('CVE-2026-120154', 150020), ('CVE-2026-120154', 160016),
  ('CVE-2026-120154', 170012), ('CVE-2026-120154', 180007)
)
select
  'setting:server_version' as object,
  pg_catalog.format(
    '%s lacks the fixes of %s; update to %s.%s or later',
    pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1),
    pg_catalog.string_agg(r.vulnerability, ', ' order by r.vulnerability),
    pg_catalog.max(r.number) / 10000,
    pg_catalog.max(r.number) % 10000
  ) as detail
from repaired as r
where r.number / 10000 = pg_catalog.current_setting('server_version_num')::int / 10000
  and r.number > pg_catalog.current_setting('server_version_num')::int
  and exists (select from pg_catalog.pg_policy)
having pg_catalog.count(*) > 0;
