-- The base of the store: what is watched, what was found, who acts and who holds back.
-- "if not exists" would ask for the right to create one even where it stands.
do $$
begin
  if pg_catalog.to_regnamespace('thorbis_ops') is null then
    create schema thorbis_ops;
  end if;
end
$$;

create table thorbis_ops.migrations (
  number     integer primary key,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default pg_catalog.clock_timestamp(),
  applied_by text not null default session_user
);
comment on table thorbis_ops.migrations is 'The numbered scripts that made this schema.';

-- A time series is a table of this schema, partitioned by range of its column "at" in UTC,
-- with a partition <name>_default. Partitions are made and dropped by the store itself.
create table thorbis_ops.series (
  name   text primary key,
  period text not null check (period in ('day', 'month')),
  ahead  integer not null check (ahead >= 1),
  keep   integer check (keep >= 1)
);
comment on table thorbis_ops.series is 'Tables that grow with time and are rotated.';
comment on column thorbis_ops.series.ahead is 'Partitions made before they are needed, in periods.';
comment on column thorbis_ops.series.keep is 'Whole periods that are kept; null keeps for the configured retention.';

create table thorbis_ops.targets (
  name              text primary key,
  first_seen_at     timestamptz not null,
  last_seen_at      timestamptz not null,
  system_identifier text,
  version_num       integer,
  role              text
);
comment on table thorbis_ops.targets is 'Targets that answered at least once.';

create table thorbis_ops.findings (
  id           bigint generated always as identity primary key,
  target       text not null,
  check_id     text not null,
  object       text not null,
  severity     text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  title        text not null,
  detail       text not null default '',
  value        double precision,
  unit         text,
  fix          text not null default '',
  proven       boolean not null default false,
  muted        boolean not null default false,
  evidence     jsonb not null default '{}',
  opened_at    timestamptz not null,
  last_seen_at timestamptz not null,
  closed_at    timestamptz,
  check (closed_at is null or closed_at >= opened_at)
);
comment on table thorbis_ops.findings is
  'Every fault from the first sight to the last; open while closed_at is null.';
create unique index findings_open on thorbis_ops.findings (target, check_id, object)
  where closed_at is null;
create index findings_closed on thorbis_ops.findings (closed_at) where closed_at is not null;

create table thorbis_ops.finding_events (
  at              timestamptz not null,
  target          text not null,
  check_id        text not null,
  object          text not null,
  event           text not null check (event in ('opened', 'worsened', 'improved', 'closed')),
  severity_before text,
  severity_after  text,
  id              uuid not null default pg_catalog.gen_random_uuid(),
  primary key (id, at)
) partition by range (at);
comment on table thorbis_ops.finding_events is 'What became of findings, and when.';
create index finding_events_target_at on thorbis_ops.finding_events (target, at);
create table thorbis_ops.finding_events_default
  partition of thorbis_ops.finding_events default;

insert into thorbis_ops.series (name, period, ahead, keep)
values ('finding_events', 'month', 3, 24);

create table thorbis_ops.evidence (
  id      bigint generated always as identity primary key,
  target  text not null,
  subject text not null,
  at      timestamptz not null,
  digest  text not null,
  result  jsonb not null
);
comment on table thorbis_ops.evidence is
  'Results that are kept and compared, such as security reviews and drills.';
create index evidence_target_subject_at on thorbis_ops.evidence (target, subject, at);

create view thorbis_ops.origin as
select s.system_identifier::text as system_identifier,
  pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) as timeline
from pg_catalog.pg_control_system() s;
comment on view thorbis_ops.origin is 'Which server this is, and on which timeline it writes.';

create table thorbis_ops.leases (
  name              text primary key,
  owner             text not null,
  generation        bigint not null,
  acquired_at       timestamptz not null,
  expires_at        timestamptz not null,
  system_identifier text not null,
  timeline          text not null
);
comment on table thorbis_ops.leases is
  'Who may act, until when by the clock of this database, and for the how manieth time.';

create table thorbis_ops.pauses (
  job       text primary key,
  paused_by text not null,
  reason    text not null,
  paused_at timestamptz not null,
  until     timestamptz,
  check (until is null or until > paused_at)
);
comment on table thorbis_ops.pauses is 'Jobs that somebody holds back; * holds back all.';
