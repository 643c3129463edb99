"""What open pages of this app follow, and how people are told of things."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from paceline.live import topics
from paceline.live import wording as work
from paceline.notifications import wording


def register() -> None:
    """Register topics and sentences; called once at start."""
    topics.register("mail", topics.is_whole_list)
    work.word_work("mailing", _("Writing mails"))
    work.word_steps("mailing", {"writing": _("Writing mails")})
    wording.register("mail_answered", _("A customer answered your mail."), icon="mail")
    wording.register("mail_failed", _("A mail of yours did not go out."), icon="mail-off")
    wording.register("mail_bounced", _("A mail of yours came back."), icon="mail-off")
