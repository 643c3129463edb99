"""Encrypted connections to the mail server: used where they are trusted, and refused in words."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from paceline.mail import transport, wording
from paceline.mail.models import MailServer
from tests.mail.permissions import make_server
from tests.mail.servers import certificate, imap_server, smtp_server
from tests.mail.test_parsing import raw
from tests.world import World

pytestmark = pytest.mark.django_db
KINDS = ("tls", "starttls")


def served(kind: str, pem: Path) -> dict[str, Any]:
    return {"pem": pem} if kind == "tls" else {"starttls": pem}


def message() -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = "Hi"
    made.set_content("Hello")
    return made


def server_at(world: World, port: int, kind: str) -> MailServer:
    box = {"box_host": "localhost", "box_port": port, "box_security": kind, "box_user": "us",
           "box_password": "box secret"}  # fmt: skip
    found: MailServer = make_server(world, host="localhost", port=port, security=kind, **box)
    return found


def test_what_is_trusted_is_used_and_what_is_not_is_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = certificate(tmp_path), certificate(tmp_path, "other.example")
    both = tmp_path / "both.pem"
    both.write_bytes(ours.read_bytes() + other.read_bytes())
    nobody = tmp_path / "nobody.pem"
    nobody.write_bytes(certificate(tmp_path, "nobody.example").read_bytes())
    # Whom it trusts, which certificate the server shows, and what comes of it.
    cases = ((both, ours, ""), (nobody, ours, "not_trusted"), (both, other, "not_trusted"))
    for kind in KINDS:
        for trusted, shown, code in cases:
            monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
            with smtp_server(**served(kind, shown)) as (inbox, port):
                server = server_at(world, port, kind)
                if not code:
                    transport.send(server, message(), "ming@aurora.example")
                else:
                    with pytest.raises(transport.NotSent) as refused:
                        transport.send(server, message(), "ming@aurora.example")
                    assert (refused.value.code, refused.value.is_final) == (code, False)
                assert len(inbox.taken) == (0 if code else 1), (kind, code)
            with imap_server(**served(kind, shown)) as (box, port):
                box.messages[4] = raw("Subject: Hi", body="Hello")
                server = server_at(world, port, kind)
                if not code:
                    assert [uid for _v, uid, _raw in transport.new_messages(server)] == [4]
                else:
                    with pytest.raises(transport.BoxUnreadable) as unread:
                        list(transport.new_messages(server))
                    assert unread.value.code == code
                    assert not any("LOGIN" in one for one in box.asked), "no password was told"
    assert wording.problem("not_trusted") == "The certificate of the server is not trusted."


def test_without_encryption_no_password_is_told(world: World) -> None:
    """A server that offers no STARTTLS, or speaks plainly where TLS was asked for."""
    for kind, code in (("starttls", "no_starttls"), ("tls", "no_tls")):
        with smtp_server() as (inbox, port), pytest.raises(transport.NotSent) as refused:
            transport.send(server_at(world, port, kind), message(), "ming@aurora.example")
        assert (refused.value.code, inbox.taken) == (code, [])
        with imap_server() as (box, port), pytest.raises(transport.BoxUnreadable) as unread:
            list(transport.new_messages(server_at(world, port, kind)))
        assert unread.value.code == code
        assert not any("LOGIN" in one for one in box.asked)
        assert wording.problem(code) != code
