"""A team's week: its figures, goals, what customers said, what was written and taken on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from paceline.boards.models import Card
from paceline.crm.models import Deal, DealCompetitor, scope_of
from paceline.goals.models import CheckIn
from paceline.goals.models.goals import TYPED
from paceline.goals.progress import Point
from paceline.goals.queries.goals import goals_for
from paceline.goals.standing import standing_of
from paceline.insights.access import ALL_SALES
from paceline.insights.dimensions import Span
from paceline.insights.models import MarketNote, ReviewEntry, TeamReview
from paceline.org.models import Person, Team

GOALS_SHOWN, FEEDBACK_SHOWN, NOTES_SHOWN, WEEKS_SHOWN = 40, 12, 30, 60
WEEK_MEASURES = (
    "net_sales", "orders", "order_value", "return_rate", "new_customers", "deals_won", "win_rate",
    "feedback",
)  # fmt: skip


def teams_for(person: Person) -> list[Team]:
    """The teams whose reviews a person reads: where they work, whom they lead; overseers all. A
    page that has a desk asks ``Desk.teams_about`` instead."""
    rows = Team.objects.order_by("name", "pk")
    if person.has_role(*ALL_SALES):
        return list(rows)
    own = scope_of(person).all_teams
    return [one for one in rows if one.pk in own]


def may_write(person: Person, team: Team) -> bool:
    """Who works in a team or leads it writes in its review."""
    scope = scope_of(person)
    return scope.sells and team.pk in scope.all_teams


def reviews_for(person: Person) -> list[TeamReview]:
    rows = TeamReview.objects.visible_to(person).select_related("team")
    return list(rows[:WEEKS_SHOWN])


def begun_in(teams: Iterable[Team], week: date) -> set[int]:
    """The teams whose review of a week has something in it."""
    rows = TeamReview.objects.filter(team__in=[one.pk for one in teams], week=week)
    wrote = rows.filter(
        Q(entries__removed_at__isnull=True, entries__isnull=False) | Q(tasks__isnull=False)
    )
    return set(wrote.values_list("team", flat=True))


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal of the team or of its people, and how it stands at the end of the week; ``later`` is
    the day of its value where the week itself left none."""

    goal: Any
    standing: Any
    later: date | None = None


def goals_of(person: Person, team: Team, week: Span, today: date) -> list[GoalLine]:
    """The open goals of a team and its people in periods that run at the end of a week, those
    behind first."""
    on = min(week.ends_before - timedelta(days=1), today)
    rows = goals_for(person).filter(
        Q(period__ends_before__isnull=True) | Q(period__ends_before__gt=on),
        team=team,
        closed_at__isnull=True,
        period__starts_on__lte=on,
    )
    if on < today:
        said = CheckIn.objects.filter(goal=OuterRef("pk"), on__lte=on).order_by("-on", "-pk")
        rows = rows.annotate(
            said_on=Subquery(said.values("on")[:1]), said=Subquery(said.values("value")[:1])
        )
    lines = [_line(goal, week, on, today) for goal in rows[:GOALS_SHOWN]]
    order = {"behind": 0, "at_risk": 1, "unknown": 2, "on_pace": 3, "reached": 4}
    return sorted(lines, key=lambda line: (order[line.standing.status], line.goal.pk))


def _line(goal: Any, week: Span, on: date, today: date) -> GoalLine:
    """How a goal stood when the week was over, by the last check-in until then. What a source says
    is kept as of its last reading only: without a check-in in the week, that one is shown with its
    day."""
    if on >= today:
        return GoalLine(goal, standing_of(goal, on))
    reading = getattr(goal, "reading", None)
    if reading is not None and reading.as_of <= on:
        return GoalLine(goal, standing_of(goal, on))
    if goal.said_on is not None and (goal.measure == TYPED or goal.said_on >= week.starts_on):
        return GoalLine(goal, standing_of(goal, on, points=[Point(goal.said_on, goal.said)]))
    standing = standing_of(goal, today)
    return GoalLine(goal, standing, standing.value_on)


def lost_to(person: Person, team: Team, week: Span) -> list[DealCompetitor]:
    """Deals of a team that somebody else won in a week."""
    seen = Deal.objects.visible_to(person).filter(
        team=team, closed_on__gte=week.starts_on, closed_on__lt=week.ends_before
    )
    rows = DealCompetitor.objects.filter(deal__in=seen.values("pk"), won_it=True)
    return list(rows.select_related("deal", "competitor")[:FEEDBACK_SHOWN])


def notes_of_days(
    person: Person, span: Span, team: Team | None = None, measure: str = ""
) -> list[MarketNote]:
    """Notes of some days: of everything or of a measure; of a team with those of the company."""
    rows = MarketNote.objects.visible_to(person).filter(
        on__gte=span.starts_on, on__lt=span.ends_before
    )
    if team is not None:
        rows = rows.filter(Q(team=team) | Q(team__isnull=True))
    if measure:
        rows = rows.filter(measure__in=["", measure])
    return list(rows.select_related("team", "written_by")[:NOTES_SHOWN])


def _within(field: str, week: Span) -> dict[str, datetime]:
    zone = timezone.get_current_timezone()
    return {
        f"{field}__gte": datetime.combine(week.starts_on, time(), zone),
        f"{field}__lt": datetime.combine(week.ends_before, time(), zone),
    }


def entries_of(team: Team, week: date) -> tuple[list[ReviewEntry], list[ReviewEntry]]:
    """What was written in a week, and what was decided the week before, to be looked at first. One
    query."""
    before = week - timedelta(weeks=1)
    rows = ReviewEntry.objects.filter(
        Q(review__week=week) | Q(review__week=before, kind="decision"),
        review__team=team,
        removed_at__isnull=True,
    )
    found = list(rows.select_related("written_by", "review"))
    return (
        [one for one in found if one.review.week == week],
        [one for one in found if one.review.week == before],
    )


def cards_of(person: Person, team: Team, week: date) -> list[Card]:
    """The cards made in this review and in the four before that are not done, as far as seen."""
    rows = Card.objects.visible_to(person).filter(archived_at__isnull=True)
    made = rows.filter(
        Q(pk__in=_made_in(team, week)) | Q(pk__in=_made_before(team, week), done_at__isnull=True)
    )
    return list(made.select_related("executor", "project", "list").order_by("due_on", "pk")[:60])


def _made_in(team: Team, week: date) -> Any:
    return TeamReview.objects.filter(team=team, week=week).values("tasks__card")


def _made_before(team: Team, week: date) -> Any:
    rows = TeamReview.objects.filter(
        team=team, week__lt=week, week__gte=week - timedelta(weeks=4), tasks__isnull=False
    )
    return rows.values("tasks__card")
