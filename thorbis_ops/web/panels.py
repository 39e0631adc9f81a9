"""The panels of the console, each a pure function from nouns to markup."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from thorbis_ops.metrics import JobState, Observed
from thorbis_ops.metrics.freshness import is_up, silences
from thorbis_ops.model import Answer, Finding, Run, Severity
from thorbis_ops.web.html import Html, tag
from thorbis_ops.web.quantities import number, percent, quantity, span
from thorbis_ops.web.verdict import Documents
from thorbis_ops.web.verdict import objectives as objectives_of

#: Findings that are written out; of the rest only the number is told.
SHOWN = 300
#: Findings whose cure is open to the eye without a click.
OPEN = 5


def moment(at: datetime | None) -> Html:
    """A time in UTC; a script may add how long ago that is."""
    if at is None:
        return tag("span", "never", class_="quiet")
    utc = at.astimezone(UTC)
    return tag("time", utc.strftime("%Y-%m-%d %H:%M:%SZ"), datetime=utc.isoformat())


def targets(observed: Sequence[Observed], now: datetime) -> Html:
    """One card for each target: is it there, what is it, how much of it was seen."""
    cards = [_target(one, up=is_up(one.snapshot, now)) for one in observed]
    return tag("section", tag("h2", "Targets"), tag("div", cards, class_="cards"))


def _target(observed: Observed, *, up: bool) -> Html:
    snapshot = observed.snapshot
    server = snapshot.server if snapshot else None
    replies = list(snapshot.answers.values()) if snapshot else []
    answered = sum(isinstance(reply, Answer) for reply in replies)
    facts = [
        ("server", f"PostgreSQL {server.version}, {server.role}" if server else None),
        ("error", snapshot.error if snapshot else None),
        ("answered", f"{answered} of {len(replies)} questions" if replies else None),
        ("tables", _tables(observed.tables)),
        ("backup", _backup(observed.backup_age_seconds)),
        ("labels", ", ".join(f"{k}={v}" for k, v in observed.target.labels.items()) or None),
    ]
    return tag(
        "article",
        tag("h3", observed.target.name, " ", badge("up" if up else "down")),
        tag("dl", [(tag("dt", name), tag("dd", text)) for name, text in facts if text]),
        class_="card",
    )


def _tables(tables: Mapping[str, int]) -> str | None:
    return ", ".join(f"{number(count)} {state}" for state, count in tables.items()) or None


def _backup(age: float | None) -> str | None:
    return None if age is None else f"newest is {span(age)} old"


def badge(word: str) -> Html:
    """A word with a colour; the word alone says it all."""
    return tag("span", word, class_=f"badge {word.split(maxsplit=1)[0]}")


def findings(found: Sequence[Finding]) -> Html:
    """What is wrong, worst first, each with its cure."""
    ordered = sorted(found, key=lambda f: (f.muted, -f.severity, f.target, f.check, f.object))
    title = tag("h2", "Findings ", tag("span", number(len(found)), class_="quiet"))
    if not ordered:
        return tag("section", title, tag("p", "None in what was answered.", class_="quiet"))
    rows = [_finding(finding, opened=n < OPEN) for n, finding in enumerate(ordered[:SHOWN])]
    return tag("section", title, rows, _rest(len(ordered)))


def _rest(count: int) -> Html | None:
    if count <= SHOWN:
        return None
    link = tag("a", "/api/v1/findings", href="/api/v1/findings")
    return tag("p", f"{number(count - SHOWN)} more of {number(count)}: ", link, class_="quiet")


def _finding(finding: Finding, *, opened: bool) -> Html:
    summary = tag(
        "summary",
        badge(finding.severity.label),
        tag("code", finding.object, class_="object"),
        tag("span", finding.title, class_="title"),
        badge("muted") if finding.muted else None,
        tag("span", f"{finding.target} · {finding.check}", class_="quiet"),
    )
    measured = quantity(finding.value, finding.unit)
    return tag(
        "details",
        summary,
        tag("p", " — ".join(filter(None, (finding.detail, measured)))),
        tag("p", "The server itself showed it.", class_="quiet") if finding.proven else None,
        tag("pre", tag("code", finding.fix)) if finding.fix else None,
        tag("p", "More: ", tag("code", f"thorbis-ops explain {finding.check}"), class_="quiet"),
        class_="finding",
        id=_anchor(finding.key),
        open=opened and not finding.muted and finding.severity >= Severity.HIGH,
    )


def _anchor(key: tuple[str, ...]) -> str:
    return "f" + hashlib.sha256("\0".join(key).encode("utf-8", "replace")).hexdigest()[:16]


def unknown(observed: Sequence[Observed], now: datetime) -> Html | None:
    """What is not known, and why; absent only when everything was answered."""
    rows = [
        _row(one.target.name, tag("code", silence.check), badge(silence.reason), silence.detail)
        for one in observed
        for silence in silences(one, now)
    ]
    if not rows:
        return None
    title = tag("summary", tag("h2", "Not known "), badge("unanswered"), f" {len(rows)}")
    table = _table(("target", "question", "reason", "detail"), rows)
    return tag("section", tag("details", title, table, id="unanswered"))


def objectives(documents: Documents) -> Html:
    """Each objective with the range in which the truth certainly lies."""
    rows = [
        _objective(target, objective)
        for target, document in documents.items()
        for objective in objectives_of(document)
    ]
    head = ("target", "objective", "calls", "certainly good", "verdict")
    return tag("section", tag("h2", "Objectives"), _table(head, rows) if rows else _nothing())


def _objective(target: str, objective: Mapping[str, object]) -> Html:
    calls = _float(objective.get("calls"))
    wanted = _float(objective.get("objective"))
    low, high = (
        _float(objective.get(key)) / calls if calls else 0.0 for key in ("good_min", "good_max")
    )
    goal = f"{percent(wanted)} within {span(_float(objective.get('threshold_seconds')))}"
    return _row(
        target,
        (tag("b", str(objective.get("name"))), tag("div", goal, class_="quiet")),
        number(calls),
        (_range(low, high), _bar(low, high, wanted)) if calls else "no calls",
        badge(str(objective.get("verdict"))),
    )


def _range(low: float, high: float) -> Html:
    return tag("span", f"{percent(low)} … {percent(high)}", class_="tight")


def _bar(low: float, high: float, wanted: float) -> Html:
    """The upper fifth of the scale, where the difference is made."""

    def place(share: float) -> float:
        return max(0.0, min(1.0, (share - 0.8) / 0.2)) * 100

    left, right, goal = place(low), place(high), place(wanted)
    width = max(right - left, 1.5)
    return tag(
        "svg",
        tag("rect", class_="track", width="100", height="10"),
        tag("rect", class_="range", x=f"{min(left, 98.5):.1f}", width=f"{width:.1f}", height="10"),
        tag("rect", class_="goal", x=f"{goal:.1f}", width="1", height="10"),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"certainly between {percent(low)} and {percent(high)}",
    )


def jobs(observed: Sequence[Observed]) -> Html:
    """How each job last ended, and when it runs next."""
    rows = [_job(one.target.name, job) for one in observed for job in one.jobs]
    head = ("target", "job", "last run", "ended", "next run")
    return tag("section", tag("h2", "Jobs"), _table(head, rows) if rows else _nothing())


def _job(target: str, job: JobState) -> Html:
    late = f"overdue by {span(job.overdue_seconds)}" if job.overdue_seconds > 0 else None
    return _row(
        target,
        (tag("b", job.job), tag("div", job.title, class_="quiet")),
        moment(job.last_run.started_at if job.last_run else None),
        _ending(job.last_run),
        "paused" if job.paused else (moment(job.next_run), badge(late) if late else None),
    )


def _ending(run: Run | None) -> Html:
    if run is None:
        return tag("span", "–", class_="quiet")
    return tag(
        "div",
        badge(run.outcome or "running"),
        f" {run.steps_done} of {run.steps_total}" if run.steps_total else None,
        tag("div", run.detail, class_="quiet") if run.detail else None,
    )


def _table(head: Sequence[str], rows: Sequence[Html]) -> Html:
    titles = tag("tr", [tag("th", title, scope="col") for title in head])
    table = tag("table", tag("thead", titles), tag("tbody", rows))
    return tag("div", table, class_="scroll")


def _row(*cells: object) -> Html:
    return tag("tr", [tag("td", cell) for cell in cells])  # type: ignore[arg-type]


def _nothing() -> Html:
    return tag("p", "Nothing to show yet.", class_="quiet")


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
