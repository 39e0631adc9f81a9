"""A cluster on disk: one private directory with its data, socket, log and rules of entry.

Made by initdb with checksums, UTF-8 and a locale that sorts alike everywhere, or adopted from
data that a restore has put in place.
"""

import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thorbis_ops.errors import ServerError
from thorbis_ops.server import settings as server_settings
from thorbis_ops.server.installation import Installation
from thorbis_ops.server.privileges import give, make_directory, require_reachable, run
from thorbis_ops.server.settings import Authentication

# sun_path of unix(7) holds 108 bytes, the last of them zero.
LONGEST_SOCKET_PATH = 107
LOCALES = ("C.UTF-8", "C")
INITDB_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that may be started: where it lies, whose binaries, how it may be entered."""

    directory: Path
    installation: Installation
    tcp: Authentication | None = None
    port: int | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def socket_directory(self) -> Path:
        """Where the unix socket appears."""
        return self.directory / "socket"

    @property
    def log_directory(self) -> Path:
        """Where the server's JSON log is written."""
        return self.directory / "log"

    @property
    def parts(self) -> frozenset[Path]:
        """All that may lie in the directory."""
        return frozenset(
            {self.data, self.socket_directory, self.log_directory, self.authentication}
        )

    @property
    def start_log(self) -> Path:
        """What the server writes to standard error before its log collector runs."""
        return self.log_directory / "start.log"

    @property
    def authentication(self) -> Path:
        """The rules of entry, ``pg_hba.conf``, kept apart from the data."""
        return self.directory / "pg_hba.conf"


def create(
    directory: Path,
    installation: Installation,
    settings: Mapping[str, str],
    *,
    tcp: Authentication | None = None,
    port: int | None = None,
) -> Cluster:
    """Make a new cluster in ``directory``, which is new or empty.

    ``tcp`` opens loopback with that authentication, on ``port`` or a free one; the superuser is
    ``postgres`` and gets a random password for it.
    """
    cluster = Cluster(
        directory=directory.absolute(),
        installation=installation,
        tcp=tcp,
        port=port,
        password=secrets.token_urlsafe(24) if tcp else None,
    )
    configuration = server_settings.configuration(installation.major, settings)
    _require_only(cluster, ())
    _place(cluster)
    _initdb(cluster)
    (cluster.directory / "password").unlink(missing_ok=True)
    _configure(cluster, configuration)
    return cluster


def adopt(
    directory: Path,
    installation: Installation,
    settings: Mapping[str, str],
    *,
    tcp: Authentication | None = None,
    port: int | None = None,
) -> Cluster:
    """A cluster from data that lies in ``directory/data`` already, as after a restore.

    Nothing else may lie in ``directory``. The data must be of the installation's version;
    roles and passwords are the data's.
    """
    cluster = Cluster(directory=directory.absolute(), installation=installation, tcp=tcp, port=port)
    try:
        major = (cluster.data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise ServerError(f"{cluster.data} holds no PostgreSQL data: no PG_VERSION") from error
    if major != str(installation.major):
        raise ServerError(
            f"{cluster.data} is of PostgreSQL {major}, {installation.bin} of {installation.major}"
        )
    configuration = server_settings.configuration(installation.major, settings)
    _require_only(cluster, cluster.parts)
    _place(cluster)
    _configure(cluster, configuration)
    return cluster


def socket_path_fits(directory: Path) -> bool:
    """Whether a cluster in ``directory`` could have a unix socket."""
    longest = directory / "socket" / ".s.PGSQL.65535"
    return len(os.fsencode(longest)) <= LONGEST_SOCKET_PATH


def _require_only(cluster: Cluster, expected: Collection[Path]) -> None:
    """The directory is about to become private: it must not be one that others use."""
    directory = cluster.directory
    try:
        foreign = sorted({*directory.iterdir()} - {*expected})
    except FileNotFoundError:
        return
    except OSError as error:
        raise ServerError(f"{directory} cannot be used: {error.strerror}") from error
    if foreign:
        raise ServerError(f"{directory} holds {foreign[0].name} already: choose an empty directory")


def _place(cluster: Cluster) -> None:
    """Make the cluster's directories, within reach of the account that runs it."""
    if not socket_path_fits(cluster.directory):
        raise ServerError(
            f"{cluster.directory} is too long a path for a unix socket "
            f"(at most {LONGEST_SOCKET_PATH} bytes with the socket's name): choose a shorter one"
        )
    require_reachable(cluster.installation.bin)
    for path in (cluster.directory, cluster.socket_directory, cluster.log_directory):
        make_directory(path)


def _initdb(cluster: Cluster) -> None:
    said = ""
    for locale in LOCALES:
        said = _initdb_with(cluster, locale)
        if not said:
            return
        if "locale" not in said:
            break
    raise ServerError(f"initdb failed in {cluster.data}: {said}")


def _initdb_with(cluster: Cluster, locale: str) -> str:
    """Run initdb; the last line of its complaint, empty when all went well."""
    options = ["--data-checksums", "--encoding=UTF8", f"--locale={locale}", "--lc-messages=C"]
    options += ["--auth=reject", "--username=postgres", "--no-sync", "--no-instructions"]
    options += _password_option(cluster)
    done = run(
        [cluster.installation.program("initdb"), "--pgdata", cluster.data, *options],
        environment=cluster.installation.environment(),
        directory=cluster.directory,
        timeout=INITDB_SECONDS,
    )
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    return (errors or done.stderr.splitlines() or [f"exit code {done.returncode}"])[-1]


def _password_option(cluster: Cluster) -> list[str]:
    """The superuser's password by way of a file, as a command line can be read by anyone."""
    if cluster.password is None:
        return []
    file = cluster.directory / "password"
    file.touch(mode=0o600)
    file.write_text(cluster.password)
    give(file)
    return [f"--pwfile={file}"]


def _configure(cluster: Cluster, configuration: str) -> None:
    cluster.authentication.write_text(server_settings.host_based_authentication(cluster.tcp))
    cluster.authentication.chmod(0o644)
    with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(f"\n{configuration}")
