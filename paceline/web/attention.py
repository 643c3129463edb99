"""What waits for a person, gathered from the apps; the weightiest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from paceline.goals.queries import attention as goals
from paceline.imports import queries as imports
from paceline.incentives.models import Statement
from paceline.incentives.queries import pay_attention, plans
from paceline.incentives.queries.runs import PeriodState
from paceline.kernel.shell import Attention
from paceline.kernel.waiting import worded
from paceline.leads import queries as leads
from paceline.orders.shops import queries as shops
from paceline.org import queries as org
from paceline.org.models import Person


def waiting_for(
    person: Person,
    as_of: date,
    states: Sequence[PeriodState] | None = None,
    own: Sequence[Statement] | None = None,
    at: datetime | None = None,
) -> list[Attention]:
    """``states`` and ``own`` spare asking again for periods and statements the page has already;
    without ``at`` nothing that runs by the minute is looked at."""
    found = worded(
        [
            *org.attention(person, as_of),
            *imports.attention(person, as_of),
            *shops.attention(person, as_of),
            *(leads.attention(person, at) if at is not None else ()),
            *goals.attention(person, as_of),
            *plans.attention(person, as_of),
            *pay_attention.attention(person, as_of, states, own),
        ]
    )
    return sorted(found, key=lambda item: -item.weight)
