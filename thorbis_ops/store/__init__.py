"""What must survive a restart: a schema ``thorbis_ops`` in a PostgreSQL of the user's choice.

``connection``  one connection that mends itself
``migrate``     the schema as numbered scripts
``rotate``      partitions of time series, ahead and away
``lease``       who may act, fenced by a generation
``findings``    what was found, from opening to closing
``evidence``    results that are kept and compared
``pauses``      jobs that somebody holds back
``provision``   roles, grants and schema as SQL, for what is missing
``install``     looks at a database for that, and applies it
"""

from __future__ import annotations

from datetime import datetime

from thorbis_ops.deadline import deadline
from thorbis_ops.store.connection import (
    DEADLINE_SECONDS,
    Connection,
    Cursor,
    Store,
    connect,
    connect_as_owner,
)
from thorbis_ops.store.migrate import migrate, require_current, require_writable, schema_state
from thorbis_ops.store.rotate import rotate

__all__ = ["Connection", "Cursor", "Store", "connect", "examine", "migrate", "open_store", "rotate"]


async def open_store(dsn: str, *, now: datetime) -> Store:
    """The store at ``dsn``, its schema current and its partitions made ahead of ``now``.

    Raises StoreError when it cannot be reached, or when its schema is missing, older, newer
    or edited; the message says what to run.
    """
    connection = await connect_as_owner(dsn)
    store = Store(dsn, connection)
    try:
        with deadline(connection, DEADLINE_SECONDS):
            require_current(await schema_state(connection))
        await rotate(store, now)
    except BaseException:
        await store.close()
        raise
    return store


async def examine(dsn: str) -> str:
    """How the store at ``dsn`` stands, in words; StoreError when it cannot be used as it is.

    Unlike ``open_store`` it changes nothing.
    """
    connection = await connect_as_owner(dsn)
    try:
        with deadline(connection, DEADLINE_SECONDS):
            state = await schema_state(connection)
            require_current(state)
            await require_writable(connection)
    finally:
        await connection.close()
    return f"schema at {state.applied[-1]}"
