"""What the options before the command mean: which settings, which targets, which log."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from thorbis_ops.errors import ConfigError
from thorbis_ops.log import configure

if TYPE_CHECKING:
    from pathlib import Path

    from thorbis_ops.model import Target
    from thorbis_ops.settings import Settings


@dataclass(frozen=True)
class Invocation:
    """One call of the program."""

    config: str | None
    log_level: str
    log_format: str

    def __post_init__(self) -> None:
        configure(logging.getLevelNamesMapping()[self.log_level.upper()], self.log_format)

    @cached_property
    def path(self) -> Path | None:
        """The file that the settings come from, if any."""
        from thorbis_ops import config

        return config.locate(self.config, os.environ)

    @cached_property
    def _settings(self) -> Settings:
        from thorbis_ops import config, database

        return config.load(self.path, os.environ, database.check_dsn)

    def settings(self) -> Settings:
        """The checked settings; ConfigError names what is wrong."""
        return self._settings

    def target(self, name: str | None = None, dsn: str | None = None) -> Target:
        """The target that ``--target`` or ``--dsn`` names, else the only or first one."""
        return self.targets(name, dsn)[0]

    def targets(self, name: str | None = None, dsn: str | None = None) -> list[Target]:
        """All the targets that the options name, at least one."""
        if None not in (name, dsn):
            raise ConfigError("--target and --dsn name two databases; give one of them")
        if dsn is not None:
            return [self._unconfigured(dsn)]
        settings = self.settings()
        found = [t for t in settings.targets if name in (None, t.name)]
        if not found:
            raise ConfigError(self._nothing(name))
        return [settings.target(t) for t in found]

    def _unconfigured(self, dsn: str) -> Target:
        from thorbis_ops.database import parse_dsn
        from thorbis_ops.model import Target

        database = parse_dsn(dsn).get("dbname", "target")
        return Target(name=database, dsn=dsn, tenancy=self.settings().tenancy.tenancy())

    def _nothing(self, name: str | None) -> str:
        place = self.path or "no configuration file was found"
        if name is not None and self.settings().targets:
            known = ", ".join(t.name for t in self.settings().targets)
            return f'{place}: there is no target "{name}"; there are {known}'
        return f"{place}: no [[targets]]; add one or name a database with --dsn"


def invocation() -> Invocation:
    """The current call."""
    import click

    current = click.get_current_context().obj
    assert isinstance(current, Invocation)  # noqa: S101
    return current
