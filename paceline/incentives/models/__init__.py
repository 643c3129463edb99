from __future__ import annotations

from paceline.incentives.models.findings import FindingAcceptance
from paceline.incentives.models.payroll import PayrollEntry, PayrollExport
from paceline.incentives.models.periods import PayPeriod
from paceline.incentives.models.plans import (
    Plan,
    PlanApproval,
    PlanAssignment,
    PlanEdit,
    PlanReturn,
    PlanSubmission,
    PlanVersion,
)
from paceline.incentives.models.runs import Run, RunFinalisation, RunInput, RunPlan, RunProblem
from paceline.incentives.models.statements import (
    Release,
    Statement,
    StatementComponent,
    StatementDetail,
    StatementTier,
)
from paceline.incentives.models.threads import LineComment, LineThread, ThreadResolution

__all__ = [
    "FindingAcceptance",
    "LineComment",
    "LineThread",
    "PayPeriod",
    "PayrollEntry",
    "PayrollExport",
    "Plan",
    "PlanApproval",
    "PlanAssignment",
    "PlanEdit",
    "PlanReturn",
    "PlanSubmission",
    "PlanVersion",
    "Release",
    "Run",
    "RunFinalisation",
    "RunInput",
    "RunPlan",
    "RunProblem",
    "Statement",
    "StatementComponent",
    "StatementDetail",
    "StatementTier",
    "ThreadResolution",
]
