"""The web server inside the daemon's own loop: bound early, stopped cleanly, hard to hang.

The daemon owns the signals. A client that says nothing, or does not read what it asked for,
is cut off; so many are let in that they cannot use up the memory or the file descriptors that
the databases need.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from thorbis_ops.errors import ConfigError
from thorbis_ops.web.auth import Auth
from thorbis_ops.web.board import Board

#: Connections that may be open at once; one more is closed at the door.
CONNECTIONS = 64
#: Seconds after which a connection on which nothing moves is closed.
PATIENCE = 30.0
#: Seconds that requests under way are given when the server stops.
GRACE = 2

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate chain and private key, both PEM."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """A server's context; ConfigError names the files when they do not fit."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"web.certificate and web.key: {self.certificate} and {self.key} cannot be used: "
                f"{error.strerror or error}"
            ) from None
        return context


class WebServer:
    """A server that runs; ``port`` is the one it was given by the system when asked for 0."""

    def __init__(self, server: _Uvicorn, board: Board, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self._server = server
        self._board = board
        self._task = asyncio.create_task(server.serve([listener]), name="web")

    async def stop(self) -> None:
        """Ends subscriptions, lets requests under way finish, and closes the door."""
        self._board.close()
        self._server.should_exit = True
        await asyncio.wait({self._task})

    async def started(self) -> None:
        """Waits until connections are accepted."""
        await asyncio.wait(
            {self._task, asyncio.ensure_future(self._server.ready.wait())},
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self._task.done():
            await self._task


async def serve(
    app: Starlette, *, host: str = "127.0.0.1", port: int = 9187, tls: Tls | None = None
) -> WebServer:
    """Serves ``app`` until it is stopped. ConfigError when the address cannot be had."""
    board, auth = app.state.board, app.state.auth
    context = tls.context() if tls else None
    listener = _listen(host, port)
    _warn_when_open(host, auth)
    config = uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(2 * PATIENCE),
        timeout_graceful_shutdown=GRACE,
    )
    config.load()
    config.ssl = context
    server = WebServer(_Uvicorn(config), board, listener)
    await server.started()
    return server


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the daemon."""
        yield


class _Connection(H11Protocol):
    """A connection that is closed when nothing moved on it between two looks."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        else:
            self.loop.call_later(PATIENCE, self._look, None)

    def _look(self, before: tuple[object, int] | None) -> None:
        if self not in self.connections:
            return
        unsent = self.transport.get_write_buffer_size()
        now = (self.cycle, unsent)
        if self._is_at_work(unsent) or (self.cycle is not None and now != before):
            self.loop.call_later(PATIENCE, self._look, now)
        elif unsent:
            self.transport.abort()
        else:
            self.transport.close()

    def _is_at_work(self, unsent: int) -> bool:
        return self.cycle is not None and not self.cycle.response_complete and not unsent


def _listen(host: str, port: int) -> socket.socket:
    bare = host.strip("[]")
    try:
        family = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((bare, port), family=family, backlog=CONNECTIONS)
    except OSError as error:
        raise ConfigError(
            f"web.listen: cannot listen on {host}:{port}: {error.strerror}; "
            "stop what uses it or set another address"
        ) from None


def _warn_when_open(host: str, auth: Auth) -> None:
    if host.strip("[]") not in _LOOPBACK and not auth.required:
        _logger.warning(
            "web.listen: %s is reachable from outside and asks for no credentials; "
            "set web.user and web.password_file, or web.token_file",
            host,
        )
