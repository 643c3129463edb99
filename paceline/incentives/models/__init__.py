from __future__ import annotations

from paceline.incentives.models.findings import FindingAcceptance
from paceline.incentives.models.payroll import (
    PayrollEntry,
    PayrollExport,
    PayrollPayment,
    Shortfall,
    ShortfallClosure,
    ShortfallEnding,
    ShortfallRecovery,
    ShortfallTreatment,
)
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
from paceline.incentives.models.quota_effects import QuotaEffect, QuotaEffectRow
from paceline.incentives.models.rate_rows import RateRow, RateRowBefore
from paceline.incentives.models.rewards import GoalReward
from paceline.incentives.models.runs import Run, RunFinalisation, RunInput, RunPlan, RunProblem
from paceline.incentives.models.settlements import (
    Balance,
    Hold,
    HoldReason,
    HoldRelease,
    Payable,
    Payment,
    SettledEarning,
    SettledPlan,
    Settlement,
    SettlementInput,
    SettlementNote,
    SettlementProblem,
    TakenBack,
)
from paceline.incentives.models.statements import (
    Release,
    Statement,
    StatementComponent,
    StatementDetail,
    StatementTier,
)
from paceline.incentives.models.terms import (
    AgreedAmount,
    Agreement,
    BasePay,
    CoalitionValue,
    MinimumWage,
)
from paceline.incentives.models.threads import LineComment, LineThread, ThreadResolution

__all__ = [
    "AgreedAmount",
    "Agreement",
    "Balance",
    "BasePay",
    "CoalitionValue",
    "FindingAcceptance",
    "GoalReward",
    "Hold",
    "HoldReason",
    "HoldRelease",
    "LineComment",
    "LineThread",
    "MinimumWage",
    "PayPeriod",
    "Payable",
    "Payment",
    "PayrollEntry",
    "PayrollExport",
    "PayrollPayment",
    "Plan",
    "PlanApproval",
    "PlanAssignment",
    "PlanEdit",
    "PlanReturn",
    "PlanSubmission",
    "PlanVersion",
    "QuotaEffect",
    "QuotaEffectRow",
    "RateRow",
    "RateRowBefore",
    "Release",
    "Run",
    "RunFinalisation",
    "RunInput",
    "RunPlan",
    "RunProblem",
    "SettledEarning",
    "SettledPlan",
    "Settlement",
    "SettlementInput",
    "SettlementNote",
    "SettlementProblem",
    "Shortfall",
    "ShortfallClosure",
    "ShortfallEnding",
    "ShortfallRecovery",
    "ShortfallTreatment",
    "Statement",
    "StatementComponent",
    "StatementDetail",
    "StatementTier",
    "TakenBack",
    "ThreadResolution",
]
