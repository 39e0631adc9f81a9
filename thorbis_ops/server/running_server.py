"""The life of a server: started, asked for its address, restarted, stopped."""

import contextlib
import dataclasses
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from thorbis_ops.errors import ServerError
from thorbis_ops.server.cluster import Cluster, create, socket_path_fits
from thorbis_ops.server.installation import Installation
from thorbis_ops.server.postmaster import START_SECONDS, launch, terminate
from thorbis_ops.server.privileges import may_enter, run, unprivileged
from thorbis_ops.server.settings import Authentication
from thorbis_ops.server.watchdog import remove_after_us, stop_after_us

COMMAND_SECONDS = 600.0
NOTHING: Mapping[str, str] = MappingProxyType({})
PREFIX = "thorbis-ops-"


class RunningServer:
    """A server that runs until ``stop``, or until this process ends, however it ends."""

    def __init__(self, cluster: Cluster, *, timeout: float) -> None:
        self.cluster = cluster
        self._timeout = timeout
        self._start()

    def _start(self) -> None:
        self._watchdog = stop_after_us(self.data)
        try:
            self._process, self.port = launch(self.cluster, self._timeout)
        except BaseException:
            self._watchdog.dismiss()
            raise

    @property
    def major(self) -> int:
        """The major version."""
        return self.cluster.installation.major

    @property
    def directory(self) -> Path:
        """The private directory that holds everything of this server."""
        return self.cluster.directory

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.cluster.data

    @property
    def socket_directory(self) -> Path:
        """Where the unix socket is; what libpq takes as ``host``."""
        return self.cluster.socket_directory

    @property
    def log_directory(self) -> Path:
        """Where the JSON log is written."""
        return self.cluster.log_directory

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._process.pid

    def dsn(
        self,
        database: str = "postgres",
        user: str = "postgres",
        *,
        over: Literal["socket", "tcp"] = "socket",
    ) -> str:
        """A connection string; over TCP with the superuser's password where it is his."""
        parts = {"host": str(self.socket_directory), "port": str(self.port)}
        if over == "tcp":
            parts["host"] = "127.0.0.1"
            if self.cluster.password and user == "postgres":
                parts["password"] = self.cluster.password
        parts |= {"dbname": database, "user": user}
        return " ".join(f"{key}={_quoted(value)}" for key, value in parts.items())

    def command(
        self, program: str, *arguments: str, timeout: float = COMMAND_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run a client program of this version against this server, as the server's account.

        The exit code is for the caller to judge; ServerError when it is missing or takes longer
        than ``timeout`` seconds.
        """
        address = {"PGHOST": str(self.socket_directory), "PGPORT": str(self.port)}
        installation = self.cluster.installation
        return run(
            [installation.program(program), *arguments],
            environment=installation.environment() | address | {"PGUSER": "postgres"},
            directory=self.directory,
            timeout=timeout,
        )

    def stop(self) -> None:
        """End all sessions and stop, by force if need be; nothing happens when it is stopped."""
        terminate(self._process)
        self._watchdog.dismiss()

    def restart(self) -> None:
        """Stop, if it still runs, and start again on the same port."""
        self.stop()
        self.cluster = dataclasses.replace(self.cluster, port=self.port)
        self._start()


def start(cluster: Cluster, *, timeout: float = START_SECONDS) -> RunningServer:
    """Start a cluster; ServerError with the server's own reason when it does not come up.

    ``timeout`` in seconds: recovery of a restored copy may need a long one.
    """
    return RunningServer(cluster, timeout=timeout)


@contextlib.contextmanager
def running(
    installation: Installation,
    settings: Mapping[str, str] = NOTHING,
    *,
    tcp: Authentication | None = None,
    port: int | None = None,
) -> Iterator[RunningServer]:
    """A new server in a temporary directory; on leaving it is stopped and removed."""
    with _temporary_directory() as directory:
        server = start(create(directory, installation, settings, tcp=tcp, port=port))
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def _temporary_directory() -> Iterator[Path]:
    """A directory that is removed on leaving, and also when this process is killed."""
    place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_temporary_place()))
    watchdog = remove_after_us(place)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        watchdog.dismiss()


def _temporary_place() -> Path:
    """Where the account can reach a new directory whose path leaves room for a socket."""
    bases = dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp"))  # noqa: S108
    for base in bases:
        place = Path(base).resolve()
        if _suits(place):
            return place
    raise ServerError(
        f"no temporary directory suits a server: none of {', '.join(bases)} is short and open "
        "to the account that runs it; set TMPDIR to a short path that everyone may enter"
    )


def _suits(place: Path) -> bool:
    account = unprivileged()
    reachable = place.is_dir() and all(may_enter(one, account) for one in (place, *place.parents))
    return reachable and socket_path_fits(place / f"{PREFIX}12345678")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
