"""Every setting there is, with its type, its default and what makes it invalid.

The models are the one source: ``config.toml`` shows them with their defaults, and a test
holds the two together. A name stands here only if something obeys it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from thorbis_ops.model import Mute, Severity, Target, Tenancy
from thorbis_ops.setting_types import (
    Address,
    Cron,
    Dsn,
    Duration,
    Labels,
    Moment,
    Relation,
    Share,
    Window,
    Zone,
)


class Section(BaseModel):
    """A table of the file: frozen, and without room for keys that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class TenancySettings(Section):
    """How tenants are told apart; what is absent is inferred from the catalogue and shown."""

    column: str | None = None
    setting: str | None = None
    context_functions: tuple[str, ...] = ()
    app_roles: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    global_tables: tuple[Relation, ...] = ()
    columns: Mapping[str, str] = Field(default_factory=dict)

    def tenancy(self) -> Tenancy:
        """The same as the noun that everything else uses."""
        return Tenancy(**self.model_dump(), inferred=self.column is None)


class TargetSettings(Section):
    """One watched database."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,63}$")
    dsn: Dsn = Field(repr=False)
    maintenance_dsn: Dsn | None = Field(default=None, repr=False)
    labels: Labels = Field(default_factory=dict)
    tenancy: TenancySettings | None = None


class StoreSettings(Section):
    """Where history and the journal are kept; empty: the first target's database."""

    dsn: Dsn | None = Field(default=None, repr=False)
    enabled: bool = True
    retention: Duration = 90 * 86400.0


class WebSettings(Section):
    """What the daemon serves, and to whom."""

    listen: Address = "127.0.0.1:9187"
    user: str | None = None
    password_file: Path | None = None
    token_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class ContentSettings(Section):
    """Folders with checks and jobs of one's own, in SQL."""

    checks: tuple[Path, ...] = ()
    maintenance: tuple[Path, ...] = ()


class ScheduleSettings(Section):
    """Whether and by whose clock jobs run."""

    enabled: bool = True
    timezone: Zone = "UTC"


class SamplerSettings(Section):
    """How often statement counters are read."""

    enabled: bool = True
    every: Duration = 10.0


class ObjectiveSettings(Section):
    """A share of the calls of one class that must end within a time."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    statement_class: Literal["oltp", "analytics", "bulk"] = Field(alias="class")
    threshold: Duration
    objective: Share = 0.95


class CheckSettings(Section):
    """What to change of one check: its thresholds, its interval, whether it is asked."""

    enabled: bool = True
    every: Duration | None = None
    info: float | None = None
    low: float | None = None
    medium: float | None = None
    high: float | None = None
    critical: float | None = None


class JobSettings(Section):
    """What to change of one job."""

    enabled: bool = True
    schedule: Cron | None = None
    window: Window | None = None
    parallel: int | None = Field(default=None, ge=1, le=16)
    lock_timeout: Duration | None = None
    settings: Mapping[str, str | int | float] = Field(default_factory=dict)


class PartitionSettings(Section):
    """How the partitions of one table are made and retired."""

    table: Relation
    period: Literal["day", "week", "month", "year"] = "month"
    create_ahead: int = Field(default=3, ge=1, le=400)
    retention: int | None = Field(default=None, ge=1)
    timezone: Zone = "UTC"
    quarantine: Duration = 7 * 86400.0


class MuteSettings(Section):
    """A finding to live with, until a day and for a reason."""

    check: str
    object: str
    until: Moment
    because: str = Field(min_length=3)

    def mute(self) -> Mute:
        """The same as the noun; a time without a zone is taken as UTC."""
        until = self.until if self.until.tzinfo else self.until.replace(tzinfo=UTC)
        return Mute(check=self.check, object=self.object, until=until, because=self.because)


class CacheSettings(Section):
    """The Redis servers that stand before the database."""

    urls: tuple[str, ...] = ()


class BackupSettings(Section):
    """Where base backups lie, and how old the newest may be."""

    paths: tuple[Path, ...] = ()
    max_age: Duration = 26 * 3600.0


class GuardSettings(Section):
    """The limits at which maintenance waits or stops."""

    replica_lag_seconds: float = Field(default=30.0, gt=0)
    replica_lag_bytes: int = Field(default=256 * 2**20, gt=0)
    long_transaction: Duration = 900.0
    active_per_core: float = Field(default=2.0, gt=0)
    cores: int | None = Field(default=None, ge=1)
    free_bytes: int = Field(default=2**30, ge=0)
    unknown_disk: Literal["go", "stop"] = "stop"


def _default_objectives() -> tuple[ObjectiveSettings, ...]:
    triples: tuple[tuple[str, str], ...] = (
        ("oltp", "100ms"),
        ("analytics", "500ms"),
        ("bulk", "2s"),
    )
    return tuple(
        ObjectiveSettings.model_validate({"name": name, "class": name, "threshold": threshold})
        for name, threshold in triples
    )


class Settings(Section):
    """The whole configuration."""

    targets: tuple[TargetSettings, ...] = ()
    tenancy: TenancySettings = TenancySettings()
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    content: ContentSettings = ContentSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    sampler: SamplerSettings = SamplerSettings()
    objectives: tuple[ObjectiveSettings, ...] = Field(default_factory=_default_objectives)
    checks: Mapping[str, CheckSettings] = Field(default_factory=dict)
    jobs: Mapping[str, JobSettings] = Field(default_factory=dict)
    partitions: tuple[PartitionSettings, ...] = ()
    mute: tuple[MuteSettings, ...] = ()
    cache: CacheSettings = CacheSettings()
    backup: BackupSettings = BackupSettings()
    guards: GuardSettings = GuardSettings()

    @model_validator(mode="after")
    def _names_differ(self) -> Settings:
        for what, names in (
            ("targets", [t.name for t in self.targets]),
            ("objectives", [o.name for o in self.objectives]),
            ("partitions", [p.table for p in self.partitions]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f'{what}: "{twice[0]}" stands twice; rename or remove one')
        return self

    def target(self, settings: TargetSettings) -> Target:
        """A configured target as the noun, with its own tenancy or the common one."""
        tenancy = (settings.tenancy or self.tenancy).tenancy()
        return Target(name=settings.name, dsn=settings.dsn, labels=settings.labels, tenancy=tenancy)

    def store_dsn(self) -> str | None:
        """Where the store is: as configured, else the first target's database; or nowhere."""
        if not self.store.enabled:
            return None
        return self.store.dsn or next((t.dsn for t in self.targets), None)

    def thresholds(self, check: str) -> dict[Severity, float]:
        """The thresholds that the configuration sets for ``check``."""
        own: Any = self.checks.get(check, CheckSettings())
        given = {severity: getattr(own, severity.label) for severity in Severity}
        return {severity: limit for severity, limit in given.items() if limit is not None}
