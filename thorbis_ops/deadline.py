"""A deadline that holds against a server that hangs: the socket is cut off.

Cancelling a statement needs the server's help, and so do its timeouts. A server that is
paused or cut off gives none; whoever waits on the socket gets an error at once when it is
shut down. Knows sockets, not databases.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Protocol


class HasSocket(Protocol):
    """Anything that knows its file descriptor, such as a connection."""

    def fileno(self) -> int:
        """The descriptor of the socket."""


@contextlib.contextmanager
def deadline(connection: HasSocket, seconds: float) -> Iterator[None]:
    """Cuts the connection's socket after ``seconds`` unless the block has ended."""
    timer = asyncio.get_running_loop().call_later(seconds, sever, connection)
    try:
        yield
    finally:
        timer.cancel()


def sever(connection: HasSocket) -> None:
    """Ends the connection at the socket; one that is closed already is left alone."""
    with contextlib.suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
