"""Reading mails, templates and who may be written to."""

from __future__ import annotations

from paceline.mail.queries.mails import (
    address_of,
    mail_of_link,
    mails_of,
    server,
    shown,
    templates_for,
    text_for,
    thread_of,
    unsubscribe_url,
)
from paceline.mail.queries.recipients import Recipient, is_ended, recipients, why_not

__all__ = [
    "Recipient", "address_of", "is_ended", "mail_of_link", "mails_of", "recipients", "server",
    "shown", "templates_for", "text_for", "thread_of", "unsubscribe_url", "why_not",
]  # fmt: skip
