"""The project's own rules, where a linter does not know them."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from thorbis_ops import content
from thorbis_ops.core import questions
from thorbis_ops.model import Question

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "thorbis_ops").rglob("*.py"))
CLOCKS = {"now", "utcnow", "today"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("path", PACKAGE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_small_and_says_its_idea(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    assert ast.get_docstring(ast.parse(text))


def test_the_map_of_the_package_names_every_part() -> None:
    text = (ROOT / "thorbis_ops" / "__init__.py").read_text(encoding="utf-8")
    named = set(re.findall(r"^``(\w+)``", text, re.MULTILINE))
    parts = {p.stem for p in (ROOT / "thorbis_ops").glob("*.py")} - {"__init__", "__main__"}
    parts |= {p.parent.name for p in (ROOT / "thorbis_ops").glob("*/__init__.py")}
    assert named == parts


def reads_clock(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = ast.unparse(node.func.value)
    return (owner in ("datetime", "date") and node.func.attr in CLOCKS) or (
        owner == "time" and node.func.attr in ("time", "time_ns")
    )


def test_only_the_daemon_and_the_command_line_read_the_clock() -> None:
    allowed = ("daemon", "cli", "demo.py")
    readers = {
        str(path.relative_to(ROOT / "thorbis_ops"))
        for path in PACKAGE
        if any(map(reads_clock, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert {r for r in readers if not r.startswith(allowed)} == set()


def test_functions_are_short() -> None:
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in PACKAGE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[len(lengths) // 2] <= 8


def test_variants_neither_gap_nor_overlap() -> None:
    assert questions.gaps(content.load_questions()) == []


def test_there_are_questions_over_many_areas() -> None:
    loaded = content.load_questions()
    assert len({q.id for q in loaded}) >= 25
    assert len({q.area for q in loaded}) >= 8


@pytest.mark.parametrize("question", content.load_questions(), ids=lambda q: q.id)
def test_a_judged_question_says_why_and_how_to_cure(question: Question) -> None:
    if not question.facts and (question.thresholds or question.severity is not None):
        assert len(question.why) > 40
        assert question.fix


def test_jobs_run_daily_weekly_and_monthly() -> None:
    fields = [job.schedule.split() for job in content.load_jobs()]
    assert any(f[2:] == ["*", "*", "*"] for f in fields)
    assert any(f[2:4] == ["*", "*"] and f[4] != "*" for f in fields)
    assert any(f[2] != "*" for f in fields)


def test_the_readme_names_commands_checks_and_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("http") or (ROOT / link).exists(), link
    ids = {q.id for q in content.load_questions()}
    runbooks = {path.stem for path in (ROOT / "alerts" / "runbooks").glob("*.md")}
    for name in re.findall(r"thorbis-ops explain (\S+)", text):
        assert name in ids | runbooks, name


def test_nothing_speaks_of_a_machine() -> None:
    forbidden = re.compile(r"/work/|/root/|pypi\.|registry\.npmjs", re.IGNORECASE)
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix not in (".svg", ".png")
        and path != Path(__file__)
        and forbidden.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_python_and_licence_are_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "GPL-3.0-or-later"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("GNU GENERAL")
