"""Databases whose text is not UTF-8: they are judged like any other."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.test_check import check, objects
from thorbis_ops.server import RunningServer

LEGACY = "legacy_encoding"


@pytest.fixture(params=["SQL_ASCII", "LATIN1"])
def legacy(pg: RunningServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of another encoding with a table whose name is not UTF-8."""
    with psycopg.connect(pg.dsn(), autocommit=True) as connection:
        connection.execute(
            f"create database {LEGACY} encoding '{request.param}' template template0"
            " lc_collate 'C' lc_ctype 'C'".encode()
        )
        try:
            with psycopg.connect(pg.dsn(LEGACY), autocommit=True) as inside:
                inside.execute(f"set client_encoding = '{request.param}'".encode())
                # Its bytes would stay in pg_stat_statements, where nobody in UTF-8 can read them.
                inside.execute("set pg_stat_statements.track = 'none'")
                inside.execute('create table "gr\xf6\xdfe" (a int)'.encode("latin-1"))
            yield pg.dsn(LEGACY)
        finally:
            connection.execute(f"drop database {LEGACY} with (force)".encode())


def test_a_legacy_encoding_hides_no_finding(legacy: str) -> None:
    _, document = check(legacy)
    assert document["unanswered"] == []
    assert objects(document, "schema.no_primary_key")[0] in (
        'table:public."größe"',
        r'table:public."gr\xf6\xdfe"',
    )
    assert objects(document, "statements.extension") == ["extension:pg_stat_statements"]
