"""A cluster on disk, made anew or adopted from data that a restore has put in place.

Its directory belongs to us; the account that runs PostgreSQL owns only what lies in it and may
change nothing beside. Data is never edited: all configuration stands outside of it.
"""

import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thorbis_ops.errors import ServerError
from thorbis_ops.server import settings as server_settings
from thorbis_ops.server.initdb import initdb
from thorbis_ops.server.installation import Installation
from thorbis_ops.server.privileges import make_directory, make_passage, require_reachable
from thorbis_ops.server.settings import Authentication

# sun_path of unix(7) holds 108 bytes, the last of them zero.
LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that may be started: where it lies, whose binaries, how it may be entered.

    ``imposed`` are settings that even ``alter system`` in its data cannot change.
    """

    directory: Path
    installation: Installation
    tcp: Authentication | None = None
    port: int | None = None
    password: str | None = field(default=None, repr=False)
    imposed: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def socket_directory(self) -> Path:
        """Where the unix socket appears."""
        return self.directory / "socket"

    @property
    def log_directory(self) -> Path:
        """Where the server's JSON log is written."""
        return self.directory / "log"

    @property
    def start_log(self) -> Path:
        """What the server writes to standard error before its log collector runs."""
        return self.directory / "start.log"

    @property
    def configuration(self) -> Path:
        """Our ``postgresql.conf``, which includes that of the data."""
        return self.directory / "postgresql.conf"

    @property
    def authentication(self) -> Path:
        """The rules of entry, ``pg_hba.conf``."""
        return self.directory / "pg_hba.conf"


def create(
    directory: Path,
    installation: Installation,
    settings: Mapping[str, str],
    *,
    tcp: Authentication | None = None,
    port: int | None = None,
) -> Cluster:
    """Make a new cluster in ``directory``, which is new or empty.

    ``tcp`` opens loopback with that authentication, on ``port`` or a free one; the superuser is
    ``postgres`` and gets a random password for it.
    """
    wanted = server_settings.wanted(installation.major, settings)
    cluster = Cluster(
        directory=directory.absolute(),
        installation=installation,
        tcp=tcp,
        port=port,
        password=secrets.token_urlsafe(24) if tcp else None,
    )
    _require_only(cluster.directory, ())
    _place(cluster, wanted)
    initdb(installation, cluster.data, cluster.password)
    return cluster


def adopt(
    directory: Path,
    installation: Installation,
    settings: Mapping[str, str],
    *,
    tcp: Authentication | None = None,
    port: int | None = None,
) -> Cluster:
    """A cluster from data that lies in ``directory/data`` already, as after a restore.

    Nothing else may lie in ``directory``. The data must be of the installation's version; roles
    and passwords are the data's. ``settings`` outrank whatever the data says, and unless they
    say otherwise the copy archives nothing.
    """
    wanted = server_settings.wanted(installation.major, {**server_settings.COPY, **settings})
    cluster = Cluster(
        directory=directory.absolute(),
        installation=installation,
        tcp=tcp,
        port=port,
        imposed=wanted,
    )
    _require_only(cluster.directory, _parts(cluster))
    _require_version(cluster)
    _place(cluster, {})
    return cluster


def reopen(directory: Path, installation: Installation) -> Cluster:
    """The cluster that ``create`` once made in ``directory``, by its unix socket only.

    It keeps the settings it was made with, and whatever else lies there by now.
    """
    cluster = Cluster(directory=directory.absolute(), installation=installation)
    _require_version(cluster)
    if not cluster.configuration.is_file() or directory.stat().st_uid != os.geteuid():
        raise ServerError(f"{directory} was not made by us: no {cluster.configuration} of ours")
    return cluster


def socket_path_fits(directory: Path) -> bool:
    """Whether a cluster in ``directory`` could have a unix socket."""
    longest = directory / "socket" / ".s.PGSQL.65535"
    return len(os.fsencode(longest)) <= LONGEST_SOCKET_PATH


def _parts(cluster: Cluster) -> frozenset[Path]:
    """All that may lie in the directory of a cluster."""
    directories = {cluster.data, cluster.socket_directory, cluster.log_directory}
    return frozenset(
        directories | {cluster.start_log, cluster.configuration, cluster.authentication}
    )


def _require_only(directory: Path, expected: Collection[Path]) -> None:
    """The directory is about to become private: it must not be one that others use."""
    try:
        foreign = sorted({*directory.iterdir()} - {*expected})
    except FileNotFoundError:
        return
    except OSError as error:
        raise ServerError(f"{directory} cannot be used: {error.strerror}") from error
    if foreign:
        raise ServerError(f"{directory} holds {foreign[0].name} already: choose an empty directory")


def _require_version(cluster: Cluster) -> None:
    data, installation = cluster.data, cluster.installation
    try:
        major = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise ServerError(f"{data} holds no PostgreSQL data: no PG_VERSION") from error
    if major != str(installation.major):
        raise ServerError(
            f"{data} is of PostgreSQL {major}, {installation.bin} of {installation.major}"
        )


def _place(cluster: Cluster, settings: Mapping[str, str]) -> None:
    """Make the directories, within reach of the account that runs the server, and our files."""
    if not socket_path_fits(cluster.directory):
        raise ServerError(
            f"{cluster.directory} is too long a path for a unix socket "
            f"(at most {LONGEST_SOCKET_PATH} bytes with the socket's name): choose a shorter one"
        )
    require_reachable(cluster.installation.bin)
    make_passage(cluster.directory)
    for path in (cluster.data, cluster.socket_directory, cluster.log_directory):
        make_directory(path)
    _write(cluster.configuration, server_settings.configuration(cluster.data, settings))
    _write(cluster.authentication, server_settings.host_based_authentication(cluster.tcp))


def _write(path: Path, text: str) -> None:
    """Write a file that the account may read; one that was there is replaced, not followed."""
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
