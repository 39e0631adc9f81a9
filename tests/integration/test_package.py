"""The wheel: what is in it, and that it works far from this checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTENT = ("checks", "maintenance", "alerts", "dashboards", "schema")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what git knows, built from a copy without anything else."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    return next(place.glob("*.whl"))


def test_the_wheel_holds_all_content_that_git_lists(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", *CONTENT, "thorbis_ops", "config.toml"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    expected = {
        name if name.startswith("thorbis_ops/") else f"thorbis_ops/_content/{name}"
        for name in listed
        if (ROOT / name).is_file()
    }
    assert expected - held == set()
    extra = {name for name in held - expected if ".dist-info/" not in name}
    assert extra == set()


def test_the_wheel_checks_a_database_from_an_empty_environment(
    wheel: Path, db: str, tmp_path: Path
) -> None:
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)],
        check=True,
        cwd=tmp_path,
    )
    command = str(environment / "bin" / "thorbis-ops")
    ended = subprocess.run(
        [command, "check", "--dsn", db, "--fail-on", "never"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "checks" in ended.stdout, ended.stderr
    assert ended.returncode in (0, 3)
    assert ended.stderr == ""
    outside = subprocess.run(
        [str(python), "-c", "import checks"], cwd=tmp_path, capture_output=True, check=False
    )
    assert outside.returncode != 0
