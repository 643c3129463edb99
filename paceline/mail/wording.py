"""States and refusals of mails in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.kernel.shell import Badge, Tone
from paceline.mail.models import Mail, MailState

TONES: dict[str, Tone] = {
    MailState.QUEUED: "info", MailState.SENT: "good", MailState.FAILED: "bad",
    MailState.DROPPED: "neutral", MailState.RECEIVED: "neutral",
}  # fmt: skip
PROBLEMS = {
    "malformed": gettext_lazy("The host is no name that can be looked up."),
    "unknown_host": gettext_lazy("No host has this name."),
    "not_public": gettext_lazy("The host is inside the network; that is not allowed here."),
    "not_encrypted": gettext_lazy("Without encryption nothing is sent."),
    "not_trusted": gettext_lazy("The certificate of the server is not trusted."),
    "no_tls": gettext_lazy("No encrypted connection came about; look at port and encryption."),
    "no_starttls": gettext_lazy("The server offers no encryption; nothing was sent to it."),
    "unreachable": gettext_lazy("The server does not answer."),
    "refused": gettext_lazy("The server refused; look at user, password and folder."),
    "no_folder": gettext_lazy("The mailbox has no such folder."),
    "seal_broken": gettext_lazy("The password was sealed with another key. Type it again."),
}
REFUSED = {
    "type": gettext_lazy("not kept: files of this kind can do harm when they are opened"),
    "size": gettext_lazy("not kept: larger than 8 MB"),
    "count": gettext_lazy("not kept: a mail brings at most 20 files"),
}
WHYS = {
    "gone": gettext_lazy("not to be seen any more"),
    "not_yours": gettext_lazy("not yours to change"),
    "no_address": gettext_lazy("no e-mail address"),
    "unsubscribed": gettext_lazy("unsubscribed"),
    "bounced": gettext_lazy("mail came back"),
    "no_consent": gettext_lazy("no consent to mail"),
    "twice": gettext_lazy("same address as another"),
}


def problem(code: str) -> str:
    """Why something was not sent or read; what the server itself said is shown as it is."""
    return str(PROBLEMS.get(code, code))


def badge_of(mail: Mail) -> Badge:
    if mail.bounced_at is not None:
        return Badge(_("Came back"), "bad")
    return Badge(str(mail.get_state_display()), TONES[mail.state])


def skipped(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Why some got nothing, the most first."""
    found = [(str(WHYS.get(why, why)), count) for why, count in counts.items()]
    return sorted(found, key=lambda one: -one[1])


def about(mail: Any) -> Any:
    """The record that a mail hangs on, with its kind."""
    for kind in ("deal", "contact", "lead"):
        if getattr(mail, f"{kind}_id") is not None:
            return kind, getattr(mail, kind)
    raise LookupError(mail.pk)
