"""How dashboards and kept questions are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paceline.crm.models import scope_of
from paceline.insights import access
from paceline.insights.models import Dashboard, SavedQuestion, Sharing
from paceline.kernel import findable
from paceline.kernel.findable import Document
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Person

BATCH = 1000


def register() -> None:
    """Let dashboards and questions be found; called once at start."""
    for name, label, model, address, icon in (
        ("dashboard", _("Dashboards"), Dashboard, _dashboard, "layout-dashboard"),
        ("question", _("Kept questions"), SavedQuestion, _question, "chart-bar"),
    ):
        findable.register(
            findable.Kind(
                name=name,
                label=label,
                documents=_documents(model),
                keys=keys_of,
                visible_to=_seen(model),
                entries=_entries(model, address, icon),
            )
        )


def _seen(model: Any) -> Callable[[Person], Any]:
    def visible_to(person: Person) -> Any:
        rows = model.objects.visible_to(person).kept()
        return rows if access.may_read(person) else rows.none()

    return visible_to


def keys_of(person: Person) -> list[str]:
    """One's own, what is everyone's, and what was shared with one's roles and teams."""
    teams = [f"team:{one}" for one in sorted(scope_of(person).teams)]
    return ["all", f"owner:{person.pk}", *(f"role:{one}" for one in sorted(person.roles)), *teams]


def _documents(model: Any) -> Callable[[Iterable[int] | None], Iterator[Document]]:
    def documents(ids: Iterable[int] | None) -> Iterator[Document]:
        rows = model.objects.kept() if ids is None else model.objects.kept().filter(pk__in=ids)
        found = rows.order_by("pk").values_list("pk", "name", "owner_id", "sharing", "team", "role")
        for pk, name, owner, sharing, team, role in found.iterator(chunk_size=BATCH):
            shared = {
                Sharing.ALL: ("all",),
                Sharing.TEAM: (f"team:{team}",),
                Sharing.ROLE: (f"role:{role}",),
            }.get(sharing, ())
            yield Document(pk, (name,), (f"owner:{owner}", *shared))

    return documents


def _entries(
    model: Any, address: Callable[[Any], str], icon: str
) -> Callable[[Person, list[int], date], list[PaletteEntry]]:
    def entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:  # noqa: ARG001
        rows = _seen(model)(person).filter(pk__in=ids).select_related("owner")
        return [
            PaletteEntry(label=row.name, detail=row.owner.name, url=address(row), icon=icon)
            for row in rows.order_by("name", "pk")
        ]

    return entries


def _dashboard(row: Any) -> str:
    return reverse("insights:dashboard", args=[row.pk])


def _question(row: Any) -> str:
    return f"{reverse('insights:explore')}?{row.asked}"
