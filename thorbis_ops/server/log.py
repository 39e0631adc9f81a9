"""Why a server did not start, from what it wrote.

Until the log collector runs, PostgreSQL writes to standard error, afterwards to the log that
``log_destination`` names; the last fatal message of either is the reason.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

FATAL = ("FATAL", "PANIC")
TAIL_BYTES = 65_536
CSV_SEVERITY, CSV_MESSAGE = 11, 13


def last_fatal(standard_error: Path, log_directory: Path) -> str:
    """The last fatal message, in one line; what stands last where there is none."""
    plain = _tail(standard_error)
    collected = list(_collected(log_directory))
    fatal = [line for line in plain if line.partition("FATAL:")[1]]
    reasons = collected or [line.partition("FATAL:")[2].strip() for line in fatal] or plain
    return reasons[-1] if reasons else "it wrote no log"


def _collected(log_directory: Path) -> Iterator[str]:
    """Fatal messages of the newest log."""
    logs = [path for path in log_directory.iterdir() if path.suffix in {".json", ".csv"}]
    for path in sorted(logs, key=lambda one: one.stat().st_mtime_ns)[-1:]:
        read = _of_json if path.suffix == ".json" else _of_csv
        yield from (message for severity, message in read(_tail(path)) if severity in FATAL)


def _of_json(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # the first line of a tail may be cut
            continue
        yield entry.get("error_severity", ""), entry.get("message", "")


def _of_csv(lines: list[str]) -> Iterator[tuple[str, str]]:
    for row in csv.reader(lines):
        if len(row) > CSV_MESSAGE:
            yield row[CSV_SEVERITY], row[CSV_MESSAGE]


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
