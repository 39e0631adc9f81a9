"""Times commands in turns, so that whatever else the machine does falls on all of them."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence


def python(code: str) -> list[str]:
    """The command that runs ``code`` in this interpreter."""
    return [sys.executable, "-c", code]


def medians(commands: Sequence[Sequence[str]], rounds: int) -> list[float]:
    """The median wall seconds of each command over interleaved rounds, after a warm-up."""
    times: list[list[float]] = [[] for _ in commands]
    for round_ in range(rounds + 1):
        for command, taken in zip(commands, times, strict=True):
            began = time.perf_counter()
            subprocess.run(command, check=False, capture_output=True)
            if round_:
                taken.append(time.perf_counter() - began)
    return [statistics.median(taken) for taken in times]


def verdict(name: str, measured: float, floor: float, promise: float) -> None:
    """Prints the ratio beside what was promised."""
    ratio = measured / floor
    kept = "kept" if ratio <= promise else "MISSED"
    print(f"{name}: {measured:.4g} / {floor:.4g} = {ratio:.2f} (promise <= {promise}) {kept}")
