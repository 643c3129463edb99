"""Every change to mails, templates, mails to many, and the mail server."""

from __future__ import annotations

from paceline.mail.actions.incoming import copy_address, forget, note_poll, take_message
from paceline.mail.actions.mailings import (
    MailingBegun,
    NotWritten,
    TooMany,
    begin_mailing,
    draft_mailing,
    run_mailing,
)
from paceline.mail.actions.server import set_server
from paceline.mail.actions.templates import (
    TooManyTemplates,
    add_template,
    change_template,
    remove_template,
)
from paceline.mail.actions.writing import (
    Addressed,
    MailServerMissing,
    NoAddress,
    Words,
    drop,
    note_failed,
    note_sent,
    resubscribe,
    unsubscribe,
    write,
)

__all__ = [
    "Addressed", "MailServerMissing", "MailingBegun", "NoAddress", "NotWritten", "TooMany",
    "TooManyTemplates", "Words", "add_template", "begin_mailing", "change_template", "copy_address",
    "draft_mailing", "drop", "forget", "note_failed", "note_poll", "note_sent", "remove_template",
    "resubscribe", "run_mailing", "set_server", "take_message", "unsubscribe", "write",
]  # fmt: skip
