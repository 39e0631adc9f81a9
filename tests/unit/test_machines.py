"""What programs read: numbers as numbers, and nothing that was not asked as if it were well."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal

from tests.unit.test_screen import NOW, QUESTION, finding, report
from thorbis_ops.model import Severity, Unanswered
from thorbis_ops.render import document, machines

OTHER = replace(QUESTION, id="area.other")
LOST = Unanswered(
    question="area.name", reason="privilege", detail="needs it", seconds=0, taken_at=NOW
)


def suite(text: str) -> dict[str, list[str]]:
    """What became of each case."""
    cases = ET.fromstring(text).iter("testcase")
    return {case.get("name", ""): [child.tag for child in case] for case in cases}


def test_junit_skips_what_was_not_asked() -> None:
    both = replace(report(), questions={QUESTION.id: QUESTION, OTHER.id: OTHER})
    text = machines.junit([both], Severity.HIGH)
    assert suite(text) == {"area.name": [], "area.other": ["skipped"]}
    assert 'tests="2" failures="0" errors="0" skipped="1"' in text


def test_junit_passes_nothing_of_a_target_that_was_not_reached() -> None:
    gone = replace(report(), asked=frozenset(), error="nothing listens there")
    told = suite(machines.junit([gone], Severity.HIGH))
    assert told == {"connect": ["error"], "area.name": ["skipped"]}


def test_nagios_says_what_is_unknown() -> None:
    line = machines.nagios([report(finding(1), unanswered=(LOST,))], Severity.HIGH)
    assert line.startswith("THORBIS UNKNOWN - 1 not answered, area.name first; ")
    assert line.endswith("| findings=1 unanswered=1")


def test_a_number_of_the_servers_is_a_number() -> None:
    found = replace(finding(1), evidence={"share": Decimal("0.25"), "huge": Decimal(10) ** 30})
    (told,) = json.loads(document.reports([report(found)]))["findings"]
    assert told["evidence"] == {"share": 0.25, "huge": 1e30}
