"""The Thorbis estate: a multi-tenant database that anyone can build, fill and keep busy.

``load`` builds the tables of ``schema/``, ``seed`` fills them with the data of twenty
businesses, and ``run`` works on them as the application would.
"""

from thorbis_ops.estate.load import files, load, schemas
from thorbis_ops.estate.seed import SeedReport, seed
from thorbis_ops.estate.slow import plant_slow
from thorbis_ops.estate.statements import MIX, Statement, statements
from thorbis_ops.estate.tenants import TENANTS, Tenant
from thorbis_ops.estate.traffic import Call, Recorder, run

__all__ = [
    "MIX",
    "TENANTS",
    "Call",
    "Recorder",
    "SeedReport",
    "Statement",
    "Tenant",
    "files",
    "load",
    "plant_slow",
    "run",
    "schemas",
    "seed",
    "statements",
]
