"""What may go wrong, told in one line that names the thing and the cure.

Each kind carries the exit code of the command line's contract, so that the outermost
layer needs no table. A message never holds a secret or a literal of the user's data.
"""


class ThorbisError(Exception):
    """Something that the user can act on."""

    exit_code = 1


class ConfigError(ThorbisError):
    """A setting, an option or a file of the user's is wrong."""

    exit_code = 2


class ContentError(ThorbisError):
    """A check, job, alert, dashboard or schema file is wrong."""

    exit_code = 2


class TargetError(ThorbisError):
    """A watched server could not be reached or would not talk."""

    exit_code = 3


class StoreError(ThorbisError):
    """The store is missing, of another version, or out of reach."""

    exit_code = 3


class NoStoreError(StoreError):
    """The store can be reached, and nobody has made it yet."""


class ServerError(ThorbisError):
    """A PostgreSQL of our own could not be found, made, started or stopped."""

    exit_code = 3


class JobError(ThorbisError):
    """A job could not be planned or did not end well."""


class BackupError(ThorbisError):
    """A backup is not what it should be."""
