"""A base backup that is damaged, foreign or old is told apart from one that is whole."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.commands import thorbis_ops
from tests.maintenance import Bench, bench, decisions, outcomes
from thorbis_ops.backup import Expectation, describe, verify
from thorbis_ops.server import RunningServer, make_directory

__all__ = ["bench"]


@contextlib.contextmanager
def temporary_place() -> Iterator[Path]:
    """A folder that PostgreSQL's account may write to."""
    folder = make_directory(Path(tempfile.mkdtemp()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def take(pg: RunningServer, path: Path, *options: str) -> Path:
    done = pg.command("pg_basebackup", "-D", str(path), "--checkpoint=fast", *options)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def place() -> Iterator[Path]:
    with temporary_place() as folder:
        yield folder


@pytest.fixture(scope="module")
def taken(pg: RunningServer) -> Iterator[Path]:
    with temporary_place() as folder:
        yield take(pg, folder / "one", "--label=nightly")


@pytest.fixture
def backup(taken: Path, place: Path) -> Path:
    """A backup to damage; its files are shared by hard links, so they are replaced whole."""
    return shutil.copytree(taken, place / "one", copy_function=os.link)


def verified(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = thorbis_ops("backup", "verify", *arguments, "--format", "json")
    return done.returncode, json.loads(done.stdout)


def steps(document: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["verdict"] for step in document["steps"]}


def test_a_whole_backup_is_ok_and_says_what_it_is(pg: RunningServer, backup: Path) -> None:
    code, document = verified(str(backup), "--dsn", pg.dsn())
    assert (code, document["verdict"]) == (0, "ok")
    assert steps(document) == {"age": "ok", "system_identifier": "ok", "manifest": "ok"}
    described = document["backup"]
    assert (described["label"], described["kind"], described["path"]) == (
        "nightly", "plain", str(backup),
    )  # fmt: skip
    assert described["bytes"] > 1_000_000
    assert described["started_at"] <= described["finished_at"]
    assert document["rto_seconds"] is document["rpo_seconds"] is None
    table = thorbis_ops("backup", "verify", str(backup))
    assert table.returncode == 0
    assert "WAL readable" in table.stdout


def changed(backup: Path) -> None:
    largest = max((backup / "base" / "1").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[5000] ^= 1
    rewrite(largest, content)


def rewrite(path: Path, content: bytes | bytearray) -> None:
    """Write a file anew, since copies share theirs by hard links."""
    path.unlink()
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a byte changed": changed,
    "a file lost": lambda backup: (backup / "base" / "1" / "1259").unlink(),
    "a file added": lambda backup: (backup / "base" / "1" / "stranger").write_text("x"),
    "WAL lost": lambda backup: min((backup / "pg_wal").glob("0*")).unlink(),
    "half a manifest": lambda backup: rewrite(backup / "backup_manifest", b'{"Files": ['),
    "no label": lambda backup: (backup / "backup_label").unlink(),
}


async def test_any_damage_fails_with_its_reason(backup: Path, place: Path) -> None:
    for name, damage in DAMAGES.items():
        copy = place / name
        shutil.copytree(backup, copy, copy_function=os.link)
        damage(copy)
        found = await verify(copy, Expectation(), datetime.now(UTC))
        # Without any WAL it may have been meant for an archive: that is not known.
        expected = "unknown" if name == "WAL lost" else "failed"
        assert (name, found.verdict) == (name, expected)
        assert found.detail
        shutil.rmtree(copy)
    code, document = verified(str(backup))
    assert (code, document["verdict"]) == (0, "ok")


def test_a_missing_manifest_is_unknown_and_never_ok(backup: Path) -> None:
    (backup / "backup_manifest").unlink()
    code, document = verified(str(backup))
    assert (code, document["verdict"]) == (3, "unknown")
    assert steps(document)["system_identifier"] == "ok"


def test_wal_left_to_an_archive_is_unknown_until_it_is_named(
    pg: RunningServer, place: Path
) -> None:
    backup = take(pg, place / "two", "--wal-method=none")
    code, document = verified(str(backup))
    assert (code, document["verdict"]) == (3, "unknown")
    archive = place / "archive"
    shutil.copytree(pg.data / "pg_wal", archive)
    code, document = verified(str(backup), "--archive", str(archive))
    assert (code, steps(document)["archive"]) == (0, "ok")
    first = min(p for p in archive.iterdir() if len(p.name) == 24)
    for segment in archive.glob("0*"):
        segment.unlink()
    assert first
    code, document = verified(str(backup), "--archive", str(archive))
    assert (code, steps(document)["archive"]) == (1, "failed")


def test_the_expectation_decides_by_age_and_server(
    backup: Path, place: Path, tmp_path: Path
) -> None:
    wanted = tmp_path / "want.toml"
    wanted.write_text('system_identifier = "42"\nmax_age_seconds = 0.001\n', encoding="utf-8")
    code, document = verified(str(backup), "--expect", str(wanted))
    assert code == 1
    assert steps(document) == {"age": "failed", "system_identifier": "failed", "manifest": "ok"}
    wanted.write_text("max_age = 3\n", encoding="utf-8")
    done = thorbis_ops("backup", "verify", str(backup), "--expect", str(wanted))
    assert done.returncode == 2
    assert "max_age is not a key" in done.stderr


async def test_tars_are_verified_where_a_program_can(pg: RunningServer, place: Path) -> None:
    backup = take(pg, place / "tars", "--format=tar")
    described = describe(backup)
    assert (described.kind, described.major, described.holds_wal) == ("tar", pg.major, True)
    assert described.system_identifier is not None
    whole = await verify(backup, Expectation(), datetime.now(UTC))
    assert whole.verdict == "ok"
    content = bytearray((backup / "base.tar").read_bytes())
    content[len(content) // 2] ^= 1
    (backup / "base.tar").write_bytes(content)
    assert (await verify(backup, Expectation(), datetime.now(UTC))).verdict == "failed"


def test_what_is_no_backup_fails_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        code, document = verified(str(path))
        assert (code, document["verdict"]) == (1, "failed")
        assert str(path) in document["steps"][0]["detail"]


def test_the_configured_folder_gives_the_list_and_the_newest(
    pg: RunningServer, backup: Path, place: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[backup]\npaths = ["{place}"]\n', encoding="utf-8")
    listed = thorbis_ops("--config", str(config), "backup", "list", "--format", "json")
    found = json.loads(listed.stdout)["backups"]
    assert [b["label"] for b in found] == ["nightly"]
    assert found[0]["age_seconds"] >= 0
    assert thorbis_ops("--config", str(config), "backup", "verify").returncode == 0


async def test_the_job_verifies_the_newest_and_keeps_what_it_found(
    bench: Bench, backup: Path, place: Path
) -> None:
    wishes: dict[str, Any] = {"backup_paths": (place,), "backup_max_age": 3600.0}
    plan = await bench.plan("backup_verify", **wishes)
    assert decisions(plan) == {f"backup:{backup}": "run"}
    report = await bench.run("backup_verify", **wishes)
    assert outcomes(report) == {f"backup:{backup}": "done"}
    late = {**wishes, "at": datetime.now(UTC) + timedelta(days=2)}
    failed = await bench.run("backup_verify", **late)
    assert failed.outcome == "failed"
    assert "more than 3600 s" in failed.detail
    kept = bench.execute("select result ->> 'verdict' from thorbis_ops.evidence order by id")
    assert kept == [("ok",), ("failed",)]


async def test_without_folders_there_is_nothing_to_do_and_without_backups_it_is_refused(
    bench: Bench, tmp_path: Path
) -> None:
    assert (await bench.run("backup_verify")).outcome == "nothing_to_do"
    report = await bench.run("backup_verify", backup_paths=(tmp_path,))
    assert (report.outcome, report.plan.refused[0].reason) == ("refused", "holds no base backup")
