"""A mail server and a mailbox on this machine that speak the protocols: SMTP by aiosmtpd, and of
IMAP4rev1 (RFC 3501) what a reader needs."""

from __future__ import annotations

import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Inbox:
    """Takes every mail but those to ``refused`` (for ever) and ``later`` (for now)."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.to: list[str] = []

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("refused"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.3.0 come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope.content)
        self.to += envelope.rcpt_tos
        return "250 OK"


def certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate of one's own making for a name, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def _context(pem: Path | None) -> ssl.SSLContext | None:
    if pem is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@contextmanager
def smtp_server(
    *, pem: Path | None = None, starttls: Path | None = None
) -> Iterator[tuple[Inbox, int]]:
    """A server on a free port; ``pem``: encrypted from the first byte, ``starttls``: on demand."""
    inbox = Inbox()
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        port = free.server_address[1]
    context = _context(starttls)
    more = {} if context is None else {"tls_context": context, "require_starttls": True}
    controller = _Controller(inbox, hostname="127.0.0.1", port=port, **more)
    controller.implicit = _context(pem)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


class _Controller(Controller):
    """Begins with TLS where it is told to, whatever the library's own first call is."""

    implicit: ssl.SSLContext | None = None

    def _create_server(self) -> Any:
        return self.loop.create_server(
            self._factory_invoker, host=self.hostname, port=self.port, ssl=self.implicit
        )

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.port), 5) as plain:
            if self.implicit is None:
                plain.recv(100)
                return
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            with trusting.wrap_socket(plain) as secret:
                secret.recv(100)


class Mailbox:
    """Messages by UID, a password, and what was asked."""

    def __init__(self) -> None:
        self.messages: dict[int, bytes] = {}
        self.validity = 7
        self.password = "box secret"
        self.asked: list[str] = []


class _Reader(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        self._say("* OK IMAP4rev1 ready")
        while line := self.rfile.readline():
            tag, _space, rest = line.decode().strip().partition(" ")
            box.asked.append(rest)
            word = rest.split()[0].upper()
            if word == "CAPABILITY":
                more = " STARTTLS" if self.server.starttls else ""  # type: ignore[attr-defined]
                self._say(f"* CAPABILITY IMAP4rev1{more}")
            elif word == "STARTTLS":
                self._say(f"{tag} OK begin")
                if not self._encrypt():
                    return
                continue
            elif word == "LOGIN" and box.password not in rest:
                self._say(f"{tag} NO wrong password")
                continue
            elif word in {"SELECT", "EXAMINE"}:
                self._say(
                    f"* {len(box.messages)} EXISTS\r\n* OK [UIDVALIDITY {box.validity}] valid"
                )
            elif word == "UID":
                self._uid(box, rest)
            elif word == "LOGOUT":
                self._say(f"* BYE\r\n{tag} OK done")
                return
            self._say(f"{tag} OK done")

    def _encrypt(self) -> bool:
        context: ssl.SSLContext = self.server.starttls  # type: ignore[attr-defined]
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except OSError:
            return False  # the caller did not trust us
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)  # type: ignore[assignment]
        return True

    def _uid(self, box: Mailbox, rest: str) -> None:
        if "SEARCH" in rest:
            first = int(re.search(r"UID (\d+):\*", rest).group(1))  # type: ignore[union-attr]
            # As the standard has it: n:* names the last message at least, even if n is above it.
            found = [uid for uid in box.messages if uid >= first] or list(box.messages)[-1:]
            self._say("* SEARCH " + " ".join(map(str, found)))
            return
        uid = int(re.search(r"FETCH (\d+)", rest).group(1))  # type: ignore[union-attr]
        raw = box.messages[uid]
        if "RFC822.SIZE" in rest:
            self._say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})")
        else:
            self.wfile.write(f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode())
            self.wfile.write(raw + b")\r\n")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _ImapServer(socketserver.ThreadingTCPServer):
    implicit: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[Any, Any]:
        plain, address = super().get_request()
        if self.implicit is None:
            return plain, address
        # A caller who does not trust the certificate hangs up: an OSError, which is passed over.
        return self.implicit.wrap_socket(plain, server_side=True), address


@contextmanager
def imap_server(
    *, pem: Path | None = None, starttls: Path | None = None
) -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with _ImapServer(("127.0.0.1", 0), _Reader) as server:
        server.implicit, server.starttls = _context(pem), _context(starttls)
        server.daemon_threads = True
        server.box = box  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box, server.server_address[1]
        finally:
            server.shutdown()
