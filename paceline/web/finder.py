"""What the palette finds: pages, people, plans, statements; each through its own app's rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from paceline.incentives.queries import plans, statements
from paceline.kernel.shell import PaletteEntry
from paceline.org import queries as org
from paceline.org.models import Person
from paceline.web.navigation import pages_called

HITS_MAX = 6


@dataclass(frozen=True, slots=True)
class Hits:
    label: str | Promise
    entries: list[PaletteEntry]


def find(person: Person, text: str, as_of: date) -> list[Hits]:
    """Hits by kind; without a text only the pages. At most one query for each kind."""
    pages = [
        PaletteEntry(str(one.label), one.url, icon=one.icon) for one in pages_called(text, person)
    ]
    groups = [Hits(_("Pages"), pages)]
    if text:
        groups = [
            Hits(_("People"), org.palette(person, text, as_of)[:HITS_MAX]),
            Hits(_("Statements"), statements.palette(person, text, as_of)[:HITS_MAX]),
            Hits(_("Plans"), plans.palette(person, text, as_of)[:HITS_MAX]),
            Hits(_("Pages"), pages[:HITS_MAX]),
        ]
    return [group for group in groups if group.entries]
