/*
title = "WAL is not archived"
why = """Without an archive a restore ends at the last base backup: everything since then is
lost. Streaming WAL elsewhere (pg_receivewal) serves as well, and is recognised by its slot or
connection; backups by snapshot are not visible from here."""
fix = """Set archive_command (or archive_library), then archive_mode with the statement shown,
and restart."""
every = "1h"
scope = "cluster"
needs = ["primary", "member:pg_read_all_stats"]
severity = "low"
*/
select
  'setting:archive_mode' as object,
  'archive_mode is off, and nothing receives the WAL' as detail,
  'alter system set archive_mode = on' as fix
where pg_catalog.current_setting('archive_mode') = 'off'
  and not exists (
    select from pg_catalog.pg_stat_replication as r where r.state = 'streaming'
  );
