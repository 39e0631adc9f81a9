"""What the daemon shows: metrics, answers as JSON, and a console for people.

Everything is served from memory. The daemon composes what it knows once per tick and puts it
on the board; a request copies bytes and never waits for a database. When the daemon stops
publishing, the board says so instead of showing yesterday.
"""

from thorbis_ops.web.app import create_app
from thorbis_ops.web.auth import Auth
from thorbis_ops.web.board import Board, Body, Published
from thorbis_ops.web.compose import compose
from thorbis_ops.web.server import Tls, WebServer, serve

__all__ = [
    "Auth",
    "Board",
    "Body",
    "Published",
    "Tls",
    "WebServer",
    "compose",
    "create_app",
    "serve",
]
