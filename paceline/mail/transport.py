"""Connections to the mail server: to the address that was checked, with limits, encrypted unless
the installation allows trials without."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

from django.conf import settings

from paceline.kernel import outbound
from paceline.kernel.outbound import AddressRefused, Host
from paceline.kernel.sealed import SealBroken, unseal
from paceline.mail.models import MailServer, Security
from paceline.mail.parsing import RAW_BYTES_MAX

PURPOSE = "mail server"
TIMEOUT = 20
READ_MAX = 200


class NotSent(Exception):
    """The server did not take the mail; ``code`` says why, ``is_final`` whether trying again is of
    no use."""

    def __init__(self, code: str, *, is_final: bool = False) -> None:
        super().__init__(code)
        self.code, self.is_final = code[:200], is_final


class BoxUnreadable(Exception):
    """The mailbox could not be looked into; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:40]


def _place(host: str, port: int, security: str) -> Host:
    near = settings.MAIL_MAY_BE_NEAR
    if security == Security.NONE and not near:
        raise AddressRefused("not_encrypted")
    return outbound.check_host(host, port, may_be_near=near)


def _opened(sealed: Any) -> str:
    return "" if sealed is None else unseal(sealed, purpose=PURPOSE)


class _Smtp(smtplib.SMTP):
    """A connection to the address that was checked, under the name that was asked for."""

    def __init__(self, place: Host, *, is_tls: bool) -> None:
        self.place, self.is_tls = place, is_tls
        super().__init__(place.name, place.port, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        found = socket.create_connection((self.place.ip, port), timeout)
        if self.is_tls:
            return ssl.create_default_context().wrap_socket(found, server_hostname=host)
        return found


def send(server: MailServer, message: EmailMessage, to: str) -> None:
    """Hand one message over. Raises ``NotSent``."""
    try:
        place = _place(server.host, server.port, server.security)
        with _Smtp(place, is_tls=server.security == Security.TLS) as smtp:
            if server.security == Security.STARTTLS:
                smtp.starttls(context=ssl.create_default_context())
            if server.user:
                smtp.login(server.user, _opened(server.password))
            smtp.send_message(message, server.from_address, [to])
    except AddressRefused as refused:
        raise NotSent(refused.code) from refused
    except SealBroken as error:
        raise NotSent("seal_broken") from error
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise NotSent(f"{code} {_said(text)}", is_final=code >= 500) from error
    except smtplib.SMTPResponseException as error:
        final = isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused)
        said = f"{error.smtp_code} {_said(error.smtp_error)}"
        raise NotSent(said, is_final=final and error.smtp_code >= 500) from error
    except ssl.SSLError as error:
        raise NotSent(_tls_code(error)) from error
    except smtplib.SMTPNotSupportedError as error:
        raise NotSent("no_starttls") from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotSent("unreachable") from error


def _said(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(plain.split())[:150]


class _Imap(imaplib.IMAP4):
    def __init__(self, place: Host, *, is_tls: bool) -> None:
        self.place, self.is_tls = place, is_tls
        super().__init__(place.name, place.port, timeout=TIMEOUT)

    def _create_socket(self, timeout: Any) -> socket.socket:
        found = socket.create_connection((self.place.ip, self.place.port), timeout)
        if self.is_tls:
            return ssl.create_default_context().wrap_socket(found, server_hostname=self.place.name)
        return found


def new_messages(server: MailServer) -> Iterator[tuple[int, int, bytes]]:
    """What came since the last look: the mailbox's validity, a message's UID, and its bytes (none
    when it is too large). At most ``READ_MAX``; nothing is marked or moved. Raises
    ``BoxUnreadable``."""
    try:
        place = _place(server.box_host, server.box_port, server.box_security)
        box = _Imap(place, is_tls=server.box_security == Security.TLS)
    except AddressRefused as refused:
        raise BoxUnreadable(refused.code) from refused
    except ssl.SSLError as error:
        raise BoxUnreadable(_tls_code(error)) from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise BoxUnreadable("unreachable") from error
    try:
        if server.box_security == Security.STARTTLS:
            _encrypt(box)
        yield from _read(box, server)
    except ssl.SSLError as error:
        raise BoxUnreadable(_tls_code(error)) from error
    except SealBroken as error:
        raise BoxUnreadable("seal_broken") from error
    except (OSError, imaplib.IMAP4.error, ValueError, IndexError) as error:
        raise BoxUnreadable("refused") from error
    finally:
        _leave(box)


def _encrypt(box: _Imap) -> None:
    """Before anything is said that others must not read. Raises ``BoxUnreadable``."""
    if "STARTTLS" not in box.capabilities:
        raise BoxUnreadable("no_starttls")
    box.starttls(ssl.create_default_context())


def _tls_code(error: ssl.SSLError) -> str:
    """A certificate that is not trusted is the installation's business; the rest is no TLS."""
    is_certificate = isinstance(error, ssl.SSLCertVerificationError)
    return "not_trusted" if is_certificate else "no_tls"


def _leave(box: _Imap) -> None:
    """Say goodbye if anybody still listens; a connection that was refused is closed already."""
    with suppress(OSError, imaplib.IMAP4.error):
        box.logout()
        return
    with suppress(OSError):
        box.shutdown()


def _read(box: _Imap, server: MailServer) -> Iterator[tuple[int, int, bytes]]:
    box.login(server.box_user, _opened(server.box_password))
    folder = server.box_folder.replace("\\", "\\\\").replace('"', '\\"')
    status, _count = box.select(f'"{folder}"', readonly=True)
    if status != "OK":
        raise BoxUnreadable("no_folder")
    validity = int((box.response("UIDVALIDITY")[1] or [b"0"])[0] or 0)
    last = server.last_uid if validity == server.uid_validity else 0
    _status, found = box.uid("SEARCH", None, "UID", f"{last + 1}:*")  # type: ignore[arg-type]
    uids = sorted(int(one) for one in (found[0] or b"").split() if int(one) > last)
    for uid in uids[:READ_MAX]:
        _status, sizes = box.uid("FETCH", str(uid), "(RFC822.SIZE)")
        size = _size(sizes)
        raw = b""
        if 0 < size <= RAW_BYTES_MAX:
            _status, parts = box.uid("FETCH", str(uid), "(BODY.PEEK[])")
            raw = next((bytes(one[1]) for one in parts if isinstance(one, tuple)), b"")
        yield validity, uid, raw


def _size(answer: list[Any]) -> int:
    text = b" ".join(one if isinstance(one, bytes) else one[0] for one in answer if one).upper()
    _before, found, after = text.partition(b"RFC822.SIZE ")
    digits = after.split(b")")[0].split()[0] if found else b"0"
    return int(digits)
