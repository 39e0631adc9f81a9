"""The console: what somebody woken at night needs to see first, readable without scripts.

The first line is the verdict over everything. It never says that all is well while something
could not be asked. The rest goes from what burns to what merely runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from thorbis_ops import __version__
from thorbis_ops.metrics import Observed
from thorbis_ops.metrics.families import is_up
from thorbis_ops.model import Finding, Severity
from thorbis_ops.web import panels
from thorbis_ops.web.html import Html, join, tag
from thorbis_ops.web.panels import unanswered

__all__ = ["body", "page", "unanswered"]


def page(body: Html, *, now: datetime) -> Html:
    """The whole document around ``body``; only the time in its head changes by itself."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "thorbis-ops"),
        tag("link", rel="stylesheet", href="/console.css"),
        tag("link", rel="icon", href="/icon.svg"),
        tag("script", src="/console.js", defer=True),
        tag("noscript", tag("meta", http_equiv="refresh", content="15")),
    )
    top = tag(
        "header",
        tag("span", "thorbis-ops", class_="brand"),
        tag("span", f"version {__version__}", class_="quiet"),
        tag("span", "as of ", panels.moment(now), id="asof"),
        tag("p", "", id="lost", role="alert", hidden=True),
    )
    return join(Html("<!doctype html>"), tag("html", head, tag("body", top, body), lang="en"))


def body(
    observed: Sequence[Observed],
    *,
    now: datetime,
    waiting: Sequence[str],
    slo: Mapping[str, Mapping[str, object]],
) -> Html:
    """The part that is replaced when something has changed."""
    return tag(
        "main",
        _verdict(observed, now, waiting),
        panels.targets(observed, now),
        panels.findings([finding for one in observed for finding in one.findings]),
        panels.unanswered_questions(observed),
        tag("div", panels.objectives(slo), panels.jobs(observed), class_="columns"),
        _more(),
        id="live",
    )


def _verdict(observed: Sequence[Observed], now: datetime, waiting: Sequence[str]) -> Html:
    standing = [f for one in observed for f in one.findings if not f.muted]
    down = [one.target.name for one in observed if not is_up(one.snapshot, now)]
    down = [name for name in down if name not in waiting]
    silent = sum(len(unanswered(one)) for one in observed)
    lines = [
        f"{', '.join(down)} {'does' if len(down) == 1 else 'do'} not answer" if down else None,
        _count(standing),
        f"waiting for the first answers of {', '.join(waiting)}" if waiting else None,
        f"{silent} questions could not be answered" if silent else None,
    ]
    said = [line for line in lines if line]
    if not observed:
        said = ["No target is configured"]
    headline = said[0] if said else "No fault found, and every question was answered"
    return tag(
        "section",
        tag("h1", headline[:1].upper() + headline[1:]),
        tag("p", " · ".join(said[1:])) if said[1:] else None,
        class_=f"verdict {_mood(standing, down=bool(down), doubt=bool(said))}",
        aria_live="polite",
    )


def _mood(standing: Sequence[Finding], *, down: bool, doubt: bool) -> str:
    worst = max((finding.severity for finding in standing), default=Severity.INFO)
    if down or worst >= Severity.HIGH:
        return "bad"
    return "doubt" if doubt else "good"


def _count(standing: Sequence[Finding]) -> str | None:
    counts = Counter(finding.severity for finding in standing)
    parts = [f"{counts[s]} {s.label}" for s in sorted(Severity, reverse=True) if counts[s]]
    plural = "finding" if len(standing) == 1 else "findings"
    return f"{', '.join(parts)} {plural}" if parts else None


def _more() -> Html:
    links = ("metrics", *(f"api/v1/{name}" for name in _DOCUMENTS))
    return tag("footer", [join(tag("a", f"/{link}", href=f"/{link}"), " ") for link in links])


_DOCUMENTS = ("findings", "jobs", "slo", "statements", "targets")
