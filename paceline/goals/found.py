"""How goals and strategy pages are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paceline.crm.models import scope_of
from paceline.goals.models import Goal, Level, StrategyPage
from paceline.goals.models.goals import OVERSEERS
from paceline.kernel import findable
from paceline.kernel.findable import Document
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Person

BATCH = 1000


def register() -> None:
    """Let goals and strategy pages be found; called once at start."""
    findable.register(
        findable.Kind(
            name="goal",
            label=_("Goals"),
            documents=goal_documents,
            keys=goal_keys,
            visible_to=Goal.objects.visible_to,
            entries=goal_entries,
        )
    )
    findable.register(
        findable.Kind(
            name="strategy",
            label=_("Strategy"),
            documents=strategy_documents,
            keys=lambda _person: ["all"],
            visible_to=lambda person: StrategyPage.objects.visible_to(person).kept(),
            entries=strategy_entries,
        )
    )


def goal_keys(person: Person) -> list[str] | None:
    """Goals of the company and teams are everyone's; the others go by owner and team."""
    if person.has_role(*OVERSEERS):
        return None
    scope = scope_of(person)
    people = sorted(f"owner:{one}" for one in scope.people)
    return ["all", *people, *sorted(f"team:{one}" for one in scope.all_teams)]


def goal_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    rows = Goal.objects.all() if ids is None else Goal.objects.filter(pk__in=ids)
    found = rows.order_by("pk").values_list("pk", "name", "level", "owner_id", "team_id")
    for pk, name, level, owner, team in found.iterator(chunk_size=BATCH):
        keys = ["all"] if level != Level.PERSON else []
        keys += [f"owner:{owner}"] if owner else []
        keys += [f"team:{team}"] if team else []
        yield Document(pk, (name,), tuple(keys))


def goal_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = Goal.objects.visible_to(person).filter(pk__in=ids).select_related("period", "owner")
    return [
        PaletteEntry(
            label=row.name,
            detail=" · ".join(filter(None, [row.owner and row.owner.name, row.period.name])),
            url=reverse("goals:goal", args=[row.pk]),
            icon="target-arrow",
        )
        for row in rows.order_by("-period__starts_on", "name", "pk")
    ]


def strategy_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    rows = StrategyPage.objects.filter(archived_at__isnull=True)
    rows = rows if ids is None else rows.filter(pk__in=ids)
    for pk, title in rows.order_by("pk").values_list("pk", "title").iterator(chunk_size=BATCH):
        yield Document(pk, (title,), ("all",))


def strategy_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = StrategyPage.objects.visible_to(person).kept().filter(pk__in=ids).select_related("team")
    return [
        PaletteEntry(
            label=row.title,
            detail=row.team.name if row.team else "",
            url=reverse("goals:strategy", args=[row.pk]),
            icon="compass",
        )
        for row in rows.order_by("title", "pk")
    ]
