-- Statements: the counters that were last counted from, what was counted, and what is known
-- of the texts. One transaction a sample keeps all of it, so nothing is lost or counted twice.
create table thorbis_ops.statement_samples (
  target            text primary key,
  sequence          bigint not null,
  begun_at          timestamptz not null,
  sampled_at        timestamptz not null,
  taken_at          timestamptz not null,
  started_at        timestamptz not null,
  system_identifier text,
  stats_reset       timestamptz,
  deallocated       bigint,
  capacity          integer not null,
  hidden_entries    integer not null,
  hidden_calls      bigint not null,
  counted           bigint not null default 0 check (counted >= 0),
  lost              bigint not null default 0 check (lost >= 0)
);
comment on table thorbis_ops.statement_samples is
  'The sample of each target that counting goes on from.';
comment on column thorbis_ops.statement_samples.sequence is
  'Grows with each sample: who has not seen the last one may not write the next.';
comment on column thorbis_ops.statement_samples.taken_at is 'By the clock of the target.';
comment on column thorbis_ops.statement_samples.counted is
  'Calls counted and understood since begun_at.';
comment on column thorbis_ops.statement_samples.lost is
  'Calls that took place and were not counted, at most or by estimate.';

create table thorbis_ops.statement_baselines (
  target         text not null,
  dbid           bigint not null,
  userid         bigint not null,
  queryid        bigint not null,
  toplevel       boolean not null,
  calls          bigint not null,
  plans          bigint not null,
  rows           bigint not null,
  total          double precision not null,
  minimum        double precision not null,
  maximum        double precision not null,
  mean           double precision not null,
  deviation      double precision not null,
  since          timestamptz,
  extremes_since timestamptz,
  text_hash      bytea,
  primary key (target, dbid, userid, queryid, toplevel)
) with (fillfactor = 70);
comment on table thorbis_ops.statement_baselines is
  'The counters of that sample, in milliseconds as the server keeps them.';

create table thorbis_ops.statement_texts (
  hash      bytea primary key,
  revision  integer not null,
  kind      text check (kind in ('oltp', 'analytics', 'bulk', 'utility')),
  shown     text not null,
  relations text[] not null,
  error     text,
  seen_on   date not null,
  check ((kind is null) = (error is not null))
);
comment on table thorbis_ops.statement_texts is
  'What is known of each text, without its literals.';

create table thorbis_ops.objective_totals (
  target            text not null,
  objective         text not null,
  threshold_seconds double precision not null,
  begun_at          timestamptz not null,
  calls             bigint not null,
  bad_min           bigint not null,
  bad_max           bigint not null,
  bad_estimated     double precision not null,
  primary key (target, objective),
  check (0 <= bad_min and bad_min <= bad_max and bad_max <= calls)
) with (fillfactor = 50);
comment on table thorbis_ops.objective_totals is
  'Calls counted against each objective since begun_at, and those that took too long.';

create table thorbis_ops.objective_intervals (
  at                timestamptz not null,
  from_at           timestamptz not null,
  target            text not null,
  objective         text not null,
  threshold_seconds double precision not null,
  calls             bigint not null,
  bad_min           bigint not null,
  bad_max           bigint not null,
  bad_estimated     double precision not null,
  primary key (target, objective, at)
) partition by range (at);
comment on table thorbis_ops.objective_intervals is 'The same, sample by sample.';
create table thorbis_ops.objective_intervals_default
  partition of thorbis_ops.objective_intervals default;

create table thorbis_ops.statement_intervals (
  at              timestamptz not null,
  target          text not null,
  dbid            bigint not null,
  userid          bigint not null,
  queryid         bigint not null,
  toplevel        boolean not null,
  text_hash       bytea,
  kind            text,
  statements      integer not null,
  calls           bigint not null,
  rows            bigint not null,
  seconds         double precision not null,
  above_min       bigint,
  above_max       bigint,
  above_estimated double precision,
  primary key (target, dbid, userid, queryid, toplevel, at)
) partition by range (at);
comment on table thorbis_ops.statement_intervals is
  'The heaviest statements of each minute; the others are summed under the key 0.';
comment on column thorbis_ops.statement_intervals.statements is
  'Entries in this row: 1, or at most how many at once were summed.';
create index statement_intervals_target_at on thorbis_ops.statement_intervals (target, at);
create table thorbis_ops.statement_intervals_default
  partition of thorbis_ops.statement_intervals default;

insert into thorbis_ops.series (name, period, ahead, keep)
values ('objective_intervals', 'month', 3, 3), ('statement_intervals', 'day', 21, 30);
