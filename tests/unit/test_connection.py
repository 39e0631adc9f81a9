"""What is said of a DSN or an error: the thing and the cure, and nothing that was quoted."""

import psycopg
import pytest

from thorbis_ops.database import parse_dsn
from thorbis_ops.database.connection import describe, explain
from thorbis_ops.errors import ConfigError


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("host=x connect_timeout=s3cret", "dsn: connect_timeout is not a number"),
        ("host=x connect_timeout=1,2", "dsn: connect_timeout is not a number"),
        ("host=x port=s3cret", "dsn: port is not a number"),
        ("host=x s3cret", "dsn: is not a libpq conninfo or URI"),
        ("postgresql://u:s3cret@x/y?s3cret=1", "dsn: is not a libpq conninfo or URI"),
    ],
)
def test_a_malformed_dsn_names_its_fault_and_not_its_text(dsn: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_dsn(dsn)
    assert str(raised.value).startswith(said)
    assert "s3cret" not in str(raised.value)


def test_several_hosts_have_several_ports() -> None:
    assert parse_dsn("host=a,b port=5432,")["port"] == "5432,"


@pytest.mark.parametrize(
    "message",
    [
        'invalid input syntax for type integer: "s3cret"',
        "ungültige Eingabesyntax für Typ integer: »s3cret«",
        "ung?ltige Eingabesyntax f?r Typ integer: >>s3cret<<",
        "syntaxe en entrée invalide pour le type integer : « s3cret »",
        "недопустимый синтаксис: „s3cret“",
        "型integerの入力構文が不正です: 「s3cret」",
        "value of 's3cret' is wrong",
    ],
)
def test_what_a_server_quotes_is_cut_in_every_language(message: str) -> None:
    told = describe(psycopg.DataError(message))
    assert "s3cret" not in told
    assert message.split(":", maxsplit=1)[0].split("'", maxsplit=1)[0] in told


@pytest.mark.parametrize(
    ("message", "cure"),
    [
        ('FATAL:  role "x" does not exist', "the role does not exist"),
        ('FATAL:  database "x" does not exist', "the database does not exist"),
        ("FATAL:  sorry, too many clients already", "the server has no connection left"),
        ('FATAL:  too many connections for role "x"', "connection limit"),
        ('FATAL:  role "x" is not permitted to log in', "may not log in"),
        ('FATAL:  permission denied for database "x"', "grant connect"),
    ],
)
def test_why_there_is_no_connection_and_what_to_do(message: str, cure: str) -> None:
    told = explain(psycopg.OperationalError(f"connection failed: {message}"))
    assert cure in told
    assert "x" not in told.split()
