"""Reports for other people's programs: SARIF 2.1.0, JUnit XML, a Nagios line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any
from xml.etree import ElementTree as ET

from thorbis_ops.core.report import Report, nagios_code
from thorbis_ops.model import Finding, Question, Severity
from thorbis_ops.render.document import dumps

_LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Sequence[Report], version: str) -> str:
    """A SARIF log; what was not answered is a notification of the run, not silence."""
    return dumps(
        {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(r, version) for r in found]}
    )


def _run(report: Report, version: str) -> dict[str, Any]:
    used = sorted({f.check for f in report.findings})
    rules = [_rule(check, report.questions.get(check)) for check in used]
    driver = {"name": "thorbis-ops", "version": version, "rules": rules}
    troubles = [f"{u.question}: {u.reason}: {u.detail}" for u in report.unanswered]
    troubles += [report.error] if report.error else []
    return {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": report.error is None,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": text}} for text in troubles
                ],
            }
        ],
        "results": [_result(f) for f in report.findings],
    }


def _rule(check: str, question: Question | None) -> dict[str, Any]:
    title = question.title if question else check
    why = question.why if question else ""
    return {
        "id": check,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why or title},
    }


def _result(one: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.check,
        "level": _LEVELS[one.severity],
        "message": {"text": ": ".join(filter(None, (one.title, one.object, one.detail)))},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": one.object}]}],
        "partialFingerprints": {"finding/v1": "|".join(one.key)},
        "properties": {"severity": one.severity.label, "proven": one.proven, "fix": one.fix},
    }
    if one.muted:
        result["suppressions"] = [{"kind": "external"}]
    return result


def junit(found: Sequence[Report], fail_on: Severity | None) -> str:
    """JUnit XML: a case a check; findings fail it, no answer is an error, not asked is skipped."""
    suites = ET.Element("testsuites", name="thorbis-ops")
    for report in found:
        _suite(suites, report, fail_on)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _suite(parent: ET.Element, report: Report, fail_on: Severity | None) -> None:
    suite = ET.SubElement(parent, "testsuite", name=report.target, time=f"{report.seconds:.3f}")
    if report.error:
        case = ET.SubElement(suite, "testcase", name="connect", classname=report.target)
        ET.SubElement(case, "error", message=_xml(report.error))
    troubled = {u.question: u for u in report.unanswered}
    for check in sorted({*report.questions, *(f.check for f in report.findings)}):
        case = ET.SubElement(suite, "testcase", name=check, classname=report.target)
        for one in report.visible():
            if one.check == check and fail_on is not None and one.severity >= fail_on:
                ET.SubElement(case, "failure", message=_xml(f"{one.object}: {one.detail}"))
        if check in troubled:
            ET.SubElement(case, "error", message=_xml(troubled[check].detail))
        elif check not in report.asked and not len(case):
            ET.SubElement(case, "skipped", message="not asked: no source, or another role's")
    counts = {"tests": "testcase"}
    counts |= {f"{kind}s": f"testcase/{kind}" for kind in ("failure", "error")}
    counts["skipped"] = "testcase/skipped"
    for name, path in counts.items():
        suite.set(name, str(len(suite.findall(path))))


def _xml(text: str) -> str:
    return "".join(c if c >= " " or c in "\t\n" else "?" for c in text)


_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def nagios(found: Sequence[Report], fail_on: Severity | None) -> str:
    """One line with performance figures, as plug-ins print it."""
    word = _WORDS[nagios_code(found, fail_on)]
    worst = sorted(chain.from_iterable(r.visible() for r in found), key=lambda f: -f.severity)
    said = f"{worst[0].object}: {worst[0].title}" if worst else "nothing found"
    troubled = [u.question for r in found for u in r.unanswered]
    silent = f"{len(troubled)} not answered, {troubled[0]} first" if troubled else ""
    lost = "; ".join(f"{r.target} not reached: {r.error}" for r in found if r.error)
    figures = f"findings={len(worst)} unanswered={len(troubled)}"
    text = "; ".join(filter(None, (lost, silent, said))).replace("|", "/")
    return f"THORBIS {word} - {' '.join(text.split())} | {figures}"
