"""What about pay waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Subquery, Value
from django.db.models.functions import Least
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.models import LineThread, PayPeriod, Run, Statement
from paceline.incentives.queries.payroll import periods_waiting, short_releases
from paceline.incentives.queries.runs import PeriodState, period_states
from paceline.incentives.queries.statements import released_for
from paceline.kernel.shell import Attention
from paceline.kernel.waiting import Waiting
from paceline.org.models import Person

RECENT = timedelta(days=400)
NEW = timedelta(days=30)
OWN_MAX = 12


def recent_states(as_of: date) -> list[PeriodState]:
    """The periods of about a year, newest first; for attention and for the first page.

    Where none is that new it is the year of the last ones: somebody brings old years in.
    """
    newest = PayPeriod.objects.order_by("-ends_before").values("ends_before")[:1]
    until = Least(Subquery(newest), Value(as_of))
    states = period_states(PayPeriod.objects.filter(ends_before__gt=until - Value(RECENT)))
    return sorted(states, key=lambda one: one.period.starts_on, reverse=True)


def own_statements(person: Person) -> list[Statement]:
    """The latest released statements of the person themselves, the newest first."""
    mine = released_for(person).filter(payee=person)
    return list(mine.order_by("-period__ends_before", "-earned")[:OWN_MAX])


def attention(
    person: Person,
    as_of: date,
    states: Sequence[PeriodState] | None = None,
    own: Sequence[Statement] | None = None,
) -> list[Attention | Waiting]:
    """Runs that failed or wait to be released or closed, questions, payroll, one's own news.

    ``states`` and ``own`` may be handed in by a page that shows them anyway (see ``recent_states``
    and ``own_statements``).
    """
    found: list[Attention | Waiting] = []
    if access.may_request_run(person) or access.may_finalise_runs(person):
        found += _of_periods(person, recent_states(as_of) if states is None else states)
    if access.may_export_payroll(person):
        found += _of_payroll()
    if access.may_decide_shortfalls(person):
        found.append(Waiting(short_releases(), _shortfalls))
    if access.is_pay_desk(person):
        found.append(Waiting(LineThread.objects.visible_to(person).unresolved(), _questions))
    return [*found, *_of_own_statements(own_statements(person) if own is None else own, as_of)]


def _of_periods(person: Person, states: Sequence[PeriodState]) -> list[Attention]:
    found = []
    for state in states:
        run = state.counting_run or state.last_run
        if run is None:
            continue
        text, weight = _worded(state.state, run, person, everyone=state.released == state.payees)
        if text:
            found.append(
                Attention(
                    text=text % {"period": words.period_name(state.period)},
                    detail=ngettext("%(count)d statement", "%(count)d statements", state.payees)
                    % {"count": state.payees}
                    if state.payees
                    else "",
                    url=reverse("incentives:run", args=[run.pk]),
                    icon="calculator",
                    weight=weight,
                )
            )
    return found


def _worded(state: str, run: Run, person: Person, *, everyone: bool) -> tuple[str, int]:
    if access.may_request_run(person):
        if state == "failed":
            return _("The run of %(period)s failed"), 90
        if state == "calculated":
            return _("%(period)s is calculated and waits to be released"), 70
        if state == "released" and not everyone:
            return _("%(period)s is released in part"), 50
    if access.may_finalise(person, run) and state in {"released", "paid"} and everyone:
        return _("%(period)s can be closed"), 55
    return "", 0


def _of_payroll() -> list[Attention]:
    return [
        Attention(
            text=_("%(period)s waits to be handed to payroll")
            % {"period": words.period_name(period)},
            detail=ngettext("%(count)d payment", "%(count)d payments", waiting)
            % {"count": waiting},
            url=reverse("incentives:payroll-preview", args=[period.key]),
            icon="cash",
            weight=75,
        )
        for period, waiting in periods_waiting()
    ]


def _shortfalls(count: int) -> Attention:
    text = ngettext(
        "%(count)d payment is below zero: say what becomes of it",
        "%(count)d payments are below zero: say what becomes of them",
        count,
    )
    return Attention(
        text=text % {"count": count}, url=reverse("incentives:payroll"), icon="cash", weight=74
    )


def _questions(count: int) -> Attention:
    text = ngettext("%(count)d question waits", "%(count)d questions wait", count)
    return Attention(
        text=text % {"count": count},
        url=reverse("incentives:threads"),
        icon="message-question",
        weight=65,
    )


def _of_own_statements(own: Sequence[Statement], as_of: date) -> list[Attention]:
    """The newest that came lately; how many earlier ones came with it stands below."""
    new = [one for one in own if one.release.released_at.date() > as_of - NEW]
    if not new:
        return []
    earlier = len(new) - 1
    more = ngettext("and %(count)d earlier one", "and %(count)d earlier ones", earlier)
    return [
        Attention(
            text=_("Your statement for %(period)s is here")
            % {"period": words.period_name(new[0].period)},
            detail=more % {"count": earlier} if earlier else "",
            url=reverse("incentives:statement", args=[new[0].pk]),
            icon="receipt-2",
            weight=60,
        )
    ]
