"""The commands: thin, a file each, and loaded only when they are called.

``--help`` costs little more than click itself, since the list of commands is data here;
a test holds it against the commands' own help. Every error that the user can act on ends
in one line on standard error with the exit code of its kind.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

# Name to (module, one line); the line is the command's own short help.
COMMANDS = {
    "alerts": ("alerts", "Export the alert rules with the configuration's thresholds."),
    "backup": ("backup", "List and verify base backups."),
    "check": ("check", "Ask and judge once."),
    "dashboards": ("dashboards", "Export the Grafana dashboards."),
    "demo": ("demo", "Start a PostgreSQL with an estate, traffic and the daemon."),
    "doctor": ("doctor", "Say what is missing and what that costs."),
    "explain": ("explain", "Explain a check, a job or an alert; list all without one."),
    "init": ("init", "Make the roles, the grants and the store's schema."),
    "job": ("job", "List, plan and run maintenance."),
    "metrics": ("metrics", "Print one exposition of the metrics."),
    "run": ("run", "Run the daemon in the foreground."),
    "slo": ("slo", "Hold the statements against their objectives."),
    "statements": ("statements", "List the statements by load."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, without importing anything."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called ``cmd_name``, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"thorbis_ops.cli.{COMMANDS[cmd_name][0]}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a fault of ours, not the user's
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``--help``, from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with: thorbis-ops check --dsn postgresql://user@host/database",
)
@click.option("--config", metavar="FILE", help="The configuration to read.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="What to log to standard error.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to log it.",
)
@click.version_option(package_name="thorbis-ops")
@click.pass_context
def group(ctx: click.Context, config: str | None, log_level: str, log_format: str) -> None:
    """Operate a multi-tenant PostgreSQL and prove that it is safe, fast and restorable."""
    from thorbis_ops.cli.invocation import Invocation

    ctx.obj = Invocation(config=config, log_level=log_level, log_format=log_format)


def main() -> None:
    """The entry point: runs a command and turns what went wrong into one line."""
    try:
        status = group.main(standalone_mode=False)
    except click.exceptions.Abort:
        _end("interrupted", 130)
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        _end(f"{error.format_message()}{hint}", 2)
    except click.ClickException as error:
        _end(error.format_message(), 2)
    except BrokenPipeError:
        _silence()
        sys.exit(0)
    except Exception as error:
        code = getattr(error, "exit_code", None)
        if code is None:
            raise
        _end(str(error), code)
    sys.exit(status if isinstance(status, int) else 0)


def _end(message: str, code: int) -> None:
    print(f"thorbis-ops: {message}", file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _silence() -> None:
    """Whoever read our output has gone; the interpreter's own flush must not complain."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
