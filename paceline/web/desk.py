"""What the first page shows beside attention: one's own pay, the team's, and the periods of pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from paceline.boards import queries as boards
from paceline.incentives import pay_words as words
from paceline.incentives.models import Statement
from paceline.incentives.queries import runs, statements
from paceline.kernel import formats
from paceline.kernel.charts import LineChart, Series
from paceline.kernel.shell import Badge
from paceline.org.models import Person

PERIODS_SHOWN = 5
TEAM_SHOWN = 8
CARDS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class OwnPay:
    """A payee's latest statement and how pay went until then."""

    period: str
    earned: str
    credited: str
    url: str
    change: str
    direction: str
    chart: LineChart | None


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A period of pay as the pay desk sees it."""

    name: str
    url: str
    badge: Badge
    earned: Sequence[str]
    payees: int
    released: int


@dataclass(frozen=True, slots=True)
class DueCard:
    """A card of one's own that is late or due today."""

    title: str
    project: str
    due: str
    url: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class DueCards:
    """Those that are shown, and how many there are besides."""

    cards: list[DueCard]
    more: int


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A statement of someone in one's team."""

    payee: str
    period: str
    earned: str
    url: str


def own_pay(latest: Sequence[Statement]) -> OwnPay | None:
    """The first of a person's statements, which come the newest first, and how pay went before."""
    if not latest:
        return None
    now = latest[0]
    alike = [one for one in reversed(latest) if _is_like(one, now)]
    return OwnPay(
        period=words.period_name(now.period),
        earned=formats.money(now.earned, now.currency),
        credited=formats.money(now.credited, now.currency),
        url=reverse("incentives:statement", args=[now.pk]),
        change=_change(alike),
        direction="up" if len(alike) > 1 and now.earned >= alike[-2].earned else "down",
        chart=_trend(alike),
    )


def _is_like(one: Statement, other: Statement) -> bool:
    """Same currency and same length of period, so that a trend compares like with like."""
    return one.currency == other.currency and statements.len_of(one) == statements.len_of(other)


def _change(alike: list[Statement]) -> str:
    if len(alike) < 2:
        return ""
    before, now = alike[-2], alike[-1]
    difference = formats.money(abs(now.earned - before.earned), now.currency)
    values = {"difference": difference, "period": words.period_name(before.period)}
    if now.earned < before.earned:
        return _("%(difference)s less than in %(period)s") % values
    return _("%(difference)s more than in %(period)s") % values


def _trend(alike: list[Statement]) -> LineChart | None:
    if len(alike) < 3:
        return None
    return LineChart(
        name="own-pay",
        title=_("Earned by period"),
        labels=[words.period_name(one.period) for one in alike],
        series=[Series(_("Earned"), [one.earned for one in alike])],
        unit="money",
        currency=alike[-1].currency,
        label_title=_("Period"),
        height=180,
    )


def team_pay(person: Person) -> list[TeamLine]:
    """The latest released statements of the people below the person; one query."""
    theirs = statements.released_for(person).exclude(payee=person)
    return [
        TeamLine(
            payee=one.payee.name,
            period=words.period_name(one.period),
            earned=formats.money(one.earned, one.currency),
            url=reverse("incentives:statement", args=[one.pk]),
        )
        for one in theirs.order_by("-period__ends_before", "payee__name")[:TEAM_SHOWN]
    ]


def due_cards(person: Person, on: date) -> DueCards:
    """What somebody has to do by today, on all boards that they see; one query."""
    found, count = boards.due_of(person, on, CARDS_SHOWN)
    cards = [
        DueCard(
            title=one.title,
            project=one.project.name,
            due=formats.day(one.due_on),
            url=reverse("boards:card", args=[one.pk]),
            is_late=one.due_on < on,
        )
        for one in found
    ]
    return DueCards(cards, count - len(cards))


def pay_periods(states: Sequence[runs.PeriodState]) -> list[PeriodLine]:
    """How far the latest periods of pay have come."""
    return [_period_line(one) for one in states[:PERIODS_SHOWN]]


def _period_line(state: runs.PeriodState) -> PeriodLine:
    run = state.counting_run or state.last_run
    return PeriodLine(
        name=words.period_name(state.period),
        url=reverse("incentives:run", args=[run.pk]) if run else reverse("incentives:periods"),
        badge=words.period_badge(state.state),
        earned=[formats.money(one.earned, one.currency) for one in state.totals],
        payees=state.payees,
        released=state.released,
    )
