"""What open pages of this app follow, and how people are told of things."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from paceline.live import topics
from paceline.notifications import wording


def register() -> None:
    """Register topics and sentences; called once at start."""
    topics.register("inquiries", topics.is_whole_list)
    topics.register("routing", topics.is_whole_list)
    topics.register("submissions", topics.is_whole_list)
    wording.register("lead_asked", _("A customer asked something by a form."), icon="forms")
    wording.register(
        "lead_waits", _("Nobody could take a new lead. Give it to somebody."), icon="user-question"
    )
