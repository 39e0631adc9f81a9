"""What ends a server when the process that started it was killed.

A small shell process holds the reading end of a pipe whose only writing end is ours. When we
end, however that is, it reads the end of the file, stops the server and removes what was
temporary. A parent-death signal would be simpler, but it is sent when the starting *thread*
ends, and it would leave the directory behind.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from thorbis_ops.server.privileges import identity, unprivileged

# $1 pid of the postmaster, $2 its data directory, $3 what to remove, or nothing.
# A word on the pipe means that the server was stopped in an orderly way.
SCRIPT = """
read -r word && exit 0
running() { [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ]; }
if running "$1" "$2"; then
    kill -INT "$1"
    left=100
    while running "$1" "$2" && [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
    running "$1" "$2" && kill -QUIT "$1" && sleep 1
fi
if [ -n "$3" ]; then rm -rf -- "$3"; fi
"""
SECONDS_TO_LEAVE = 10.0


@dataclass(slots=True)
class Watch:
    """The process that waits for our end, and the pipe it waits on."""

    process: subprocess.Popen[bytes]

    def dismiss(self) -> None:
        """Tell it that its server was stopped, and wait for it to leave."""
        if self.process.poll() is None:
            self.process.communicate(b"stopped\n", SECONDS_TO_LEAVE)


def watch(pid: int, data: Path, remove: Path | None) -> Watch:
    """Watch over the postmaster ``pid``; ``remove`` is deleted after its end."""
    command = ["/bin/sh", "-c", SCRIPT, "watch", str(pid), str(data), str(remove or "")]
    process = subprocess.Popen(
        command,
        env={"PATH": os.defpath},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **identity(unprivileged()),
    )
    return Watch(process)
