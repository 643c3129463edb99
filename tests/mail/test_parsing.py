"""Pure parts: what is read of raw mails, how HTML is made harmless, and placeholders."""

from __future__ import annotations

import pytest

from paceline.mail import cleaning, filling, parsing

HOSTILE = (
    '<p onclick="steal()">Hello <b>you</b></p><script>steal()</script><style>p{color:red}</style>'
    '<img src="https://spy.example/p.gif"><a href="javascript:steal()">x</a>'
    '<a href="https://good.example">good</a><iframe src="//e"></iframe><form action="/x"><input>'
    '<svg><script>steal()</script></svg><div style="background:url(https://spy.example)">end</div>'
)


def test_html_is_made_harmless() -> None:
    found = cleaning.clean(HOSTILE)
    for word in ("script", "steal", "img", "spy.example", "style", "iframe", "form", "onclick"):
        assert word not in found, word
    assert '<a href="https://good.example" rel="noopener noreferrer nofollow">good</a>' in found
    assert cleaning.to_text(HOSTILE) == "Hello you\nxgood\nend"
    assert cleaning.clean(cleaning.clean(HOSTILE)) == found


def raw(*headers: str, body: str = "Hello") -> bytes:
    usual = ("From: =?utf-8?b?546L5bCP5piO?= <Ming@Aurora.example>", "Message-ID: <a@b>")
    return "\r\n".join([*usual, *headers, "", body]).encode()


def test_a_mail_is_read() -> None:
    found = parsing.read(
        raw(
            "To: Sales <reply+abc@ours.example>, x@y.example", "Subject: Re: \tOffer",
            "In-Reply-To: <2@ours.example>", "References: <1@ours.example> <2@ours.example>",
            "Date: Wed, 15 Jul 2026 12:00:00 +0800", "Content-Type: text/html; charset=utf-8",
            body=HOSTILE,
        )
    )  # fmt: skip
    assert (found.sender, found.sender_name) == ("ming@aurora.example", "王小明")
    assert found.recipients == ["reply+abc@ours.example", "x@y.example"]
    assert found.references == ["<2@ours.example>", "<1@ours.example>"], "the nearest first"
    assert (found.subject, found.message_id) == ("Re: Offer", "<a@b>")
    assert "steal" not in found.html + found.text
    assert found.at is not None
    assert not found.is_automatic
    assert parsing.read(raw("Auto-Submitted: auto-replied")).is_automatic


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"\xff\xfe\x00", b"From: <\r\n\r\nx",
        b"Content-Type: text/plain; charset=nope\r\n\r\n\xe4",
        b"From: a@b\r\nDate: 99 Foo\r\nSubject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nno end",
        b"Content-Type: multipart/report\r\n\r\n", b"From: " + b"<" * 5000 + b"\r\n\r\n",
    ],
)  # fmt: skip
def test_a_broken_mail_gives_less_and_no_error(broken: bytes) -> None:
    found = parsing.read(broken)
    assert found.bounce is None
    assert found.message_id == ""


BOUNCE = (
    b"From: MAILER-DAEMON@mx.example\r\nTo: sales@ours.example\r\nMessage-ID: <dsn@mx>\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=z\r\n\r\n"
    b"--z\r\nContent-Type: text/plain\r\n\r\nSorry\r\n"
    b"--z\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; Gone@Aurora.example\r\nAction: failed\r\nStatus: %s\r\n\r\n"
    b"--z\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: %s\r\nSubject: Hi\r\n\r\n"
    b"--z--\r\n"
)


def test_a_bounce_is_read() -> None:
    found = parsing.read(BOUNCE % (b"5.1.1", b"<tok@ours.example>")).bounce
    assert found == parsing.Bounce("gone@aurora.example", "5.1.1", "<tok@ours.example>")
    assert found.is_final
    later = parsing.read(BOUNCE % (b"4.2.2", b"<tok@ours.example>")).bounce
    assert later is not None
    assert not later.is_final


def test_placeholders_are_words_and_nothing_else() -> None:
    values = {"name": "<Ivy> {me}", "me": "Priya"}
    assert filling.fill("Hi {name}, {me} {unknown} {0} {name.x}", values) == (
        "Hi <Ivy> {me}, Priya {unknown} {0} {name.x}"
    ), "a value is never filled in again"
    assert filling.fill("{name}", values, as_html=True) == "&lt;Ivy&gt; {me}"
    with pytest.raises(filling.UnknownWords) as problem:
        filling.check("{name} {password}")
    assert problem.value.words == ["password"]
    assert filling.one_line("a\r\nBcc: x@y") == "a Bcc: x@y"
    assert parsing.is_address("a@b.example")
    wrong = ("a@b\r\nBcc: c@d", "a@b, c@d", "", "a", "@b", "a@", "a b@c", " a@b.example")
    assert not any(map(parsing.is_address, wrong))
