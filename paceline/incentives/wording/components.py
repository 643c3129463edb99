"""Components read aloud: what they pay, on which conditions, between which limits."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from paceline.incentives.calculation.documents import (
    Component,
    Condition,
    Contest,
    Indicator,
    Multiplier,
    Plan,
    Pool,
    Scorecard,
)
from paceline.incentives.models.plans import in_reader_language
from paceline.incentives.wording.clauses import Clause
from paceline.incentives.wording.formulas import over_figures
from paceline.incentives.wording.names import in_type, in_unit, named, quoted
from paceline.incentives.wording.rates import rate_clauses, what_is_paid
from paceline.kernel import formats
from paceline.kernel.formats import listed


def component_clauses(plan: Plan, component: Component) -> Iterator[Clause]:
    """A component clause by clause, what it pays first."""
    yield Clause(component.clause, _what_it_pays(plan, component))
    if component.unit != "money":
        yield Clause(f"{component.clause}/unit", _unit(component.unit))
    if component.when is not None:
        yield Clause(component.when.clause, _condition(plan, component.when))
    if component.rates is not None:
        yield from rate_clauses(plan, component, component.rates)
    if component.scorecard is not None:
        yield from _scorecard(plan, component.scorecard)
    if component.pool is not None:
        yield from _pool(plan, component.pool)
    if component.contest is not None:
        yield from _contest(plan, component, component.contest)
    for multiplier in component.multipliers:
        yield Clause(multiplier.clause, _multiplier(plan, multiplier))
    if component.cap is not None:
        text = _("It pays at most %(amount)s for a period.")
        amount = in_unit(plan, component.unit, component.cap)
        yield Clause(f"{component.clause}/cap", text % {"amount": amount})
    if component.floor is not None:
        text = _("It pays at least %(amount)s for a period.")
        amount = in_unit(plan, component.unit, component.floor)
        yield Clause(f"{component.clause}/floor", text % {"amount": amount})


def _what_it_pays(plan: Plan, component: Component) -> str:
    if component.rates is not None:
        return what_is_paid(plan, component, component.rates)
    if component.amount is not None:
        amount = in_unit(plan, component.unit, component.amount)
        return _("A fixed amount of %(amount)s for a period.") % {"amount": amount}
    if component.target_share is not None:
        share = formats.rate(component.target_share)
        return _("%(share)s of the target incentive for a period.") % {"share": share}
    if component.formula is not None:
        formula = over_figures(plan, component.formula)
        return _("It pays %(formula)s.") % {"formula": formula}
    return _how_it_pays(component)


def _how_it_pays(component: Component) -> str:
    if component.scorecard is not None:
        return _("Paid by a scorecard: indicators, each with its weight and its score.")
    if component.pool is not None:
        return _("Paid from a pool that the team earns together and shares out.")
    return _("Paid as prizes for the best of a contest.")


def _unit(unit: str) -> str:
    if unit == "points":
        return _("It is paid in points and is no part of the sum of money.")
    if unit == "leave-days":
        return _("It is paid in days of leave and is no part of the sum of money.")
    return _("It is paid as a certificate and is no part of the sum of money.")


# --- conditions and multipliers -------------------------------------------------------------------


def _condition(plan: Plan, condition: Condition) -> str:
    if condition.formula is not None:
        formula = over_figures(plan, condition.formula)
        return _("Paid only when %(formula)s.") % {"formula": formula}
    if condition.on == "attainment":
        text = _("Paid only when attainment of %(quota)s is at least %(least)s.")
    else:
        text = _("Paid only when the measure %(measure)s is at least %(least)s.")
    return text % _compared(plan, condition)


def _compared(plan: Plan, condition: Condition) -> dict[str, str]:
    if condition.on == "attainment":
        return {
            "quota": named(plan.quota(condition.subject)),
            "least": formats.percent(condition.at_least),
        }
    measure = plan.measure(condition.subject)
    least = in_type(plan, measure.type, condition.at_least)
    return {"measure": named(measure), "least": least}


def _multiplier(plan: Plan, multiplier: Multiplier) -> str:
    values = {"factor": over_figures(plan, multiplier.by)}
    when = multiplier.when
    if when is None:
        return _("The result is multiplied by %(factor)s.") % values
    if when.formula is not None:
        values["formula"] = over_figures(plan, when.formula)
        return _("When %(formula)s, the result is multiplied by %(factor)s.") % values
    values |= _compared(plan, when)
    if when.on == "attainment":
        text = _(
            "When attainment of %(quota)s is at least %(least)s, the result is multiplied by"
            " %(factor)s."
        )
    else:
        text = _(
            "When the measure %(measure)s is at least %(least)s, the result is multiplied by"
            " %(factor)s."
        )
    return text % values


# --- scorecards, pools, contests ------------------------------------------------------------------


def indicator_named(indicator: Indicator) -> str:
    return in_reader_language(indicator.label) or indicator.id.replace("-", " ")


def _scorecard(plan: Plan, card: Scorecard) -> Iterator[Clause]:
    text = _("%(target)s × the weighted scores of the indicators is paid.")
    yield Clause(card.clause, text % {"target": over_figures(plan, card.target)})
    for indicator in card.indicators:
        yield from _indicator(plan, indicator)


def _indicator(plan: Plan, indicator: Indicator) -> Iterator[Clause]:
    values = {
        "indicator": quoted(indicator_named(indicator)),
        "weight": formats.rate(indicator.weight),
        "value": over_figures(plan, indicator.value),
    }
    text = _("%(indicator)s counts %(weight)s; its score is %(value)s.")
    if indicator.steps:
        text = _("%(indicator)s counts %(weight)s; its score is the step that %(value)s reaches.")
    yield Clause(indicator.clause, text % values)
    for place, step in enumerate(indicator.steps):
        said = {
            **values,
            "score": formats.rate(step.rate),
            "from": in_type(plan, indicator.value.type, step.lower),
            "to": "" if step.upper is None else in_type(plan, indicator.value.type, step.upper),
        }
        is_upper = plan.policies.boundary == "upper"
        is_last = step.upper is None
        yield Clause(step.clause, _step(place, is_upper=is_upper, is_last=is_last) % said)
    if indicator.gate is not None:
        text = _("Unless %(gate)s, the whole scorecard pays nothing.")
        gate = over_figures(plan, indicator.gate)
        yield Clause(f"{indicator.clause}/gate", text % {"gate": gate})


def _step(place: int, *, is_upper: bool, is_last: bool) -> str:
    if is_last and place == 0:
        return _("%(indicator)s: any value scores %(score)s.")
    if is_upper:
        return _step_upper(is_first=place == 0, is_last=is_last)
    return _step_lower(is_first=place == 0, is_last=is_last)


def _step_upper(*, is_first: bool, is_last: bool) -> str:
    if is_last:
        return _("%(indicator)s: from %(from)s on the score is %(score)s.")
    if is_first:
        return _("%(indicator)s: below %(to)s the score is %(score)s.")
    return _("%(indicator)s: from %(from)s to just below %(to)s the score is %(score)s.")


def _step_lower(*, is_first: bool, is_last: bool) -> str:
    if is_last:
        return _("%(indicator)s: above %(from)s the score is %(score)s.")
    if is_first:
        return _("%(indicator)s: up to and including %(to)s the score is %(score)s.")
    return _("%(indicator)s: above %(from)s, up to and including %(to)s, the score is %(score)s.")


def _pool(plan: Plan, pool: Pool) -> Iterator[Clause]:
    text = _("The team's pool is %(amount)s, over the sums of its members.")
    yield Clause(pool.clause, text % {"amount": over_figures(plan, pool.amount)})
    text = _("It is shared out in proportion to each member's %(share)s.")
    if pool.share is not None:
        yield Clause(f"{pool.clause}/share", text % {"share": over_figures(plan, pool.share)})
        return
    text = _(
        "It is shared out by what each member adds to what the members are worth together, on"
        " average over all orders in which they may come together (Shapley value)."
    )
    yield Clause(f"{pool.clause}/shapley", text)


def _contest(plan: Plan, component: Component, contest: Contest) -> Iterator[Clause]:
    if contest.among == "team":
        text = _("The members of each team are ranked by %(score)s, the highest first.")
    else:
        text = _("Everybody in the plan is ranked by %(score)s, the highest first.")
    yield Clause(contest.clause, text % {"score": over_figures(plan, contest.score)})
    prizes = listed(in_unit(plan, component.unit, prize) for prize in contest.prizes)
    text = _("The prizes, from the first rank on: %(prizes)s.")
    yield Clause(f"{contest.clause}/prizes", text % {"prizes": prizes})
    if contest.ties == "each":
        text = _("Of equal scores each gets the prize of their rank.")
    else:
        text = _("Equal scores share out evenly the prizes that they cover together.")
    yield Clause(f"{contest.clause}/ties", text)
    if contest.at_least is not None:
        least = in_type(plan, contest.score.type, contest.at_least)
        text = _("Only scores of at least %(least)s take part.")
        yield Clause(f"{contest.clause}/at_least", text % {"least": least})
