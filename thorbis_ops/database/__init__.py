"""The only place that talks to a watched server: connect, discover, take."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from thorbis_ops.database.connection import (
    check_dsn,
    connect,
    describe,
    explain,
    open_connection,
    parse_dsn,
    place,
)
from thorbis_ops.database.discovery import discover
from thorbis_ops.database.taking import take, take_from

Connection = AsyncConnection[TupleRow]

__all__ = [
    "Connection",
    "check_dsn",
    "connect",
    "describe",
    "discover",
    "explain",
    "open_connection",
    "parse_dsn",
    "place",
    "take",
    "take_from",
]
