"""What records are called, for a reader."""

from __future__ import annotations

from collections.abc import Iterable

from paceline.crm.models import MODELS
from paceline.org.models import Person


def names_of(kind: str, ids: Iterable[int], person: Person) -> dict[int, str]:
    """The names of those of these records that the person may see: one query."""
    name = "title" if kind == "deal" else "name"
    rows = MODELS[kind].objects.visible_to(person).filter(pk__in=set(ids))
    return dict(rows.values_list("pk", name))
