"""What a base backup says of itself: its manifest, its label, its control file.

A backup is a directory as pg_basebackup writes it, plain or of tars. Nothing here judges:
what is absent is None, and whoever verifies decides what that means.
"""

from __future__ import annotations

import json
import re
import struct
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from thorbis_ops.errors import BackupError

Kind = Literal["plain", "tar", "incremental"]
_TARS = ("base.tar", "base.tar.gz", "base.tar.lz4", "base.tar.zst")
_READABLE_TARS = ("base.tar", "base.tar.gz")
_LABEL = re.compile(r"^LABEL: (.*)$", re.MULTILINE)
_INCREMENTAL = re.compile(r"^INCREMENTAL FROM LSN: (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalRange:
    """The WAL that a backup needs to become consistent, on one timeline."""

    timeline: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A base backup. ``major`` is that of its server; ``files`` counts those of its manifest.

    ``started_at`` is when its label was written, ``finished_at`` when its manifest was, as
    far as the file's own time can be trusted.
    """

    label: str
    path: Path
    kind: Kind
    tars: bool
    major: int | None
    system_identifier: str | None
    started_at: datetime | None
    finished_at: datetime | None
    bytes: int | None
    files: int | None
    wal: tuple[WalRange, ...] = ()
    holds_wal: bool = False


def describe(path: Path) -> Backup:
    """The backup at ``path``; BackupError says why that is none, or cannot be read."""
    if not path.is_dir():
        raise BackupError(f"{path}: no such directory; name a base backup's own directory")
    tar = next((path / name for name in _TARS if (path / name).is_file()), None)
    if tar is None and not (path / "PG_VERSION").is_file():
        raise BackupError(f"{path}: holds neither PG_VERSION nor base.tar; it is no base backup")
    try:
        return _described(path, tar)
    except OSError as error:
        raise BackupError(f"{error.filename}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, tarfile.TarError) as error:
        raise BackupError(
            f"{path}: its manifest or label is damaged ({type(error).__name__})"
        ) from None


def _described(path: Path, tar: Path | None) -> Backup:
    manifest = _manifest(path / "backup_manifest")
    small = _small_files(path, tar, _wanted(tar, manifest))
    label = small.get("backup_label", b"").decode(errors="replace")
    files = manifest.get("Files", ())
    named = _LABEL.search(label)
    incremental = bool(_INCREMENTAL.search(label)) or any("INCREMENTAL." in _name(f) for f in files)
    version = small.get("PG_VERSION", b"").decode(errors="replace").strip()
    return Backup(
        label=named[1] if named else path.name,
        path=path,
        kind="incremental" if incremental else "tar" if tar else "plain",
        tars=tar is not None,
        major=int(version) if version.isdigit() else None,
        system_identifier=_identifier(manifest, small.get("global/pg_control", b"")),
        started_at=_started(files),
        finished_at=_finished(path / "backup_manifest", _started(files)),
        bytes=sum(f["Size"] for f in files) if manifest else None,
        files=len(files) if manifest else None,
        wal=tuple(_range(r) for r in manifest.get("WAL-Ranges", ())),
        holds_wal=_holds_wal(path),
    )


def _manifest(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    document = json.loads(path.read_bytes())
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a damaged file, not a wrong type
    return document


def _wanted(tar: Path | None, manifest: Mapping[str, Any]) -> set[str]:
    """The small files to read; a tar is read through only where the manifest cannot tell."""
    wanted = {"PG_VERSION", "backup_label"}
    if tar is None or "System-Identifier" not in manifest:
        wanted.add("global/pg_control")
    return wanted


def _small_files(path: Path, tar: Path | None, wanted: set[str]) -> dict[str, bytes]:
    if tar is None:
        found = ((name, path / name) for name in wanted)
        return {name: place.read_bytes() for name, place in found if place.is_file()}
    if tar.name not in _READABLE_TARS:
        return {}
    contents: dict[str, bytes] = {}
    with tarfile.open(tar, "r|*") as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            stream = archive.extractfile(member) if name in wanted else None
            if stream is not None:
                contents[name] = stream.read()
            if contents.keys() == wanted:
                break
    return contents


def _identifier(manifest: Mapping[str, Any], control: bytes) -> str | None:
    """The cluster's identity: by the manifest from 17 on, else the control file's first bytes."""
    if "System-Identifier" in manifest:
        return str(manifest["System-Identifier"])
    return str(struct.unpack("<Q", control[:8])[0]) if len(control) >= 8 else None  # noqa: PLR2004


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("Path", ""))


def _started(files: Sequence[Mapping[str, Any]]) -> datetime | None:
    """The label is written when the backup begins, and the manifest has its time in GMT."""
    written = next((f["Last-Modified"] for f in files if _name(f) == "backup_label"), None)
    if written is None:
        return None
    return datetime.strptime(written, "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC)


def _finished(manifest: Path, started: datetime | None) -> datetime | None:
    if not manifest.is_file():
        return None
    written = datetime.fromtimestamp(manifest.stat().st_mtime, UTC)
    return written if started is None or written >= started else None


def _range(entry: Mapping[str, Any]) -> WalRange:
    return WalRange(
        timeline=entry["Timeline"], start=lsn(entry["Start-LSN"]), end=lsn(entry["End-LSN"])
    )


def lsn(text: str) -> int:
    """A WAL position such as 1/2A000028 as a number of bytes."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def _holds_wal(path: Path) -> bool:
    if any((path / f"pg_wal.tar{end}").is_file() for end in ("", ".gz", ".lz4", ".zst")):
        return True
    wal = path / "pg_wal"
    return wal.is_dir() and any(len(entry.name) == 24 for entry in wal.iterdir())  # noqa: PLR2004
