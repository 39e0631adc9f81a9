"""The Thorbis estate: a multi-tenant database that anyone can build, fill and keep busy.

``load`` builds the tables of ``schema/``, ``seed`` fills them with the data of twenty
businesses, and ``run`` works on them as the application would.
"""

from thorbis_ops.estate.load import files, load, schemas
from thorbis_ops.estate.seed import SeedReport, seed
from thorbis_ops.estate.tenants import TENANTS, Tenant

__all__ = ["TENANTS", "SeedReport", "Tenant", "files", "load", "schemas", "seed"]
