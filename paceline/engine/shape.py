"""What a plan asks of the steps: which formulas are summed, which rules are told apart, which
levels.

The steps themselves do not branch on the kind of plan. Everything that differs between plans is
either a row of a small plan table or one of the formulas here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from paceline.engine.columns import CONVERTED, COUNT, EXACT, MONEY, PLACE, RATE, TEXT, Kind
from paceline.engine.formula.tree import Formula, Name
from paceline.engine.plan.model import Credit, Measure, Plan

COUNTED = -1  # the value index of a measure that counts lines
TOP = 50  # the highest level of a reporting line


@dataclass(frozen=True)
class Shape:
    """The parts of a plan that decide the text of its queries."""

    plan: Plan
    values: tuple[Formula, ...]  # summed besides the amount itself, which has index 0
    rules: tuple[Credit, ...]  # direct rules; the bit of a rule is its place

    @property
    def style(self) -> Hashable:
        """All that the text of the queries depends on: plans of one style share their statements.

        Rates, bounds, names and amounts are rows or bound values and do not matter.
        """
        plan = self.plan
        return (
            tuple((value.text, value.type) for value in self.values),
            tuple(rule.when.text if rule.when else None for rule in self.rules),
            tuple(plan.attributes.items()),
            tuple((quota.name, plan.measure(quota.measure).is_money) for quota in plan.quotas),
            dataclasses.replace(plan.policies, exchange_rate=""),
            plan.digits,
            self.rolls_up,
        )

    @property
    def by_line(self) -> bool:
        return self.plan.policies.accumulation == "transaction"

    @property
    def rolls_up(self) -> bool:
        return any(credit.kind == "rollup" for credit in self.plan.credits)

    @property
    def sums(self) -> dict[str, Kind]:
        """What is summed from lines on: their number, those without an exchange rate, the amount in
        its own currency, and each value in plan currency (units as they are).
        """
        converted = {f"converted_{place}": CONVERTED for place in range(len(self.values) + 1)}
        return {"lines": COUNT, "unrated": COUNT, "amount": EXACT, **converted}

    def is_money(self, index: int) -> bool:
        return index == 0 or self.values[index - 1].type == "money"

    def index_of(self, measure: Measure) -> int:
        """Which summed value a measure takes."""
        if measure.of is None:
            return COUNTED
        if _is_amount(measure.of):
            return 0
        return 1 + [value.text for value in self.values].index(measure.of.text)

    def bits(self, credit: Credit) -> int:
        """The direct rules that a credit rule draws on, as bits."""
        names = [rule.id for rule in self.rules]
        wanted = [credit.id] if credit.kind == "direct" else credit.of
        return sum(1 << names.index(name) for name in dict.fromkeys(wanted))


def shape_of(plan: Plan) -> Shape:
    values: dict[str, Formula] = {}
    for measure in plan.measures:
        if measure.of is not None and not _is_amount(measure.of):
            values.setdefault(measure.of.text, measure.of)
    rules = tuple(credit for credit in plan.credits if credit.kind == "direct")
    return Shape(plan, tuple(values.values()), rules)


def _is_amount(formula: Formula) -> bool:
    return isinstance(formula.root, Name) and formula.root.name == "amount"


# --- the plan as small tables ---------------------------------------------------------------------

_TERM: dict[str, Kind] = {
    "subject": TEXT,
    "value_index": PLACE,
    "level_from": PLACE,
    "level_through": PLACE,
    "bits": COUNT,
    "kind": TEXT,
    "clause": TEXT,
}
PLAN_TABLES: dict[str, dict[str, Kind]] = {
    "plan_credit_terms": _TERM,
    "plan_measure_terms": _TERM,
    "plan_measures": {"measure": TEXT, "clause": TEXT},
    "plan_quotas": {
        "quota": TEXT,
        "measure": TEXT,
        "name": TEXT,
        "is_money": PLACE,
        "clause": TEXT,
    },
    "plan_tiers": {
        "component": TEXT,
        "tier": PLACE,
        "lower": RATE,
        "upper": RATE,
        "rate": RATE,
        "clause": TEXT,
    },
    "plan_components": {
        "component": TEXT,
        "measure": TEXT,
        "quota": TEXT,
        "reading": TEXT,
        "needs_quota": PLACE,
        "amount": MONEY,
        "when_measure": TEXT,
        "when_quota": TEXT,
        "at_least": EXACT,
        "cap": MONEY,
        "floor": MONEY,
        "clause": TEXT,
    },
}


def plan_tables(shape: Shape) -> dict[str, pa.Table]:
    """The plan's rows, ready to be joined with: rates are stored once, never copied per payee."""
    plan = shape.plan
    rows: dict[str, list[dict[str, Any]]] = {
        "plan_credit_terms": [_credit_term(shape, credit) for credit in plan.credits],
        "plan_measure_terms": [
            term for measure in plan.measures for term in _measure_terms(shape, measure)
        ],
        "plan_measures": [{"measure": item.id, "clause": item.clause} for item in plan.measures],
        "plan_quotas": [
            {
                "quota": item.id,
                "measure": item.measure,
                "name": item.name,
                "is_money": int(plan.measure(item.measure).is_money),
                "clause": item.clause,
            }
            for item in plan.quotas
        ],
        "plan_tiers": [
            {
                "component": component.id,
                "tier": place,
                "lower": tier.lower,
                "upper": tier.upper,
                "rate": tier.rate,
                "clause": tier.clause,
            }
            for component in plan.components
            if component.rates is not None
            for place, tier in enumerate(component.rates.tiers, start=1)
        ],
        "plan_components": [
            {
                "component": item.id,
                "measure": item.measure,
                "quota": item.quota,
                "reading": item.rates.reading if item.rates else None,
                "needs_quota": int(bool(item.rates and item.rates.on == "attainment")),
                "amount": item.amount,
                "when_measure": item.when.subject
                if item.when and item.when.on == "measure"
                else None,
                "when_quota": item.when.subject
                if item.when and item.when.on == "attainment"
                else None,
                "at_least": item.when.at_least if item.when else None,
                "cap": item.cap,
                "floor": item.floor,
                "clause": item.clause,
            }
            for item in plan.components
        ],
    }
    return {name: arrow_table(PLAN_TABLES[name], rows[name]) for name in PLAN_TABLES}


def _credit_term(shape: Shape, credit: Credit) -> dict[str, Any]:
    through = TOP if credit.level_through is None else credit.level_through
    return {
        "subject": credit.id,
        "value_index": 0,
        "level_from": credit.level_from,
        "level_through": through,
        "bits": shape.bits(credit),
        "kind": credit.kind,
        "clause": credit.clause,
    }


def _measure_terms(shape: Shape, measure: Measure) -> list[dict[str, Any]]:
    """One term for each run of levels with the same rules, so that no share of a line counts
    twice.
    """
    bits_at = [0] * (TOP + 1)
    for name in measure.credits:
        credit = shape.plan.credit(name)
        through = TOP if credit.level_through is None else credit.level_through
        for level in range(credit.level_from, through + 1):
            bits_at[level] |= shape.bits(credit)
    terms: list[dict[str, Any]] = []
    for level, bits in enumerate(bits_at):
        if terms and terms[-1]["bits"] == bits and terms[-1]["level_through"] == level - 1:
            terms[-1]["level_through"] = level
        elif bits:
            terms.append(
                {
                    "subject": measure.id,
                    "value_index": shape.index_of(measure),
                    "level_from": level,
                    "level_through": level,
                    "bits": bits,
                    "kind": measure.kind,
                    "clause": measure.clause,
                }
            )
    return terms


_ARROW: Mapping[str, pa.DataType] = {
    "TEXT": pa.string(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
}


def arrow_type(kind: Kind) -> pa.DataType:
    """The Arrow type that a column of this kind has outside SQL."""
    if kind.scale is None:
        return _ARROW[kind.sql]
    width = int(kind.sql.partition("(")[2].partition(",")[0])
    return pa.decimal128(width, kind.scale)


def arrow_table(columns: Mapping[str, Kind], rows: list[dict[str, Any]]) -> pa.Table:
    """A table from rows of Python values."""
    schema = pa.schema([(name, arrow_type(kind)) for name, kind in columns.items()])
    return pa.table(
        {
            name: pa.array([row.get(name) for row in rows], schema.field(name).type)
            for name in columns
        },
        schema=schema,
    )
