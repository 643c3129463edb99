"""Mail to and from customers."""

from __future__ import annotations

from paceline.mail.models.mails import (
    Flow,
    Mail,
    MailFile,
    Mailing,
    MailState,
    MailTemplate,
    Stop,
    StopKind,
)
from paceline.mail.models.server import MailServer, Security

__all__ = [
    "Flow", "Mail", "MailFile", "MailServer", "MailState", "MailTemplate", "Mailing", "Security",
    "Stop", "StopKind",
]  # fmt: skip
