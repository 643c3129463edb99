"""Plan documents: reading, checking and editing their text, and what a component pays.

Plans are read often and change never once approved, so a read text is kept by its digest.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from paceline.engine.calendars import JANUARY, Calendar, MonthYear, WeekYear
from paceline.engine.calendars import MONTHS as MONTH_WORDS
from paceline.engine.calendars import WEEKDAYS as WEEKDAY_WORDS
from paceline.engine.curve import Curve, Example, curve, examples
from paceline.engine.errors import PlanInvalid, Problem
from paceline.engine.formula.tree import Call as FormulaCall
from paceline.engine.formula.tree import Formula
from paceline.engine.formula.tree import Node as FormulaNode
from paceline.engine.formula.tree import Value as FormulaValue
from paceline.engine.formula.tree import walk as formula_nodes
from paceline.engine.ledger.told import is_followed
from paceline.engine.lint import (
    Finding,
    History,
    Measured,
    Target,
    apply_mend,
    columns_of,
    lint,
    meaning_of,
    rates_of,
)
from paceline.engine.payout import is_drawable
from paceline.engine.plan import edit
from paceline.engine.plan.document import MAX_CHARACTERS
from paceline.engine.plan.edit import PlaceUnknown
from paceline.engine.plan.model import (
    Component,
    Condition,
    Contest,
    Credit,
    Dated,
    Indicator,
    Measure,
    Multiplier,
    Plan,
    Pool,
    Quota,
    RateTable,
    Scorecard,
    TargetIncentive,
    Tier,
    Window,
)
from paceline.engine.plan.parse import check_plan, load_plan
from paceline.engine.plan.scope import word as formula_word
from paceline.engine.plan.settlement_model import (
    Clawback,
    Draw,
    Guarantee,
    Limit,
    Part,
    Payout,
    SettlementPlan,
    Span,
)
from paceline.engine.tables import LINE_ATTRIBUTES as LINE_COLUMNS

__all__ = [
    "JANUARY",
    "LINE_COLUMNS",
    "MAX_CHARACTERS",
    "MONTH_WORDS",
    "WEEKDAY_WORDS",
    "Calendar",
    "Clawback",
    "Component",
    "Condition",
    "Contest",
    "Credit",
    "Curve",
    "Dated",
    "Draw",
    "Example",
    "Finding",
    "Formula",
    "FormulaCall",
    "FormulaNode",
    "FormulaValue",
    "Guarantee",
    "History",
    "Indicator",
    "Limit",
    "Measure",
    "Measured",
    "MonthYear",
    "Multiplier",
    "Part",
    "Payout",
    "PlaceUnknown",
    "Plan",
    "PlanInvalid",
    "Pool",
    "Problem",
    "Quota",
    "RateTable",
    "Scorecard",
    "SettlementPlan",
    "Span",
    "Target",
    "TargetIncentive",
    "Tier",
    "WeekYear",
    "Window",
    "apply_mend",
    "calendar_of",
    "check",
    "columns_of",
    "curve",
    "digest_of",
    "edit",
    "examples",
    "formula_nodes",
    "formula_word",
    "is_drawable",
    "is_followed",
    "lint",
    "load",
    "meaning_of",
    "outline_of",
    "rates_of",
]


def digest_of(source: str) -> str:
    """SHA-256 of the text, in hexadecimal digits."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=256)
def load(source: str) -> Plan:
    """The plan that a text describes. Raises ``PlanInvalid`` with every problem of the text."""
    return load_plan(source)


def check(source: str) -> tuple[Problem, ...]:
    """Every problem of a text; empty when it can be used."""
    return check_plan(source)


def outline_of(plan: Plan) -> dict[str, Any]:
    """What lists show of a plan without reading its text."""
    return {
        "name": dict(plan.name),
        "purpose": dict(plan.purpose),
        "currency": plan.currency,
        "period": plan.period,
        "components": [
            {"id": component.id, "kind": component.kind, "name": dict(component.name)}
            for component in plan.components
        ],
    }


def calendar_of(source: str) -> Calendar:
    """The calendar that a plan goes by; from January on where a text cannot be read."""
    try:
        return load(source).calendar
    except PlanInvalid:
        return JANUARY
