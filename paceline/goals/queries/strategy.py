"""Strategy pages with their versions and what hangs from them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from paceline.goals.models import Goal, StrategyComment, StrategyPage, StrategyVersion
from paceline.goals.queries.goals import goals_for
from paceline.org.models import Person

VERSIONS_MAX, COMMENTS_MAX, GOALS_MAX = 100, 200, 100


def pages_for(person: Person, *, archived: bool = False) -> list[StrategyPage]:
    """Pages in use, the company's first, each with its newest version. Two queries."""
    rows: QuerySet[StrategyPage] = StrategyPage.objects.visible_to(person)
    rows = rows.filter(archived_at__isnull=not archived).select_related("team")
    counted = rows.annotate(
        goal_count=Count("goals", filter=Q(goals__closed_at__isnull=True), distinct=True)
    )
    pages: list[StrategyPage] = list(
        counted.order_by(F("team__name").asc(nulls_first=True), "title", "pk")
    )
    newest = {
        one.page_id: one
        for one in StrategyVersion.objects.filter(page__in=pages, number=F("page__current"))
    }
    for page in pages:
        page.newest = newest[page.pk]  # type: ignore[attr-defined]
    return pages


@dataclass(slots=True)
class StrategyDetails:
    """A page's versions, the newest first, its comments, and the goals that hang from it."""

    versions: list[StrategyVersion]
    comments: list[StrategyComment]
    goals: list[Goal]


def details(person: Person, page: StrategyPage) -> StrategyDetails:
    """Three queries."""
    versions = StrategyVersion.objects.filter(page=page).select_related("by")
    comments = StrategyComment.objects.filter(page=page).select_related("author").order_by("-id")
    goals = goals_for(person).filter(strategy=page).order_by("-period__starts_on", "rank", "pk")
    return StrategyDetails(
        list(versions[:VERSIONS_MAX]),
        list(reversed(comments[:COMMENTS_MAX])),
        list(goals[:GOALS_MAX]),
    )
