"""Each statement finds its class; whatever a text holds, no literal of it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thorbis_ops.statements.display import command, displayable
from thorbis_ops.statements.facts import text_hash, understand

OLTP = """
select * from hs.jobs where business_id = $1 and id = $2
select sum(amount) from hs.lines where business_id = $1 and invoice_id = $2
select a.id, count(b.id) from a left join b on b.a_id = a.id where a.id = $1 group by a.id
select a.* from a join b on b.id = a.b_id where a.business_id = $1 order by a.at limit $2
select * from a join b using (x) join c using (x) join d using (x) where a.id = $1
select exists (select $1 from hs.jobs where business_id = $2 and token = $3)
select id from queue where done is null order by id for update skip locked limit $1
select pg_sleep($1)
table hs.settings
insert into hs.jobs (business_id, id) values ($1, $2) on conflict (id) do update set x = excluded.x
insert into hs.jobs select $1, $2 where not exists (select $3 from hs.jobs where id = $2)
insert into hs.jobs default values
insert into hs.events (job_id) select j.id from hs.jobs j where j.business_id = $1 and j.id = $2
with made as (insert into a values ($1) returning id) insert into b select id, $2 from made
update hs.jobs set status = $1 where business_id = $2 and id = $3
update hs.jobs set status = $1 where (business_id, id) = ($2, $3)
update queue set taken = $1 where id = (select id from queue for update skip locked limit $2)
delete from hs.sessions where token = $1
delete from hs.jobs where id = any($1)
update t set a = $1 where current of c
merge into t using (values ($1, $2)) v (a, b) on t.id = v.a when matched then update set b = v.b
prepare p as select * from hs.jobs where id = $1
call hs.close_job($1)
"""
ANALYTICS = """
select count(*) from hs.jobs where business_id = $1
select status, count(*) from hs.jobs where business_id = $1 group by status
select count(*) over (), * from hs.jobs where business_id = $1 limit $2
select rank() over w from a window w as (order by x)
select a.* from a join b using (x) join c using (x) join d using (x) where a.business_id = $1
select distinct status from hs.jobs where business_id = $1
select json_arrayagg(x) from a
select sum(x) filter (where y) from a where business_id = $1 and created_at > $2
with m as (select month, sum(x) s from a group by month) select * from m order by s
select percentile_cont($1) within group (order by x) from a
select x from a where id = $1 union all select count(*) from b
"""
BULK = """
copy hs.jobs (id) from stdin
insert into a values ($1), ($2)
insert into a select * from b where business_id = $1
insert into a select * from b where business_id = $1 and b.order_id = $2
insert into a select * from unnest($1::int[])
insert into a select $1 union all select $2
create table x as select * from y
select * into x from y
refresh materialized view concurrently x
update hs.jobs set status = $1 where business_id = $2 and status = $3
update hs.jobs set x = $1
delete from hs.jobs where created_at < $1
delete from hs.jobs where id in (select id from old limit $1)
with gone as (delete from a where at < $1 returning *) select * from gone where id = $2
merge into t using s on t.id = s.id when matched then update set b = s.b
"""
UTILITY = """
begin
set local app.current_business_id = 'secret'
savepoint $1
fetch $1 in c
rollback to savepoint $1
select set_config($1, $2, $3)
select now()
select pg_catalog.pg_advisory_xact_lock($1)
select $1
select interval $1
values ($1)
select pg_catalog.current_setting($1)
select * from pg_catalog.pg_stat_activity
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
select * from information_schema.columns
insert into thorbis_ops.sizes values ($1, $2)
select pg_stat_reset()
vacuum (analyze) hs.jobs
create index on hs.jobs (id)
explain select * from hs.jobs
grant select on hs.jobs to reporting
"""


def lines(block: str) -> list[str]:
    return block.strip().splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (text, kind)
        for kind, block in {
            "oltp": OLTP,
            "analytics": ANALYTICS,
            "bulk": BULK,
            "utility": UTILITY,
        }.items()
        for text in lines(block)
    ],
)
def test_class(text: str, expected: str) -> None:
    assert understand(text).kind == expected


def test_relations_are_named_once_and_without_the_with_queries() -> None:
    text = "with j as (select * from hs.jobs) select * from j join hs.jobs k using (id), lines"
    assert understand(text).relations == ("hs.jobs", "lines")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<insufficient privilege>", "does not parse at character 0"),
        ("select x from y where a = 'geheim", "does not parse at character 26"),
        ("select 1\0; drop table x", "holds a NUL byte"),
        ("select '" + "x" * 1_000_000 + "'", "too long to parse: 1000009 characters"),
        ("select " + "||".join(["$1"] * 1000), "nested too deeply"),
        ("select " + "(" * 40_000 + "1" + ")" * 40_000, "does not parse at character 10003"),
        ("select '\ud800'", "the parser refuses it"),
        ("selec 'geheim'", "does not parse at character 0"),
    ],
)
def test_what_is_not_understood_says_why_and_quotes_nothing(text: str, error: str) -> None:
    facts = understand(text)
    assert facts.kind is None
    assert facts.error == error
    assert "geheim" not in facts.shown


def test_a_list_of_fifty_thousand_is_a_verdict_not_a_stall() -> None:
    text = "select * from t where id in (" + ", ".join(["$1"] * 50_000) + ")"
    assert understand(text).error == f"too long to parse: {len(text)} characters"


@pytest.mark.parametrize(
    "text",
    [
        "select * from hs.jobs where business_id = $1 and status in ($2 /*, ... */) order by 1",
        'select "Weird $1 name" from "hs"."Jöbs" where id = $1',
        "select date_trunc($1, at), a1, b.c2 from t1 group by 1, 2",
    ],
)
def test_a_normalised_text_is_shown_as_it_is(text: str) -> None:
    assert displayable(text) == text
    assert understand(text).shown == text


SECRETS = """
create role app password 'SECRET'
alter user x with encrypted password 'SECRET'
set local app.current_business_id = 'SECRET'
copy t from program 'SECRET'
copy (select * from t where a = 'SECRET') to stdout
do $$ begin perform 'SECRET'; end $$
select 'SECRET', E'SECRET', $q$SECRET$q$, U&'SECRET', B'1', x'1' from t
select * from t /* SECRET */ where a = $1 -- SECRET
select a from t where phone = 5551234567890 and b = 'SECRET'
insert into t values ('SECRET', 5551234567890)
update t set a = -5551234567890.5 where b like 'SECRET'
select interval 'SECRET', date 'SECRET' from t
explain select 'SECRET'
prepare x as select 'SECRET'
execute x('SECRET')
call p('SECRET')
declare c cursor for select 'SECRET'
notify c, 'SECRET'
comment on table t is 'SECRET'
select 'SECRET
selec 'SECRET'
select * from t where a = $1 /* SECRET
create subscription s connection 'password=SECRET' publication p
"""


@pytest.mark.parametrize("text", lines(SECRETS))
def test_no_literal_and_no_comment_is_shown(text: str) -> None:
    for shown in (displayable(text), understand(text).shown):
        assert "SECRET" not in shown
        assert "5551234567890" not in shown


def test_an_unnormalised_query_is_normalised() -> None:
    text = "select a from t where b = 'x' and c = $1 /* y */ limit 10"
    assert displayable(text) == "select a from t where b = $2 and c = $1   limit $3"


def test_a_command_is_its_leading_keywords() -> None:
    assert command("  create  role x") == "CREATE ROLE"
    assert command("/* a */ vacuum full t") == "VACUUM FULL"
    assert command("'x'") == "?"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_is_survived(text: str) -> None:
    facts = understand(text)
    assert (facts.kind is None) == (facts.error is not None)
    assert len(text_hash(text)) == 16


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="'\\\0", exclude_categories=["Cs"])))
def test_no_string_passes_whatever_it_is(secret: str) -> None:
    facts = understand(f"select a from t where b = 'x{secret}x' and c = $1")
    assert f"x{secret}x" not in facts.shown
