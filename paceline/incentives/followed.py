"""What open pages of plans and pay may follow, and at what one sees who else is there.

The topics of whole lists carry no id, so that everyone may follow them: that something changed
somewhere tells nothing, and each list is fetched again through its reader's own rights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from paceline.incentives.access import pay as access
from paceline.incentives.models import LineThread, Plan, PlanVersion, Run, Statement
from paceline.live import presence, topics
from paceline.org.models import Person

Visible = Callable[[Person], QuerySet[Any]]


def register() -> None:
    """Give the topics and things of this app their rights; called once at start."""
    topics.register("runs", _reads_runs)
    topics.register("run", _reads_runs)
    topics.register("payroll", _reads_payroll)
    topics.register("holds", _reads_holds)
    for whole_list in ("plans", "statements", "questions"):
        topics.register(whole_list, topics.is_whole_list)
    topics.register("thread", _one_of(LineThread.objects.visible_to))
    topics.register("plan", _one_of(Plan.objects.visible_to))
    topics.register("statement", _one_of(Statement.objects.visible_to))
    presence.register("statement", _one_of(Statement.objects.visible_to))
    presence.register("plan-version", _one_of(PlanVersion.objects.visible_to))
    presence.register("run", _one_of(Run.objects.visible_to))


def _one_of(visible_to: Visible) -> Callable[[Person, str], bool]:
    def may_see(person: Person, ref: str) -> bool:
        is_number = ref.isascii() and ref.isdigit() and len(ref) < 19
        return is_number and visible_to(person).filter(pk=int(ref)).exists()

    return may_see


def _reads_runs(person: Person, _ref: str) -> bool:
    return access.may_read_runs(person)


def _reads_holds(person: Person, _ref: str) -> bool:
    return access.may_read_holds(person)


def _reads_payroll(person: Person, _ref: str) -> bool:
    return access.may_read_payroll(person)
