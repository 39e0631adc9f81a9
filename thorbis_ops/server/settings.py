"""What a PostgreSQL of our own is configured with, as text.

The settings stand in a ``postgresql.conf`` outside the data, which ``alter system`` may still
outrank. Where it listens and logs, and for an adopted copy everything, is given on the command
line, so that no file of the data can say otherwise.
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


# A copy must not archive into its original's archive, nor need its original's certificates.
COPY: Mapping[str, str] = MappingProxyType({"archive_mode": "off", "ssl": "off"})


def configuration(data: Path, settings: Mapping[str, str]) -> str:
    """``postgresql.conf``: that of ``data`` if there is one, then ``settings``, which win."""
    lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
    return "".join([f"include_if_exists {_quoted(str(data / 'postgresql.conf'))}\n", *lines])


def wanted(major: int, settings: Mapping[str, str]) -> dict[str, str]:
    """What observation needs, and ``settings``; ServerError names one that cannot be written."""
    for name, value in settings.items():
        if not re.fullmatch(r"[a-z_][a-z0-9_.]*", name):
            raise ServerError(f"{name!r} is not the name of a PostgreSQL setting")
        if not value.isprintable():
            raise ServerError(f"the value of setting {name} must be one line of printable text")
    return _base(major) | dict(settings)


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


def socket_directories(path: Path) -> str:
    """The value of ``unix_socket_directories``, a list in which commas separate."""
    quoted = str(path).replace('"', '""')
    return f'"{quoted}"'


def _base(major: int) -> dict[str, str]:
    return {
        "shared_preload_libraries": "pg_stat_statements",
        "compute_query_id": "on",
        "track_io_timing": "on",
        "logging_collector": "on",
        "log_destination": "jsonlog" if major >= JSONLOG_SINCE else "csvlog",
    }


def _quoted(value: str) -> str:
    doubled = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
