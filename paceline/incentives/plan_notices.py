"""What people are told about plans."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from paceline.incentives.models.plans import in_reader_language
from paceline.notifications import wording as notices


def plan_called(name: Mapping[str, str] | str) -> str:
    """A plan by its name in the reader's language; notices of long ago kept its code alone."""
    return name if isinstance(name, str) else in_reader_language(name)


def register() -> None:
    """Give the notices of plans their words; called once at start."""
    for kind, text, icon in (
        (
            "plan_submitted",
            _("%(person)s asks you to approve version %(number)s of the plan %(plan)s."),
            "file-check",
        ),
        (
            "plan_approved",
            _("%(person)s approved version %(number)s of the plan %(plan)s."),
            "file-check",
        ),
        (
            "plan_returned",
            _("%(person)s sent version %(number)s of the plan %(plan)s back."),
            "file-pencil",
        ),
    ):
        notices.register(kind, text, icon=icon, shown={"plan": plan_called})
