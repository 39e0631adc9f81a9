"""``thorbis-ops dashboards``: Grafana dashboards to take away."""

from __future__ import annotations

from pathlib import Path

import click

from thorbis_ops.errors import ConfigError


@click.group(short_help="Export the Grafana dashboards.")
def command() -> None:
    """Grafana dashboards over the metrics of the daemon."""


@command.command(
    short_help="Write the dashboards as JSON.",
    epilog="""\b
Example:
  thorbis-ops dashboards export /var/lib/grafana/dashboards
""",
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write each dashboard to DIR as JSON, to be provisioned or imported."""
    from thorbis_ops import content

    found = sorted(content.folder("dashboards").glob("*.json"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in found:
            (folder / path.name).write_bytes(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}") from None
    click.echo(f"{len(found)} dashboards in {folder}", err=True)
