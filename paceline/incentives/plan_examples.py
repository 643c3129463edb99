"""The worked example of a ready plan as tables for its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from paceline.incentives import wording
from paceline.incentives.calculation.periods import calendar_period
from paceline.incentives.pay_words import period_name
from paceline.incentives.plan_templates import PlanTemplate
from paceline.kernel import formats

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class InputTable:
    """One table that goes in, as its reader sees it."""

    title: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What one component pays one payee."""

    payee: str
    component: str
    earned: str


@dataclass(frozen=True, slots=True)
class SettledResult:
    """What one payee earned, is paid, and has open after one period."""

    period: str
    payee: str
    earned: str
    paid: str
    carried: str


TITLES: Mapping[str, str | Promise] = {
    "order_lines": lazy("Order lines"),
    "credit_splits": lazy("Shares of lines"),
    "quotas": lazy("Quotas"),
    "figures": lazy("Figures entered"),
    "teams": lazy("Teams"),
    "owners": lazy("Owners"),
    "reporting": lazy("Reporting lines"),
    "hierarchies": lazy("Named hierarchies"),
    "coalitions": lazy("Values of coalitions"),
    "rate_tables": lazy("Tables of rates"),
    "assignments": lazy("Paid by the plan"),
}
HEADS: Mapping[str, str | Promise] = {
    "payee_id": lazy("Payee"),
    "manager_id": lazy("Manager"),
    "host_id": lazy("Host"),
    "specialist_id": lazy("Specialist"),
    "after_sales_id": lazy("After-sales"),
    "ordered_on": lazy("Ordered on"),
    "paid_on": lazy("Paid on"),
    "final_on": lazy("Return window ends"),
    "on_date": lazy("Date"),
    "starts_on": lazy("From"),
    "line_id": lazy("Line"),
    "order_id": lazy("Order"),
    "customer": lazy("Customer"),
    "is_first": lazy("First order"),
    "category": lazy("Category"),
    "channel": lazy("Channel"),
    "territory": lazy("Territory"),
    "key": lazy("Territory"),
    "several_years": lazy("Several years"),
    "list_value": lazy("List value"),
    "hierarchy": lazy("Hierarchy"),
    "pool": lazy("Pool"),
    "team": lazy("Team"),
    "members": lazy("Members"),
    "rate_table": lazy("Table of rates"),
    "from": lazy("From amount"),
    "rate": lazy("Rate"),
    "quota": lazy("Quota"),
    "figure": lazy("Figure"),
    "kind": lazy("Kind"),
    "quantity": lazy("Quantity"),
    "cost": lazy("Cost"),
    "share": lazy("Share"),
    "value": lazy("Value"),
    "amount": lazy("Amount"),
}
WORDS: Mapping[str, str | Promise] = {
    "sale": lazy("sale"),
    "return": lazy("return"),
    "true": lazy("yes"),
    "false": lazy("no"),
}
DAYS = {"ordered_on", "paid_on", "final_on", "on_date", "starts_on"}
FIGURES = {"quantity", "cost", "share", "value", "amount", "list_value", "from", "rate"}


def inputs_of(template: PlanTemplate) -> list[InputTable]:
    """The tables that go in, each with the columns that it fills."""
    currency = template.plan.currency
    return [
        _table(name, rows, currency)
        for name, rows in template.example.tables.items()
        if name in TITLES
    ]


def results_of(template: PlanTemplate) -> list[Result]:
    """What comes out: an amount for each payee and component that earn something."""
    plan = template.plan
    return [
        Result(
            payee,
            wording.component_name(plan, key),
            wording.in_unit(plan, plan.component(key).unit, amount),
        )
        for payee, amounts in template.example.earned.items()
        for key, amount in amounts.items()
    ]


def settled_of(template: PlanTemplate) -> list[SettledResult]:
    """What is paid of what is earned, period by period and payee by payee."""
    currency = template.plan.currency
    return [
        SettledResult(
            period=period_name(calendar_period(one.period)),
            payee=payee,
            earned=formats.money(sum(amounts.values(), Decimal(0)), currency),
            paid=formats.money(one.paid[payee], currency),
            carried=formats.money(one.carried.get(payee, Decimal(0)), currency),
        )
        for one in template.example.settled
        for payee, amounts in one.earned.items()
    ]


def quota_for(template: PlanTemplate) -> Callable[[str], Decimal | None]:
    """The example's first quota of a name, to draw the curve with."""
    rows = template.example.tables.get("quotas", ())

    def find(name: str) -> Decimal | None:
        return next((Decimal(row["amount"]) for row in rows if row["quota"] == name), None)

    return find


def _table(name: str, rows: object, currency: str) -> InputTable:
    given: list[Row] = list(rows)  # type: ignore[call-overload]
    columns = [key for key in HEADS if any(key in row for row in given)]
    for key in ("rate_table", "hierarchy", "pool"):  # said once it says nothing beside the rows
        if len({row.get(key) for row in given}) == 1 and key in columns:
            columns.remove(key)
    if name in {"quotas", "owners"}:
        columns = [key for key in columns if key not in {"starts_on", "kind"}]
    return InputTable(
        title=str(TITLES[name]),
        heads=tuple(Cell(str(HEADS[key]), key in FIGURES) for key in columns),
        rows=tuple(
            tuple(Cell(_shown(key, row.get(key, ""), currency), key in FIGURES) for key in columns)
            for row in given
        ),
    )


def _shown(key: str, value: str, currency: str) -> str:
    if not value:
        return formats.NOTHING
    if key in DAYS:
        return formats.day(date.fromisoformat(value))
    if key in {"amount", "cost", "from", "list_value"}:
        return formats.amount(Decimal(value), currency)
    if key in {"share", "rate"}:
        return formats.percent(Decimal(value))
    if key in FIGURES:
        return formats.number(Decimal(value))
    return str(WORDS.get(value, value))
