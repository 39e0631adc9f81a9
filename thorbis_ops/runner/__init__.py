"""Maintenance: plan, guard, act, verify, journal, one object at a time.

A job is a file in ``maintenance/``. A SQL job's query returns every candidate: ``object``,
``value``, ``unit``, ``decision`` (run, leave, refuse), ``reason``, and for those to run
``statement`` (or ``statements``: several are one transaction), ``weight`` in bytes and
``verify``, a query of one true row that proves the act. Besides: ``relation``, the table
that no other job may work on meanwhile; ``probe``, a statement that takes its lock for a
moment; ``oid`` and ``filenode``, what the object was before. Parameters are settings:
``thorbis.at``, ``thorbis.past`` (what the job did before, as JSON), and those of the job's
``settings`` in the configuration.

A Python job is a module whose docstring is the header. It has ``async def plan(work) ->
Plan``, which only reads; ``work`` is a ``planning.Work``: the order, a read-only session,
the past, the store. The engine sends the statements of its steps and proves each by its
``verify``. A step without statements is given to its ``async def run(work, step) ->
Result``.

The engine refuses statements that the header's ``commands`` do not allow, asks the guards
before every object, writes the intent before the act, takes locks on the backend that does
the work, counts a warning as a failure, and leaves what it could not do to the next run.
"""

from thorbis_ops.runner.jobs import Report, identity, plan_job, run_job
from thorbis_ops.runner.order import Order, PartitionSet
from thorbis_ops.runner.planning import Result, Work
from thorbis_ops.runner.running import StepResult

__all__ = [
    "Order",
    "PartitionSet",
    "Report",
    "Result",
    "StepResult",
    "Work",
    "identity",
    "plan_job",
    "run_job",
]
