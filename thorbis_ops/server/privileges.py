"""Who runs PostgreSQL, which refuses root.

As root every program of PostgreSQL runs as ``postgres``, or as ``nobody`` where there is no such
account; otherwise as the present user. What that account must read or write is checked before
anything is started, because PostgreSQL's own message would not name the directory that bars it.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from thorbis_ops.errors import ServerError

ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int


class Identity(TypedDict, total=False):
    """The arguments of ``subprocess`` that change who a program runs as."""

    user: int
    group: int
    extra_groups: list[int]


def unprivileged() -> Account | None:
    """The account to drop to; None where the present user is not root and stays who he is."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServerError(
        f"PostgreSQL does not run as root, and there is neither an account "
        f"{' nor '.join(ACCOUNTS)}: create one, or run as an ordinary user"
    )


def identity(account: Account | None) -> Identity:
    """How ``subprocess`` becomes the account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def make_directory(path: Path) -> Path:
    """Make a directory that only the account running PostgreSQL may read and write."""
    _make(path, 0o700)
    give(path)
    require_reachable(path)
    return path


def make_passage(path: Path) -> Path:
    """Make a directory that only we may write, and that the account may pass through.

    Were it the account's, a process of his could plant links for root to follow.
    """
    account = unprivileged()
    _make(path, 0o711 if account else 0o700)
    if account is not None:
        os.chown(path, os.geteuid(), os.getegid())
    require_reachable(path)
    return path


def _make(path: Path, mode: int) -> None:
    if path.is_symlink():
        raise ServerError(f"{path} is a symbolic link: give the directory itself")
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        path.chmod(mode)
    except OSError as error:
        raise ServerError(f"{path} cannot be made: {error.strerror}") from error


def give(path: Path) -> None:
    """Make the account that runs PostgreSQL the owner of a file or directory."""
    account = unprivileged()
    if account is not None:
        os.chown(path, account.uid, account.gid)


def require_reachable(path: Path) -> None:
    """Raise ServerError naming the directory that keeps the account from ``path``."""
    account = unprivileged()
    for directory in reversed([path, *path.parents]):
        if not may_enter(directory, account):
            who = account.name if account else "the present user"
            raise ServerError(
                f"{path} is out of reach: {who} may not enter {directory}; use a directory "
                f"outside of it (TMPDIR=/tmp) or allow it (chmod a+x {directory})"
            )


def may_enter(directory: Path, account: Account | None) -> bool:
    """Whether the account may pass through a directory, by its mode."""
    if account is None:
        return os.access(directory, os.X_OK)
    status = directory.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    environment: Mapping[str, str],
    directory: Path,
    timeout: float,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the account, without input; ``timeout`` in seconds."""
    program = Path(command[0]).name
    try:
        return subprocess.run(  # noqa: PLW1510 # the caller judges the exit code
            [os.fspath(part) for part in command],
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            **identity(unprivileged()),
        )
    except subprocess.TimeoutExpired as error:
        raise ServerError(f"{program} did not end within {timeout:g} s") from error
    except OSError as error:
        raise ServerError(f"{program} cannot be run: {error.strerror}") from error
