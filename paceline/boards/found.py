"""How projects and cards are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paceline.boards.models import Card, Member, Project, Reach
from paceline.crm.models import scope_of
from paceline.kernel import findable
from paceline.kernel.findable import Document
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Person, Role

BATCH = 1000


def register() -> None:
    """Let projects and cards be found; called once at start."""
    findable.register(
        findable.Kind(
            name="project",
            label=_("Projects"),
            documents=project_documents,
            keys=keys_of,
            visible_to=lambda person: Project.objects.visible_to(person).kept(),
            entries=project_entries,
        )
    )
    findable.register(
        findable.Kind(
            name="card",
            label=_("Cards"),
            documents=card_documents,
            keys=keys_of,
            visible_to=lambda person: Card.objects.visible_to(person).kept(),
            entries=card_entries,
        )
    )


def keys_of(person: Person) -> list[str]:
    """Their own projects, those of their teams, and those of the company."""
    scope = scope_of(person)
    own = Member.objects.filter(person=person).values_list("project_id", flat=True)
    found = [*(f"project:{one}" for one in own), "company"]
    found += ["teams"] if person.has_role(Role.EXECUTIVE) else []
    return [*found, *sorted(f"team:{one}" for one in scope.all_teams)]


def _keys(project: int, team: int | None, reach: str) -> tuple[str, ...]:
    found = [f"project:{project}"]
    if reach == Reach.COMPANY:
        found.append("company")
    elif reach == Reach.TEAM:
        found += [f"team:{team}", "teams"]
    return tuple(found)


def project_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    rows = Project.objects.kept() if ids is None else Project.objects.kept().filter(pk__in=ids)
    found = rows.order_by("pk").values_list("pk", "name", "team_id", "reach")
    for pk, name, team, reach in found.iterator(chunk_size=BATCH):
        yield Document(pk, (name,), _keys(pk, team, reach))


def card_documents(ids: Iterable[int] | None) -> Iterator[Document]:
    rows = Card.objects.kept().filter(project__archived_at__isnull=True)
    rows = rows if ids is None else rows.filter(pk__in=ids)
    labels = ArrayAgg("labellings__label__name", distinct=True, default=None)
    found = rows.annotate(said=labels).order_by("pk").values_list(
        "pk", "title", "said", "project_id", "project__team_id", "project__reach"
    )  # fmt: skip
    for pk, title, said, project, team, reach in found.iterator(chunk_size=BATCH):
        texts = (title, *(one for one in said or () if one))
        yield Document(pk, texts, _keys(project, team, reach))


def project_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = Project.objects.visible_to(person).kept().filter(pk__in=ids).select_related("team")
    return [
        PaletteEntry(
            label=row.name,
            detail=row.team.name if row.team else "",
            url=reverse("boards:board", args=[row.pk]),
            icon="layout-kanban",
        )
        for row in rows.order_by("name", "pk")
    ]


def card_entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
    rows = Card.objects.visible_to(person).kept().filter(pk__in=ids)
    return [
        PaletteEntry(
            label=row.title,
            detail=row.project.name,
            url=reverse("boards:card", args=[row.pk]),
            icon="circle-check" if row.done_at else "square-rounded",
        )
        for row in rows.select_related("project").order_by("done_at", "-changed_at", "pk")
    ]
