"""Why a statement changed, in the reader's language: causes, their amounts and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.difference import Change, Part, PlanDifference
from paceline.incentives.models import Statement
from paceline.incentives.wording import component_name, in_words
from paceline.incentives.wording.rows import row_pays
from paceline.kernel import formats
from paceline.org.models import Person

CAUSES: Mapping[str, str | Promise] = {
    "people": lazy("Assignment, employment, reporting line"),
    "hierarchies": lazy("Hierarchies"),
    "teams": lazy("Who belongs to which team"),
    "owners": lazy("Owners of territories and accounts"),
    "leaves": lazy("Leave"),
    "lines": lazy("Orders of the two periods"),
    "lines_added": lazy("Orders added"),
    "lines_removed": lazy("Orders gone"),
    "lines_changed": lazy("Orders changed"),
    "returns": lazy("Returns and cancellations"),
    "splits": lazy("Shares of orders"),
    "figures": lazy("Figures entered"),
    "quota": lazy("Quota"),
    "team_targets": lazy("Target of the team"),
    "coalitions": lazy("Stated values of the team's members"),
    "others": lazy("What others in the team or the contest did"),
    "exchange_rates": lazy("Exchange rates"),
    "rate_rows": lazy("Rows of the tables of rates"),
    "rates": lazy("Rates, caps and fixed amounts of the plan"),
    "clauses": lazy("Other clauses of the plan"),
    "calendar": lazy("Other days in the windows of the plan"),
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
    of_others: int = 0
    is_calendar: bool = False

    @property
    def matters(self) -> bool:
        """Whether it moved this pay, though components may have taken it from each other."""
        return bool(self.amount) or any(amount for _name, amount in self.components)

    @property
    def hidden(self) -> int:
        """How many rows are not shown, besides those of other people."""
        return self.count - len(self.rows) - self.of_others


SHOWN = 50  # rows of a cause on the page


def causes_of(
    found: Iterable[PlanDifference], statement: Statement, reader: Person
) -> tuple[Cause, ...]:
    """Every cause of every plan in order; the amounts add up to the difference. Rows of other
    people are named only to those who may read their statements. Two queries at most.
    """
    listed = list(found)
    open_to_reader = _readable(listed, statement, reader)
    names = _names(listed)
    several = len(listed) > 1
    return tuple(
        _cause(
            _Words(one, statement.currency, names),
            one,
            _seen_by_reader(part, open_to_reader),
            one.later.name if several else "",
        )
        for one in listed
        for part in one.difference.parts
    )


def _parts(found: Iterable[PlanDifference]) -> Iterable[Part]:
    return (part for one in found for part in one.difference.parts)


def _readable(
    found: Iterable[PlanDifference], statement: Statement, reader: Person
) -> frozenset[str]:
    """The numbers of the others in the rows whose statements of the run the reader may read."""
    others = {change.whose for part in _parts(found) for change in part.changes.rows} - {""}
    if not others:
        return frozenset()
    rows = Statement.objects.visible_to(reader).filter(
        run=statement.run_id, payee__number__in=others
    )
    return frozenset(rows.values_list("payee__number", flat=True))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A part as the reader may see it."""

    part: Part
    rows: tuple[Change, ...]
    of_others: int


def _seen_by_reader(part: Part, readable: frozenset[str]) -> _Seen:
    rows = part.changes.rows
    seen = tuple(one for one in rows if not one.whose or one.whose in readable)
    return _Seen(part, seen, len(rows) - len(seen))


def _names(found: Iterable[PlanDifference]) -> dict[str, str]:
    """The names behind the numbers of people in the rows shown."""
    numbers = {
        row.get(key)
        for part in _parts(found)
        for change in part.changes.rows[:SHOWN]
        for row in (change.before, change.after)
        for key in ("payee_id", "manager_id")
    }
    numbers |= {change.whose for part in _parts(found) for change in part.changes.rows}
    numbers |= {
        name
        for part in _parts(found)
        for change in part.changes.rows[:SHOWN]
        if change.table == "coalitions"
        for name in members_of(change)
    }
    return dict(
        Person.objects.filter(number__in=numbers - {None, ""}).values_list("number", "name")
    )


def members_of(change: Change) -> tuple[str, ...]:
    """The members of a coalition, by their numbers."""
    written = str((change.after or change.before)["members"])
    return tuple(part.strip() for part in written.split("+"))


def _cause(words: _Words, one: PlanDifference, seen: _Seen, plan_name: str) -> Cause:
    part = seen.part
    rows = tuple(dict.fromkeys(words.row(change) for change in seen.rows[:SHOWN]))
    label = formats.listed(str(CAUSES[cause]) for cause in part.causes)
    plan = documents.load(one.later.source)
    components = tuple(
        (component_name(plan, name), amount) for name, amount in part.amounts.items() if amount
    )
    count = part.changes.count
    if len(seen.rows) <= SHOWN and count == len(part.changes.rows):
        count = len(rows) + seen.of_others  # rows that read alike are one
    return Cause(
        label,
        part.amount,
        components if len(components) > 1 else (),
        rows,
        count,
        plan_name,
        seen.of_others,
        is_calendar="calendar" in part.causes,
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
            "reporting": self._reporting,
            "hierarchies": self._reporting,
            "teams": self._team,
            "leaves": self._leave,
            "owners": self._owner,
            "figures": self._figure,
            "coalitions": self._coalition,
            "rate_tables": self._rate_row,
            "plan": self._clause,
        }
        found = makers[change.table](change)
        if not change.whose:
            return found
        name = self.names.get(change.whose, change.whose)
        detail = " · ".join(filter(None, [name, found.detail]))
        return replace(found, detail=detail)

    def _sides(self, change: Change, say: Callable[[Mapping[str, Any]], str]) -> tuple[str, str]:
        before, after = (say(row) if row else "" for row in (change.before, change.after))
        return before, after

    def _rate_row(self, change: Change) -> ChangedRow:
        """A row of a table of rates: its key, from where on, and what it pays."""
        either = change.after or change.before
        own = ("rate_table", "starts_on", "ends_before", "from", "to", "rate", "amount", "currency")
        key = [str(value) for name, value in either.items() if name not in own and value]
        title = " · ".join([str(either["rate_table"]), *key])

        def say(row: Mapping[str, Any]) -> str:
            return row_pays(row["rate"], row["amount"], row.get("currency") or "")

        details = [_("from %(lower)s") % {"lower": formats.number(either["from"].normalize())}]
        details += [formats.day(either["starts_on"])] if either["starts_on"] else []
        return ChangedRow(title, *self._sides(change, say), detail=" · ".join(details))

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
            formats.listed([either["line_id"], name]),
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
            detail=" · ".join(
                filter(
                    None,
                    [
                        self._of_team(change),
                        formats.span_of_days(either["starts_on"], either["ends_before"]),
                    ],
                )
            ),
        )

    def _of_team(self, change: Change) -> str:
        """Whose target a row is where it is no person's: a team goes by its name."""
        named = str((change.after or change.before)["payee_id"])
        return "" if named in self.names else named

    def _figure(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        return ChangedRow(
            pgettext("quotation", "“%s”") % either["figure"],
            *self._sides(change, lambda row: formats.number(row["value"])),
            detail=formats.day(either["on_date"]),
        )

    def _team(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        name = self.names.get(either["payee_id"], either["payee_id"])

        def say(row: Mapping[str, Any]) -> str:
            days = formats.span_of_days(row["starts_on"], row["ends_before"])
            return pgettext("member of a team", "%(team)s, %(days)s") % {
                "team": row["team"],
                "days": days,
            }

        return ChangedRow(
            pgettext("person", "%(name)s is in the team") % {"name": name},
            *self._sides(change, say),
        )

    def _leave(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        found = self._days_of(_("On leave"))(change)
        return replace(found, detail=self.names.get(either["payee_id"], ""))

    def _owner(self, change: Change) -> ChangedRow:
        either = change.after or change.before
        name = self.names.get(either["payee_id"], either["payee_id"])

        def say(row: Mapping[str, Any]) -> str:
            days = formats.span_of_days(row["starts_on"], row["ends_before"])
            share = formats.percent(row["share"])
            return pgettext("share of an owner", "%(share)s, %(days)s") % {
                "share": share,
                "days": days,
            }

        values = {"kind": column_name(either["kind"]), "key": either["key"]}
        return ChangedRow(_("%(kind)s “%(key)s”") % values, *self._sides(change, say), detail=name)

    def _coalition(self, change: Change) -> ChangedRow:
        names = [self.names.get(name, name) for name in members_of(change)]
        either = change.after or change.before
        return ChangedRow(
            pgettext("coalition", " + ").join(names),
            *self._sides(change, lambda row: formats.number(row["value"])),
            detail=" · ".join(
                [either["team"], formats.span_of_days(either["starts_on"], either["ends_before"])]
            ),
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
