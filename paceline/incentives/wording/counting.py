"""What counts: measures, quotas and credits read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.incentives.calculation.documents import (
    Credit,
    Measure,
    Plan,
    Quota,
    TargetIncentive,
    Window,
)
from paceline.incentives.wording.clauses import Clause
from paceline.incentives.wording.formulas import column_named, over_figures, over_lines
from paceline.incentives.wording.names import credits_named, named, quoted
from paceline.kernel import formats
from paceline.kernel.formats import listed


def counting_clauses(plan: Plan) -> Iterator[Clause]:
    """Measures, the target incentive, quotas and credits, in this order."""
    for measure in plan.measures:
        yield Clause(measure.clause, _measure(plan, measure))
        if measure.window is not None:
            yield Clause(measure.window.clause, _window(measure, measure.window))
    if plan.target_incentive is not None:
        yield Clause(plan.target_incentive.clause, _target(plan, plan.target_incentive))
    for quota in plan.quotas:
        yield from _quota(plan, quota)
    for credit in plan.credits:
        yield Clause(credit.clause, _credit(plan, credit))


# --- measures -------------------------------------------------------------------------------------


def _measure(plan: Plan, measure: Measure) -> str:
    values = {"measure": named(measure), "credits": credits_named(plan, measure.credits)}
    if measure.kind == "count":
        return _("%(measure)s is the number of lines credited by %(credits)s.") % values
    if measure.kind == "ratio":
        first, second = (named(plan.measure(part)) for part in measure.parts[:2])
        return _("%(measure)s is %(first)s divided by %(second)s.") % {
            **values,
            "first": first,
            "second": second,
        }
    if measure.kind == "figure":
        return _figure(measure) % {**values, "name": quoted(measure.name)}
    return _calculated(plan, measure, values)


def _calculated(plan: Plan, measure: Measure, values: dict[str, str]) -> str:
    """A measure with a formula, over figures or over lines."""
    if measure.of is None:
        return ""
    if measure.kind == "formula":
        said = {**values, "formula": over_figures(plan, measure.of)}
        return _("%(measure)s is calculated: %(formula)s.") % said
    if measure.kind == "sum" and measure.of.text == "amount":
        return _("%(measure)s is the total amount of lines credited by %(credits)s.") % values
    return _summed(measure.kind) % {**values, "formula": over_lines(measure.of)}


def _summed(kind: str) -> str:
    if kind == "distinct":
        return _(
            "%(measure)s counts each %(formula)s once, over the lines credited by %(credits)s."
        )
    if kind == "min":
        return _("%(measure)s is the least %(formula)s of a line credited by %(credits)s.")
    if kind == "max":
        return _("%(measure)s is the greatest %(formula)s of a line credited by %(credits)s.")
    return _("%(measure)s adds up %(formula)s over the lines credited by %(credits)s.")


def _figure(measure: Measure) -> str:
    if measure.reads_last:
        return _("%(measure)s is the latest figure %(name)s entered before the period's end.")
    return _("%(measure)s adds up the figures %(name)s entered for the period.")


def _window(measure: Measure, window: Window) -> str:
    values: dict[str, object] = {"measure": named(measure), "months": window.months}
    if window.kind == "campaign" and window.starts_on and window.ends_before:
        last = window.ends_before - timedelta(days=1)
        values |= {"first": formats.day(window.starts_on), "last": formats.day(last)}
        return _("%(measure)s looks at the days from %(first)s to %(last)s.") % values
    if window.kind == "rolling":
        return _("%(measure)s looks at the %(months)s months up to the period's end.") % values
    if window.kind == "since-hire":
        return _("%(measure)s looks at all days since the payee joined.") % values
    if window.kind == "year-before":
        return _("%(measure)s looks at the same period one year earlier.") % values
    return _to_date(window.unit) % values


def _to_date(unit: str) -> str:
    if unit == "month":
        return _("%(measure)s looks at the month up to the period's end.")
    if unit == "quarter":
        return _("%(measure)s looks at the quarter up to the period's end.")
    if unit == "half-year":
        return _("%(measure)s looks at the half-year up to the period's end.")
    return _("%(measure)s looks at the plan's year up to the period's end.")


def _target(plan: Plan, target: TargetIncentive) -> str:
    if target.amount is not None:
        amount = formats.money(target.amount, plan.currency)
        return _("The target incentive is %(amount)s for everybody.") % {"amount": amount}
    measure = named(plan.measure(target.measure or ""))
    return _("The target incentive is the payee's %(measure)s.") % {"measure": measure}


# --- quotas ---------------------------------------------------------------------------------------


def _quota(plan: Plan, quota: Quota) -> Iterator[Clause]:
    values = {
        "quota": named(quota),
        "measure": named(plan.measure(quota.measure)),
        "name": quoted(quota.name),
    }
    yield Clause(quota.clause, _attained(quota.over) % values)
    if quota.weights:
        weights = listed(formats.rate(weight) for weight in quota.weights)
        text = _("The year's target of %(quota)s is spread over its parts: %(weights)s.")
        yield Clause(f"{quota.clause}/spread", text % {**values, "weights": weights})
    if quota.proration is not None:
        yield Clause(f"{quota.clause}/proration", _proration(quota.proration) % values)
    if quota.ramp:
        shares = listed(formats.rate(share) for share in quota.ramp)
        text = _(
            "In the first months after joining only this share of %(quota)s is asked: %(shares)s."
        )
        yield Clause(f"{quota.clause}/ramp", text % {**values, "shares": shares})
    if quota.per == "team":
        text = _("%(quota)s is set for teams; each member has the target of their team.")
        yield Clause(f"{quota.clause}/per", text % values)


def _attained(over: str) -> str:
    if over == "period":
        return _(
            "Attainment of %(quota)s is the measure %(measure)s divided by the quota called"
            " %(name)s for the period."
        )
    if over == "month":
        return _(
            "Attainment of %(quota)s is the measure %(measure)s of the month so far, divided by the"
            " quota called %(name)s for the whole month."
        )
    if over == "quarter":
        return _(
            "Attainment of %(quota)s is the measure %(measure)s of the quarter so far, divided by"
            " the quota called %(name)s for the whole quarter."
        )
    if over == "half-year":
        return _(
            "Attainment of %(quota)s is the measure %(measure)s of the half-year so far, divided by"
            " the quota called %(name)s for the whole half-year."
        )
    return _(
        "Attainment of %(quota)s is the measure %(measure)s of the year so far, divided by the"
        " quota called %(name)s for the whole year."
    )


def _proration(proration: str) -> str:
    if proration == "months":
        return _("%(quota)s counts each month in which the payee is in the plan on any day.")
    if proration == "days":
        return _(
            "%(quota)s counts the days on which the payee is in the plan; leave does not count."
        )
    return _("%(quota)s stays whole for joiners, leavers and leave.")


# --- credits --------------------------------------------------------------------------------------


def _credit(plan: Plan, credit: Credit) -> str:
    if credit.kind == "rollup":
        values = {
            "credit": named(credit),
            "of": credits_named(plan, credit.of),
            "first": credit.level_from,
            "last": credit.level_through or 0,
        }
        said = _rollup(credit) % values
        if not credit.hierarchy:
            return said
        tree = {"hierarchy": credit.hierarchy}
        decides = _("Who is above whom is read from the hierarchy “%(hierarchy)s”.") % tree
        return pgettext("sentences", "%(first)s %(second)s") % {"first": said, "second": decides}
    rule = (
        _receiver(credit)
        if credit.to != "payee"
        else _("counts for its payee, or for those who share it")
    )
    values = {"credit": named(credit), "rule": rule}
    if credit.when is None:
        return _("%(credit)s: every order line %(rule)s.") % values
    values["formula"] = over_lines(credit.when)
    return _("%(credit)s: an order line %(rule)s, when %(formula)s.") % values


def _receiver(credit: Credit) -> str:
    """Whom a rule credits other than the line's own payee, with how much, and from whom."""
    if credit.to == "team":
        receiver = _("the others in its payee's team")
    elif credit.to == "owner":
        receiver = _("the owners of its %(column)s") % {"column": column_named(credit.owner_of)}
    else:
        receiver = _("whoever its %(column)s names") % {"column": column_named(credit.to)}
    if credit.share is not None:
        values = {"receiver": receiver, "share": over_lines(credit.share)}
        if credit.is_overlay:
            return _("also counts for %(receiver)s, with a share of %(share)s on top") % values
        text = _("counts for %(receiver)s with a share of %(share)s, taken from its payee")
        return text % values
    if credit.is_overlay:
        return _("also counts for %(receiver)s, on top") % {"receiver": receiver}
    return _("counts for %(receiver)s instead of its payee") % {"receiver": receiver}


def _rollup(credit: Credit) -> str:
    first, last = credit.level_from, credit.level_through
    if (first, last) == (1, 1):
        return _("%(credit)s: lines of %(of)s also count for the direct manager of their payee.")
    if last is None and first == 1:
        return _("%(credit)s: lines of %(of)s also count for every manager above their payee.")
    if last is None:
        return _(
            "%(credit)s: lines of %(of)s also count for every manager from level %(first)s up"
            " above their payee."
        )
    if first == last:
        return _(
            "%(credit)s: lines of %(of)s also count for the managers on level %(first)s above"
            " their payee."
        )
    return _(
        "%(credit)s: lines of %(of)s also count for the managers on levels %(first)s to %(last)s"
        " above their payee."
    )
