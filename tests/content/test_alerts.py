"""Every alert fires on the bad series, is silent on the good, resolves, and has a runbook."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from thorbis_ops import alerts, content
from thorbis_ops.cli import group
from thorbis_ops.metrics import OWN
from thorbis_ops.model import Metric, Question
from thorbis_ops.slo.burn import BURN_RULES

FOLDER = content.folder("alerts")
FILES = sorted(path for path in FOLDER.glob("*.yml") if not path.name.endswith(".test.yml"))
RUNBOOKS = FOLDER / "runbooks"
HEADINGS = (
    "## What it means",
    "## How to look",
    "## How to cure",
    "## When to wake somebody",
)
Rule = dict[str, Any]


def rules(path: Path) -> list[Rule]:
    groups: list[Rule] = yaml.safe_load(path.read_text("utf-8"))["groups"]
    return [rule for one in groups for rule in one["rules"]]


ALERTS = {r["alert"]: (path, r) for path in FILES for r in rules(path) if "alert" in r}
EXPRESSIONS = {
    str(rule.get("alert", rule.get("record"))): str(rule["expr"])
    for path in FILES
    for rule in rules(path)
}


@cache
def questions() -> tuple[Question, ...]:
    return content.load_questions()


@cache
def metrics() -> dict[str, Metric]:
    """Every metric that can be exported, by name."""
    asked = {m.name: m for question in questions() for m in question.metrics}
    return asked | OWN


@cache
def checks() -> frozenset[str]:
    return frozenset(question.id for question in questions())


def promtool(*arguments: str | Path) -> None:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def minutes(duration: str) -> float:
    units = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)([smhd])", duration))


def test_there_are_alerts_and_no_name_twice() -> None:
    named = [name for path in FILES for name in alerts.names(path.read_text("utf-8"))]
    assert len(named) >= 20
    assert sorted(named) == sorted(ALERTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rules_are_valid_and_pass_their_cases(path: Path) -> None:
    promtool("check", "rules", path)
    promtool("test", "rules", path.with_suffix(".test.yml"))


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_has_cases_before_during_and_after(name: str) -> None:
    path, _ = ALERTS[name]
    cases = yaml.safe_load(path.with_suffix(".test.yml").read_text("utf-8"))["tests"]
    looks = [
        (minutes(look["eval_time"]), bool(look["exp_alerts"]))
        for case in cases
        for look in case["alert_rule_test"]
        if look["alertname"] == name
    ]
    fires = [at for at, firing in looks if firing]
    silent = [at for at, firing in looks if not firing]
    assert fires, "no case in which it fires"
    assert min(silent) < min(fires), "no case in which it is silent on good series"
    assert max(silent) > max(fires), "no case in which it resolves"


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_and_what_to_do(name: str) -> None:
    _, rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description"}
    runbook = (RUNBOOKS / f"{name}.md").read_text("utf-8")
    assert runbook.startswith(f"# {name}\n\n")
    assert [line for line in runbook.splitlines() if line.startswith("## ")] == list(HEADINGS)


def test_no_runbook_is_left_over() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(ALERTS)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_rules_use_metrics_that_exist_in_the_way_their_type_allows(name: str) -> None:
    expression = re.sub(r"\"[^\"]*\"|\b[a-z_]+:[a-z0-9_:]+", "_", EXPRESSIONS[name])
    used = set(re.findall(r"\b(?:pg|redis|thorbis)_[a-z0-9_]+", expression))
    assert used <= metrics().keys()
    rated = set(re.findall(r"\b(?:rate|increase)\((\w+)", expression))
    counters = {metric for metric in used if metrics()[metric].type == "counter"}
    assert rated == counters, "rates are of counters, and counters are only compared as rates"


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_rules_select_checks_that_exist(name: str) -> None:
    expression = EXPRESSIONS[name]
    assert set(re.findall(r'check="([^"]+)"', expression)) <= checks()
    for pattern in re.findall(r'check=~"([^"]+)"', expression):
        assert any(re.fullmatch(pattern, check) for check in checks()), pattern


@pytest.mark.parametrize("name", ALERTS)
def test_the_severities_that_an_alert_waits_for_can_come(name: str) -> None:
    selected = re.findall(r'check="([^"]+)",severity=~?"([^"]+)"', EXPRESSIONS[name])
    for check, severities in selected:
        possible: set[str] = set()
        for question in (q for q in questions() if q.id == check):
            possible |= {severity.label for severity in question.thresholds}
            possible |= {question.severity.label} if question.severity else set()
            text = question.path.read_text("utf-8")
            possible |= set(re.findall(r"""['"](low|medium|high|critical)['"]""", text))
        assert possible & set(severities.split("|")), check


@pytest.mark.parametrize("name", ALERTS)
def test_runbooks_name_checks_that_exist(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text("utf-8")
    named = re.findall(r"`thorbis-ops (?:check|explain) ([^`]*)`", text)
    arguments = [word.strip("'") for line in named for word in line.split(" |")[0].split()]
    selectors = [word for word in arguments if "." in word]
    for selector in selectors:
        pattern = re.escape(selector).replace(r"\*", ".*")
        assert any(re.fullmatch(pattern, check) for check in checks()), selector


def test_burn_alerts_are_those_of_the_objectives_and_none_is_out_of_reach() -> None:
    form = re.compile(
        r"thorbis:slo_bad_(\w+):ratio_rate(\w+) > "
        r"clamp_max\(([\d.]+) \* \(1 - thorbis_slo_objective_ratio\), ([\d.]+)\)"
    )
    found = []
    for path, rule in ALERTS.values():
        if path.stem == "slo" and "objective_ratio" in rule["expr"]:
            windows = form.findall(rule["expr"])
            assert len(windows) == rule["expr"].count("objective_ratio")
            assert {float(cap) for *_, cap in windows} == {alerts.CAP}
            kinds = {"page": {"certain"}, "ticket": {"estimated"}}
            assert {kind for kind, *_ in windows} == kinds[rule["labels"]["severity"]]
            long, short = (minutes(window) * 60 for _, window, _, _ in windows)
            found.append((rule["labels"]["severity"], float(windows[0][2]), long, short))
            assert len({factor for _, _, factor, _ in windows}) == 1
    assert found == [(r.severity, r.factor, r.long_seconds, r.short_seconds) for r in BURN_RULES]


def test_an_objective_too_low_for_its_burns_is_told() -> None:
    assert alerts.capped({"oltp": 0.95, "strict": 0.999}) == []
    (told,) = alerts.capped({"bulk": 0.9})
    assert told.startswith("objectives.bulk: an objective of 0.9 burns at most 10 times")
    assert told.endswith("until then it fires at 80% bad calls")


def test_exported_rules_link_to_the_runbook_of_each_alert(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["alerts", "export", "--out", str(tmp_path), "--hold", "5s"])
    assert done.exit_code == 0, done.output
    exported = [rule for path in tmp_path.iterdir() for rule in rules(path) if "alert" in rule]
    assert {rule["alert"] for rule in exported} == set(ALERTS)
    for rule in exported:
        link = f"http://127.0.0.1:9187/runbooks/{rule['alert']}"
        assert rule["annotations"]["runbook_url"] == link
        original = ALERTS[rule["alert"]][1]
        assert rule["expr"] == original["expr"]
        assert rule.get("for") == ("5s" if "for" in original else None)


def test_one_file_holds_all_rules(tmp_path: Path) -> None:
    done = CliRunner().invoke(group, ["alerts", "export", "--runbooks", "https://wiki/r/"])
    assert done.exit_code == 0, done.output
    whole = tmp_path / "all.yml"
    whole.write_text(done.stdout, "utf-8")
    promtool("check", "rules", whole)
    assert {rule["alert"] for rule in rules(whole) if "alert" in rule} == set(ALERTS)
    assert "https://wiki/r/TargetDown" in done.stdout


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(group, ["alerts", "export", "--out", str(tmp_path / "file" / "x")])
    assert "cannot be written" in str(done.exception)
