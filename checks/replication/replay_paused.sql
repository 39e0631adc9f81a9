/*
title = "Replay on the replica is paused"
why = """Somebody paused it, for a backup or a look at old rows. WAL piles up until it is resumed,
and nothing resumes it by itself."""
fix = """Resume it with the statement shown when whoever paused it has finished."""
every = "1m"
scope = "cluster"
needs = ["replica"]
severity = "medium"
*/
select
  'server:replay' as object,
  pg_catalog.format('replay is %s', pg_catalog.pg_get_wal_replay_pause_state()) as detail,
  'select pg_catalog.pg_wal_replay_resume()' as fix
where case
  when pg_catalog.pg_is_in_recovery()
  then pg_catalog.pg_get_wal_replay_pause_state() <> 'not paused'
end;
