"""The list of pay periods: how far each one is, and which come next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.periods import (
    KINDS,
    Calendar,
    CalendarPeriod,
    PeriodKind,
    calendar_period,
    containing,
)
from paceline.incentives.models import PayPeriod, PlanVersion, Run
from paceline.incentives.queries import runs as queries
from paceline.incentives.views.runs import reader_of_runs
from paceline.kernel import period_choices
from paceline.kernel.pages import page
from paceline.kernel.shell import Badge
from paceline.org.requests import PersonRequest

SUGGESTED = 4
MOST_CHOICES = 200


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period in the list: what it is called, how far it is, and what can be done."""

    key: str
    name: str
    kind: PeriodKind
    starts_on: date
    ends_before: date
    badge: Badge
    state: queries.PeriodState | None
    has_ended: bool
    days: str  # where the name does not say them

    @property
    def run(self) -> Run | None:
        return None if self.state is None else self.state.counting_run or self.state.last_run

    @property
    def may_run(self) -> bool:
        return self.state is None or self.state.state not in {"running", "closed"}


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """Every period that was run, and those next in line for the plans in force."""
    person = reader_of_runs(request)
    on = timezone.localdate()
    rows = period_rows(on)
    kinds = sorted({row.kind for row in rows}, key=KINDS.index)
    chosen = request.GET.get("kind", "")
    chips = [(_("All"), request.path, not chosen)] if len(kinds) > 1 else []
    labels = {
        "month": _("Months"),
        "quarter": _("Quarters"),
        "half-year": _("Half-years"),
        "year": _("Years"),
    }
    if len(kinds) > 1:
        chips += [(labels[kind], f"?kind={kind}", kind == chosen) for kind in kinds]
    context = {
        "rows": [row for row in rows if not chosen or row.kind == chosen],
        "chips": chips,
        "may_request": access.may_request_run(person),
        "other_periods": _others(request.today, {row.key for row in rows}),
    }
    return page(request, "incentives/runs/periods.html", context, fragment="periods")


def _others(today: date, known: set[str]) -> period_choices.Groups:
    """Periods that have begun and do not stand in the list, back to when the first plan began."""
    first = PlanVersion.objects.approved().aggregate(day=Min("effective_from"))["day"]
    groups = period_choices.calendar_groups(today, begun=True, since=first)
    own = _of_own_years(today, first)
    for label, of_weeks in ((_("From other months on"), False), (_("Of weeks"), True)):
        keys = [(one.key, words.period_name(one)) for one in own if one.is_of_weeks == of_weeks]
        groups.append((label, keys))
    rest = [(label, [one for one in keys if one[0] not in known]) for label, keys in groups]
    return [(label, keys) for label, keys in rest if keys]


def _of_own_years(today: date, since: date | None) -> list[CalendarPeriod]:
    """Periods that plans in force pay by and the calendar year does not have, the latest first."""
    found: dict[str, CalendarPeriod] = {}
    for kind, calendar in _grids_in_force(today):
        period = containing(today, kind, calendar)
        while since is not None and period.ends_before > since and len(found) < MOST_CHOICES:
            if period != containing(period.starts_on, kind):
                found[period.key] = period
            period = containing(period.starts_on - timedelta(days=1), kind, calendar)
    return list(found.values())


def period_rows(on: date) -> list[PeriodRow]:
    """Known periods and the last few of each kind that a plan in force pays, newest first."""
    states = {one.period.key: one for one in queries.period_states(PayPeriod.objects.all())}
    known = {key: calendar_period(key) for key in states}
    for kind, calendar in _grids_in_force(on):
        period = containing(on, kind, calendar)
        for _place in range(SUGGESTED):
            known.setdefault(period.key, period)
            period = containing(period.starts_on - timedelta(days=1), kind, calendar)
    rows = []
    for key, period in known.items():
        state = states.get(key)
        rows.append(
            PeriodRow(
                key=key,
                name=words.period_name(period),
                kind=period.kind,
                starts_on=period.starts_on,
                ends_before=period.ends_before,
                badge=words.period_badge(state.state if state else "new"),
                state=state,
                has_ended=period.ends_before <= on,
                days=words.period_days(period),
            )
        )
    return sorted(rows, key=lambda row: (row.starts_on, row.ends_before), reverse=True)


def _grids_in_force(on: date) -> list[tuple[PeriodKind, Calendar]]:
    """Kinds of periods that plans in force pay by, and the calendars that they go by."""
    found = {
        (version.period_kind, documents.calendar_of(version.source))
        for version in PlanVersion.objects.in_force_on(on)
    }
    return [
        (kind, calendar)
        for kind in KINDS
        for word, calendar in sorted(found, key=str)
        if word == kind
    ]
