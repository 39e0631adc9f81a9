"""What cleans up when the process that started a server was killed.

A small shell process holds the reading end of a pipe whose only writing end is ours. When we
end, however that is, it reads the end of the file, stops the server of a data directory and
removes what was temporary. A parent-death signal would be simpler, but it is sent when the
starting *thread* ends, and it would leave the directory behind.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from thorbis_ops.server.privileges import identity, unprivileged

# $1 data directory, $2 what to remove, or nothing. Stops as pg_ctl does: fast, then immediate.
# A word on the pipe means that all was done in an orderly way. A lock file may name a process
# that is long gone, hence the look at who it is; initdb may still be writing, hence the loop.
SCRIPT = """
read -r word && exit 0
postmaster() {
    pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = postgres ]
}
postmaster "$1" && kill -INT "$pid"
left=100
while postmaster "$1" && [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
postmaster "$1" && kill -QUIT "$pid"
left=50
while [ -n "$2" ] && [ -e "$2" ] && [ "$left" -gt 0 ]; do
    rm -rf -- "$2" && break
    sleep 0.1; left=$((left - 1))
done
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


def watch(data: Path, remove: Path | None = None) -> Watchdog:
    """Stop the server of ``data`` after our end, if one runs, and delete ``remove``."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", SCRIPT, "thorbis-ops-watchdog", str(data), str(remove or "")],
        env={"PATH": os.defpath},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **identity(unprivileged()),
    )
    return Watchdog(process)
