"""TOML to Settings: parsed once, checked whole, and typed from then on.

A key that nobody knows is an error that names its path, since a setting silently ignored
is a promise silently broken. This module reads the file and the environment given to it;
it connects to nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from thorbis_ops.errors import ConfigError
from thorbis_ops.settings import Settings

PREFIX = "THORBIS_OPS__"
PATH_VARIABLE = "THORBIS_OPS_CONFIG"
_PLACES = (Path("config.toml"), Path("/etc/thorbis-ops/config.toml"))
_CURES = {
    "extra_forbidden": "is not a setting; correct its spelling or remove it",
    "missing": "is missing; add it",
}


def locate(option: str | None, environment: Mapping[str, str]) -> Path | None:
    """The file to read: the option, the variable, ./config.toml, /etc; None if there is none."""
    named = option or environment.get(PATH_VARIABLE)
    if named is not None:
        return Path(named)
    return next((place for place in _PLACES if place.is_file()), None)


def load(
    path: Path | None, environment: Mapping[str, str], check_dsn: Callable[[str], object]
) -> Settings:
    """The settings of ``path`` under those of the environment; ConfigError names the fault.

    ``check_dsn`` is the connection library's own parser; it raises ValueError.
    """
    read = _read(path) if path is not None else {}
    merged = _overridden(read, environment)
    try:
        return Settings.model_validate(merged, context={"check_dsn": check_dsn})
    except ValidationError as error:
        raise ConfigError(_first(error, path, environment)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; name an existing one with --config") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {type(error).__name__}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None


def _overridden(read: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """``THORBIS_OPS__WEB__LISTEN=…`` stands above the file, key by key."""
    merged = dict(read)
    for variable in sorted(v for v in environment if v.startswith(PREFIX)):
        keys = variable.removeprefix(PREFIX).lower().split("__")
        _put(merged, keys, _value(environment[variable]), variable)
    return merged


def _put(tree: dict[str, Any], keys: list[str], value: Any, variable: str) -> None:
    for key in keys[:-1]:
        branch = tree.get(key, {})
        if not isinstance(branch, dict):
            raise ConfigError(f"{variable}: {key} is no table; set it in the file instead")
        tree[key] = dict(branch)
        tree = tree[key]
    tree[keys[-1]] = value


def _value(text: str) -> Any:
    """A variable's text as TOML where it is that (5, true, ["a"]), else as it stands."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def _first(error: ValidationError, path: Path | None, environment: Mapping[str, str]) -> str:
    fault = error.errors()[0]
    key = _key(fault["loc"])
    cure = _CURES.get(fault["type"], f"{_shown(key, fault)}: {_words(fault)}")
    return f"{_origin(key, path, environment)}: {key} {cure}{_more(error)}"


def _more(error: ValidationError) -> str:
    others = error.error_count() - 1
    return f" (and {others} more)" if others else ""


def _origin(key: str, path: Path | None, environment: Mapping[str, str]) -> str:
    variable = PREFIX + key.upper().replace(".", "__")
    return variable if variable in environment else str(path or "configuration")


def _key(location: tuple[int | str, ...]) -> str:
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key


def _shown(key: str, fault: Mapping[str, Any]) -> str:
    """``= value``, unless it may hold a secret."""
    secret = any(word in key for word in ("dsn", "url", "password", "token"))
    return "is wrong" if secret else f"= {fault['input']!r} is wrong"


def _words(fault: Mapping[str, Any]) -> str:
    message: str = fault["msg"]
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
