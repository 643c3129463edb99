"""The figures of a finding as readers write them, and the names of what it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from paceline.incentives import wording
from paceline.incentives.calculation.documents import Finding, Plan
from paceline.incentives.models.plans import in_reader_language
from paceline.incentives.wording.names import joined
from paceline.incentives.wording.rows import row_key
from paceline.kernel import formats

Figures = Mapping[str, str]
_SHARES = frozenset({"rate", "margin", "part"})
_PLACES = ("at", "from", "to", "best")
_OF_MEASURE = frozenset({"at", "from", "to", "best", "order", "gap", "asked", "quota"})
_OF_ROWS = frozenset({"sold", "base"})  # in what the component itself pays on
_OF_QUOTAS = frozenset({"least", "most"})


def figures_of(plan: Plan, one: Finding) -> dict[str, str]:
    """Every amount as readers write it; places on attainment as shares of quota."""
    is_money = bool(one.params.get("is_money", 1))

    def written(name: str, value: Decimal) -> str:
        if name in _SHARES:
            return formats.rate(value)
        if name in _OF_ROWS and not one.params.get("of_money", 1):
            return formats.number(value)
        if name in _PLACES and one.params.get("table") and one.params.get("by_share"):
            return formats.percent(value)
        of_measure = name in _OF_MEASURE or (
            name in _OF_QUOTAS and one.code == "contest_no_handicap"
        )
        if of_measure and not is_money:
            return formats.number(value)
        if not of_measure and one.params.get("unit", "money") != "money":
            return wording.in_unit(plan, str(one.params["unit"]), value)
        return formats.money(value, plan.currency)

    values = {key: str(value) for key, value in one.params.items()}
    if "key" in values and one.code.startswith("rates_"):
        values["key"] = row_key(values["key"])
        values["others"] = further_rows(values.get("others", ""))
    values |= {name: written(name, value) for name, value in one.amounts.items()}
    values["quota_amount"] = values["quota"] if "quota" in one.amounts else ""
    return values | _places(one, values) | _names(plan, one)


def further_rows(text: str) -> str:
    """Further rows, “5 (pen · *), 7 (ink · *)” as the engine has it, for readers."""
    rows = re.findall(r"(\d+) \((.*?)\)(?:, |$)", text)
    words = _("%(row)s (%(key)s)")
    return _(", ").join(words % {"row": row, "key": row_key(key)} for row, key in rows)


def _places(one: Finding, values: Mapping[str, str]) -> dict[str, str]:
    """Places along a measure, as shares of quota where a quota matters."""
    found = {}
    for name in _PLACES:
        share = one.amounts.get(f"{name}_share")
        if share is not None:
            text = _("%(share)s of quota (%(amount)s)")
            found[name] = text % {"share": formats.percent(share), "amount": values[name]}
    return found


def _names(plan: Plan, one: Finding) -> dict[str, str]:
    """What readers call the clauses that a finding names."""
    values = {}
    for name, of in (("credit", plan.credits), ("by", plan.credits), ("measure", plan.measures)):
        clause = next((each for each in of if each.id == one.params.get(name)), None)
        if clause is not None:
            values[name] = wording.named(clause)
    if "bound" in one.params:
        values["bound"] = _bound(plan, one)
    if "indicator" in one.params:
        values["indicator"] = _indicator(plan, one)
    for name in ("component", "other"):
        if name in one.params:
            values[name] = wording.component_name(plan, str(one.params[name]))
    return values


def _bound(plan: Plan, one: Finding) -> str:
    """A bound in the unit of what it bounds."""
    value = Decimal(str(one.params["bound"]))
    if one.params.get("by_share"):
        return formats.percent(value)
    if one.params.get("is_money"):
        return formats.money(value, plan.currency)
    return formats.number(value)


def _indicator(plan: Plan, one: Finding) -> str:
    """What an indicator of a scorecard is called."""
    card = plan.component(str(one.params["component"])).scorecard
    found = card.indicators if card is not None else ()
    named = next((each for each in found if each.id == one.params["indicator"]), None)
    label = {} if named is None else named.label
    return in_reader_language(label) or str(one.params["indicator"])


def with_quota(text: str, one: Finding, figures: Figures) -> str:
    """The sentence, and which quota its amounts assume."""
    if "quota" not in one.amounts:
        return text
    if one.params.get("quota") == "assumed":
        said = _("The amounts assume a quota of %(quota_amount)s.")
    else:
        said = _("The amounts are those of a quota of %(quota_amount)s, the one in the middle.")
    return joined(text, said % figures)
