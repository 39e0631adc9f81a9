-- The journal of maintenance: what was due, what was about to be done to which object,
-- and what became of it. Written before and after each act, so that a restart knows.
create table thorbis_ops.runs (
  id           bigint generated always as identity primary key,
  identity     text not null,
  target       text not null,
  job          text not null,
  scheduled_at timestamptz not null,
  attempt      integer not null default 1 check (attempt >= 1),
  by_hand      boolean not null default false,
  owner        text not null,
  generation   bigint,
  started_at   timestamptz not null default pg_catalog.clock_timestamp(),
  heartbeat_at timestamptz not null default pg_catalog.clock_timestamp(),
  finished_at  timestamptz,
  outcome      text check (outcome in (
    'done', 'nothing_to_do', 'window_closed', 'guard', 'refused', 'failed', 'interrupted')),
  detail       text not null default '',
  steps_done   integer not null default 0,
  steps_total  integer not null default 0,
  check ((finished_at is null) = (outcome is null)),
  unique (identity, job, scheduled_at, attempt)
);
comment on table thorbis_ops.runs is
  'Each attempt at a job; unfinished while outcome is null.';
comment on column thorbis_ops.runs.identity is
  'The database itself, by system identifier and name, whatever a configuration calls it.';
comment on column thorbis_ops.runs.scheduled_at is
  'The time that the run answers to; two daemons cannot claim the same.';
comment on column thorbis_ops.runs.generation is 'The lease under which the run was begun.';
create index runs_target_started_at on thorbis_ops.runs (target, started_at);
create index runs_unfinished on thorbis_ops.runs (identity, job) where finished_at is null;

create table thorbis_ops.run_steps (
  run_id       bigint not null references thorbis_ops.runs on delete cascade,
  position     integer not null,
  object       text not null,
  reason       text not null default '',
  statements   text[] not null,
  verify       text,
  oid          oid,
  filenode     oid,
  mark         double precision,
  weight_bytes bigint not null default 0,
  as_of        timestamptz not null,
  started_at   timestamptz not null default pg_catalog.clock_timestamp(),
  finished_at  timestamptz,
  seconds      double precision,
  outcome      text check (outcome in (
    'done', 'nothing_to_do', 'window_closed', 'guard', 'refused', 'failed', 'interrupted')),
  detail       text not null default '',
  check ((finished_at is null) = (outcome is null)),
  primary key (run_id, position)
);
comment on table thorbis_ops.run_steps is
  'What was about to be done to an object, written before the act, and what became of it.';
comment on column thorbis_ops.run_steps.as_of is
  'The time as which the step was done: another than started_at when asked for with --at.';
comment on column thorbis_ops.run_steps.mark is
  'A measure taken when it was planned, for the next plan to compare with.';
create index run_steps_object on thorbis_ops.run_steps (object);
