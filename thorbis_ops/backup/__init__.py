"""Base backups: which there are, and whether each is whole, fresh and of the right server.

``catalogue``    what a backup says of itself: manifest, label, size
``expectation``  what its owner expects of it
``archive``      whether archived WAL continues it without a gap
``verify``       all that can be said without restoring it
"""

from thorbis_ops.backup.catalogue import Backup, describe
from thorbis_ops.backup.expectation import Expectation
from thorbis_ops.backup.verify import StepVerdict, Verification, verify

__all__ = ["Backup", "Expectation", "StepVerdict", "Verification", "describe", "verify"]
