"""Who works on what, told by the database itself.

Session advisory locks, held on the very backend that does the work: they live exactly as
long as that backend, also when its client was killed. Keys are pairs of a namespace and a
hash that does not change between versions of ours. A job's lock is held by the one session
that directs it, a shared lock on its work by every session that acts for it, and a lock on
a table by the one session that acts on it, whatever the job.
"""

from __future__ import annotations

import hashlib
import struct

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

JOB = 0x74686A62
WORK = 0x7468776B
TABLE = 0x74687462


def key(name: str) -> int:
    """A name as the second half of a two-part lock key: four signed bytes."""
    digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
    number: int = struct.unpack("<i", digest)[0]
    return number


async def take(connection: AsyncConnection[TupleRow], space: int, name: str) -> bool:
    """Takes a lock for this session if nobody else has it; never waits."""
    return await _ask(connection, "pg_try_advisory_lock", space, name)


async def take_shared(connection: AsyncConnection[TupleRow], space: int, name: str) -> bool:
    """Takes a shared lock for this session unless somebody has it alone; never waits."""
    return await _ask(connection, "pg_try_advisory_lock_shared", space, name)


async def give_back(connection: AsyncConnection[TupleRow], space: int, name: str) -> None:
    """Gives a lock back before the session ends."""
    await _ask(connection, "pg_advisory_unlock", space, name)


async def idle(connection: AsyncConnection[TupleRow], name: str) -> bool:
    """Whether no session, also none whose client is gone, still acts for a job."""
    if not await take(connection, WORK, name):
        return False
    await give_back(connection, WORK, name)
    return True


async def holder(connection: AsyncConnection[TupleRow], space: int, name: str) -> str:
    """The sessions that hold a lock, for a message."""
    cursor = await connection.execute(_HOLDERS, {"space": space, "key": key(name)})
    rows = await cursor.fetchall()
    return ", ".join(f"{row[1]} (pid {row[0]})" for row in rows) or "nobody any more"


async def _ask(connection: AsyncConnection[TupleRow], function: str, space: int, name: str) -> bool:
    statement = f"select pg_catalog.{function}(%s::int4, %s::int4)"
    cursor = await connection.execute(statement.encode(), (space, key(name)))
    row = await cursor.fetchone()
    return bool(row and row[0])


_HOLDERS = """
select l.pid, coalesce(nullif(a.application_name, ''), 'a session')
from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 2
  and l.database = (select oid from pg_catalog.pg_database
    where datname = pg_catalog.current_database())
  and l.classid::bigint = %(space)s and l.objid::bigint = (%(key)s::bigint & 4294967295)
order by l.pid
"""
