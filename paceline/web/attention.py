"""What waits for a person, gathered from the apps; the weightiest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from paceline.incentives.queries import plans
from paceline.kernel.shell import Attention
from paceline.org import queries as org
from paceline.org.models import Person

Source = Callable[[Person, date], list[Attention]]

SOURCES: tuple[Source, ...] = (org.attention, plans.attention)


def waiting_for(person: Person, as_of: date) -> list[Attention]:
    found = [item for source in SOURCES for item in source(person, as_of)]
    return sorted(found, key=lambda item: -item.weight)
