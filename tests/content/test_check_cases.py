"""Each check finds what it is for, on objects with odd names, and is silent once it is cured."""

from collections.abc import Iterator

import pytest

from tests.conftest import temporary_database
from tests.content.asking import Case, asker, run, swept
from tests.content.cases import activity, indexes, row_security, schema, vacuum, ways_round
from thorbis_ops import server

CASES = [
    *row_security.CASES,
    *ways_round.CASES,
    *schema.CASES,
    *indexes.CASES,
    *vacuum.CASES,
    *activity.CASES,
]


@pytest.fixture(scope="module")
def place(pg: server.RunningServer) -> Iterator[str]:
    """One database for all cases of a version: to make one each would take most of the time."""
    with temporary_database(pg) as dsn:
        yield dsn


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check} {case.severity.label}")
async def test_found_then_cured(place: str, case: Case) -> None:
    with swept(place):
        run(place, case.before)
        async with asker(place, tenancy=case.tenancy) as at:
            assert case.object not in await at.case(case), "found before it was planted"

            run(place, case.bad)
            found = await at.case(case)
            assert case.object in found, list(found)
            finding = found[case.object]
            assert finding.severity == case.expected(at.server.major)

            run(place, finding.fix if case.heal is None else case.heal)
            assert case.object not in await at.case(case), "still found after its cure"
