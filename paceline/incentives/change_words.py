"""Why a statement changed, in the reader's language: causes, their amounts and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.difference import Change, Part, PlanDifference
from paceline.incentives.wording import component_name, in_words
from paceline.kernel import formats
from paceline.org.models import Person

CAUSES: Mapping[str, str | Promise] = {
    "people": lazy("Assignment, employment, leave, reporting line"),
    "lines": lazy("Orders of the two periods"),
    "lines_added": lazy("Orders added"),
    "lines_removed": lazy("Orders gone"),
    "lines_changed": lazy("Orders changed"),
    "returns": lazy("Returns and cancellations"),
    "splits": lazy("Shares of orders"),
    "quota": lazy("Quota"),
    "exchange_rates": lazy("Exchange rates"),
    "rates": lazy("Rates, caps and fixed amounts of the plan"),
    "clauses": lazy("Other clauses of the plan"),
    "unexplained": lazy("Not explained further"),
}
COLUMNS: Mapping[str, str | Promise] = {
    "payee_id": lazy("Payee"),
    "customer": lazy("Customer"),
    "product": lazy("Product"),
    "category": lazy("Category"),
    "channel": lazy("Channel"),
    "territory": lazy("Territory"),
    "quantity": lazy("Quantity"),
    "cost": lazy("Cost"),
    "ordered_on": lazy("Order date"),
    "kind": lazy("Kind"),
    "order_id": lazy("Order"),
}
_USUAL = frozenset({"order_id", "ordered_on", "kind", "amount", "currency", "line_id"})


def column_name(name: str) -> str:
    """A column of an order line; an attribute of the plan is read as words."""
    return str(COLUMNS.get(name, name.replace("_", " ")))


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """One row behind a cause: what it is, and how it read before and after (empty: not there)."""

    title: str
    before: str
    after: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause in words with its amount, its components where there are several, and its rows."""

    label: str
    amount: Decimal
    components: tuple[tuple[str, Decimal], ...]
    rows: tuple[ChangedRow, ...]
    count: int
    plan_name: str

    @property
    def hidden(self) -> int:
        """How many rows are not shown."""
        return self.count - len(self.rows)


SHOWN = 50  # rows of a cause on the page


def causes_of(found: Iterable[PlanDifference], currency: str) -> tuple[Cause, ...]:
    """Every cause of every plan in order; the amounts add up to the difference. One query."""
    listed = list(found)
    names = _names(listed)
    several = len(listed) > 1
    return tuple(
        _cause(one, part, currency, names, one.later.name if several else "")
        for one in listed
        for part in one.difference.parts
    )


def _names(found: Iterable[PlanDifference]) -> dict[str, str]:
    """The names behind the numbers of people in the rows shown."""
    numbers = {
        row.get(key)
        for one in found
        for part in one.difference.parts
        for change in part.changes.rows[:SHOWN]
        for row in (change.before, change.after)
        for key in ("payee_id", "manager_id")
    }
    return dict(Person.objects.filter(number__in=numbers - {None}).values_list("number", "name"))


def _cause(
    one: PlanDifference, part: Part, currency: str, names: Mapping[str, str], plan_name: str
) -> Cause:
    words = _Words(one, currency, names)
    rows = dict.fromkeys(words.row(change) for change in part.changes.rows[:SHOWN])
    label = pgettext("list separator", ", ").join(str(CAUSES[cause]) for cause in part.causes)
    plan = documents.load(one.later.source)
    components = tuple(
        (component_name(plan, name), amount) for name, amount in part.amounts.items() if amount
    )
    count = part.changes.count if part.changes.count > SHOWN else len(rows)
    return Cause(
        label,
        part.amount,
        components if len(components) > 1 else (),
        tuple(rows),
        count,
        plan_name,
    )


class _Words:
    """The rows of one plan's difference in words."""

    def __init__(self, found: PlanDifference, currency: str, names: Mapping[str, str]) -> None:
        self.plans = tuple(documents.load(one.source) for one in (found.earlier, found.later))
        self.currency = currency
        self.names = names

    def row(self, change: Change) -> ChangedRow:
        makers: dict[str, Callable[[Change], ChangedRow]] = {
            "order_lines": self._line,
            "credit_splits": self._split,
            "quotas": self._quota,
            "exchange_rates": self._rate,
            "assignments": self._days_of(_("Assigned to the plan")),
            "payees": self._days_of(_("Employed")),
            "leaves": self._days_of(_("On leave")),
            "reporting": self._reporting,
            "hierarchies": self._reporting,
            "plan": self._clause,
        }
        return makers[change.table](change)

    def _sides(self, change: Change, say: Callable[[Mapping[str, Any]], str]) -> tuple[str, str]:
        before, after = (say(row) if row else "" for row in (change.before, change.after))
        return before, after

    def _line(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        differing = [
            name
            for name in {**change.before, **change.after}
            if name not in _USUAL or change.before.get(name) != change.after.get(name)
        ]
        details = [
            _("%(column)s: %(before)s → %(after)s")
            % {
                "column": column_name(name),
                "before": self._value(name, change.before[name]),
                "after": self._value(name, change.after[name]),
            }
            for name in differing
            if change.before and change.after and name not in {"amount", "currency"}
        ]
        return ChangedRow(
            change.key,
            *self._sides(change, lambda row: formats.money(row["amount"], row["currency"])),
            detail=" · ".join([formats.day(either["ordered_on"]), *details]),
        )

    def _value(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return "–"
        if isinstance(value, Decimal):
            return formats.number(value)
        if hasattr(value, "isoformat"):
            return formats.day(value)
        return self.names.get(str(value), str(value)) if name == "payee_id" else str(value)

    def _split(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        name = self.names.get(either["payee_id"], either["payee_id"])
        detail = _("on top") if either["is_overlay"] else ""
        return ChangedRow(
            pgettext("list separator", ", ").join([either["line_id"], name]),
            *self._sides(change, lambda row: formats.percent(row["share"])),
            detail=detail,
        )

    def _quota(self, change: Change) -> ChangedRow:
        either = change.after or change.before

        def say(row: Mapping[str, Any]) -> str:
            if row["currency"]:
                return formats.money(row["amount"], row["currency"])
            return formats.number(row["amount"])

        return ChangedRow(
            pgettext("quotation", "“%s”") % either["quota"],
            *self._sides(change, say),
            detail=formats.span_of_days(either["starts_on"], either["ends_before"]),
        )

    def _rate(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        return ChangedRow(
            f"{either['from_currency']} → {either['to_currency']}",
            *self._sides(change, lambda row: formats.number(row["rate"])),
            detail=formats.day(either["on_date"]),
        )

    def _days_of(self, title: str) -> Callable[[Change], ChangedRow]:
        def say(row: Mapping[str, Any]) -> str:
            return formats.span_of_days(row["starts_on"], row["ends_before"])

        return lambda change: ChangedRow(title, *self._sides(change, say))

    def _reporting(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        payee = self.names.get(either["payee_id"], either["payee_id"])

        def say(row: Mapping[str, Any]) -> str:
            manager = self.names.get(row["manager_id"], row["manager_id"])
            days = formats.span_of_days(row["starts_on"], row["ends_before"])
            return _("to %(manager)s, %(days)s") % {"manager": manager, "days": days}

        title = _("%(payee)s reports") % {"payee": payee}
        if "hierarchy" in either:
            values = {"payee": payee, "hierarchy": either["hierarchy"]}
            title = _("%(payee)s reports in the hierarchy “%(hierarchy)s”") % values
        return ChangedRow(title, *self._sides(change, say))

    def _clause(self, change: Change) -> ChangedRow:
        """A clause as the plan's page words it; what has no sentence is shown as written."""
        texts = [
            in_words(plan, change.key) or row["clause"] if row else ""
            for plan, row in zip(self.plans, (change.before, change.after), strict=True)
        ]
        if texts[0] == texts[1]:  # the sentence does not say what differs
            texts = [row.get("clause", "") for row in (change.before, change.after)]
        return ChangedRow(_clause_title(self.plans, change.key), *texts)


def _clause_title(plans: Iterable[documents.Plan], path: str) -> str:
    """Where a clause stands: the component's name, else the path as written."""
    parts = path.split("/")
    if parts[0] == "components" and len(parts) > 1:
        for plan in reversed(list(plans)):
            name = component_name(plan, parts[1])
            if name != parts[1]:
                return name
    return path.replace("/", " / ")
