"""Connections to watched servers: harmless by construction.

Every session carries a name and four timeouts from its first byte, since a setting sent
afterwards could itself wait. The client has deadlines of its own: a server that hangs
answers no statement_timeout, and lets go of nothing that is cancelled.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection, conninfo
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from thorbis_ops.deadline import deadline, sever
from thorbis_ops.errors import ConfigError, TargetError

_T = TypeVar("_T")

CONNECT_TIMEOUT = 5
#: Seconds that a server is given to end a statement that was cancelled.
LET_GO = 2.0
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# The server's side of it: a session whose client is cut off holds its locks for two hours else.
_SERVER_KEEPALIVE = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
# Catalogue reads gain nothing from either, and a parallel worker starts with cold caches.
_CATALOGUE = {"jit": "off", "max_parallel_workers_per_gather": "0", "search_path": "pg_catalog"}


def parse_dsn(dsn: str) -> dict[str, str]:
    """The parts of a libpq conninfo or URI; ConfigError, without its text, if malformed."""
    try:
        parts = {k: str(v) for k, v in conninfo.conninfo_to_dict(dsn).items() if v is not None}
    except psycopg.Error as error:
        raise ConfigError(
            f"dsn: is not a libpq conninfo or URI ({_bare(error)}); "
            "write postgresql://user@host:port/database or host=… dbname=…"
        ) from None
    for name, form in (("port", r"[\d,]*"), ("connect_timeout", r"\d*")):
        if not re.fullmatch(form, parts.get(name, "")):
            raise ConfigError(f"dsn: {name} is not a number")
    return parts


def check_dsn(dsn: str) -> None:
    """ValueError, which names the fault and not the text, where ``dsn`` is malformed."""
    try:
        parse_dsn(dsn)
    except ConfigError as error:
        raise ValueError(str(error).removeprefix("dsn: ")) from None


def _bare(error: Exception) -> str:
    """An error's first line with everything quoted cut out, since it may quote a secret."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return _QUOTED.sub("“…”", first)


# Servers quote in the manner of their language: "x", »x«, « x », „x“, 'x', 「x」, ….
_QUOTED = re.compile(
    r"""\"[^"]*"|»[^«]*«|«[^»]*»|>>.*?<<|[„“][^“”]*[“”]|[‚‘][^‘’]*[‘’]|「[^」]*」|(?<!\w)'.*'(?!\w)"""
)


class _Line(AsyncConnection[TupleRow]):
    """A connection that is cut at the socket when a cancelled statement will not end."""

    _waits = 0

    async def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        """As always, and counted, so that only the statement that was cancelled is cut off."""
        self._waits += 1
        return await super().wait(gen, interval, timeout)

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:
        """As always, but not for long."""
        asyncio.get_running_loop().call_later(LET_GO, self._cut, self._waits)
        await super().cancel_safe(timeout=min(timeout, LET_GO))

    def _cut(self, wait: int) -> None:
        if wait == self._waits and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
            sever(self)


async def connect(
    dsn: str,
    *,
    application_name: str = "thorbis-ops",
    lock_timeout: float = 2.0,
    statement_timeout: float = 10.0,
    idle_timeout: float = 30.0,
    read_only: bool = True,
    settings: Mapping[str, str] | None = None,
) -> AsyncConnection[TupleRow]:
    """An autocommit connection with all timeouts (seconds) set; TargetError if there is none."""
    options = session_settings(
        lock_timeout=lock_timeout,
        statement_timeout=statement_timeout,
        idle_timeout=idle_timeout,
    )
    if read_only:
        options |= {**_CATALOGUE, "default_transaction_read_only": "on"}
    return await open_connection(dsn, application_name, options | dict(settings or {}))


def session_settings(
    *, lock_timeout: float, statement_timeout: float, idle_timeout: float
) -> dict[str, str]:
    """The timeouts of a session, in the server's own unit of milliseconds."""
    return {
        "lock_timeout": str(round(lock_timeout * 1000)),
        "statement_timeout": str(round(statement_timeout * 1000)),
        "idle_in_transaction_session_timeout": str(round(idle_timeout * 1000)),
        **_SERVER_KEEPALIVE,
    }


async def open_connection(
    dsn: str, application_name: str, settings: Mapping[str, str]
) -> AsyncConnection[TupleRow]:
    """A connection whose session begins with ``settings``, whatever the DSN's own options."""
    parts = parse_dsn(dsn)
    # libpq reads 0 as for ever, and we never wait so long.
    timeout = min(int(parts.get("connect_timeout") or 0) or CONNECT_TIMEOUT, CONNECT_TIMEOUT)
    overrides = {
        **_KEEPALIVE,
        "connect_timeout": timeout,
        "application_name": application_name,
        "client_encoding": "UTF8",
        "options": " ".join([parts.get("options", ""), *map(_option, settings.items())]).strip(),
    }
    try:
        async with asyncio.timeout(timeout + 1):
            connection = await _Line.connect(
                dsn,
                autocommit=True,
                prepare_threshold=None,
                **overrides,  # type: ignore[arg-type]
            )
    except TimeoutError:
        raise TargetError(f"{place(dsn)}: no answer in {timeout} s; is it reachable?") from None
    except psycopg.Error as error:
        raise TargetError(f"{place(dsn)}: {explain(error)}") from None
    if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        await _take_any_text(connection)
    return connection


async def _take_any_text(connection: AsyncConnection[TupleRow]) -> None:
    """A database without an encoding holds what it was given, and would refuse to call it UTF-8."""
    for type_ in ("text", "name", "varchar", "bpchar"):
        connection.adapters.register_loader(type_, _AnyText)
    try:
        with deadline(connection, CONNECT_TIMEOUT):
            await connection.execute("set client_encoding = 'SQL_ASCII'")
    except psycopg.Error as error:
        raise TargetError(f"the connection was lost: {describe(error)}") from None


class _AnyText(Loader):
    """Text that need not be UTF-8."""

    def load(self, data: Buffer) -> str:
        """The text, with an escape for each byte that is no part of any."""
        return bytes(data).decode("utf-8", "backslashreplace")


def _option(pair: tuple[str, str]) -> str:
    name, value = pair
    escaped = value.replace("\\", "\\\\").replace(" ", "\\ ")
    return f"-c {name}={escaped}"


def place(dsn: str) -> str:
    """Where a DSN points, without user, password or options: ``host:port/database``."""
    try:
        parts = parse_dsn(dsn)
    except ConfigError:
        return "dsn"
    if "service" in parts:
        return f"service={parts['service']}"
    host = parts.get("host") or parts.get("hostaddr") or "local socket"
    return f"{host}:{parts.get('port', '5432')}/{parts.get('dbname', '')}".rstrip("/")


_CURES = {
    "password authentication failed": "the password is wrong; correct the passfile or PGPASSWORD",
    "no password supplied": "a password is needed; give it by passfile, service or PGPASSWORD",
    "Connection refused": "nothing listens there; is the server running?",
    "No such file or directory": "there is no such socket; is the server running?",
    "could not translate host name": "the host name is unknown; correct the dsn",
    "failed to resolve host": "the host name is unknown; correct the dsn",
    "too many connections": "the role or the database is at its connection limit",
    "too many clients": "the server has no connection left",
    "remaining connection slots": "the server has no connection left",
    "starting up": "the server is starting up; try again shortly",
    "shutting down": "the server is shutting down",
    "not permitted to log in": "the role may not log in; name another in the dsn",
    "permission denied for database": "the role may not connect; grant connect on the database",
    "not currently accepting connections": "the database accepts no connections",
    "Peer authentication failed": "the socket admits only the user of that name; name a host",
    "no pg_hba.conf entry": "pg_hba.conf does not admit this role from here",
    "timeout expired": "no answer in time; is it reachable?",
}


def explain(error: psycopg.Error) -> str:
    """Why connecting failed and what to do, in one line that quotes nothing secret."""
    text = str(error)
    absent = re.search(r'(role|database) "[^"]*" does not exist', text)
    if absent:
        return f"the {absent[1]} does not exist; correct the dsn"
    for sign, cure in _CURES.items():
        if sign in text:
            return cure
    return _bare(error)


def describe(error: psycopg.Error) -> str:
    """What the server said of a statement, in one line without the values that it quoted."""
    code = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    return f"{_bare(error)}{code}"
