"""What psycopg reports, as one line that says what to do and holds no secret.

A message of libpq may quote the conninfo it could not read, and a message of the server
may quote a value: only the parts that are known to be harmless pass.
"""

from __future__ import annotations

import psycopg
from psycopg import errors

from thorbis_ops.errors import StoreError

INITIALISE = "run `thorbis-ops init --apply`"


def unreachable(error: psycopg.Error) -> StoreError:
    """Why no session on the store's database could be had."""
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return StoreError("the store's dsn is not a conninfo string or URI that libpq can read")
    return StoreError(f"the store cannot be reached: {first_line(error)}")


def store_error(error: psycopg.Error, *, lost: bool) -> Exception:
    """The StoreError for what the user can act on; a fault of our own stays as it is."""
    if isinstance(error, errors.InsufficientPrivilege):
        return StoreError(
            f"the store refuses: {first_line(error)}; give [store] dsn a role that may write it, "
            f"or {INITIALISE}"
        )
    if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
        return StoreError(f"the store lacks a table: {first_line(error)}; {INITIALISE}")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return StoreError("the store is a read-only replica; point its dsn to the primary")
    if isinstance(error, errors.LockNotAvailable | errors.QueryCanceled):
        return StoreError(f"the store is busy: {first_line(error)}")
    if lost or isinstance(error, psycopg.OperationalError):
        return StoreError(f"the connection to the store was lost: {first_line(error)}")
    return error


def first_line(error: psycopg.Error) -> str:
    """The server's primary message, or the end of libpq's first line."""
    text = error.diag.message_primary or str(error)
    line = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    for prefix in ("connection failed: ", "consuming input failed: "):
        line = line.removeprefix(prefix)
    return line.strip()
