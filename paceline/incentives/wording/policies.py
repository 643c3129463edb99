"""The policies of a plan: what each choice means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from babel.dates import get_day_names
from django.utils.translation import gettext as _

from paceline.incentives.calculation.documents import Plan
from paceline.incentives.wording.clauses import Clause
from paceline.incentives.wording.formulas import column_named
from paceline.kernel import formats
from paceline.kernel.formats import listed

Wording = Callable[[], str]


def policy_clauses(plan: Plan) -> Iterator[Clause]:
    """Every policy that the plan states, in the order in which a line meets them."""
    stated = plan.policies
    yield Clause("policies/boundary", policy_sentence("boundary", stated.boundary))
    yield Clause(
        "policies/rounding",
        policy_sentence(f"rounding/{stated.rounding_stage}", stated.rounding_mode),
    )
    yield Clause("policies/accumulation", stretch_sentence(plan, stated.accumulation))
    order = _("Inside the window lines are taken in this order: %(order)s.")
    columns = listed(column_named(column) for column in stated.accumulation_order)
    yield Clause("policies/accumulation_order", order % {"order": columns})
    exchange = policy_sentence("exchange", stated.exchange_date)
    for key, text in (
        ("hierarchy_date", policy_sentence("hierarchy_date", stated.hierarchy_date)),
        ("exchange", exchange % {"rate": stated.exchange_rate}),
        ("anchor", policy_sentence("anchor", stated.anchor)),
        ("returns", policy_sentence("returns", stated.returns)),
        ("retroactivity", _retroactivity(plan)),
        ("splits", policy_sentence("splits", stated.splits)),
    ):
        yield Clause(f"policies/{key}", text)
    if sum(credit.kind == "direct" for credit in plan.credits) > 1:
        text = policy_sentence("precedence", stated.precedence)
        yield Clause("policies/precedence", text)


def _retroactivity(plan: Plan) -> str:
    """What becomes of differences for closed periods. Only a settlement carries them anywhere."""
    stated = plan.policies.retroactivity
    if plan.settlement is None and stated == "carry-forward":
        return _(
            "When a closed period would now be paid otherwise, the difference is to come into the"
            " next one. Without the clause “settlement” this does not happen by itself: what was"
            " paid stays."
        )
    chosen = stated if plan.settlement is None else plan.settlement.retroactivity
    return policy_sentence("retroactivity", chosen)


def policy_sentence(policy: str, choice: str) -> str:
    """What a choice of a policy means; empty for one that is not known."""
    wording = POLICIES.get((policy, choice))
    return "" if wording is None else wording()


def stretch_sentence(plan: Plan, window: str) -> str:
    """Over which stretch rate tables accumulate."""
    if window != "week":
        return STRETCHES[window]()
    first = plan.calendar.week_of(date(2024, 1, 7)).weekday()
    day = get_day_names(locale=formats.reader_locale())[first]
    return _("Rate tables see the total of each week, from %(weekday)s on.") % {"weekday": day}


STRETCHES: Mapping[str, Wording] = {
    "period": lambda: _("Rate tables see the running total of the period."),
    "transaction": lambda: _("Rate tables see each order line by itself."),
    "day": lambda: _("Rate tables see the total of each day."),
    "half-month": lambda: _("Rate tables see the total of each half-month, from the 1st and 16th."),
    "month": lambda: _("Rate tables see the total of each month."),
    "quarter": lambda: _("Rate tables see the running total of the quarter."),
    "half-year": lambda: _("Rate tables see the running total of the half-year."),
    "year": lambda: _("Rate tables see the running total of the plan's year."),
}

POLICIES: Mapping[tuple[str, str], Wording] = {
    ("boundary", "upper"): lambda: _(
        "A value exactly on the boundary of two tiers belongs to the upper one."
    ),
    ("boundary", "lower"): lambda: _(
        "A value exactly on the boundary of two tiers belongs to the lower one."
    ),
    ("rounding/component", "half-up"): lambda: _(
        "Each component is rounded once to the currency's smallest unit, halves upwards."
    ),
    ("rounding/component", "half-even"): lambda: _(
        "Each component is rounded once to the currency's smallest unit, halves to the even digit."
    ),
    ("rounding/component", "down"): lambda: _(
        "Each component is rounded once to the currency's smallest unit, always downwards."
    ),
    ("rounding/tier", "half-up"): lambda: _(
        "What each tier earns is rounded to the currency's smallest unit, halves upwards."
    ),
    ("rounding/tier", "half-even"): lambda: _(
        "What each tier earns is rounded to the currency's smallest unit, halves to the even digit."
    ),
    ("rounding/tier", "down"): lambda: _(
        "What each tier earns is rounded to the currency's smallest unit, always downwards."
    ),
    ("rounding/line", "half-up"): lambda: _(
        "What each order line earns is rounded to the currency's smallest unit, halves upwards."
    ),
    ("rounding/line", "half-even"): lambda: _(
        "What each order line earns is rounded to the currency's smallest unit, halves to the even"
        " digit."
    ),
    ("rounding/line", "down"): lambda: _(
        "What each order line earns is rounded to the currency's smallest unit, always downwards."
    ),
    ("hierarchy_date", "order-date"): lambda: _(
        "Managers are those of the day on which the order was placed."
    ),
    ("hierarchy_date", "anchor-date"): lambda: _(
        "Managers are those of the day that places the line in a period."
    ),
    ("hierarchy_date", "period-end"): lambda: _(
        "Managers are those of the last day of the period."
    ),
    ("exchange", "order-date"): lambda: _(
        "Other currencies are converted at the “%(rate)s” rate of the day of the order."
    ),
    ("exchange", "anchor-date"): lambda: _(
        "Other currencies are converted at the “%(rate)s” rate of the day that places the line in a"
        " period."
    ),
    ("exchange", "period-end"): lambda: _(
        "Other currencies are converted at the “%(rate)s” rate of the last day of the period."
    ),
    ("anchor", "booking"): lambda: _("A line belongs to the period in which it was ordered."),
    ("anchor", "invoice"): lambda: _("A line belongs to the period in which it was invoiced."),
    ("anchor", "shipment"): lambda: _("A line belongs to the period in which it was shipped."),
    ("anchor", "cash"): lambda: _("A line belongs to the period in which its cash was received."),
    ("anchor", "return-window"): lambda: _(
        "A line belongs to the period in which its return window ended."
    ),
    ("returns", "own-day"): lambda: _("A return counts on its own day."),
    ("returns", "as-sold"): lambda: _(
        "A return is taken back from those who were credited with the sale, as of the day of the"
        " sale."
    ),
    ("retroactivity", "carry-forward"): lambda: _(
        "When a closed period would now be paid otherwise, the difference comes into the next one."
    ),
    ("retroactivity", "ignore"): lambda: _(
        "A closed period stays as it was paid, even when it would now be paid otherwise."
    ),
    ("precedence", "all"): lambda: _("A line counts by every credit rule that it meets."),
    ("precedence", "listed"): lambda: _(
        "A line counts by the first credit rule that it meets, in the order of the plan."
    ),
    ("precedence", "most-specific"): lambda: _(
        "A line counts by the most specific credit rule that it meets: the one that tests most."
    ),
    ("splits", "exactly-100"): lambda: (
        _("The shares of a split line add up to exactly 100%%.") % {}
    ),
    ("splits", "overlays"): lambda: (
        _("Shares marked as overlays come on top: together they may pass 100%%.") % {}
    ),
}
