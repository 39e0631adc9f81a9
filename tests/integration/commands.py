"""The command line as a user calls it: a process of its own, with what it printed."""

import os
import subprocess
import sys
from collections.abc import Mapping


def thorbis_ops(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "THORBIS_OPS"))}
    return subprocess.run(
        [sys.executable, "-m", "thorbis_ops", *arguments],
        capture_output=True,
        check=False,
        cwd="/",
        env={**kept, **(environment or {})},
        text=True,
        timeout=60,
    )
