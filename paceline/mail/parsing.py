"""Reading a raw mail: who, whom, what, to which one it answers, and whether it is a bounce. Pure.

Whatever is in it comes from outside: sizes are cut, HTML is cleaned (``cleaning``), and what cannot
be read is left out. A mail that breaks the rules gives less, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime

from paceline.crm.models.timeline import TEXT_MAX
from paceline.mail import cleaning

RAW_BYTES_MAX = 10 * 1024**2
HTML_MAX = 200_000
REFERENCES_MAX = 50
FILES_READ_MAX = 100
_ID = re.compile(r"<[^<>\s]{1,290}>")
_TO_US = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a mail could not be delivered: to whom, the code (RFC 3463), which mail."""

    address: str
    code: str
    message_id: str

    @property
    def is_final(self) -> bool:
        """Whether trying again is of no use."""
        return self.code.startswith("5")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that came with a mail, under the name that the sender gave it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail as far as it matters here. Addresses are lower case; ids keep their brackets."""

    message_id: str
    references: list[str]
    sender: str
    sender_name: str
    recipients: list[str]
    subject: str
    text: str
    html: str
    at: datetime | None
    is_automatic: bool
    bounce: Bounce | None = None
    files: list[Enclosed] = field(default_factory=list)
    addressed: list[str] = field(default_factory=list)


def read(raw: bytes) -> Incoming:
    """A raw mail in parts."""
    message = BytesParser(policy=policy.default).parsebytes(raw[:RAW_BYTES_MAX])
    senders = _addresses(message, ("from",))
    html = _whole(_part(message, "html")[:HTML_MAX])
    text = _part(message, "plain") or cleaning.to_text(html)
    references = _ids(_header(message, "references")) + _ids(_header(message, "in-reply-to"))
    return Incoming(
        message_id=next(iter(_ids(_header(message, "message-id"))), ""),
        references=list(dict.fromkeys(reversed(references)))[:REFERENCES_MAX],
        sender=senders[0][1] if senders else "",
        sender_name=senders[0][0][:200] if senders else "",
        recipients=[one for _name, one in _addresses(message, ("to", "cc"))],
        addressed=[one for _name, one in _addresses(message, _TO_US)],
        subject=" ".join(_header(message, "subject").split())[:200],
        text=_plain(text)[:TEXT_MAX],
        html=cleaning.clean(html),
        at=_date(_header(message, "date")),
        is_automatic=_is_automatic(message),
        bounce=_bounce(message),
        files=[_enclosed(one) for one in _walk(message) if _is_file(one)][:FILES_READ_MAX],
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return _whole(str(message.get(name, "") or ""))
    except (ValueError, IndexError, AttributeError, TypeError):
        return ""


def _addresses(message: EmailMessage, names: tuple[str, ...]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for name in names:
        try:
            values = [_whole(str(one)) for one in message.get_all(name, [])]
        except (ValueError, IndexError, AttributeError, TypeError):
            continue
        for shown, address in getaddresses(values):
            if "@" in address and len(address) <= 254:
                found.setdefault(address.strip().lower(), shown)
    return [(shown, address) for address, shown in found.items()]


def _ids(text: str) -> list[str]:
    return _ID.findall(text)


def _part(message: EmailMessage, kind: str) -> str:
    """The first part of a kind that is no attachment."""
    for part in _walk(message):
        if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() is None:
            return _content(part)
    return ""


def _walk(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts of the mail itself, not those of a mail that is attached to it."""
    yield message
    if message.is_multipart() and message.get_content_type() != "message/rfc822":
        for part in message.iter_parts():
            if isinstance(part, EmailMessage):
                yield from _walk(part)


def _is_file(part: EmailMessage) -> bool:
    """Whether a part is a file rather than words; pictures within the words are files as well."""
    if part.is_multipart() and part.get_content_type() != "message/rfc822":
        return False
    if part.get_content_disposition() == "attachment" or _file_name(part):
        return True
    return part.get_content_maintype() not in {"text", "multipart", "message"}


def _file_name(part: EmailMessage) -> str:
    try:
        return _whole(str(part.get_filename() or "")).strip()
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return ""


def _enclosed(part: EmailMessage) -> Enclosed:
    if part.get_content_type() == "message/rfc822":
        inner = next((one for one in part.iter_parts()), None)
        content = b"" if inner is None else _bytes_of(inner)
        return Enclosed(_file_name(part) or "message.eml", "message/rfc822", content)
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, AttributeError, TypeError):
        found = b""
    content = found if isinstance(found, bytes) else b""
    return Enclosed(_file_name(part), part.get_content_type()[:100], content)


def _bytes_of(message: object) -> bytes:
    try:
        return bytes(message.as_bytes())  # type: ignore[attr-defined]
    except (ValueError, LookupError, AttributeError, TypeError, KeyError):
        return b""


def _content(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError, AttributeError, TypeError):
        whole = part.get_payload(decode=True)
        return whole.decode("utf-8", "replace") if isinstance(whole, bytes) else ""


def _whole(text: str) -> str:
    """The text without halves of characters and zeros, which no database keeps."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _plain(text: str) -> str:
    text = _whole(text).replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _is_automatic(message: EmailMessage) -> bool:
    """An answer of a machine, such as a note of absence: RFC 3834, and what lists write."""
    said = _header(message, "auto-submitted").lower()
    bulk = _header(message, "precedence").lower() in {"bulk", "junk", "list", "auto_reply"}
    return (bool(said) and said != "no") or bulk


def _bounce(message: EmailMessage) -> Bounce | None:
    """What a delivery report (RFC 3464) says of the first address that failed."""
    if message.get_content_type() != "multipart/report":
        return None
    status = next(
        (one for one in message.walk() if one.get_content_type() == "message/delivery-status"), None
    )
    if status is None:
        return None
    address = code = ""
    for block in status.iter_parts() if status.is_multipart() else ():
        if str(block.get("action", "")).strip().lower() == "failed":
            address = (
                _whole(str(block.get("final-recipient", ""))).rpartition(";")[2].strip().lower()
            )
            code = _whole(str(block.get("status", ""))).strip()[:20]
    if not code:
        return None
    original = ""
    for part in message.walk():
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            text = part.as_string()
            found = re.search(
                r"^message-id:\s*(<[^<>\s]{1,290}>)", text, re.IGNORECASE | re.MULTILINE
            )
            original = _whole(found.group(1)) if found else ""
    return Bounce(address, code, original)


def split_plus(address: str) -> tuple[str, str, str]:
    """``reply+abc@example.com`` as its name, what stands after the plus, and its domain."""
    local, _at, domain = address.rpartition("@")
    name, _plus, tag = local.partition("+")
    return name, tag, domain


def with_plus(address: str, tag: str) -> str:
    name, _tag, domain = split_plus(address)
    return f"{name}+{tag}@{domain}"


def is_address(text: str) -> bool:
    """Whether a mail can be addressed to this: one line, one address."""
    try:
        return Address(addr_spec=text).addr_spec == text and text.isprintable()
    except (ValueError, IndexError, MessageError):
        return False
