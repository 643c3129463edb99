"""What open pages of goals follow, who may follow it, and how people are told of things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from paceline.goals.models import Goal, StrategyPage
from paceline.live import presence, topics
from paceline.notifications import wording
from paceline.org.models import Person


def register() -> None:
    """Register topics, presence and sentences; called once at start."""
    for whole_list in ("quotas", "figures", "goals", "strategies"):
        topics.register(whole_list, topics.is_whole_list)
    topics.register("goal", _sees(Goal))
    topics.register("strategy", _sees(StrategyPage))
    presence.register("goal", _sees(Goal))
    presence.register("strategy", _sees(StrategyPage))
    for kind, text, icon in (
        ("goal_proposed", _("%(who)s proposes a goal: %(goal)s."), "target-arrow"),
        ("goal_given", _("%(who)s gave you the goal %(goal)s."), "user-check"),
        ("goal_commented", _("%(who)s wrote about the goal %(goal)s."), "message"),
        ("goal_agreed", _("%(who)s agreed to the goal %(goal)s."), "circle-check"),
        ("goal_changed", _("%(who)s changed the goal %(goal)s; agree to it again."), "edit"),
        ("goal_closed", _("%(who)s closed the goal %(goal)s."), "flag-check"),
        ("goal_blocked", _("%(who)s says what stands in the way of %(goal)s."), "alert-triangle"),
        ("goal_check_in_due", _("Say how it goes: %(goal)s."), "calendar-check"),
        ("goal_check_ins_due", _("%(count)s goals wait for your check-in."), "calendar-check"),
        ("strategy_commented", _("%(who)s wrote about the strategy %(page)s."), "message"),
    ):
        wording.register(kind, text, icon=icon)


def _sees(model: Any) -> Callable[[Person, str], bool]:
    def may(person: Person, ref: str) -> bool:
        return ref.isdecimal() and model.objects.visible_to(person).filter(pk=ref).exists()

    return may
