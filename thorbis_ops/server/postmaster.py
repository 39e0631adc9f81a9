"""The postmaster's process: launched, waited for, told to end.

It is our own child, in a session of its own so that a Ctrl-C at the terminal does not reach it.
It counts as started when its lock file says so, which is also what pg_ctl looks at.
"""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path

from thorbis_ops.errors import ServerError
from thorbis_ops.server import log
from thorbis_ops.server.cluster import Cluster
from thorbis_ops.server.privileges import identity, unprivileged
from thorbis_ops.server.settings import socket_directories

START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02
DEFAULT_PORT = 5432
ATTEMPTS = 5
# Line of postmaster.pid and its words, from PostgreSQL's pidfile.h.
STATUS_LINE = 7
STARTED = frozenset({"ready", "standby"})

Process = subprocess.Popen[bytes]


class _PortTakenError(ServerError):
    """Someone took the port between our choice and the server's start."""


def launch(cluster: Cluster, timeout: float) -> tuple[Process, int]:
    """A started postmaster and its port; ServerError with the server's own reason if not.

    ``timeout`` in seconds bounds how long it may take until it answers.
    """
    if cluster.port is not None:
        _require_free(cluster)
        return _launch_on(cluster, cluster.port, timeout), cluster.port
    for _ in range(ATTEMPTS):
        port = _any_port(cluster)
        with contextlib.suppress(_PortTakenError):
            return _launch_on(cluster, port, timeout), port
    raise ServerError(f"no free port on 127.0.0.1 in {ATTEMPTS} attempts")


def terminate(process: Process) -> None:
    """End all sessions and stop; by force when that takes longer than STOP_SECONDS."""
    for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(request)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def _launch_on(cluster: Cluster, port: int, timeout: float) -> Process:
    process = _spawn(cluster, port)
    try:
        _await_start(cluster, process, timeout)
    except BaseException:
        terminate(process)
        raise
    return process


def _spawn(cluster: Cluster, port: int) -> Process:
    postgres = cluster.installation.program("postgres")
    with cluster.start_log.open("wb") as errors:
        return subprocess.Popen(
            [postgres, "-D", cluster.data, *_options(cluster, port)],
            env=cluster.installation.environment(),
            cwd=cluster.directory,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
            **identity(unprivileged()),
        )


def _options(cluster: Cluster, port: int) -> list[str]:
    """The settings that outrank every file of the cluster."""
    options = {
        **cluster.imposed,
        "config_file": str(cluster.configuration),
        "hba_file": str(cluster.authentication),
        "listen_addresses": "127.0.0.1" if cluster.tcp else "",
        "port": str(port),
        "unix_socket_directories": socket_directories(cluster.socket_directory),
        "log_directory": str(cluster.log_directory),
    }
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def _await_start(cluster: Cluster, process: Process, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not _started(cluster.data, process.pid):
        if process.poll() is not None:
            raise _failure(cluster)
        if time.monotonic() > deadline:
            raise ServerError(f"{cluster.data} did not start within {timeout:g} s")
        time.sleep(POLL_SECONDS)


def _started(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    ours = lines[:1] == [str(pid)]
    return ours and len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() in STARTED


def _failure(cluster: Cluster) -> ServerError:
    reason = log.reason(cluster.start_log, cluster.log_directory)
    kind = _PortTakenError if "TCP/IP sockets" in reason else ServerError
    major = cluster.installation.major
    return kind(f"PostgreSQL {major} did not start in {cluster.data}: {reason}")


def _any_port(cluster: Cluster) -> int:
    """A free port; without TCP the number only names the socket in its private directory."""
    if not cluster.tcp:
        return DEFAULT_PORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _require_free(cluster: Cluster) -> None:
    if not cluster.tcp:
        return
    with socket.socket() as probe:
        # As PostgreSQL does: connections of an earlier server that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", cluster.port))
        except OSError as error:
            raise ServerError(
                f"port {cluster.port} on 127.0.0.1 cannot be used: {error.strerror}; choose another"
            ) from error
