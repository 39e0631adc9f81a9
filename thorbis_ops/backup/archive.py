"""Whether archived WAL continues a backup without a gap, across timelines. Names only.

A segment's name holds its timeline and its place in the stream. From the segment in which
the backup began, each must be followed by the next, on the same timeline or on the one that
branched off there, as its history file says; an archive that misses one cannot be replayed
beyond it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from thorbis_ops.backup.catalogue import WalRange, lsn

SEGMENT_BYTES = 16 * 2**20
_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.(gz|lz4|zst|bz2|xz))?")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history")
_BRANCH = re.compile(r"^\s*(\d+)\s+([0-9A-F]+/[0-9A-F]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuity:
    """How far the archive reaches: the last segment in line, or the first that is missing."""

    segments: int
    last: str | None
    missing: str | None


def continuity(
    names: Iterable[str],
    histories: Mapping[str, str],
    wal: WalRange,
    segment_bytes: int = SEGMENT_BYTES,
) -> Continuity:
    """The unbroken line of segments from the start of ``wal``.

    ``histories`` are the contents of the history files among ``names``.
    """
    have = {(int(m[1], 16), _number(m, segment_bytes)) for n in names if (m := _SEGMENT.match(n))}
    branches = _branches(histories, segment_bytes)
    timeline, number, count = wal.timeline, wal.start // segment_bytes, 0
    last: str | None = None
    while True:
        timeline = _newest(timeline, number, branches, have)
        if (timeline, number) not in have:
            break
        last, count, number = _named(timeline, number, segment_bytes), count + 1, number + 1
    ours = _descendants(wal.timeline, wal.start // segment_bytes, branches)
    beyond = any(t in ours and n >= number for t, n in have)
    needed = number <= (wal.end - 1) // segment_bytes
    gap = _named(timeline, number, segment_bytes) if beyond or needed else None
    return Continuity(segments=count, last=last, missing=gap)


def _number(match: re.Match[str], segment_bytes: int) -> int:
    return int(match[2], 16) * (2**32 // segment_bytes) + int(match[3], 16)


def _named(timeline: int, number: int, segment_bytes: int) -> str:
    high, low = divmod(number, 2**32 // segment_bytes)
    return f"{timeline:08X}{high:08X}{low:08X}"


def _branches(histories: Mapping[str, str], segment_bytes: int) -> dict[int, tuple[int, int]]:
    """Each timeline's parent, and the segment in which it left it."""
    found: dict[int, tuple[int, int]] = {}
    for name, text in histories.items():
        match, lines = _HISTORY.fullmatch(name), _BRANCH.findall(text)
        if match and lines:
            parent, position = lines[-1]
            found[int(match[1], 16)] = int(parent), lsn(position) // segment_bytes
    return found


def _newest(
    timeline: int,
    number: int,
    branches: Mapping[int, tuple[int, int]],
    have: set[tuple[int, int]],
) -> int:
    """The timeline to follow in segment ``number``: a branch there, if it was archived."""
    for child, (parent, at) in sorted(branches.items(), reverse=True):
        if parent == timeline and at == number and (child, number) in have:
            return child
    return timeline


def _descendants(timeline: int, number: int, branches: Mapping[int, tuple[int, int]]) -> set[int]:
    """The timelines that grew out of ``timeline`` from segment ``number`` on, and itself."""
    found = {timeline}
    for child, (parent, at) in sorted(branches.items()):
        if parent in found and at >= number:
            found.add(child)
    return found
