"""What is known of the past: measures and quotas by payee and period, and order lines.

A measure of the past belongs to a measure of the plan only when both mean the same: the same
formula over the same credits in the same currency. Else nothing is known of it, and the linter
says so instead of guessing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from paceline.engine.formula.interpret import Scalar
from paceline.engine.hashing import canonical_json, hash_text
from paceline.engine.plan.imported import imported_tables
from paceline.engine.plan.model import Credit, Measure, Plan
from paceline.engine.results import Results
from paceline.engine.tables import ORDER_LINES, TEAMS, ParquetFiles, Tables

MAX_MEASURED = 4_000  # of one measure, the latest; more would not change what is said
MAX_LINES = 2_000

_ENDS = ("ordered_on", "ordered_on DESC")

Line = Mapping[str, Scalar | None]


@dataclass(frozen=True)
class Measured:
    """What a measure of this meaning came to for a payee in a period."""

    payee: str
    period: str
    meaning: str
    value: Decimal


@dataclass(frozen=True)
class Target:
    """A payee's quota of this name in a period."""

    payee: str
    period: str
    quota: str
    amount: Decimal


@dataclass(frozen=True)
class History:
    """Periods in order of time, the oldest first. `coming` are targets of the period for which the
    plan is written. `lines` are the latest order lines, `lines_cut` when there are older ones.
    `teams` are payees and the team that each of them belongs to.
    """

    measured: tuple[Measured, ...] = ()
    targets: tuple[Target, ...] = ()
    coming: tuple[Target, ...] = ()
    lines: tuple[Line, ...] = ()
    lines_cut: bool = False
    teams: tuple[tuple[str, str], ...] = ()

    def values_of(self, plan: Plan, measure: Measure) -> tuple[Measured, ...]:
        """What is known of a measure of the plan, the oldest first; at most the latest 4,000."""
        meaning = meaning_of(plan, measure)
        found = [one for one in self.measured if one.meaning == meaning]
        return tuple(found[-MAX_MEASURED:])

    def target_of(self, quota: str) -> dict[tuple[str, str], Decimal]:
        """Targets above zero of a quota by payee and period."""
        return {
            (one.payee, one.period): one.amount
            for one in self.targets
            if one.quota == quota and one.amount > 0
        }


def columns_of(plan: Plan) -> frozenset[str]:
    """The columns of order lines that are looked at for a plan; the others need not be fetched."""
    formulas = [credit.when for credit in plan.credits] + [measure.of for measure in plan.measures]
    read = [formula.names for formula in formulas if formula is not None]
    asked = [{"ordered_on", *by} for _, by in imported_tables(plan)]
    return frozenset({"kind", "amount", "cost", "currency"}.union(*read, *asked))


def meaning_of(plan: Plan, measure: Measure) -> str:
    """A hash of all that decides a measure's value, but not of its name."""
    policies = plan.policies
    return hash_text(
        canonical_json(
            [
                measure.kind,
                measure.of.text if measure.of else "",
                str(getattr(measure, "window", None)),
                [list(_credit(plan, plan.credit(one))) for one in sorted(measure.credits)],
                plan.currency,
                plan.period,
                [policies.anchor, policies.splits, policies.hierarchy_date],
                [policies.exchange_date, policies.exchange_rate],
            ]
        )
    )


def _credit(plan: Plan, credit: Credit) -> Iterable[str]:
    yield credit.kind
    yield credit.when.text if credit.when else ""
    yield f"{credit.level_from}-{credit.level_through}"
    for one in sorted(credit.of):
        yield from _credit(plan, plan.credit(one))


def history_of(results: Iterable[Results], tables: Tables | None = None) -> History:
    """The history that past results tell, oldest period first, and the order lines of `tables`."""
    measured: list[Measured] = []
    targets: list[Target] = []
    results = list(results)
    for one in results:
        plan, period = one.plan, one.period.key
        meanings = {measure.id: meaning_of(plan, measure) for measure in plan.measures}
        names = {quota.id: quota.name for quota in plan.quotas}
        measured += [
            Measured(row["payee_id"], period, meanings[row["measure"]], row["value"])
            for row in one.rows("measures")
        ]
        targets += [
            Target(row["payee_id"], period, names[row["quota"]], row["target"])
            for row in one.rows("attainment")
            if row["target"] is not None
        ]
    lines, cut = latest_lines(tables) if tables is not None else ((), False)
    last = results[-1].period.ends_before if results else None
    teams = _teams(tables, last) if tables is not None and last is not None else ()
    return History(tuple(measured), tuple(targets), (), lines, cut, teams)


def _teams(tables: Tables, before: date) -> tuple[tuple[str, str], ...]:
    """Who is in which team on the day before."""
    if TEAMS.name not in tables:
        return ()
    return tuple(
        sorted(
            (row["payee_id"], row["team"])
            for row in _relation(tables, TEAMS.name).to_arrow_table().to_pylist()
            if row["starts_on"] < before <= (row.get("ends_before") or before)
        )
    )


def latest_lines(tables: Tables, limit: int = MAX_LINES) -> tuple[tuple[Line, ...], bool]:
    """The latest order lines of the tables, and whether there are older ones."""
    if ORDER_LINES.name not in tables:
        return (), False
    relation = _relation(tables, ORDER_LINES.name)
    rows = relation.order("ordered_on DESC, line_id").limit(limit + 1).to_arrow_table().to_pylist()
    known = [{name: value for name, value in row.items() if name != "line_id"} for row in rows]
    return tuple(known[:limit]), len(known) > limit


def days_of(tables: Tables) -> tuple[date, date] | None:
    """The first and the last day on which something was ordered; None without order lines."""
    relation = _relation(tables, ORDER_LINES.name)
    ends = [relation.order(order).limit(1).fetchall() for order in _ENDS]
    if not ends[0]:
        return None
    place = relation.columns.index("ordered_on")
    return ends[0][0][place], ends[1][0][place]


def _relation(tables: Tables, name: str) -> duckdb.DuckDBPyRelation:
    """The rows of a table, without copying them."""
    source = tables.sources[name]
    connection = duckdb.connect()
    if isinstance(source, ParquetFiles):
        return connection.read_parquet([str(path) for path in source.paths])
    return connection.from_arrow(source)
