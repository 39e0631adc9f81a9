"""A text that this database's encoding cannot hold hides texts, and no call."""

from __future__ import annotations

import psycopg

from tests.integration.counting import Workload, counting, seen, take
from thorbis_ops import database
from thorbis_ops.server import RunningServer


async def test_calls_count_as_not_understood_until_the_text_has_gone(
    own_pg: RunningServer,
) -> None:
    workload = Workload(own_pg.dsn())
    workload.prepare()
    workload.session.execute(b"create database legacy encoding 'SQL_ASCII' template template0"
                             b" lc_collate 'C' lc_ctype 'C'")  # fmt: skip
    with psycopg.connect(own_pg.dsn("legacy"), autocommit=True) as legacy:
        legacy.execute('select 1 as "gr\xf6\xdfe"'.encode("latin-1"))
    sampler, connection = counting(), await database.connect(own_pg.dsn())
    async with connection:
        await take(sampler, connection)
        workload.run(oltp=20)
        blind = await take(sampler, connection)
        assert blind.span.tallies["oltp"].calls == 0
        assert blind.span.coverage < 0.5
        assert blind.span.lost >= 20
        workload.reset()
        await take(sampler, connection)
        workload.run(oltp=20)
        assert seen(await take(sampler, connection))["oltp"] == 20
    workload.session.close()
