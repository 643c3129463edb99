"""Beside a statement: why it differs from an earlier one, and what it would have been if."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from paceline.incentives import pay_words as words
from paceline.incentives.calculation import imagined
from paceline.incentives.calculation.difference import differences
from paceline.incentives.calculation.documents import Plan
from paceline.incentives.calculation.imagined import OneMore, OrderIncomplete, PlanKept, Step
from paceline.incentives.change_words import causes_of, column_name
from paceline.incentives.forms.what_if import OrderForm
from paceline.incentives.models import PlanVersion, Statement
from paceline.incentives.queries import plans as plan_queries
from paceline.incentives.queries import statements as queries
from paceline.incentives.wording import component_name, in_type, in_unit, in_words, named
from paceline.incentives.wording.rows import row_key
from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.org.requests import PersonRequest

ZERO = Decimal(0)


@require_GET
def changes(request: PersonRequest, pk: int) -> HttpResponse:
    """Why the statement differs from the run or the period before, by cause."""
    person = request.person
    statement = get_object_or_404(queries.statement_with_components(person, pk))
    found = {
        "run": queries.run_before(statement, person),
        "period": queries.period_before(statement, person),
    }
    since = request.GET.get("since", "")
    if found.get(since) is None:
        since = next((name for name, one in found.items() if one is not None), "")
    context: dict[str, Any] = {
        **_about(statement),
        "tabs": _tabs(statement, found, since),
        "earlier": None,
    }
    if since:
        earlier = queries.statement_with_components(person, found[since].pk).get()  # type: ignore[union-attr]
        causes = causes_of(differences(statement, earlier), statement, person)
        context |= {
            "earlier": earlier,
            "earlier_name": _name(earlier, since),
            "causes": tuple(one for one in causes if one.matters),
            "without_effect": tuple(one for one in causes if not one.matters),
            "difference": statement.earned - earlier.earned,
            "adds_up": sum((one.amount for one in causes), ZERO)
            == statement.earned - earlier.earned,
        }
    return page(request, "incentives/statements/changes.html", context, fragment="changes")


def _about(statement: Statement) -> dict[str, Any]:
    return {"statement": statement, "period_name": words.period_name(statement.period)}


def _name(statement: Statement, since: str) -> str:
    if since == "run":
        return _("Run %(number)s") % {"number": statement.run.number}
    return words.period_name(statement.period)


def _tabs(
    statement: Statement, found: dict[str, Statement | None], since: str
) -> list[tuple[str, str, bool, None]]:
    address = reverse("incentives:statement-changes", args=[statement.pk])
    titles = {"run": _("Since the run before"), "period": _("Since the period before")}
    listed = [
        (titles[name], f"{address}?since={name}", name == since, None)
        for name, one in found.items()
        if one is not None
    ]
    return listed if len(listed) > 1 else []


@dataclass(frozen=True, slots=True)
class Outlook:
    """A component now and then; ``then`` is None where it is not explained further, because others
    decide it, too (``of_others``), or because the run's data do not tell.
    """

    plan: Plan
    component: str
    now: Decimal
    then: Decimal | None
    of_others: bool = False

    @property
    def name(self) -> str:
        return component_name(self.plan, self.component)

    @property
    def more(self) -> Decimal | None:
        return None if self.then is None else self.then - self.now

    @property
    def is_money(self) -> bool:
        return self._unit == "money"

    @property
    def texts(self) -> tuple[str, ...]:
        """Now, then and the difference in words, as far as they are known."""
        values = (self.now, self.then, self.more)
        return tuple(in_unit(self.plan, self._unit, one) for one in values if one is not None)

    @property
    def _unit(self) -> str:
        return self.plan.component(self.component).unit


def _sum(rows: Iterable[Outlook]) -> Decimal:
    """What components of money pay more, together."""
    return sum((one.more for one in rows if one.is_money and one.more is not None), ZERO)


NEW_STRETCH = {
    "transaction": gettext_lazy("a further order line of %(amount)s"),
    "day": gettext_lazy("a further day with %(amount)s"),
    "week": gettext_lazy("a further week with %(amount)s"),
    "half-month": gettext_lazy("a further half-month with %(amount)s"),
    "month": gettext_lazy("a further month with %(amount)s"),
    "quarter": gettext_lazy("a further quarter with %(amount)s"),
    "half-year": gettext_lazy("a further half-year with %(amount)s"),
}


UNTOLD = {
    "grid": gettext_lazy(
        "The next tier is no single amount: each further one begins at zero, and several measures"
        " say which cell it lies in."
    ),
    "days": gettext_lazy(
        "The next tier is no single amount: the tiers begin anew on a day, and another measure of"
        " those days alone says which one holds."
    ),
    "filled": gettext_lazy(
        "The next tier is no single amount: one measure fills the tiers of each further one, and"
        " what they pay depends on another."
    ),
    "rows": gettext_lazy(
        "The next tier is not told: what each row of the table of rates earned before rounding is"
        " not kept."
    ),
    "parts": gettext_lazy(
        "The next tier is not told: what the others earned before rounding is not kept."
    ),
    "differs": gettext_lazy(
        "The next tier is not told: it cannot be worked out from what the run keeps of the payee."
    ),
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is missing to a tier, a condition or a score, and what reaching it pays."""

    name: str
    clause: str
    missing: str
    is_less: bool  # less of it pays more
    pays: str
    in_all: str  # with all components, where others pay more there, too
    is_new: bool = False  # it is told of a further order, day or week, which begins at zero
    depends: bool = False  # what it pays is no number: ``pays`` says at which rates


@require_GET
def what_if(request: PersonRequest, pk: int) -> HttpResponse:
    """What one more order, the next tier or another version of the plan would have paid."""
    person = request.person
    statement = get_object_or_404(queries.statement_with_components(person, pk))
    plans = imagined.kept_plans(statement)
    inputs = imagined.inputs_of(statement.run)
    rates = {
        one.version.pk: imagined.rates_to(
            statement.currency, one.plan.policies.exchange_rate, inputs
        )
        for one in plans
    }
    currencies = dict.fromkeys([statement.currency, *sorted(set().union(*rates.values()))])
    data = request.GET if "amount" in request.GET else None
    form = OrderForm(data, currencies, imagined.asked(plans))
    others = plan_queries.other_versions([one.version for one in plans], person, statement.currency)
    version = next((one for one in others if str(one.pk) == request.GET.get("version")), None)
    context: dict[str, Any] = {
        **_about(statement),
        "form": form,
        "steps": [_step(one, step) for one in plans for step in one.steps()],
        "untold": [
            (component_name(one.plan, name), UNTOLD[why])
            for one in plans
            for name, why in one.untold().items()
        ],
        "of_reports": any(one.level for one in plans),
        "versions": others,
        "version": version,
        "address": reverse("incentives:statement-what-if", args=[pk]),
    }
    if data is not None and form.is_valid():
        context |= _one_more(statement, plans, form, rates)
    if version is not None:
        context |= _under(statement, plans, version)
    return page(request, "incentives/statements/what_if.html", context, fragment="what_if")


def _one_more(
    statement: Statement,
    plans: tuple[PlanKept, ...],
    form: OrderForm,
    rates: dict[int, dict[str, Decimal]],
) -> dict[str, Any]:
    """The outcome of the imagined order; a figure that a formula needs is asked for by name."""
    values = form.cleaned_data
    found: list[tuple[PlanKept, OneMore]] = []
    try:
        for one in plans:
            rate = rates[one.version.pk].get(values["currency"])
            if rate is not None:
                found.append((one, one.one_more(statement, values, rate)))
    except OrderIncomplete as error:
        for name in error.names:
            form.add_error(
                name if name in form.fields else None,
                _("The plan needs this figure: %(column)s.") % {"column": column_name(name)},
            )
        return {}
    outlook = [
        Outlook(
            one.plan,
            outcome.component,
            outcome.now,
            outcome.earned,
            outcome.note == imagined.OTHERS,
        )
        for one, more in found
        for outcome in more.outcomes
    ]
    return {
        "outlook": outlook,
        "more": _sum(outlook),
        "is_taken": any(more.credits for _kept, more in found) or any(one.more for one in outlook),
    }


def _step(one: PlanKept, step: Step) -> NextStep:
    plan = one.plan
    measure, component = plan.measure(step.measure), plan.component(step.component)
    amount = in_type(plan, measure.type, abs(step.missing))
    if step.measure != component.measure:
        amount = _("%(amount)s of %(measure)s") % {
            "amount": amount,
            "measure": named(measure),
        }
    if step.kind == "stretch":
        unit = component.accumulation or plan.policies.accumulation
        amount = str(NEW_STRETCH[unit]) % {"amount": amount}
    name = component_name(plan, step.component)
    name = f"{name} · {row_key(step.key)}" if step.key else name
    clause, is_new = in_words(plan, step.clause), step.kind == "stretch"
    if step.pays is None or step.pays_in_all is None:
        pays = _("%(then)s instead of %(now)s") % _rates(one, step)
        is_less = step.missing < 0
        return NextStep(name, clause, amount, is_less, pays, "", is_new, depends=True)
    alone = component.unit == "money" and step.pays == step.pays_in_all
    in_all = "" if alone or not step.pays_in_all else formats.money(step.pays_in_all, plan.currency)
    # What pays from there on alone pays nothing yet: its clause says what, a zero nothing.
    pays = in_unit(plan, component.unit, step.pays) if step.pays else ""
    return NextStep(name, clause, amount, step.missing < 0, pays, in_all, is_new)


def _rates(one: PlanKept, step: Step) -> dict[str, str]:
    """What a tier pays up to a step and from there on: shares of money, or amounts per unit."""
    measure = one.plan.component(step.component).measure or ""
    in_money = one.plan.measure(measure).is_money
    now, then = (
        formats.rate(rate) if in_money else formats.money(rate, one.plan.currency)
        for rate in step.rates or (ZERO, ZERO)
    )
    return {"now": now, "then": then}


def _under(
    statement: Statement, plans: tuple[PlanKept, ...], version: PlanVersion
) -> dict[str, Any]:
    """What another version would have paid in place of the one of its plan."""
    used = next(one for one in plans if one.version.plan_id == version.plan_id)
    earned = imagined.under_version(statement, version)
    if earned is None:
        return {"not_possible": True}
    now = used.kept.earned
    other = imagined.plan_of(version)
    names = dict.fromkeys([*now, *earned])
    rows = [
        Outlook(
            other if name in earned else used.plan,
            name,
            now.get(name, ZERO),
            earned.get(name, ZERO),
        )
        for name in names
    ]
    return {
        "under": rows,
        "under_then": sum((one.then for one in rows if one.then and one.is_money), ZERO),
    }
