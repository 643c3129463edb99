"""The four kinds of records as addresses name them."""

from __future__ import annotations

from django.urls import reverse

from paceline.crm.hints import LISTS

SINGULAR = {plural: kind for kind, plural in LISTS.items()}


class KindConverter:
    """``companies`` in an address is the kind ``company``."""

    regex = "|".join(SINGULAR)

    def to_python(self, value: str) -> str:
        return SINGULAR[value]

    def to_url(self, value: str) -> str:
        return LISTS.get(value, value)


def address(kind: str, pk: int) -> str:
    """The page of a record."""
    return reverse(f"crm:{kind}", args=[pk])


def list_address(kind: str) -> str:
    return reverse(f"crm:{LISTS[kind]}")
