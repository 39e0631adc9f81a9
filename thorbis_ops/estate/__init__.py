"""The Thorbis estate: a multi-tenant database that anyone can build, fill and keep busy.

``load`` builds the tables of ``schema/``, ``seed`` fills them with the data of twenty
businesses, and ``run`` works on them as the application would.
"""

from thorbis_ops.estate.load import files, load, schemas

__all__ = ["files", "load", "schemas"]
