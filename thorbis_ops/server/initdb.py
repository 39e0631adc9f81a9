"""Making the data of a new cluster: checksums, UTF-8, a locale that sorts alike everywhere."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from thorbis_ops.errors import ServerError
from thorbis_ops.server.installation import Installation
from thorbis_ops.server.privileges import give, run

LOCALES = ("C.UTF-8", "C")
TIMEOUT_SECONDS = 300.0
# Who may enter is written elsewhere: started without that, these data let nobody in.
OPTIONS = (
    "--data-checksums",
    "--encoding=UTF8",
    "--lc-messages=C",
    "--auth=reject",
    "--username=postgres",
    "--no-sync",
    "--no-instructions",
)


def initdb(installation: Installation, data: Path, password: str | None) -> None:
    """Fill the empty directory ``data``; its superuser is ``postgres``."""
    complaint = ""
    for locale in LOCALES:
        complaint = _attempt(installation, data, locale, password)
        if not complaint:
            return
        if "locale" not in complaint:
            break
    raise ServerError(f"initdb failed in {data}: {complaint}")


def _attempt(installation: Installation, data: Path, locale: str, password: str | None) -> str:
    """The last line of initdb's complaint, empty when all went well."""
    with _password_option(data.parent, password) as option:
        done = run(
            [installation.program("initdb"), "-D", data, *OPTIONS, f"--locale={locale}", *option],
            environment=installation.environment(),
            directory=data,
            timeout=TIMEOUT_SECONDS,
        )
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if "error" in line]
    return (errors or done.stderr.splitlines() or [f"exit code {done.returncode}"])[-1]


@contextlib.contextmanager
def _password_option(directory: Path, password: str | None) -> Iterator[list[str]]:
    """The password by way of a file, as anyone can read a command line."""
    if password is None:
        yield []
        return
    with tempfile.NamedTemporaryFile("w", dir=directory, prefix=".password-") as file:
        file.write(password)
        file.flush()
        give(Path(os.fspath(file.name)))
        yield [f"--pwfile={file.name}"]
