"""The configuration: the shipped file is the default, and each mistake is told in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from thorbis_ops import config, database
from thorbis_ops import settings as s
from thorbis_ops.errors import ConfigError
from thorbis_ops.settings import Settings

SHIPPED = Path(__file__).parents[2] / "config.toml"


def load(text: str, tmp_path: Path, **environment: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, environment, database.check_dsn)


def test_the_shipped_file_holds_every_default() -> None:
    assert config.load(SHIPPED, {}, database.check_dsn) == config.load(None, {}, database.check_dsn)


def test_the_shipped_file_names_every_setting() -> None:
    text = SHIPPED.read_text(encoding="utf-8")

    def names(model: type) -> set[str]:
        fields = model.model_fields  # type: ignore[attr-defined]
        return {field.alias or name for name, field in fields.items()}

    sections = [
        s.TargetSettings, s.TenancySettings, s.StoreSettings, s.WebSettings, s.ContentSettings,
        s.ScheduleSettings, s.SamplerSettings, s.ObjectiveSettings, s.CheckSettings,
        s.JobSettings, s.PartitionSettings, s.MuteSettings, s.CacheSettings, s.BackupSettings,
        s.GuardSettings, s.Settings,
    ]  # fmt: skip
    missing = {name for model in sections for name in names(model) if not named(name, text)}
    assert missing == set()


def named(name: str, text: str) -> bool:
    grades = {"info", "low", "high", "critical"}
    return name in grades or bool(re.search(rf"(?m)^(# )?(\[+)?{name}\b", text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web]\nlisen = 'x'", "web.lisen is not a setting; correct its spelling or remove it"),
        ("[web]\nlisten = 5", "web.listen = 5 is wrong"),
        ("[web]\nlisten = '127.0.0.1'", "write 127.0.0.1:9187"),
        ("[jobs.analyze]\nschedule = '1 2'", "not a cron line of five fields"),
        ("[jobs.analyze]\nschedule = '99 1 * * *'", "jobs.analyze.schedule = '99 1 * * *' is"),
        ("[jobs.analyze]\nwindow = '1-2'", 'not a window such as "01:00-05:00"'),
        ("[[targets]]\nname = 'a'", "targets[0].dsn is missing; add it"),
        ("[[targets]]\nname = 'a b'\ndsn = 'host=x'", "targets[0].name = 'a b' is wrong"),
        ("[[targets]]\nname = 'a'\ndsn = 'foo=x'", "targets[0].dsn is wrong: is not a libpq"),
        ("[sampler]\nevery = '10x'", "sampler.every = '10x' is wrong"),
        ("[schedule]\ntimezone = 'Mars'", '"Mars" is not a time zone'),
        ("[checks.'a.b']\nmedium = 'x'", "checks.a.b.medium = 'x' is wrong"),
        ("[[mute]]\ncheck = 'a'\nobject = 'b'\nuntil = 2030-01-01", "mute[0].because is missing"),
        ("[[partitions]]\ntable = 'jobs'", "write hs.jobs"),
        ("x = ", "is not valid TOML"),
        ("[[targets]]\nname='a'\ndsn=''\n[[targets]]\nname='a'\ndsn=''", '"a" stands twice'),
    ],
)
def test_a_mistake_is_one_line_that_names_file_key_and_cure(
    text: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text, tmp_path)
    message = str(caught.value)
    assert said in message
    assert str(tmp_path / "config.toml") in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_a_wrong_dsn_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load("[[targets]]\nname='a'\ndsn='postgresql://u:s3cr3t pw@h/d'", tmp_path)
    assert "s3cr3t" not in str(caught.value)


def test_the_environment_stands_above_the_file(tmp_path: Path) -> None:
    loaded = load(
        "[web]\nlisten = '127.0.0.1:1'",
        tmp_path,
        THORBIS_OPS__WEB__LISTEN="127.0.0.1:2",
        THORBIS_OPS__GUARDS__ACTIVE_PER_CORE="3.5",
    )
    assert loaded.web.listen == "127.0.0.1:2"
    assert loaded.guards.active_per_core == 3.5


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^THORBIS_OPS__WEB__LISTEN: web\.listen = 9 is wrong"):
        config.load(None, {"THORBIS_OPS__WEB__LISTEN": "9"}, database.check_dsn)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/x\.toml: no such file"):
        config.load(Path("/nowhere/x.toml"), {}, database.check_dsn)


def test_the_places_are_tried_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").touch()
    assert config.locate("mine.toml", {config.PATH_VARIABLE: "other.toml"}) == Path("mine.toml")
    assert config.locate(None, {config.PATH_VARIABLE: "other.toml"}) == Path("other.toml")
    assert config.locate(None, {}) == Path("config.toml")
