"""Finds and loads what is content: checks, jobs, alerts, dashboards, schema.

In an installed wheel it lies inside the package, in a checkout beside it; nobody else
needs to know. A DBA adds files of his own in folders that the configuration names: SQL
only, since Python runs with the rights of the daemon.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from thorbis_ops.core import front_matter, jobs, questions
from thorbis_ops.core.front_matter import Header
from thorbis_ops.errors import ContentError
from thorbis_ops.model import Job, Question

T = TypeVar("T", Question, Job)

_PACKAGE = Path(__file__).parent


@cache
def root() -> Path:
    """The folder that holds ``checks``, ``maintenance`` and the rest."""
    installed = _PACKAGE / "_content"
    return installed if installed.is_dir() else _PACKAGE.parent


def folder(name: str) -> Path:
    """The shipped folder ``name``; ContentError where the installation lacks it."""
    found = root() / name
    if not found.is_dir():
        raise ContentError(f"{found}: the folder is missing; install thorbis-ops again")
    return found


def load_questions(extra: Sequence[Path] = ()) -> tuple[Question, ...]:
    """Every question and its variants, shipped ones and those of the folders in ``extra``."""
    shipped = folder("checks")
    found = [*map(_question, _files(shipped, "*/*.sql")), *map(_computed, _modules(shipped))]
    added = [_question(path) for place in extra for path in _files(place, "*/*.sql")]
    _refuse_twice([*found, *added], lambda q: (q.id, q.versions))
    _refuse_gaps([*found, *added])
    return tuple(sorted([*found, *added], key=lambda q: (q.id, q.versions)))


def load_jobs(extra: Sequence[Path] = ()) -> tuple[Job, ...]:
    """Every job and its variants, shipped ones and those of the folders in ``extra``."""
    shipped = folder("maintenance")
    procedures = [_procedure(path) for path in _files(shipped, "*.py")]
    files = chain(_files(shipped, "*.sql"), *(_files(place, "*.sql") for place in extra))
    found = [*procedures, *(jobs.parse(_text(path), path) for path in files)]
    _refuse_twice(found, lambda j: (j.name, j.versions))
    return tuple(sorted(found, key=lambda j: (j.name, j.versions)))


def for_version(found: Iterable[T], major: int) -> tuple[T, ...]:
    """The variants that are for a server of version ``major``."""
    return tuple(f for f in found if f.versions[0] <= major <= f.versions[1])


def module(path: Path) -> ModuleType:
    """The Python file ``path``, executed under a name that nothing else can import."""
    name = f"_thorbis_content_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ContentError(f"{path}: is not a Python file")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def _files(place: Path, pattern: str) -> list[Path]:
    if not place.is_dir():
        raise ContentError(f"{place}: no such folder; correct it in [content]")
    return sorted(path for path in place.glob(pattern) if not path.name.startswith(("_", ".")))


def _modules(place: Path) -> list[Path]:
    return [path for path in _files(place, "*/*.py") if path.name != "__init__.py"]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: cannot be read as UTF-8 text: {error}") from None


def _question(path: Path) -> Question:
    return questions.parse(_text(path), path)


def _docstring(path: Path) -> str:
    """The header of a Python file stands in its docstring, read without running the file."""
    try:
        header = ast.get_docstring(ast.parse(_text(path)))
    except SyntaxError as error:
        raise ContentError(f"{path}: is not valid Python: {error.msg}") from None
    if not header:
        raise ContentError(f"{path}: begin the file with a docstring that holds its header")
    return header


def _computed(path: Path) -> Question:
    return questions.parse_computed(_docstring(path), path, lambda: module(path).rows)


def _procedure(path: Path) -> Job:
    return jobs.from_header(Header(front_matter.toml(_docstring(path), path), path), path, None)


def _refuse_twice(found: Iterable[T], key: Callable[[T], object]) -> None:
    seen: dict[object, Path] = {}
    for one in found:
        other = seen.setdefault(key(one), one.path)
        if other != one.path:
            raise ContentError(f"{one.path}: has the same name as {other}; rename one")


def _refuse_gaps(found: Sequence[Question]) -> None:
    for problem in questions.gaps(found):
        raise ContentError(f"checks: {problem}; correct the versions in the files' names")
