"""A mail server and a mailbox on this machine that speak the protocols: SMTP by aiosmtpd, and of
IMAP4rev1 (RFC 3501) what a reader needs."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


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


@contextmanager
def smtp_server() -> Iterator[tuple[Inbox, int]]:
    """A server on a free port."""
    inbox = Inbox()
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        port = free.server_address[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


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
                self._say("* CAPABILITY IMAP4rev1")
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


@contextmanager
def imap_server() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Reader) as server:
        server.daemon_threads = True
        server.box = box  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box, server.server_address[1]
        finally:
            server.shutdown()
