"""What a PostgreSQL of our own is configured with, as text.

Where it listens and logs is given on the command line of the server, so that it also holds for
a restored copy of another cluster; everything else stands in ``postgresql.conf``, where
``alter system`` may still change it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from thorbis_ops.errors import ServerError

Authentication = Literal["scram-sha-256", "trust"]

# For data that nobody will miss: what a crash of the machine leaves of it does not matter.
DISPOSABLE: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "shared_buffers": "32MB", "max_wal_size": "512MB"}
)
JSONLOG_SINCE = 15


def configuration(major: int, settings: Mapping[str, str]) -> str:
    """Lines for ``postgresql.conf``: what observation needs, then ``settings``, which win.

    ServerError names a setting that cannot be written.
    """
    wanted = _base(major) | dict(settings)
    return "".join(f"{_name(name)} = {_quoted(name, wanted[name])}\n" for name in wanted)


def host_based_authentication(tcp: Authentication | None) -> str:
    """``pg_hba.conf``: whoever may enter the socket's private directory is trusted."""
    lines = ["local all all trust", "local replication all trust"]
    if tcp:
        lines += [
            f"host {database} all {address} {tcp}"
            for database in ("all", "replication")
            for address in ("127.0.0.1/32", "::1/128")
        ]
    return "".join(f"{line}\n" for line in lines)


def command_line(
    *, port: int, sockets: Path, logs: Path, authentication: Path, tcp: bool
) -> list[str]:
    """The options of ``postgres`` that outrank every file of the cluster."""
    quoted = str(sockets).replace('"', '""')
    options = {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(port),
        "unix_socket_directories": f'"{quoted}"',
        "log_directory": str(logs),
        "hba_file": str(authentication),
    }
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def _base(major: int) -> dict[str, str]:
    return {
        "shared_preload_libraries": "pg_stat_statements",
        "compute_query_id": "on",
        "track_io_timing": "on",
        "logging_collector": "on",
        "log_destination": "jsonlog" if major >= JSONLOG_SINCE else "csvlog",
    }


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_.]*", name):
        raise ServerError(f"{name!r} is not the name of a PostgreSQL setting")
    return name


def _quoted(name: str, value: str) -> str:
    if not value.isprintable():
        raise ServerError(f"the value of setting {name} must be one line of printable text")
    doubled = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
