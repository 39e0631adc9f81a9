"""The nouns of the project: frozen values that every layer shares.

Nothing here acts. A question is asked of a target and gives an answer or says why it could
not; answers become findings; a job becomes steps, and steps become runs. This package imports
the standard library only, so that anything may import it.
"""

from thorbis_ops.model.asking import (
    Answer,
    Finding,
    Metric,
    Mute,
    Question,
    Reason,
    Role,
    Row,
    Server,
    Severity,
    Snapshot,
    Target,
    Tenancy,
    Unanswered,
)
from thorbis_ops.model.maintaining import (
    Considered,
    GuardVerdict,
    Job,
    Outcome,
    Plan,
    Refusal,
    Run,
    Step,
    Verdict,
    Window,
)

__all__ = [
    "Answer",
    "Considered",
    "Finding",
    "GuardVerdict",
    "Job",
    "Metric",
    "Mute",
    "Outcome",
    "Plan",
    "Question",
    "Reason",
    "Refusal",
    "Role",
    "Row",
    "Run",
    "Server",
    "Severity",
    "Snapshot",
    "Step",
    "Target",
    "Tenancy",
    "Unanswered",
    "Verdict",
    "Window",
]
