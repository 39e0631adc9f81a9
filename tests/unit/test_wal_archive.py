"""An archive that misses a segment is told apart from one that simply ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.backup.archive import SEGMENT_BYTES, continuity
from thorbis_ops.backup.catalogue import WalRange, lsn


def segment(number: int, timeline: int = 1) -> str:
    return f"{timeline:08X}{number // 256:08X}{number % 256:08X}"


def wal(first: int, last: int, timeline: int = 1) -> WalRange:
    return WalRange(
        timeline=timeline, start=first * SEGMENT_BYTES + 40, end=last * SEGMENT_BYTES + 100
    )


@given(st.integers(0, 10_000), st.integers(1, 300), st.data())
def test_one_missing_segment_is_found_wherever_it_lies(
    first: int, count: int, data: st.DataObject
) -> None:
    names = [segment(first + n) for n in range(count)]
    whole = continuity(names, {}, wal(first, first))
    assert (whole.segments, whole.missing, whole.last) == (count, None, names[-1])
    lost = data.draw(st.sampled_from(names))
    found = continuity([n for n in names if n != lost], {}, wal(first, first))
    ends = lost == names[-1] and count > 1
    assert found.missing == (None if ends else lost)


def test_an_archive_that_ends_before_the_backup_is_consistent_misses_the_next() -> None:
    found = continuity([segment(7)], {}, wal(7, 8))
    assert found.missing == segment(8)


def test_compressed_segments_and_other_files_count_for_what_they_are() -> None:
    names = [f"{segment(5)}.gz", f"{segment(6)}.zst", f"{segment(5)}.00000028.backup", "notes.txt"]
    found = continuity(names, {}, wal(5, 6))
    assert (found.segments, found.missing) == (2, None)


def test_the_line_goes_on_along_the_timeline_that_branched_off() -> None:
    names = [segment(5), segment(6), segment(6, 2), segment(7, 2), "00000002.history"]
    histories = {"00000002.history": "1\t0/6000128\tno recovery target specified\n"}
    found = continuity(names, histories, wal(5, 5))
    assert (found.segments, found.last, found.missing) == (3, segment(7, 2), None)
    gap = continuity([n for n in names if n != segment(6, 2)], histories, wal(5, 5))
    assert gap.missing == segment(7)


@pytest.mark.parametrize(
    ("text", "number"), [("0/28", 40), ("1/0", 2**32), ("A/FF", 10 * 2**32 + 255)]
)
def test_positions_are_read(text: str, number: int) -> None:
    assert lsn(text) == number


def test_a_timeline_that_left_before_the_backup_is_not_its_own() -> None:
    names = [segment(8), segment(6, 2), segment(7, 2), segment(8, 2), segment(9, 2)]
    histories = {"00000002.history": "1\t0/6000128\tpromoted elsewhere\n"}
    found = continuity(names, histories, wal(8, 8))
    assert (found.segments, found.last, found.missing) == (1, segment(8), None)
