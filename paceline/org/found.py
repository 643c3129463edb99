"""How people are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paceline.kernel import findable
from paceline.kernel.findable import Document
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Employment, Person


def register() -> None:
    """Let people be found; called once at start."""
    findable.register(
        findable.Kind(
            name="person",
            label=_("People"),
            documents=documents,
            keys=lambda _person: None,
            visible_to=Person.objects.visible_to,
            entries=entries,
        )
    )


def documents(ids: Iterable[int] | None) -> Iterator[Document]:
    people = Person.objects.all() if ids is None else Person.objects.filter(pk__in=ids)
    fields = ("pk", "name", "latin_name", "number", "email")
    for pk, *texts in people.order_by("pk").values_list(*fields).iterator():
        yield Document(pk, tuple(texts))


def entries(person: Person, ids: list[int], as_of: date) -> list[PaletteEntry]:
    """Those who work here on the day come first; one query."""
    here = Exists(Employment.objects.filter(person=OuterRef("pk")).on(as_of))
    hits = Person.objects.visible_to(person).filter(pk__in=ids).annotate(here=here)
    return [
        PaletteEntry(
            label=hit.name,
            url=reverse("org:person", args=[hit.pk]),
            detail=" · ".join(filter(None, [hit.latin_name, hit.number])),
            icon="user",
        )
        for hit in hits.order_by("-here", "name", "id")
    ]
