"""Why a server did not start, from what it wrote.

Until the log collector runs, PostgreSQL writes to standard error, afterwards to the log that
``log_destination`` names. A wrong setting is told as LOG, before a FATAL that says no more than
that the file contains errors; so all complaints are told, in one line.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

FATAL = ("FATAL", "PANIC")
COMPLAINT = re.compile(r"\b(?:LOG|ERROR|FATAL|PANIC):\s+(.*)")
COLLECTOR_STARTS = "redirecting log output"
TAIL_BYTES = 65_536
# Columns of the CSV log, counted from nought.
CSV_SEVERITY, CSV_MESSAGE = 11, 13


def reason(standard_error: Path, log_directory: Path) -> str:
    """What the server complained of last, in one line."""
    plain = _tail(standard_error)
    if not any(COLLECTOR_STARTS in line for line in plain):
        complaints = [found[1] for line in plain if (found := COMPLAINT.search(line))]
        return "; ".join(complaints or plain[-1:]) or "it wrote no log"
    return (list(_collected(log_directory)) or ["it does not say why"])[-1]


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
