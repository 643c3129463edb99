"""What the palette finds: things of every app and pages, each through its own app's rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from paceline.crm import queries as crm
from paceline.kernel import findable
from paceline.kernel.shell import PaletteEntry
from paceline.orders import queries as orders
from paceline.orders.finding import customer_entries as orders_named
from paceline.org.models import Person
from paceline.search import queries as search
from paceline.web.navigation import pages_called

HITS_MAX = 6
ORDER = ("person", "statement", "plan")


@dataclass(frozen=True, slots=True)
class Hits:
    label: str | Promise
    entries: list[PaletteEntry]


def find(person: Person, text: str, as_of: date) -> list[Hits]:
    """Hits by kind; without a text only the pages. One query for each kind that has a hit."""
    pages = [
        PaletteEntry(str(one.label), one.url, icon=one.icon) for one in pages_called(text, person)
    ]
    groups = [Hits(_("Pages"), pages)]
    if text:
        found = search.find(person, text)
        kinds = findable.kinds()
        groups = [
            Hits(kinds[name].label, kinds[name].entries(person, found[name], as_of)[:HITS_MAX])
            for name in sorted(found, key=_place)
        ]
        groups.append(Hits(_("Orders"), _orders(person, text, found)))
        groups.append(Hits(_("Pages"), pages[:HITS_MAX]))
    return [group for group in groups if group.entries]


def _orders(person: Person, text: str, found: Mapping[str, Sequence[int]]) -> list[PaletteEntry]:
    """The order that is called so, at once; then those whose number begins so, once followed, the
    latest of the customers that were found, and customers whom order lines name so."""
    exact = orders.palette(person, text)[:HITS_MAX]
    known = {one.label for one in exact}
    begun = crm.order_entries(person, text, HITS_MAX)
    entries = [*exact, *(one for one in begun if one.label not in known)]
    if len(entries) < HITS_MAX:
        entries += crm.orders_of_found(person, found, HITS_MAX - len(entries))
    if len(entries) < HITS_MAX:
        entries += orders_named(person, text, HITS_MAX - len(entries))
    return entries[:HITS_MAX]


def _place(kind: str) -> int:
    """Where a kind stands among the hits; those of later apps come after the known ones."""
    return ORDER.index(kind) if kind in ORDER else len(ORDER)
