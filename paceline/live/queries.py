"""Reading progress, and who may follow it."""

from __future__ import annotations

from paceline.live.models import Progress
from paceline.org.models import Person


def may_follow_progress(person: Person, ref: str) -> bool:
    return ref.isdecimal() and Progress.objects.visible_to(person).filter(pk=int(ref)).exists()
