/*
title = "WAL is not archived"
why = """Without an archive a restore ends at the last base backup: everything since then is
lost. Streaming WAL elsewhere (pg_receivewal) serves as well, and is recognised by its slot or
connection; backups by snapshot are not visible from here."""
fix = """Set archive_command (or archive_library), then archive_mode = on, and restart. Never
archive_mode alone: without a command that works, WAL is kept until the disk is full."""
every = "1h"
scope = "cluster"
needs = ["primary", "member:pg_read_all_stats"]
severity = "low"
*/
select
  'setting:archive_mode' as object,
  'archive_mode is off, and nothing receives the WAL' as detail,
  case
    when exists (
      -- While archiving is off, only reset_val shows the command.
      select from pg_catalog.pg_settings as s
      where s.name in ('archive_command', 'archive_library') and s.reset_val <> ''
    )
    then 'alter system set archive_mode = on'
  end as fix
where pg_catalog.current_setting('archive_mode') = 'off'
  and not exists (
    select from pg_catalog.pg_stat_replication as r where r.state = 'streaming'
  );
