"""Mail goes out over SMTP, stands in the timeline, is answered, copied, bounced and ended; to many
only where it is allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from paceline.crm import actions as crm
from paceline.crm.models import Activity, ConsentChannel, Contact
from paceline.kernel.sealed import unseal
from paceline.mail import actions, queries, tasks, transport
from paceline.mail.actions import Addressed, Words, mailings
from paceline.mail.models import Flow, Mail, Mailing, MailServer, MailState, Stop
from paceline.notifications.models import Notification
from tests.mail.permissions import make_contact, make_mail, make_server, make_template
from tests.mail.servers import imap_server, smtp_server
from tests.mail.test_parsing import BOUNCE, HOSTILE, raw
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
OURS = "ours.example"


def read(content: bytes) -> EmailMessage:
    found: Any = message_from_bytes(content, policy=policy.default)
    return found


def take(content: bytes) -> str:
    server = queries.server()
    assert server is not None
    return actions.take_message(raw=content, server=server, at=timezone.now())


def consented(world: World, contact: Contact, purpose: str = "Offers") -> Contact:
    crm.record_consent(
        holder=contact, channel=ConsentChannel.EMAIL, purpose=purpose, source="form",
        given_at=NOW, by=world.priya, at=NOW,
    )  # fmt: skip
    return contact


def test_a_mail_goes_out_and_is_answered(
    world: World, client_for, run_jobs: Callable[[], int]
) -> None:
    contact = make_contact(world)
    client: Client = client_for(world.priya)
    url = reverse("mail:write", args=["contact", contact.pk])
    typed = {
        "to": "ming@aurora.example",
        "subject": "Offer",
        "text": "Hello\n\nhttps://shop.example",
    }
    assert "No mail server was set." in client.post(url, typed).content.decode()
    with smtp_server() as (inbox, port):
        make_server(world, port=port)
        assert client.post(url, {**typed, "to": "else@where.example"}).status_code == 422
        assert client.post(url, {**typed, "subject": "a\r\nBcc: x@y.example"}).status_code == 303
        assert Activity.objects.count() == 0, "it is said when it was sent"
        assert run_jobs() == 1
        (sent,) = map(read, inbox.taken)
    assert inbox.to == ["ming@aurora.example"]
    assert sent["Bcc"] is None
    assert sent["Subject"] == "a Bcc: x@y.example"
    mail = Mail.objects.get()
    assert sent["Message-ID"] == mail.message_id
    assert sent["Reply-To"] == f"Priya Nair <reply+{mail.token}@{OURS}>"
    assert sent["List-Unsubscribe"] is None, "to one customer, on business"
    plain, html = sent.iter_parts()
    assert plain.get_content().replace("\r\n", "\n").strip() == "Hello\n\nhttps://shop.example"
    assert '<a href="https://shop.example">' in html.get_content()
    activity = Activity.objects.get()
    assert (activity.kind, activity.direction, activity.contact) == ("mail", "out", contact)
    # The customer answers the address; somebody else of theirs answers by reference.
    answer = raw(f"To: reply+{mail.token}@{OURS}", "Subject: Re: Offer",
                 "Content-Type: text/html; charset=utf-8", body=HOSTILE)  # fmt: skip
    assert take(answer) == "reply"
    assert take(answer) == "again"
    other = b"From: boss@aurora.example\r\nMessage-ID: <boss@x>\r\nTo: sales@ours.example\r\n"
    assert take(other + f"In-Reply-To: {mail.message_id}\r\n\r\nYes".encode()) == "reply"
    answers = Mail.objects.filter(flow=Flow.IN).order_by("pk")
    assert [one.thread for one in answers] == [mail, mail]
    assert "steal" not in answers[0].html + answers[0].text
    assert Activity.objects.filter(direction="in").count() == 2
    assert Notification.objects.filter(kind="mail_answered", recipient=world.priya).count() == 2
    shown = client.get(reverse("mail:mail", args=[mail.pk])).content.decode()
    assert "boss@aurora.example" in shown
    assert "spy.example" not in shown
    assert "<b>you</b>" in shown
    page = client.get(reverse("crm:contact", args=[contact.pk])).content.decode()
    assert "reply+c" in page, "the address for copies"
    # An answer to the answer stays in the conversation.
    client.post(f"{url}?reply={answers[0].pk}", {**typed, "reply": answers[0].pk})
    latest = Mail.objects.order_by("-pk")[0]
    assert (latest.in_reply_to, latest.thread) == (answers[0].message_id, mail)


def test_copies_unknown_senders_and_machines(world: World) -> None:
    server = make_server(world)
    contact = make_contact(world)
    foreign = crm.add_contact(
        team=world.south, facts={"name": "Canary"}, owner=world.omar, by=world.omar, at=NOW,
        points=[crm.Point("email", "south@canary.example")],
    )  # fmt: skip
    copy = actions.copy_address(server.reply_address, world.priya)
    told = f"Delivered-To: {copy}\r\nMessage-ID: <%d@p>\r\nSubject: Hi\r\n"
    mine = "From: priya@example.com\r\nTo: Ming@Aurora.example\r\n" + told % 1 + "\r\nHello"
    assert take(mine.encode()) == "copy"
    kept = Mail.objects.get()
    assert (kept.flow, kept.contact, kept.person) == (Flow.OUT, contact, world.priya)
    assert Activity.objects.get().direction == "out"
    # What she may not see is not hers to write into; a guessed address is nobody's.
    theirs = "From: priya@example.com\r\nTo: south@canary.example\r\n" + told % 2 + "\r\nHello"
    assert take(theirs.encode()) == "unknown"
    guessed = mine.replace("<1@p>", "<3@p>").replace(copy, copy.replace("-", "-0"))
    assert take(guessed.encode()) == "unknown"
    assert not foreign.activities.exists()
    known = raw("To: sales@ours.example", "Subject: Question").replace(b"<a@b>", b"<4@b>")
    assert take(known) == "mail"
    away = known.replace(b"<4@b>", b"<5@b>").replace(
        b"Subject", b"Auto-Submitted: auto-replied\r\nSubject"
    )
    assert take(away) == "automatic"
    assert (
        take(known.replace(b"<4@b>", b"<6@b>").replace(b"Ming@Aurora", b"who@nobody")) == "unknown"
    )
    assert Mail.objects.count() == 2


def test_failures_bounces_and_the_end_of_mails(
    world: World, client_for, run_jobs: Callable[[], int]
) -> None:
    with smtp_server() as (inbox, port):
        make_server(world, port=port)
        wrong, later = (
            make_contact(world, f"{name}@aurora.example") for name in ("refused", "later")
        )
        for contact in (wrong, later):
            actions.write(
                addressed=Addressed.of(contact, queries.address_of(contact)),
                words=Words("Hi", "Hello"), by=world.priya, at=timezone.now(),
            )  # fmt: skip
        assert run_jobs() == 2
        states = dict(Mail.objects.values_list("to_address", "state"))
        assert states == {"refused@aurora.example": "failed", "later@aurora.example": "queued"}
        assert Mail.objects.get(state="failed").problem == "550 5.1.1 no such user"
        assert Notification.objects.get(kind="mail_failed").recipient == world.priya
        assert Activity.objects.count() == 0, "nothing was said to anybody"
        assert inbox.taken == []
    waiting = Mail.objects.get(state="queued")
    assert waiting.next_at is not None
    for _n in range(4):
        tasks.send(waiting.pk)  # nobody answers any more
    waiting.refresh_from_db()
    assert (waiting.state, waiting.problem) == (MailState.FAILED, "unreachable")
    # A report names a mail of ours: only then it counts.
    mail = make_mail(world)
    actions.note_sent(mail=mail, at=timezone.now())
    assert take(BOUNCE % (b"5.1.1", b"<other@ours.example>")) == "unknown"
    assert take(BOUNCE % (b"4.2.2", mail.message_id.encode())) == "bounce"
    assert Stop.objects.count() == 0
    assert take(BOUNCE % (b"5.1.1", mail.message_id.encode())) == "bounce"
    mail.refresh_from_db()
    assert mail.bounced_at is not None
    assert queries.why_not("MING@aurora.example") == "bounced"
    assert Notification.objects.filter(kind="mail_bounced").count() == 1
    # Whoever opens the link is asked; a machine that posts, or a click, ends it.
    contact = consented(world, mail.contact)
    server = queries.server()
    assert server is not None
    url = queries.unsubscribe_url(server, mail.token)
    assert url.startswith("https://paceline.example.com/mail/u/")
    path = url.removeprefix("https://paceline.example.com")
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.get(path).status_code == 200
    assert contact.consents.get().stands
    assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not contact.consents.get().stands
    assert queries.why_not("ming@aurora.example") == "unsubscribed"
    assert stranger.post(path).status_code == 200
    assert stranger.get(path[:-1] + "?").status_code == 404
    assert "ming" not in stranger.get(path).content.decode()


def test_a_used_link_says_so_and_takes_it_back(world: World) -> None:
    make_server(world)
    mail = make_mail(world)
    contact = consented(world, mail.contact)
    Stop.objects.create(digest=crm_digest(mail.to_address), kind="bounced", at=NOW)
    server = queries.server()
    assert server is not None
    path = queries.unsubscribe_url(server, mail.token).removeprefix(server.site)
    stranger = Client(enforce_csrf_checks=True)
    stranger.post(path)
    told = stranger.get(path).content.decode()
    assert "Do you want no more" not in told
    assert "No more mails like this one will come" in told
    by_hand = consented(world, contact, "Parties").consents.get(purpose="Parties")
    crm.withdraw_consent(consent=by_hand, source="by phone", by=world.priya, at=timezone.now())
    for _n in range(2):
        told = stranger.post(path, {"what": "again"}).content.decode()
        assert "Mails like this one come to this address again." in told
    # What the link withdrew is given anew; what was withdrawn by hand or came back stays so.
    assert [one.purpose for one in contact.consents.filter(withdrawn_at=None)] == ["Offers"]
    assert contact.consents.count() == 3
    assert queries.why_not(mail.to_address) == "bounced"
    assert "Do you want no more" in stranger.get(path).content.decode()
    stranger.post(path)
    assert queries.why_not(mail.to_address) == "unsubscribed"
    assert not contact.consents.filter(withdrawn_at=None).exists()
    # Of an erased person no address is known: it stays ended, and nothing is kept of nobody.
    Mail.objects.filter(pk=mail.pk).update(to_address="")
    told = stranger.post(path, {"what": "again"}).content.decode()
    assert "No more mails like this one will come" in told
    assert "<form" not in told
    assert Stop.objects.count() == 2


def test_a_mailing_says_when_its_mails_go(
    world: World, client_for, run_jobs: Callable[[], int]
) -> None:
    template = make_template(world)
    chosen = [consented(world, make_contact(world, f"c{n}@x.example")) for n in range(4)]
    client: Client = client_for(world.priya)
    client.post(
        reverse("crm:change_many", args=["contact"]),
        {"what": "act:mail", "chosen": [one.pk for one in chosen]},
    )
    url = reverse("mail:mailing", args=[Mailing.objects.get().pk])
    with smtp_server() as (_inbox, port):
        make_server(world, port=port, per_hour=6)
        client.post(url, {"template": template.pk})
        run_jobs()
    waiting = list(Mail.objects.filter(state="queued").order_by("next_at"))
    assert len(waiting) == 3
    page = client.get(url).content.decode()
    assert "1 of 4 mails are dealt with." in strip_tags(page)
    for name, mail in (("Next mail goes", waiting[0]), ("Last mail goes", waiting[2])):
        assert f'<dt>{name}</dt><dd><time datetime="{mail.next_at.isoformat()}"' in page


def test_to_many_only_who_may_get_it(
    world: World, client_for, run_jobs: Callable[[], int], django_assert_max_num_queries
) -> None:
    template = make_template(world)
    good = [consented(world, make_contact(world, f"c{n}@x.example")) for n in range(3)]
    english = consented(world, make_contact(world, "en@x.example", languages=["en"]))
    twice = consented(world, make_contact(world, "C0@x.example"))
    silent, left, gone = (make_contact(world, f"{one}@x.example") for one in ("no", "left", "gone"))
    nobody = crm.add_contact(
        team=world.north, facts={"name": "No address"}, owner=world.priya, by=None, at=NOW
    )
    foreign = crm.add_contact(
        team=world.south, facts={"name": "Canary"}, owner=world.omar, by=None, at=NOW
    )
    for contact in (left, gone):
        consented(world, contact)
    server = make_server(world)
    for contact, kind in ((left, "unsubscribed"), (gone, "bounced")):
        Stop.objects.create(digest=crm_digest(queries.address_of(contact)), kind=kind, at=NOW)
    chosen = [*good, english, twice, silent, left, gone, nobody, foreign]
    client: Client = client_for(world.priya)
    begun = client.post(
        reverse("crm:change_many", args=["contact"]),
        {"what": "act:mail", "chosen": [one.pk for one in chosen]},
    )
    mailing = Mailing.objects.get()
    url = reverse("mail:mailing", args=[mailing.pk])
    assert begun.headers["Location"] == url
    with django_assert_max_num_queries(15):
        page = client.get(url, {"template": template.pk}).content.decode()
    assert "王小明您好" in page
    assert "Of 10 looked at 5 get it." in page
    assert Mail.objects.count() == 0
    assert client_for(world.marco).get(url).status_code == 404
    assert client.post(url, {"template": template.pk}).status_code == 303
    with smtp_server() as (inbox, port):
        MailServer.objects.update(port=port)
        run_jobs()
        Mail.objects.filter(state="queued").update(next_at=None)
        for mail in Mail.objects.filter(state="queued"):
            tasks.send(mail.pk)
        sent = [read(one) for one in inbox.taken]
    mailing.refresh_from_db()
    assert (mailing.written, mailing.done) == (4, 10)
    assert mailing.skipped == {
        "twice": 1, "no_consent": 1, "unsubscribed": 1, "bounced": 1, "no_address": 1, "gone": 1,
    }  # fmt: skip
    assert sorted(inbox.to) == ["c0@x.example", "c1@x.example", "c2@x.example", "en@x.example"]
    for one in sent:
        assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert one["List-Unsubscribe"].startswith("<https://paceline.example.com/mail/u/")
        assert "Ours, 1 Road" in next(one.iter_parts()).get_content()
    texts = set(Mail.objects.values_list("text", flat=True))
    assert not any("/mail/u/" in one for one in texts), "the link is the reader's alone"
    told = {one["To"]: next(one.iter_parts()).get_content() for one in sent}
    assert "若不想再收到這類郵件，請點選：\nhttps://paceline.example.com/mail/u/" in (
        told["c1@x.example"].replace("\r\n", "\n")
    )
    assert "If you want no more mails like this one:" in told["en@x.example"]
    subjects = {one["To"]: one["Subject"] for one in sent}
    assert subjects["en@x.example"] == "News"
    assert subjects["c1@x.example"] == "王小明，新品"
    times = list(Mail.objects.order_by("pk").values_list("made_at", flat=True))
    assert len(set(times)) == 1
    assert server.per_hour == 3600, "a second apart"
    with django_assert_max_num_queries(15):
        far = client.get(url).content.decode()
    assert "4 mails were written." in far


@pytest.mark.parametrize(
    ("facts", "language"),
    [
        ({"languages": ["zh-Hant"]}, "zh-Hant"),
        ({"languages": ["zh-Hans"]}, "zh-Hant"),
        ({"languages": ["ja"], "country": "TW"}, "en"),
        ({"languages": [], "country": "HK"}, "zh-Hant"),
        ({"languages": [], "country": "DE"}, "zh-Hant"),
        ({"languages": []}, "zh-Hant"),
    ],
)
def test_a_template_speaks_as_its_reader(
    world: World, facts: dict[str, Any], language: str
) -> None:
    """Known languages first, in either script; of whom none is known, their country's, else that
    of whoever writes."""
    world.priya.user.language = "zh-hant"
    contact = make_contact(world, **facts)
    template = make_template(world)
    assert set(template.texts) == {"en", "zh-Hant"}
    assert queries.text_for(template, contact, world.priya)[0] == language
    world.priya.user.language = "en"
    if not facts["languages"] and facts.get("country") != "HK":
        assert queries.text_for(template, contact, world.priya)[0] == "en"


def test_a_mailing_waits_behind_what_is_planned_not_behind_what_was_not_taken(world: World) -> None:
    now, apart = timezone.now(), timedelta(seconds=7)
    other = Mailing.objects.create(of="contact", ids=[1], by=world.priya, made_at=now)
    waits = Mail.objects.filter(pk=make_mail(world).pk)
    later = now + timedelta(minutes=2)
    waits.update(mailing=other, state="queued", sent_at=None, tries=0, next_at=later)
    assert mailings.free_from(now, apart) == later + apart
    waits.update(tries=4, next_at=now + timedelta(hours=3))
    assert mailings.free_from(now, apart) == now


def test_erasing_a_person_empties_their_mails(world: World) -> None:
    mail = make_mail(world)
    assert take(raw(f"To: reply+{mail.token}@{OURS}", body="Secret")) == "reply"
    removed = crm.erase_contact(
        contact=mail.contact, reason="", by=world.marco, at=timezone.now()
    )  # fmt: skip
    assert removed.removed["mails"] == 2
    rest = Mail.objects.filter(contact=mail.contact)
    assert {(one.text, one.to_address, one.from_address) for one in rest} == {("", "", "")}
    assert not rest.filter(state="queued").exists(), "what waits is not sent"


def crm_digest(address: str) -> str:
    from paceline.crm.actions.customers import fingerprint  # noqa: PLC0415

    return fingerprint("email", address.casefold())


def test_the_mailbox_is_read_once(world: World, client_for) -> None:
    contact = make_contact(world)
    with imap_server() as (box, port):
        make_server(world, box_host="127.0.0.1", box_port=port, box_security="none",
                    box_user="box", box_password="wrong")  # fmt: skip
        assert tasks.look() == 0
        assert MailServer.objects.get().problem == "refused"
        admin: Client = client_for(world.ada)
        typed = {
            "site": "https://paceline.example.com", "host": "127.0.0.1", "port": "1",
            "security": "none", "from_address": "sales@ours.example", "per_hour": "10",
            "reply_address": "reply@ours.example", "box_host": "127.0.0.1", "box_port": port,
            "box_security": "none", "box_user": "box", "box_folder": "INBOX",
            "box_password": box.password,
        }  # fmt: skip
        assert admin.post(reverse("mail:server"), typed | {"site": "ours"}).status_code == 422
        assert admin.post(reverse("mail:server"), typed).status_code == 303
        page = admin.get(reverse("mail:server")).content.decode()
        assert box.password not in page
        kept = MailServer.objects.get()
        assert unseal(kept.box_password, purpose=transport.PURPOSE) == box.password
        box.messages = {n: raw(f"To: sales@{OURS}").replace(b"<a@b>", f"<{n}@b>".encode())
                        for n in (4, 9)}  # fmt: skip
        assert tasks.look() == 2
        assert tasks.look() == 0, "the last one is named again and not taken"
        box.messages[12] = b"\xff" * 100
        assert tasks.look() == 1
        assert MailServer.objects.get().last_uid == 12
        box.validity, box.messages = 8, {1: box.messages[4]}
        assert tasks.look() == 1, "another mailbox is read from its beginning; known ids stay out"
        assert all("PEEK" in one for one in box.asked if "BODY" in one), "nothing is marked as read"
    assert Mail.objects.filter(contact=contact).count() == 2
    assert tasks.look() == 0
    assert MailServer.objects.get().problem == "unreachable"


def test_nothing_leaves_inside_or_unencrypted(world: World, settings: Any) -> None:
    mail = make_mail(world)
    settings.MAIL_MAY_BE_NEAR = False
    for facts, code in (
        ({"security": "none"}, "not_encrypted"),
        ({"security": "tls"}, "not_public"),
        ({"security": "tls", "host": "nowhere.invalid"}, "unknown_host"),
    ):
        make_server(world, **facts)
        Mail.objects.update(state="queued", tries=0)
        tasks.send(mail.pk)
        mail.refresh_from_db()
        assert mail.problem == code
    assert mail.next_at is not None
    assert mail.next_at - timezone.now() < timedelta(minutes=2)


def test_templates(world: World, client_for, django_assert_max_num_queries) -> None:
    client: Client = client_for(world.marco)
    new = {"name": "News", "team": world.north.pk, "is_offer": "on", "subject-en": "Hi {name}",
           "body-en": "Hello"}  # fmt: skip
    wrong = client.post(reverse("mail:template_new"), new | {"body-en": "{secret} {name}"})
    assert "No placeholder is called {secret}." in wrong.content.decode()
    assert client.post(reverse("mail:template_new"), new | {"body-en": ""}).status_code == 422
    assert client.post(reverse("mail:template_new"), new).status_code == 303
    with django_assert_max_num_queries(15):
        assert "News" in client.get(reverse("mail:templates")).content.decode()
    make_server(world)
    contact = make_contact(world, languages=["ja"])
    seller: Client = client_for(world.priya)
    template = queries.templates_for(world.priya)[0]
    url = reverse("mail:write", args=["contact", contact.pk])
    with django_assert_max_num_queries(15):
        page = seller.get(url, {"template": template.pk}).content.decode()
    assert 'value="Hi 王小明"' in page, "no Japanese words: English ones"
    client.post(reverse("mail:template_remove", args=[template.pk]))
    assert queries.templates_for(world.priya) == []
