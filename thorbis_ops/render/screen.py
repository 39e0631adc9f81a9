"""A report for a person at a terminal: the worst first, each with its cure.

Findings of one check stand together. A long list is shortened, never silently: the line
says of how many, and how to see the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import indent

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from thorbis_ops.core.report import Report
from thorbis_ops.model import Finding, Severity

SHOWN = 8
WIDEST = 44
COLOURS = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}


def show(console: Console, reports: Sequence[Report], *, full: bool = False) -> None:
    """Prints the reports; ``full`` lists every object."""
    for report in reports:
        # A statement that is longer than the line must stay whole, to be copied.
        console.print(Group(*_parts(report, full=full)), crop=False)


def _parts(report: Report, *, full: bool) -> Iterator[RenderableType]:
    yield _heading(report)
    if report.error:
        yield Text(f"  not reached: {report.error}", style="bold red")
        return
    for _, found in groupby(report.visible(), key=lambda f: (-f.severity, f.check)):
        yield from _check(report, list(found), full=full)
    yield from _unanswered(report)
    yield _summary(report)


def _heading(report: Report) -> Text:
    text = Text(f"\n{report.target}", style="bold")
    if report.server:
        server = report.server
        text.append(f"  PostgreSQL {server.version}, {server.role}", style="dim")
    tenancy = report.tenancy
    if tenancy.column:
        how = " (inferred)" if tenancy.inferred else ""
        roles = ", ".join(tenancy.app_roles) or "no app role known"
        text.append(f"\ntenants by {tenancy.column}{how}, as {roles}", style="dim")
    return text.append("\n")


def _check(report: Report, found: list[Finding], *, full: bool) -> Iterator[RenderableType]:
    first = found[0]
    title = Text.assemble(
        (f" {first.severity.label:<8} ", COLOURS[first.severity]),
        (f" {first.title}", "bold"),
        (f"  {first.check}", "dim"),
    )
    yield title
    question = report.questions.get(first.check)
    if question and question.fix:
        yield Padding.indent(Text(f"cure: {' '.join(question.fix.split())}", style="green"), 4)
    shown = found if full else found[:SHOWN]
    yield from _objects(shown)
    if len(found) > len(shown):
        rest = f"    … {len(found) - len(shown)} of {len(found)} more: "
        yield Text(f"{rest}thorbis-ops check {first.check}", style="dim")
    yield Text("")


def _objects(found: Sequence[Finding]) -> Iterator[RenderableType]:
    """A line an object; its statements stand below it, unbroken, so that they can be copied."""
    width = min(max(len(one.object) for one in found), WIDEST)
    for one in found:
        value = measure(one.value, one.unit) if one.value is not None else ""
        facts = "  ".join(filter(None, (value, one.detail)))
        proof = ("proven  ", "bold red") if one.proven else ""
        yield Padding.indent(Text.assemble(one.object.ljust(width), "  ", proof, facts), 4)
        if one.fix:
            statements = indent(f"{one.fix};", " " * 8)
            yield Text(statements, style="green", no_wrap=True, overflow="ignore")


def measure(value: float, unit: str | None) -> str:
    """A number with its unit, in the size that people read: 1.2 GB, 3 d 4 h, 91 %."""
    if unit == "bytes":
        return _scaled(value, 1024.0, ("B", "kB", "MB", "GB", "TB", "PB"))
    if unit == "seconds":
        return _duration(value)
    if unit in ("share", "ratio"):
        return f"{value:.1%}"
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    return f"{number} {unit or ''}".strip()


def _scaled(value: float, base: float, names: tuple[str, ...]) -> str:
    for name in names:
        if abs(value) < base or name == names[-1]:
            break
        value /= base
    return f"{value:.0f} {name}" if value >= 10 or name == "B" else f"{value:.1f} {name}"  # noqa: PLR2004


def _duration(value: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if abs(value) >= size:
            return f"{value / size:.1f} {name}"
    return f"{value:.3g} s"


def _unanswered(report: Report) -> Iterator[RenderableType]:
    if not report.unanswered:
        return
    yield Text(f" {len(report.unanswered)} not answered ", style="bold black on yellow")
    causes: dict[tuple[str, str], list[str]] = {}
    for one in report.unanswered:
        causes.setdefault((one.reason, one.detail), []).append(one.question)
    for (reason, detail), checks in causes.items():
        yield Padding.indent(Text(f"{reason}: {detail}"), 4)
        yield Padding.indent(Text(", ".join(checks), style="dim"), 8)
    yield Text("")


def _summary(report: Report) -> Text:
    counts = ", ".join(f"{n} {severity}" for severity, n in report.by_severity().items())
    muted = sum(f.muted for f in report.findings)
    parts = [f"{report.checks} checks", counts or "nothing found"]
    if report.tables is not None:
        parts.insert(1, f"{report.tables:,} tables")
    if muted:
        parts.append(f"{muted} muted")
    if report.unanswered:
        parts.append(f"{len(report.unanswered)} not answered")
    return Text(f"{' · '.join(parts)} · {report.seconds:.2f} s", style="bold")
