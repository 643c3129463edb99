"""Mail to and from customers."""

from __future__ import annotations

from paceline.mail.models.mails import (
    Flow,
    Mail,
    Mailing,
    MailState,
    MailTemplate,
    Stop,
    StopKind,
)
from paceline.mail.models.server import MailServer, Security

__all__ = [
    "Flow", "Mail", "MailServer", "MailState", "MailTemplate", "Mailing", "Security", "Stop",
    "StopKind",
]  # fmt: skip
