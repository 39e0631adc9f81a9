"""The dashboard is what its code makes, and asks only for what is exported."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from thorbis_ops import content
from thorbis_ops.cli import group
from thorbis_ops.metrics import OWN

FOLDER = content.folder("dashboards")


@cache
def board() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "overview.json").read_text("utf-8"))
    return read


def expressions() -> Iterator[str]:
    for panel in board()["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def concrete(expression: str) -> str:
    """As Grafana would send it."""
    return expression.replace("$__rate_interval", "5m").replace('"$target"', '".*"')


def test_the_committed_json_is_what_the_code_makes() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "dashboards.overview"],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == (FOLDER / "overview.json").read_text("utf-8"), (
        "make it anew: python -m dashboards.overview > dashboards/overview.json"
    )


def test_every_query_is_valid(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": concrete(expression)}
        for number, expression in enumerate(expressions())
    ]
    assert len(rules) > 30
    wrapped = tmp_path / "queries.yml"
    wrapped.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", wrapped], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_query_uses_metrics_that_exist_as_their_type_allows() -> None:
    metrics = {m.name: m for question in content.load_questions() for m in question.metrics} | OWN
    for expression in expressions():
        bare = re.sub(r'"[^"]*"', "", expression)
        used = set(re.findall(r"\b(?:pg|redis|thorbis)_[a-z0-9_]+", bare))
        assert used, expression
        assert used <= metrics.keys(), expression
        rated = set(re.findall(r"\b(?:rate|increase)\((\w+)", bare))
        assert rated == {name for name in used if metrics[name].type == "counter"}, expression


def test_every_query_follows_the_choice_of_target() -> None:
    for expression in expressions():
        selected = re.findall(r"\b(?:pg|redis|thorbis)_[a-z0-9_]+(\{[^}]*\})?", expression)
        assert all('target=~"$target"' in selector for selector in selected), expression


def test_panels_say_what_they_are_and_do_not_overlap() -> None:
    places: set[tuple[int, int]] = set()
    for panel in board()["panels"]:
        assert panel["title"]
        box = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(box["x"], box["x"] + box["w"])
            for y in range(box["y"], box["y"] + box["h"])
        }
        assert not cells & places, panel["title"]
        assert box["x"] + box["w"] <= 24
        places |= cells


def test_dashboards_are_exported_to_a_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["dashboards", "export", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    exported = (tmp_path / "new" / "overview.json").read_text("utf-8")
    assert json.loads(exported)["uid"] == "thorbis-overview"
