"""The command line's shape: every command is listed, explained by examples, and cheap to list."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from thorbis_ops.cli import COMMANDS, group

CONTRACT = {
    "alerts", "backup", "check", "dashboards", "demo", "doctor", "explain", "init", "job",
    "metrics", "run", "slo", "statements",
}  # fmt: skip


def command(name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


def test_the_commands_are_the_contracts() -> None:
    assert set(COMMANDS) == CONTRACT


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_listed_as_it_describes_itself(name: str) -> None:
    found = command(name)
    assert COMMANDS[name][1] == found.short_help
    several = found.commands.values() if isinstance(found, click.Group) else [found]
    assert "Example" in "".join(one.epilog or "" for one in (found, *several))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_has_a_help(name: str) -> None:
    for parameter in command(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_list_of_commands_imports_none_of_them() -> None:
    code = (
        "import sys; sys.argv = ['x', '--help']\n"
        "from thorbis_ops.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'psycopg', 'pydantic', 'rich', 'redis', 'pglast', 'starlette', 'apscheduler'}\n"
        "sys.exit(1 if heavy & set(sys.modules) else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_a_check_loads_neither_web_nor_scheduler_nor_redis() -> None:
    code = (
        "import sys; sys.argv = ['x', 'check', '--dsn', 'host=127.0.0.1 port=1']\n"
        "from thorbis_ops.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'redis', 'starlette', 'uvicorn', 'apscheduler', 'pglast'} & set(sys.modules)\n"
        "print(heavy); sys.exit(1 if heavy else 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, text=True
    )
    assert ended.returncode == 0, ended.stdout


def test_an_unknown_command_is_refused_by_name() -> None:
    ended = CliRunner().invoke(group, ["chekc"])
    assert ended.exit_code == 2
    assert "chekc" in ended.output
