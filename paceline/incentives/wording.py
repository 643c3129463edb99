"""A plan read aloud: each clause as a plain sentence in the reader's language, figures included.

``sentence(plan, path)`` words one clause by its path (``components/commission/rates/tiers/2``), for
statements and the plan page alike; ``read_aloud(plan)`` words the whole plan in order. A path that
leads deeper than a sentence goes is worded by the clause that holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import (
    Component,
    Condition,
    Credit,
    Measure,
    Plan,
    Quota,
    Tier,
)
from paceline.incentives.models.plans import in_reader_language
from paceline.kernel import formats


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of a plan and where it stands; ``anchor`` is its id on the plan's page."""

    path: str
    text: str

    @property
    def anchor(self) -> str:
        return anchor(self.path)


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences under one heading."""

    title: str
    clauses: tuple[Clause, ...]


def anchor(path: str) -> str:
    """The id that a clause has on the plan's page, so that a statement can point to it."""
    return "clause-" + path.replace("/", "-")


def sentence(plan: Plan, path: str) -> str:
    """The clause at a path in the reader's language; empty when the plan says nothing there."""
    sentences = {clause.path: clause.text for clause in _all(plan)}
    while path:
        if path in sentences:
            return sentences[path]
        path = path.rpartition("/")[0]
    return ""


@lru_cache(maxsize=4096)
def _in_words(source: str, path: str, language: str) -> str:  # noqa: ARG001 - the active language
    return sentence(documents.load(source), path)


def in_words(plan: Plan, path: str) -> str:
    """A clause of a plan in the reader's language; texts of plans never change, so it is kept."""
    return _in_words(plan.text, path, get_language() or "en")


def component_name(plan: Plan, component_id: str) -> str:
    """A component's name in the reader's language; its id when the plan has no such component."""
    for component in plan.components:
        if component.id == component_id:
            return in_reader_language(component.name)
    return component_id


def read_aloud(plan: Plan) -> tuple[Passage, ...]:
    """The whole plan, what pays first, then what counts, then the policies."""
    passages = [
        Passage(in_reader_language(component.name), tuple(_component(plan, component)))
        for component in plan.components
    ]
    passages.append(
        Passage(
            _("What counts"),
            (
                *(Clause(measure.clause, _measure(plan, measure)) for measure in plan.measures),
                *(Clause(quota.clause, _quota(plan, quota)) for quota in plan.quotas),
                *(Clause(credit.clause, _credit(plan, credit)) for credit in plan.credits),
            ),
        )
    )
    passages.append(Passage(_("How it is calculated"), tuple(_policies(plan))))
    return tuple(passages)


def period_sentence(plan: Plan) -> str:
    """How often the plan pays, and in which currency."""
    return PERIODS[plan.period]() % {"currency": plan.currency}


PERIODS: Mapping[str, Callable[[], str]] = {
    "month": lambda: _("Pay is calculated for each month, in %(currency)s."),
    "quarter": lambda: _("Pay is calculated for each quarter, in %(currency)s."),
    "half-year": lambda: _("Pay is calculated for each half-year, in %(currency)s."),
    "year": lambda: _("Pay is calculated for each year, in %(currency)s."),
}


def _all(plan: Plan) -> Iterator[Clause]:
    yield Clause("period", period_sentence(plan))
    yield Clause("currency", period_sentence(plan))
    for passage in read_aloud(plan):
        yield from passage.clauses


def named(subject: Credit | Measure | Quota) -> str:
    """A clause by its label in the reader's language; without one its id is read as words."""
    return _quoted(
        in_reader_language(subject.label) if subject.label else subject.id.replace("-", " ")
    )


def _quoted(words: str) -> str:
    return pgettext("quotation", "“%s”") % words


def _credits(plan: Plan, ids: tuple[str, ...]) -> str:
    return pgettext("list separator", ", ").join(named(plan.credit(one)) for one in ids)


# --- components -----------------------------------------------------------------------------------


def _component(plan: Plan, component: Component) -> Iterator[Clause]:
    yield Clause(component.clause, _what_it_pays(plan, component))
    if component.when is not None:
        yield Clause(component.when.clause, _condition(plan, component.when))
    if component.rates is not None:
        yield Clause(component.rates.clause, _reading(component))
        for place, tier in enumerate(component.rates.tiers):
            yield Clause(tier.clause, _tier(plan, component, place, tier))
    if component.cap is not None:
        text = _("It pays at most %(amount)s for a period.")
        amount = formats.money(component.cap, plan.currency)
        yield Clause(f"{component.clause}/cap", text % {"amount": amount})
    if component.floor is not None:
        text = _("It pays at least %(amount)s for a period.")
        amount = formats.money(component.floor, plan.currency)
        yield Clause(f"{component.clause}/floor", text % {"amount": amount})


def _what_it_pays(plan: Plan, component: Component) -> str:
    if component.amount is not None:
        amount = formats.money(component.amount, plan.currency)
        return _("A fixed amount of %(amount)s for a period.") % {"amount": amount}
    measure = named(plan.measure(component.measure or ""))
    if component.rates is not None and component.rates.quota is not None:
        text = _(
            "Paid on the measure %(measure)s, at rates that depend on attainment of %(quota)s."
        )
        return text % {"measure": measure, "quota": named(plan.quota(component.rates.quota))}
    text = _("Paid on the measure %(measure)s, at rates that depend on its amount.")
    return text % {"measure": measure}


def _reading(component: Component) -> str:
    if component.rates is not None and component.rates.reading == "whole":
        return _("The rate of the tier that is reached applies to the whole amount.")
    return _("Each part of the amount earns the rate of the tier in which it lies.")


def _condition(plan: Plan, condition: Condition) -> str:
    if condition.on == "attainment":
        text = _("Paid only when attainment of %(quota)s is at least %(least)s.")
        return text % {
            "quota": named(plan.quota(condition.subject)),
            "least": formats.percent(condition.at_least),
        }
    measure = plan.measure(condition.subject)
    least = _in_measure(plan, measure, condition.at_least)
    text = _("Paid only when the measure %(measure)s is at least %(least)s.")
    return text % {"measure": named(measure), "least": least}


def _in_measure(plan: Plan, measure: Measure, value: Decimal) -> str:
    return formats.money(value, plan.currency) if measure.is_money else formats.number(value)


def _tier(plan: Plan, component: Component, place: int, tier: Tier) -> str:
    """One tier; the side of its boundary is said where it matters, in whole-amount tables."""
    rates = component.rates
    measure = plan.measure(component.measure or "")
    if rates is None:
        return ""
    bound = _quota_share if rates.on == "attainment" else _bound_of(plan, measure)
    values = {
        "measure": named(measure),
        "rate": _rate(plan, measure, tier.rate),
        "from": bound(tier.lower),
        "to": "" if tier.upper is None else bound(tier.upper),
    }
    if rates.reading == "slice":
        return _slice(place, tier) % values
    text = (_whole_upper if plan.policies.boundary == "upper" else _whole_lower)(place, tier)
    return text % values


def _quota_share(value: Decimal) -> str:
    return _("%(share)s of quota") % {"share": formats.percent(value)}


def _bound_of(plan: Plan, measure: Measure) -> Callable[[Decimal], str]:
    return lambda value: _in_measure(plan, measure, value)


def _rate(plan: Plan, measure: Measure, rate: Decimal) -> str:
    if measure.is_money:
        return formats.rate(rate)
    return _("%(amount)s per unit") % {"amount": formats.money(rate, plan.currency)}


def _slice(place: int, tier: Tier) -> str:
    if tier.upper is None and place == 0:
        return _("All of %(measure)s earns %(rate)s.")
    if tier.upper is None:
        return _("The part of %(measure)s above %(from)s earns %(rate)s, on that part only.")
    if place == 0:
        return _("The part of %(measure)s up to %(to)s earns %(rate)s.")
    return _("The part of %(measure)s from %(from)s to %(to)s earns %(rate)s, on that part only.")


def _whole_upper(place: int, tier: Tier) -> str:
    """A value exactly on a boundary belongs to the tier above it."""
    if tier.upper is None and place == 0:
        return _("All of %(measure)s earns %(rate)s.")
    if tier.upper is None:
        return _("When %(from)s is reached or passed, all of %(measure)s earns %(rate)s.")
    if place == 0:
        return _("Below %(to)s, all of %(measure)s earns %(rate)s.")
    return _("From %(from)s to just below %(to)s, all of %(measure)s earns %(rate)s.")


def _whole_lower(place: int, tier: Tier) -> str:
    """A value exactly on a boundary belongs to the tier below it."""
    if tier.upper is None and place == 0:
        return _("All of %(measure)s earns %(rate)s.")
    if tier.upper is None:
        return _("Above %(from)s, all of %(measure)s earns %(rate)s.")
    if place == 0:
        return _("Up to and including %(to)s, all of %(measure)s earns %(rate)s.")
    return _("Above %(from)s, up to and including %(to)s, all of %(measure)s earns %(rate)s.")


# --- what counts ----------------------------------------------------------------------------------


def _credit(plan: Plan, credit: Credit) -> str:
    name = named(credit)
    if credit.kind == "rollup":
        of = _credits(plan, credit.of)
        return _rollup(credit) % {"credit": name, "of": of, **_levels(credit)}
    if credit.when is None:
        text = _("%(credit)s: every order line counts for its payee, or for those who share it.")
        return text % {"credit": name}
    text = _(
        "%(credit)s: an order line counts for its payee, or for those who share it,"
        " when %(formula)s."
    )
    return text % {"credit": name, "formula": credit.when.text}


def _levels(credit: Credit) -> dict[str, object]:
    return {"first": credit.level_from, "last": credit.level_through or 0}


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
    return _(
        "%(credit)s: lines of %(of)s also count for the managers on levels %(first)s to %(last)s"
        " above their payee."
    )


def _measure(plan: Plan, measure: Measure) -> str:
    values = {"measure": named(measure), "credits": _credits(plan, measure.credits)}
    if measure.of is None:
        return _("%(measure)s is the number of lines credited by %(credits)s.") % values
    if measure.of.text == "amount":
        return _("%(measure)s is the total amount of lines credited by %(credits)s.") % values
    text = _("%(measure)s adds up %(formula)s over the lines credited by %(credits)s.")
    return text % {**values, "formula": measure.of.text}


def _quota(plan: Plan, quota: Quota) -> str:
    text = _(
        "Attainment of %(quota)s is the measure %(measure)s divided by the quota called %(name)s"
        " for the period."
    )
    return text % {
        "quota": named(quota),
        "measure": named(plan.measure(quota.measure)),
        "name": _quoted(quota.name),
    }


# --- policies -------------------------------------------------------------------------------------


def _policies(plan: Plan) -> Iterator[Clause]:
    stated = plan.policies
    yield Clause("period", period_sentence(plan))
    for key, value in (
        ("boundary", stated.boundary),
        ("rounding", stated.rounding_mode),
        ("accumulation", stated.accumulation),
    ):
        yield Clause(f"policies/{key}", policy_sentence(key, value))
    order = _("Inside the window lines are taken in this order: %(order)s.")
    columns = pgettext("list separator", ", ").join(stated.accumulation_order)
    yield Clause("policies/accumulation_order", order % {"order": columns})
    yield Clause(
        "policies/hierarchy_date", policy_sentence("hierarchy_date", stated.hierarchy_date)
    )
    exchange = policy_sentence("exchange", stated.exchange_date)
    yield Clause("policies/exchange", exchange % {"rate": stated.exchange_rate})
    yield Clause("policies/anchor", policy_sentence("anchor", stated.anchor))
    yield Clause("policies/splits", policy_sentence("splits", stated.splits))


def policy_sentence(policy: str, choice: str) -> str:
    """What a choice of a policy means; empty for one that is not known."""
    wording = POLICIES.get((policy, choice))
    return "" if wording is None else wording()


POLICIES: Mapping[tuple[str, str], Callable[[], str]] = {
    ("boundary", "upper"): lambda: _(
        "A value exactly on the boundary of two tiers belongs to the upper one."
    ),
    ("boundary", "lower"): lambda: _(
        "A value exactly on the boundary of two tiers belongs to the lower one."
    ),
    ("rounding", "half-up"): lambda: _(
        "Each component is rounded once to the currency's smallest unit, halves upwards."
    ),
    ("rounding", "half-even"): lambda: _(
        "Each component is rounded once to the currency's smallest unit, halves to the even digit."
    ),
    ("rounding", "down"): lambda: _(
        "Each component is rounded once to the currency's smallest unit, always downwards."
    ),
    ("accumulation", "period"): lambda: _("Rate tables see the running total of the period."),
    ("accumulation", "transaction"): lambda: _("Rate tables see each order line by itself."),
    ("hierarchy_date", "order-date"): lambda: _(
        "Managers are those of the day on which the order was placed."
    ),
    ("hierarchy_date", "period-end"): lambda: _(
        "Managers are those of the last day of the period."
    ),
    ("exchange", "order-date"): lambda: _(
        "Other currencies are converted at the “%(rate)s” rate of the day of the order."
    ),
    ("exchange", "period-end"): lambda: _(
        "Other currencies are converted at the “%(rate)s” rate of the last day of the period."
    ),
    ("anchor", "booking"): lambda: _("A line belongs to the period in which it was ordered."),
    ("splits", "exactly-100"): lambda: (
        _("The shares of a split line add up to exactly 100%%.") % {}
    ),
    ("splits", "overlays"): lambda: (
        _("Shares marked as overlays come on top: together they may pass 100%%.") % {}
    ),
}
