"""The application's traffic: every statement works, is counted, and outlives the server."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from random import Random

import psycopg
import pytest
from psycopg import conninfo

from thorbis_ops import estate, server
from thorbis_ops.errors import ConfigError
from thorbis_ops.estate import parameters

Recording = list[estate.Call]


def app(dsn: str) -> str:
    return conninfo.make_conninfo(dsn, user="thorbis_app")


def faults(calls: Recording) -> dict[str, str]:
    return {call.statement: call.fault for call in calls if call.fault}


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 what is awaited is on a server
            await asyncio.sleep(0.05)


async def during(
    work: Callable[[asyncio.Event], Coroutine[object, object, None]], holds: Callable[[], bool]
) -> None:
    """Let ``work`` go on until something holds, and see that it stops when told to."""
    stop = asyncio.Event()
    task = asyncio.create_task(work(stop))
    try:
        await until(lambda: holds() or task.done())
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await task


def test_every_statement_works_for_every_size_of_tenant(estate_db: str) -> None:
    random = Random(1)
    with psycopg.connect(app(estate_db)) as connection:
        for tenant in (estate.TENANTS[0], estate.TENANTS[-1]):
            act = "select set_config('app.current_business_id', %s, true)"
            learn = estate.statements()["known_keys"]
            connection.execute(act, [tenant.id])
            rows = connection.execute(learn.sql.encode(), {"business_id": tenant.id}).fetchall()
            keys = parameters.known(rows)
            assert len(keys) == 10
            for statement in estate.statements().values():
                values = parameters.draw(statement, tenant.id, keys, random)
                with connection.transaction(), connection.cursor() as cursor:
                    if statement.kind == "export":
                        with cursor.copy(statement.sql.encode()) as copy:
                            assert len(list(copy)) > 1, statement.name
                    else:
                        cursor.execute(statement.sql.encode(), values)


async def test_traffic_is_varied_and_counted_as_the_applications(estate_db: str) -> None:
    calls: Recording = []
    await during(
        lambda stop: estate.run(
            app(estate_db), rate=150, clients=4, seed=1, stop=stop, recorder=calls.append
        ),
        lambda: len({call.statement for call in calls}) >= 50,
    )
    assert faults(calls) == {}
    with psycopg.connect(estate_db) as connection:
        found = connection.execute(
            "select query, s.calls from pg_stat_statements as s"
            " where userid = 'thorbis_app'::regrole and query ~ 'hs[.]|_mgmt[.]'"
            " and dbid = (select oid from pg_database where datname = current_database())"
        ).fetchall()
    assert len(found) >= 40
    assert sum(int(n) for _, n in found) >= 0.9 * len(calls)


async def test_traffic_waits_for_a_server_that_restarts(own_pg: server.RunningServer) -> None:
    dsn = own_pg.dsn()
    await estate.load(dsn)
    calls: Recording = []

    async def restarted(stop: asyncio.Event) -> None:
        work = asyncio.create_task(
            estate.run(app(dsn), rate=100, clients=3, seed=1, stop=stop, recorder=calls.append)
        )
        await until(lambda: len(calls) > 30)
        await asyncio.to_thread(own_pg.restart)
        calls.clear()
        await work

    def works_again() -> bool:
        well = Counter(call.fault is None for call in calls)
        return well[True] > 30

    await during(restarted, works_again)
    assert set(faults(calls)) <= {"connect"}


async def test_planted_slowness_is_as_slow_as_asked_and_ends(estate_db: str) -> None:
    calls: Recording = []
    await during(
        lambda stop: estate.plant_slow(
            app(estate_db), seconds=0.15, rate=5, stop=stop, recorder=calls.append
        ),
        lambda: len(calls) >= 5,
    )
    assert faults(calls) == {}
    assert min(call.seconds for call in calls) >= 0.15
    with psycopg.connect(estate_db) as connection:
        (fastest, slow_calls) = connection.execute(
            "select min(min_exec_time), sum(calls) from pg_stat_statements"
            " where query ~ 'update tenant_mgmt.number_series' and query ~ 'returning next_number'"
            " and query !~ 'with' and userid = 'thorbis_app'::regrole"
            " and dbid = (select oid from pg_database where datname = current_database())"
        ).fetchone() or (0, 0)
        waiting = connection.execute(
            "select count(*) from pg_stat_activity where application_name = 'thorbis app'"
            " and datname = current_database()"
        ).fetchone()
    assert slow_calls == len(calls)
    assert fastest >= 140
    assert waiting == (0,)


async def test_nonsense_is_refused_in_one_line(estate_db: str) -> None:
    for rate, clients, fault in ((0, 1, "rate: 0"), (9e9, 1, "rate"), (1, 0, "clients: 0")):
        with pytest.raises(ConfigError, match=fault):
            await estate.run(
                estate_db,
                rate=rate,
                clients=clients,
                seed=1,
                stop=asyncio.Event(),
                recorder=Recording().append,
            )
