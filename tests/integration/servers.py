"""What the tests of a server of our own share."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from thorbis_ops import server


@pytest.fixture
def place() -> Iterator[Path]:
    """A short directory within everyone's reach, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="place-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def newest() -> server.Installation:
    return server.find_installation()


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def processes_of(directory: Path) -> list[str]:
    """Command lines that name a directory; an unreaped zombie has none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(directory) in command and "pytest" not in command:
            found.append(command)
    return found


def one(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
