"""How a try ended, and what people are told, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from paceline.kernel.shell import Badge
from paceline.notifications import wording as notifications
from paceline.webhooks.models import Message

OUTCOMES = {
    "delivered": lazy("Delivered"),
    "refused": lazy("The receiver refused it"),
    "redirected": lazy("The receiver pointed elsewhere; redirects are not followed"),
    "timed_out": lazy("No answer in time"),
    "unreachable": lazy("Not reachable"),
    "not_trusted": lazy("The receiver's certificate is not trusted"),
    "malformed": lazy("This is not an address that something can be sent to"),
    "not_https": lazy("The address must begin with https://"),
    "not_public": lazy("The address leads into a private network"),
    "unknown_host": lazy("The name of the host is not known"),
    "switched_off": lazy("The webhook was switched off"),
}


def register() -> None:
    """Give the sentences of this app to notifications; called once at start."""
    notifications.register(
        "webhook_disabled",
        lazy("The webhook “%(endpoint)s” failed for days and was switched off."),
        icon="webhook",
    )


def outcome(code: str) -> str:
    return str(OUTCOMES.get(code, code))


def badge_of(message: Message) -> Badge:
    """How far a message has come."""
    if message.delivered_at is not None:
        return Badge(_("Delivered"), "good")
    if message.given_up_at is not None:
        return Badge(_("Given up"), "bad")
    return Badge(_("Waiting"), "warning" if message.tries else "info")
