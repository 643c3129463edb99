"""A mail as it goes over the wire: plain text and HTML, and the headers that it must have. Pure."""

from __future__ import annotations

from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from django.utils import translation
from django.utils.html import urlize
from django.utils.translation import gettext as _

from paceline.mail.models import Mail, MailServer
from paceline.mail.parsing import with_plus

POLICY = policy.SMTP.clone(max_line_length=78)


def message_of(mail: Mail, server: MailServer, at: datetime, unsubscribe_url: str) -> EmailMessage:
    """The message of a mail. What advertises can be ended by one click (RFC 8058) and says so."""
    message = EmailMessage(policy=POLICY)
    sender = mail.person.name if mail.person is not None else server.from_name
    message["From"] = _address(sender or server.from_name, server.from_address)
    message["To"] = _address("", mail.to_address)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = mail.message_id
    if server.reply_address:
        message["Reply-To"] = _address(sender, with_plus(server.reply_address, mail.token))
    if mail.in_reply_to:
        message["In-Reply-To"] = mail.in_reply_to
        first = mail.thread.message_id if mail.thread is not None else ""
        message["References"] = " ".join(dict.fromkeys(x for x in (first, mail.in_reply_to) if x))
    text = mail.text
    if mail.is_offer:
        # Only the reader gets the link: whoever else saw it could end the mails for them.
        ending = f"—\n{_ending_in(mail.language)}\n{unsubscribe_url}"
        text = "\n\n".join(x for x in (text, ending, server.footer) if x)
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Precedence"] = "bulk"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html_of(text, mail.language), subtype="html", cte="quoted-printable")
    return message


def _ending_in(language: str) -> str:
    """What the link is for, in the language of the mail, else in English."""
    ours = {"zh-hant": "zh-hant", "zh-hans": "zh-hans", "zh": "zh-hant"}
    with translation.override(ours.get(language.lower(), "en")):
        return _("If you want no more mails like this one:")


def _address(name: str, address: str) -> Address:
    return Address(display_name=" ".join(name.split()), addr_spec=address)


def html_of(text: str, language: str) -> str:
    """The text as HTML: paragraphs, and links that can be clicked."""
    paragraphs = text.replace("\r\n", "\n").split("\n\n")
    told = "".join(
        "<p>{}</p>".format(urlize(escape(one).replace("\n", "<br>")))
        for one in paragraphs
        if one.strip()
    )
    lang = escape(language or "en")
    return f'<!DOCTYPE html><html lang="{lang}"><body>{told}</body></html>'
