"""What people are told about plans."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from paceline.notifications import wording as notices


def register() -> None:
    """Give the notices of plans their words; called once at start."""
    notices.register(
        "plan_submitted",
        _("%(person)s asks you to approve version %(number)s of the plan %(plan)s."),
        icon="file-check",
    )
    notices.register(
        "plan_approved",
        _("%(person)s approved version %(number)s of the plan %(plan)s."),
        icon="file-check",
    )
    notices.register(
        "plan_returned",
        _("%(person)s sent version %(number)s of the plan %(plan)s back."),
        icon="file-pencil",
    )
