"""The alternatives that a plan did not take, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext

from paceline.incentives import wording
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Component, Measure, Plan, Quota
from paceline.incentives.calculation.rejections import (
    NOT_EXPLAINED,
    Rejection,
    of_component,
    rejected_credits,
    tiers_above,
)
from paceline.incentives.calculation.trace import TracedLine
from paceline.incentives.change_words import column_name
from paceline.incentives.models import StatementComponent, StatementTier
from paceline.incentives.wording import named
from paceline.kernel import formats


def of_line(
    component: StatementComponent,
    line: TracedLine,
    order: Mapping[str, Any] | None,
    *,
    is_last: bool,
) -> tuple[str, ...]:
    """Why no other credit rule took a line, and what was missing to the next tier after the last:
    said of each line, it would say the same again and again.
    """
    plan = documents.load(component.version.source)
    clause = plan.component(component.component)
    traced = {"credit": line.credit, "level": line.level}
    found = list(rejected_credits(plan, clause, traced, order))
    rates = clause.rates
    if not is_last or (rates is not None and rates.imported is not None):
        # Rows of other keys are no choice.
        return tuple(_say(plan, clause, one) for one in found)
    by_total = rates is not None and rates.reading == "whole"
    value = component.measure if by_total and component.measure is not None else line.running_after
    found += tiers_above(_rows(component.tiers.all()), value)[:1]
    return tuple(_say(plan, clause, one) for one in found)


def of_statement_component(
    row: StatementComponent, siblings: Iterable[StatementComponent]
) -> tuple[str, ...]:
    """What condition, cap and floor of a component did not do, and what its parts did not reach."""
    plan = documents.load(row.version.source)
    clause = plan.component(row.component)
    measures: dict[str, Decimal] = {}
    targets: dict[str, Decimal | None] = {}
    for one in siblings:
        if one.version_id == row.version_id:
            other = plan.component(one.component)
            if other.measure is not None and one.measure is not None:
                measures[other.measure] = one.measure
            if other.quota is not None:
                targets[other.quota] = one.quota
    figures = {
        "cap_adjustment": row.cap_adjustment,
        "floor_adjustment": row.floor_adjustment,
        "condition_adjustment": row.condition_adjustment,
        "multiplier_adjustment": row.multiplier_adjustment,
        "computed": row.computed,
    }
    parts = {(one.item, one.figure): one.value for one in row.details.all()}
    try:
        found = of_component(plan, clause, figures, measures, targets, parts)
    except KeyError:  # the condition looks at a measure that no component pays on
        return ()
    return tuple(_say(plan, clause, one) for one in found)


def _rows(tiers: Iterable[StatementTier]) -> list[dict[str, Any]]:
    return [
        {
            "tier": tier.tier,
            "clause": tier.clause,
            "lower_amount": tier.lower_amount,
            "rate": tier.rate,
        }
        for tier in tiers
        if tier.lower_amount is not None
    ]


def _say(plan: Plan, component: Component, one: Rejection) -> str:
    wordings = {
        "condition_failed": _condition_failed,
        "counted_already": _counted_already,
        "level_not_covered": _level_not_covered,
        "tier_not_reached": _tier_not_reached,
        "condition_not_met": _condition_not_met,
        "cap_not_reached": _bound,
        "floor_not_needed": _bound,
        "formula_not_met": _formula_not_met,
        "step_not_reached": _step_not_reached,
        "value_missing": _value_missing,
        "score_too_low": _score_too_low,
    }
    if one.reason in PLAIN:
        return str(PLAIN[one.reason])
    if one.reason == NOT_EXPLAINED or one.reason not in wordings:
        return _("%(clause)s is not explained further.") % {"clause": one.subject}
    return wordings[one.reason](plan, component, one)


def _condition_failed(plan: Plan, _component: Component, one: Rejection) -> str:
    values = formats.listed(
        f"{column_name(name)}: {_value(value)}" for name, value in one.inputs["values"].items()
    )
    text = _("%(rule)s did not match: it asks for %(condition)s (%(values)s).")
    failed = formats.listed(one.inputs["failed"])
    return text % {
        "rule": named(plan.credit(one.subject)),
        "condition": failed,
        "values": values,
    }


def _value(value: Any) -> str:
    if value is None or value == "":
        return pgettext("value of an order", "empty")
    if isinstance(value, Decimal):
        return formats.number(value)
    return formats.day(value) if hasattr(value, "isoformat") else str(value)


def _counted_already(plan: Plan, _component: Component, one: Rejection) -> str:
    text = _("%(rule)s matched too, but a line counts once: by %(other)s.")
    return text % {
        "rule": named(plan.credit(one.subject)),
        "other": named(plan.credit(one.inputs["by"])),
    }


def _level_not_covered(plan: Plan, _component: Component, one: Rejection) -> str:
    text = _("%(rule)s is not for level %(level)s.")
    return text % {"rule": named(plan.credit(one.subject)), "level": one.inputs["level"]}


def _tier_not_reached(plan: Plan, component: Component, one: Rejection) -> str:
    measure = plan.measure(component.measure or "")
    rate = (
        formats.rate(one.inputs["rate"])
        if measure.is_money
        else formats.money(one.inputs["rate"], plan.currency)
    )
    text = _("The next tier, at %(rate)s, was %(missing)s away.")
    return text % {"rate": rate, "missing": _in_measure(plan, measure.id, one.missing)}


def _condition_not_met(plan: Plan, _component: Component, one: Rejection) -> str:
    if one.missing is None:
        return _("The condition cannot hold: there is no quota.")
    text = _("The condition did not hold: %(missing)s of %(least)s were missing.")
    measure = one.inputs["measure"]
    return text % {
        "missing": _in_measure(plan, measure, one.missing),
        "least": _in_measure(plan, measure, one.inputs["at_least"]),
    }


def _formula_not_met(plan: Plan, _component: Component, one: Rejection) -> str:
    if "failed" not in one.inputs:
        return _("The condition did not hold.")
    values = formats.listed(
        f"{figure_named(plan, name)}: {_value(value)}"
        for name, value in one.inputs["values"].items()
    )
    failed = formats.listed(one.inputs["failed"])
    text = _("The condition did not hold: it asks for %(condition)s (%(values)s).")
    return text % {"condition": failed, "values": values}


def figure_named(plan: Plan, name: str) -> str:
    """What readers call a figure that a formula reads."""
    own, _dot, what = name.partition(".")
    clauses: list[Measure | Quota] = [*plan.measures, *plan.quotas]
    for clause in clauses:
        if clause.id.replace("-", "_") == own:
            said = named(clause)
            if what == "attainment":
                return _("attainment of %(quota)s") % {"quota": said}
            return said
    return name


def _indicator(component: Component, one: Rejection) -> str:
    card = component.scorecard
    found = (
        next((each for each in card.indicators if each.id == one.subject), None) if card else None
    )
    return one.subject if found is None else wording.indicator_named(found)


def _step_not_reached(plan: Plan, component: Component, one: Rejection) -> str:
    if one.inputs["up"]:
        text = _("%(indicator)s: a score of %(score)s was %(missing)s away.")
    else:
        text = _("%(indicator)s: a score of %(score)s asks for %(missing)s less.")
    return text % {
        "indicator": _indicator(component, one),
        "score": formats.percent(one.inputs["score"]),
        "missing": wording.in_type(plan, one.inputs["type"], one.missing or Decimal(0)),
    }


def _value_missing(_plan: Plan, component: Component, one: Rejection) -> str:
    text = _("%(indicator)s has no value, so it scores nothing.")
    return text % {"indicator": _indicator(component, one)}


def _score_too_low(plan: Plan, _component: Component, one: Rejection) -> str:
    text = _("To take part a score of %(least)s is needed; %(missing)s were missing.")
    kind = one.inputs["type"]
    return text % {
        "least": wording.in_type(plan, kind, one.inputs["at_least"]),
        "missing": wording.in_type(plan, kind, one.missing or Decimal(0)),
    }


PLAIN: Mapping[str, str | Promise] = {
    "no_weights": lazy(
        "Nothing is shared out: there is no team on the last day of the period, or nobody in it has"
        " a weight."
    ),
    "no_weight": lazy("The own weight is zero, so the own part is zero too."),
    "no_score": lazy("There is no score, or the condition did not hold: no part in the contest."),
    "no_prize_left": lazy("The prizes went to higher scores."),
}


def _bound(plan: Plan, _component: Component, one: Rejection) -> str:
    texts = {
        "cap": _("The cap of %(bound)s was not reached; %(missing)s were left."),
        "floor": _("The floor of %(bound)s was not needed; pay is %(missing)s above it."),
    }
    return texts[one.kind] % {
        "bound": formats.money(one.inputs[one.kind], plan.currency),
        "missing": formats.money(one.missing, plan.currency),
    }


def _in_measure(plan: Plan, measure: str, value: Decimal | None) -> str:
    if plan.measure(measure).is_money:
        return formats.money(value, plan.currency)
    return formats.number(value)
