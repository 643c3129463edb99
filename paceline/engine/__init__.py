"""Paceline's calculation engine: pure, exact, explained. No Django, no clock, no files but those
given.

`load_plan` reads a plan, `calculate` runs it over tables, `trace` opens one payee down to the order
line, `explain` tells the result as a tree, `compare` divides the difference of two runs by cause,
`whatif` looks at one more order, the next tier and another plan, `lint` lists what a plan may do
that nobody meant, `curve` and `examples` show what a component pays.
`settle` turns what was earned into what is paid.
"""

from __future__ import annotations

from paceline.engine.compare import Difference, Part, Side, compare
from paceline.engine.curve import Curve, Example, Point, curve, examples
from paceline.engine.errors import (
    EngineError,
    InputInvalid,
    PayeeUnknown,
    PlanInvalid,
    Problem,
    ResultsDisagree,
)
from paceline.engine.explain import Explanation, explain
from paceline.engine.line_files import state_totals
from paceline.engine.lint import Finding, History, apply_mend, history_of, lint
from paceline.engine.needs import Needs, needs
from paceline.engine.payout import is_drawable
from paceline.engine.periods import Period, PeriodUnknown, period_from_key
from paceline.engine.plan.model import Plan
from paceline.engine.plan.parse import check_plan, load_plan
from paceline.engine.plan.schema import plan_schema
from paceline.engine.rerating import (
    Rerated,
    Returned,
    credited_with,
    rerate,
    rests_on_lines,
)
from paceline.engine.results import ENGINE_VERSION, Results
from paceline.engine.run import calculate
from paceline.engine.settlement import Settlement, SettlementTables, settle
from paceline.engine.tables import ParquetFiles, Tables
from paceline.engine.trace import Trace, trace, traces

__all__ = [
    "ENGINE_VERSION",
    "Curve",
    "Difference",
    "EngineError",
    "Example",
    "Explanation",
    "Finding",
    "History",
    "InputInvalid",
    "Needs",
    "ParquetFiles",
    "Part",
    "PayeeUnknown",
    "Period",
    "PeriodUnknown",
    "Plan",
    "PlanInvalid",
    "Point",
    "Problem",
    "Rerated",
    "Results",
    "ResultsDisagree",
    "Returned",
    "Settlement",
    "SettlementTables",
    "Side",
    "Tables",
    "Trace",
    "apply_mend",
    "calculate",
    "check_plan",
    "compare",
    "credited_with",
    "curve",
    "examples",
    "explain",
    "history_of",
    "is_drawable",
    "lint",
    "load_plan",
    "needs",
    "period_from_key",
    "plan_schema",
    "rerate",
    "rests_on_lines",
    "settle",
    "state_totals",
    "trace",
    "traces",
]
