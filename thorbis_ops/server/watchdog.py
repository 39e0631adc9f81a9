"""What cleans up when the process that started a server was killed.

A small shell process holds the reading end of a pipe whose only writing end is ours. When we
end, however that is, it reads the end of the file and does what we no longer can. A
parent-death signal would be simpler, but it is sent when the starting *thread* ends, and it
would leave the directory behind.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from thorbis_ops.server.privileges import Account, identity, unprivileged

# A word on the pipe means that all was done in an orderly way. A lock file may name a process
# that is long gone, hence the look at who it is.
COMMON = """
read -r word && exit 0
postmaster() {
    pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = postgres ]
}
await() {
    left=$2
    while postmaster "$1" && [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
}
"""
# As pg_ctl stops: fast, and if that takes too long, immediately.
STOP = """
postmaster "$1" && kill -INT "$pid"
await "$1" 100
postmaster "$1" && kill -QUIT "$pid"
"""
# The server is being stopped meanwhile, or initdb still writing, hence the attempts.
REMOVE = """
await "$1/data" 150
left=50
until rm -rf -- "$1" || [ "$left" -eq 0 ]; do sleep 0.1; left=$((left - 1)); done
"""
SECONDS_TO_LEAVE = 10.0


@dataclass(slots=True)
class Watchdog:
    """The process that waits for our end, by the pipe to it."""

    process: subprocess.Popen[bytes]

    def dismiss(self) -> None:
        """Tell it that everything is in order, and wait for it to leave."""
        if self.process.returncode is None:
            self.process.communicate(b"done\n", SECONDS_TO_LEAVE)


def stop_after_us(data: Path) -> Watchdog:
    """After our end, stop the server of ``data`` as the account that runs it."""
    return _watch(STOP, data, unprivileged())


def remove_after_us(directory: Path) -> Watchdog:
    """After our end, and the end of the server in it, remove the directory of a cluster."""
    return _watch(REMOVE, directory, None)


def _watch(script: str, path: Path, account: Account | None) -> Watchdog:
    process = subprocess.Popen(
        ["/bin/sh", "-c", COMMON + script, "thorbis-ops-watchdog", path],
        env={"PATH": os.defpath},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **identity(account),
    )
    return Watchdog(process)
