"""What open pages of this app follow, who may follow it, and how people are told of things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from paceline.boards.models import Card, Project
from paceline.live import presence, topics
from paceline.notifications import wording
from paceline.org.models import Person


def register() -> None:
    """Register topics, presence and sentences; called once at start."""
    for kind, model in (("project", Project), ("card", Card)):
        topics.register(kind, _sees(model))
        presence.register(kind, _sees(model))
    topics.register("projects", topics.is_whole_list)
    for kind, text, icon in (
        ("boards_assigned", _("%(who)s gave you the card “%(card)s”."), "user-check"),
        ("boards_joined", _("%(who)s added you to the card “%(card)s”."), "users"),
        ("boards_mentioned", _("%(who)s mentioned you on the card “%(card)s”."), "at"),
        ("boards_commented", _("%(who)s wrote on the card “%(card)s”."), "message"),
        ("boards_changed", _("%(who)s changed the card “%(card)s”."), "layout-kanban"),
        ("boards_moved", _("%(who)s moved the card “%(card)s” to “%(list)s”."), "arrow-right"),
        ("boards_done", _("%(who)s finished the card “%(card)s”."), "circle-check"),
        ("boards_freed", _("“%(card)s” waits for nothing any more."), "lock-open"),
        ("boards_due", _("“%(card)s” is due soon."), "clock"),
        ("boards_rule", _("%(text)s (“%(card)s”)"), "bolt"),
        ("board_brought", _("“%(file)s” is a project now."), "layout-kanban"),
        ("board_not_brought", _("“%(file)s” could not be brought in."), "alert-triangle"),
        (
            "cards_pasted",
            _("What you pasted stands in “%(list)s” of “%(project)s” now."),
            "layout-kanban",
        ),
        (
            "cards_not_pasted",
            _("What you pasted into “%(list)s” could not become cards. The text is kept."),
            "alert-triangle",
        ),
        ("boards_member", _("%(who)s added you to the project “%(project)s”."), "users"),
    ):
        wording.register(kind, text, icon=icon)


def _sees(model: Any) -> Callable[[Person, str], bool]:
    def may(person: Person, ref: str) -> bool:
        return ref.isdecimal() and model.objects.visible_to(person).filter(pk=ref).exists()

    return may


def topics_of(card: Card) -> list[str]:
    """What pages follow that show this card: its own, its parent's, its board, and the list of
    whoever is to do it."""
    found = [f"card:{card.pk}", f"project:{card.project_id}"]
    if card.parent_id is not None:
        found.append(f"card:{card.parent_id}")
    if card.executor_id is not None:
        found.append(f"person:{card.executor_id}")
    return found
