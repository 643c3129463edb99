"""What a plan asks of the steps: which formulas are summed, which rules are told apart, which
levels.

The steps themselves do not branch on the kind of plan. Everything that differs between plans is
either a row of a small plan table or one of the formulas here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from typing import Any

import pyarrow as pa

from paceline.engine import windows
from paceline.engine.columns import CONVERTED, COUNT, EXACT, Column, Kind, Table
from paceline.engine.formula.tree import Formula, Name
from paceline.engine.plan.imported import Lookup, lookups_of
from paceline.engine.plan.model import Component, Credit, Measure, Plan, RateTable

Changes = tuple[tuple[date, ...], str]  # days, and the stretch whose last day decides, if any
COUNTED = -1  # the value index of a measure that counts lines
TOP = 50  # the highest level of a reporting line


@dataclass(frozen=True)
class Shape:
    """The parts of a plan that decide the text of its queries."""

    plan: Plan
    values: tuple[Formula, ...]  # summed besides the amount itself, which has index 0
    rules: tuple[Credit, ...]  # direct rules; the bit of a rule is its place

    @cached_property
    def style(self) -> Hashable:
        """All that the text of the queries depends on: plans of one style share their statements.

        Rates, bounds, names and amounts are rows or bound values and do not matter.
        """
        plan = self.plan
        return (
            tuple((value.text, value.type) for value in self.values),
            tuple(
                (
                    rule.when.text if rule.when else None,
                    rule.share.text if rule.share else None,
                    (rule.to, rule.owner_of, rule.is_overlay),
                )
                for rule in self.rules
            ),
            tuple(plan.attributes.items()),
            tuple((quota.name, plan.measure(quota.measure).is_money) for quota in plan.quotas),
            dataclasses.replace(plan.policies, exchange_rate=""),
            plan.digits,
            self.trees,
            self.by_line,
            self.instances,
            len(self.versions),
            self.lookups,
            self.has_windows,
        )

    @cached_property
    def accumulations(self) -> tuple[str, ...]:
        """The windows that rate tables accumulate over, each once."""
        found = (windows.window_of(self.plan, c) for c in self.plan.components if c.rates)
        return tuple(dict.fromkeys(found))

    @cached_property
    def by_line(self) -> bool:
        """Some rate table looks at each line alone."""
        return "transaction" in self.accumulations or self.by_shares

    @cached_property
    def by_shares(self) -> bool:
        """Some rate table looks at each share of a line alone."""
        return any(one.rates is not None and one.rates.by_shares for one in self.plan.components)

    @cached_property
    def changes(self) -> tuple[Changes, ...]:
        """The days on which dated rate tables change from line to line, each list once."""
        found = map(self.changes_of, self.plan.components)
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def changes_of(self, component: Component) -> Changes | None:
        """When a component's tiers change, and the stretch whose last day decides, if not the day
        itself; None where one set of tiers holds for all lines.
        """
        rates, unit = component.rates, windows.window_of(self.plan, component)
        if rates is None or not rates.dated:
            return None
        if not rates.by_last_day:
            return rates.change_days, ""
        if not windows.is_shorter(self.plan, unit):
            return None
        return rates.change_days, "" if unit in {"transaction", "day"} else unit

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """The columns that say which tiers of such tables hold on a day."""
        return tuple(f"version_{place}" for place in range(len(self.changes)))

    def version_of(self, component: Component) -> str | None:
        """The column that says which tiers of a dated table hold, if lines differ in it."""
        found = self.changes_of(component)
        return None if found is None else self.versions[self.changes.index(found)]

    @cached_property
    def lookups(self) -> tuple[Lookup, ...]:
        """The tables of rates that are asked, by which columns, and what they pay, each once."""
        return tuple(lookups_of(self.plan))

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """The columns that hold what lines say of themselves where a table of rates is asked."""
        names = (name for _, by, _ in self.lookups for name in by if name != "payee_id")
        return tuple(dict.fromkeys(f"by_{name}" for name in names))

    @cached_property
    def held(self) -> tuple[str, ...]:
        """The columns that number the stretches of days between changes of such tables."""
        return tuple(f"held_{place}" for place in range(len(self.lookups)))

    def lookup_of(self, rates: RateTable) -> int:
        """The place of the table that a component asks."""
        return self.lookups.index((rates.rows.name, rates.rows.by, rates.value))

    @cached_property
    def instances(self) -> tuple[str, ...]:
        """The stretches inside the period, such as `month`, that rate tables begin anew in."""
        return tuple(
            window
            for window in self.accumulations
            if window != "transaction" and windows.is_shorter(self.plan, window)
        )

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """The keys of all windows, the period first."""
        plan, found = self.plan, dict.fromkeys([windows.PERIOD])
        found |= dict.fromkeys(windows.key_of(measure) for measure in plan.measures)
        units = [unit for unit in self.accumulations if windows.is_longer(plan, unit)]
        for unit in units:
            found |= dict.fromkeys([windows.to_date(unit), windows.before(unit)])
        found |= dict.fromkeys(windows.over(plan, quota.over) for quota in plan.quotas)
        return tuple(found)

    @cached_property
    def has_windows(self) -> bool:
        """Days outside the period matter."""
        return len(self.windows) > 1

    @cached_property
    def rolls_up(self) -> bool:
        return any(credit.kind == "rollup" for credit in self.plan.credits)

    @cached_property
    def trees(self) -> tuple[str, ...]:
        """The hierarchies that credits roll up through, each once; "" is the reporting line."""
        found = (credit.hierarchy for credit in self.plan.credits if credit.kind == "rollup")
        return tuple(dict.fromkeys(found))

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """The columns that say at which level of each of these hierarchies a share arrives."""
        return ("level", *(f"level_{place}" for place in range(1, len(self.trees))))

    @cached_property
    def highest(self) -> int:
        """The highest level that a rule looks at."""
        levels = (one.level_through or TOP for one in self.plan.credits if one.kind == "rollup")
        return max(levels, default=0)

    @cached_property
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

    @property
    def every_rule(self) -> int:
        """The bits of all direct rules."""
        return (1 << len(self.rules)) - 1

    def bits(self, credit: Credit) -> int:
        """The direct rules that a credit rule draws on, as bits."""
        names = [rule.id for rule in self.rules]
        wanted = [credit.id] if credit.kind == "direct" else credit.of
        return sum(1 << names.index(name) for name in dict.fromkeys(wanted))


def shape_of(plan: Plan) -> Shape:
    values: dict[str, Formula] = {}
    for measure in plan.measures:
        if measure.kind == "sum" and measure.of is not None and not _is_amount(measure.of):
            values.setdefault(measure.of.text, measure.of)
    rules = tuple(credit for credit in plan.credits if credit.kind == "direct")
    return Shape(plan, tuple(values.values()), rules)


def _is_amount(formula: Formula) -> bool:
    return isinstance(formula.root, Name) and formula.root.name == "amount"


_ARROW: Mapping[str, pa.DataType] = {
    "TEXT": pa.string(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
}


@cache
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


@lru_cache(maxsize=1_000)
def arrow_schema(contract: Table) -> pa.Schema:
    """The names and Arrow types of a contract's columns."""
    return pa.schema([(column.name, arrow_type(column.kind)) for column in contract.columns])


def empty_table(contract: Table) -> pa.Table:
    """A table of this contract without rows."""
    return arrow_schema(contract).empty_table()


def fits(given: pa.DataType, column: Column) -> bool:
    """A type is taken when it holds the values without loss; floats never hold money."""
    if pa.types.is_null(given):
        return True
    if column.kind.sql == "TEXT":
        words = given.value_type if pa.types.is_dictionary(given) else given
        return is_text(words)
    if column.kind.scale is None:
        return bool(given == arrow_type(column.kind))
    if pa.types.is_integer(given):
        return bool(given != pa.uint64())
    return bool(pa.types.is_decimal(given) and given.scale <= column.kind.scale)


def is_text(kind: pa.DataType) -> bool:
    """Any of the ways in which Arrow keeps text."""
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def type_name(kind: pa.DataType) -> str:
    """The name that SQL has for a type, for messages."""
    if is_text(kind):
        return "VARCHAR"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    names = {"date32[day]": "DATE", "bool": "BOOLEAN", "int64": "BIGINT", "int32": "INTEGER"}
    names |= {"int16": "SMALLINT", "int8": "TINYINT"}
    return names.get(str(kind), str(kind).upper())
