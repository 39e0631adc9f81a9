"""``thorbis-ops alerts``: Prometheus rules to take away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from thorbis_ops.cli.invocation import invocation
from thorbis_ops.errors import ConfigError

if TYPE_CHECKING:
    from thorbis_ops.settings import Settings


@click.group(short_help="Export the alert rules with the configuration's thresholds.")
def command() -> None:
    """Prometheus alert rules, each with a test and a runbook."""


@command.command(
    short_help="Write the rules.",
    epilog="""\b
Examples:
  thorbis-ops alerts export > /etc/prometheus/thorbis.rules.yml
  thorbis-ops alerts export --out /etc/prometheus/rules
""",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for one file per group; without it, one file goes to standard output.",
)
@click.option(
    "--runbooks",
    metavar="URL",
    help="Where the runbooks are; without it, the daemon itself, which serves them.",
)
@click.option(
    "--hold",
    metavar="DURATION",
    help="Replace the time for which each condition must hold, to try the rules.",
)
def export(out: Path | None, runbooks: str | None, hold: str | None) -> None:
    """Write Prometheus rules whose thresholds and objectives are those of the configuration.

    Thresholds reach the rules through the findings of the daemon, objectives through its
    metrics, so that a change of either needs no new export. Scrape with honor_labels: true.
    """
    from thorbis_ops import alerts, content

    settings = invocation().settings()
    base = runbooks or _served(settings)
    files = {
        path.name: alerts.export(path.read_text("utf-8"), runbooks=base, hold=hold)
        for path in sorted(content.folder("alerts").glob("*.yml"))
        if not path.name.endswith(".test.yml")
    }
    for line in alerts.capped({o.name: o.objective for o in settings.objectives}):
        click.echo(f"thorbis-ops: {line}", err=True)
    if out is None:
        click.echo(alerts.merged(files.values()), nl=False)
    else:
        _write(out, files)


def _served(settings: Settings) -> str:
    scheme = "http" if settings.web.certificate is None else "https"
    return f"{scheme}://{settings.web.listen}/runbooks"


def _write(out: Path, files: dict[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"--out {out}: cannot be written: {error.strerror}") from None
    click.echo(f"{len(files)} rule files in {out}", err=True)
