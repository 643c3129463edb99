"""What waits for a person: their word on goals, check-ins that are due, goals without owner."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.goals import access
from paceline.goals.cadence import latest_due
from paceline.goals.models import Goal
from paceline.goals.queries.goals import waiting_for_owner, waiting_for_word
from paceline.kernel.shell import Attention
from paceline.kernel.waiting import Waiting
from paceline.org.models import Person


def attention(person: Person, as_of: date) -> list[Attention | Waiting]:
    """One query about check-ins; what only has to be counted is counted by whoever asks."""
    found: list[Attention | Waiting] = [Waiting(waiting_for_word(person, as_of), _words)]
    found += _due(person, as_of)
    if access.may_see_goals_without_owner(person):
        found.append(Waiting(waiting_for_owner(person, as_of), _without_owner))
    return found


def _words(count: int) -> Attention:
    text = ngettext(
        "%(count)d goal waits for your word", "%(count)d goals wait for your word", count
    )
    return Attention(
        text=text % {"count": count},
        url=reverse("goals:mine"),
        icon="target-arrow",
        weight=45,
        detail=_("A goal counts once both sides have agreed to it."),
    )


def _due(person: Person, as_of: date) -> list[Attention]:
    rows = Goal.objects.open().agreed().filter(owner=person, period__ends_before__gt=as_of)
    count = 0
    for goal in rows.select_related("period", "last_check_in"):
        due = latest_due(goal.period, as_of)
        count += due is not None and goal.heard_on < due
    if not count:
        return []
    text = ngettext("%(count)d check-in is due", "%(count)d check-ins are due", count)
    return [
        Attention(
            text=text % {"count": count},
            url=reverse("goals:mine"),
            icon="calendar-check",
            weight=35,
        )
    ]


def _without_owner(count: int) -> Attention:
    text = ngettext("%(count)d goal is without owner", "%(count)d goals are without owner", count)
    return Attention(
        text=text % {"count": count},
        url=f"{reverse('goals:goals')}?goals-is-whose=to-give",
        icon="user-question",
        weight=40,
        detail=_("Its owner has left; give it to somebody, or close it."),
    )
