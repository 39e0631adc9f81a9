"""A PostgreSQL of our own: found or unpacked, started, stopped, leaving nothing behind."""

import psycopg
import redis

from thorbis_ops import server


def test_a_server_has_what_observation_needs(pg: server.RunningServer) -> None:
    wanted = {
        "shared_preload_libraries": "pg_stat_statements",
        "data_checksums": "on",
        "compute_query_id": "on",
        "track_io_timing": "on",
        "log_destination": "jsonlog",
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
    }
    with psycopg.connect(pg.dsn()) as connection:
        found = {name: connection.execute(f"show {name}").fetchone() for name in wanted}
    assert found == {name: (value,) for name, value in wanted.items()}


async def test_a_database_is_new_and_empty(db: str) -> None:
    async with await psycopg.AsyncConnection.connect(db) as connection:
        cursor = await connection.execute("select count(*) from pg_catalog.pg_stat_user_tables")
        assert await cursor.fetchone() == (0,)


def test_redis_answers(redis_server: str) -> None:
    with redis.Redis.from_url(redis_server) as client:
        assert client.ping()
