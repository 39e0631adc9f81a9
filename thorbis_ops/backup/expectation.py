"""What the owner of a backup expects of it: a small TOML or JSON file, checked whole.

``rows`` and ``may_be_empty`` are for a restore to prove; verification reads past them.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thorbis_ops.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must hold of a backup; None expects nothing."""

    system_identifier: str | None = None
    database: str | None = None
    max_age_seconds: float | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    may_be_empty: tuple[str, ...] = ()


def read(path: Path) -> Expectation:
    """The expectation in ``path``; ConfigError names the file, the key and the fault."""
    try:
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__})") from None
    except ValueError as error:
        raise ConfigError(f"{path}: is neither TOML nor JSON: {error}") from None
    if not isinstance(fields, dict):
        raise ConfigError(f"{path}: must hold keys and values")
    return _checked(path, fields)


def _checked(path: Path, fields: dict[str, Any]) -> Expectation:
    kinds: dict[str, tuple[type, ...]] = {
        "system_identifier": (str, int),
        "database": (str,),
        "max_age_seconds": (int, float),
        "rows": (dict,),
        "may_be_empty": (list,),
    }
    for key, value in fields.items():
        if key not in kinds:
            raise ConfigError(f"{path}: {key} is not a key; there are {', '.join(kinds)}")
        if not isinstance(value, kinds[key]) or isinstance(value, bool):
            raise ConfigError(f"{path}: {key} is of the wrong type")
    identifier = fields.get("system_identifier")
    return Expectation(
        system_identifier=None if identifier is None else str(identifier),
        database=fields.get("database"),
        max_age_seconds=fields.get("max_age_seconds"),
        rows=fields.get("rows", {}),
        may_be_empty=tuple(fields.get("may_be_empty", ())),
    )
