/*
title = "The replica receives nothing"
why = """It has a primary to follow and no connection to it: it falls behind with every second,
and once the primary has recycled the WAL it must be built anew. A replica that is fed from an
archive has no primary_conninfo and is not judged here."""
fix = """Read the replica's log: wrong password, no slot, WAL removed, network. Where the WAL is
gone, restore from the archive or build the replica anew."""
every = "30s"
scope = "cluster"
needs = ["replica", "member:pg_read_all_settings", "member:pg_read_all_stats"]
severity = "high"
*/
select
  'server:receiver' as object,
  'no WAL receiver is streaming' as detail
where pg_catalog.pg_is_in_recovery()
  and coalesce(
    (select s.setting from pg_catalog.pg_settings as s where s.name = 'primary_conninfo'), ''
  ) <> ''
  and not exists (
    select from pg_catalog.pg_stat_wal_receiver as w where w.status = 'streaming'
  );
