"""Messages to other systems: signed, sent after the fact, tried again, given up, and seen."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from paceline.imports.actions import import_records
from paceline.kernel import jobs, outbound, standard_webhooks
from paceline.kernel.audit import AuditEntry
from paceline.notifications.models import Notification
from paceline.webhooks import actions
from paceline.webhooks.models import Attempt, Endpoint, Message
from tests.incentives.pay.conftest import build_quarter
from tests.webhooks.receiver import Receiver, receiving
from tests.world import World

LINE = {
    "source": "shop", "order_number": "A-1", "line_number": "1", "ordered_on": "2026-07-01",
    "amount": "5", "currency": "USD", "customer": "Secret customer",
}  # fmt: skip
KINDS = ["import.committed", "order_lines.changed", "run.finished", "statement.released"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def endpoint(world: World, receiver: Receiver) -> Endpoint:
    return actions.add_endpoint(
        url=receiver.url, description="Books", kinds=KINDS, by=world.ada, at=timezone.now()
    )[0]


def _due() -> None:
    """What was put off is due now."""
    Message.objects.filter(next_at__isnull=False).update(next_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    jobs.run_waiting()


def _trial(endpoint: Endpoint, world: World) -> Message:
    message = actions.send_trial(endpoint=endpoint, by=world.ada, at=timezone.now())
    jobs.run_waiting()
    message.refresh_from_db()
    return message


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification, and one by hand."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = standard_webhooks.signature(
        secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert len(base64.b64decode(standard_webhooks.new_secret().removeprefix("whsec_"))) == 32


def test_what_happened_is_told_by_kinds_and_ids(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    quarter = build_quarter(world)
    batch = import_records(
        kind="order_lines", records=[LINE], name="x", by=world.dana, at=world.now
    )
    run = quarter.run()
    released = quarter.release(run, "priya")
    assert receiver.got == []
    jobs.run_waiting()
    told = [json.loads(body) for _headers, body in receiver.got]
    assert [(one["type"], one["data"]) for one in told] == [
        ("order_lines.changed", {"import": batch.source.pk, "kind": "order_lines"}),
        ("import.committed", {"id": batch.source.pk, "kind": "order_lines"}),
        ("run.finished", {"id": run.pk, "period": "2026Q2", "has_results": True}),
        (
            "statement.released",
            {"ids": [released[0].pk], "run": run.pk, "period": "2026Q2"},
        ),
    ]
    # Kinds and ids, equal to what stands above; no name and no amount beside them.
    assert {tuple(sorted(one)) for one in told} == {("data", "timestamp", "type")}
    assert not any("Secret" in body.decode() for _headers, body in receiver.got)
    assert not Message.objects.filter(delivered_at__isnull=True).exists()


def test_a_message_is_signed_so_that_the_receiver_can_check(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    old = actions.replace_secret(endpoint=endpoint, by=world.ada, at=timezone.now())
    new = actions.replace_secret(endpoint=endpoint, by=world.ada, at=timezone.now())
    message = _trial(endpoint, world)
    ((headers, body),) = receiver.got
    assert headers["webhook-id"] == message.id_header
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = [
        "v1," + base64.b64encode(
            hmac.new(base64.b64decode(one.removeprefix("whsec_")), text, hashlib.sha256).digest()
        ).decode()
        for one in (new, old)
    ]  # fmt: skip
    assert headers["webhook-signature"].split() == expected
    assert new.encode() not in bytes(Endpoint.objects.get().secret)
    Endpoint.objects.update(old_secret_until=timezone.now() - timedelta(seconds=1))
    _trial(endpoint, world)
    assert len(receiver.got[-1][0]["webhook-signature"].split()) == 1


def test_what_did_not_happen_is_not_told(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    with transaction.atomic():
        actions.announce(kind="run.finished", data={"id": 1}, at=timezone.now())
        transaction.set_rollback(True)
    actions.announce(kind="payroll.exported", data={"id": 1}, at=timezone.now())
    actions.disable_endpoint(endpoint=endpoint, by=world.ada, at=timezone.now())
    actions.announce(kind="run.finished", data={"id": 1}, at=timezone.now())
    jobs.run_waiting()
    assert receiver.got == []
    assert not Message.objects.exists()


def test_a_failing_receiver_is_tried_again_and_later(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    receiver.answers = [500, 302, 410, 204]
    begun = timezone.now()
    message = _trial(endpoint, world)
    assert message.next_at is not None
    assert message.next_at - begun > timedelta(seconds=3)
    assert message.next_at - timezone.now() < timedelta(seconds=7)
    jobs.run_waiting()
    assert len(receiver.got) == 1, "nothing is sent before its time"
    _due()
    message.refresh_from_db()
    assert message.next_at is not None
    assert timedelta(minutes=4) < message.next_at - timezone.now() < timedelta(minutes=7)
    _due()
    _due()
    message.refresh_from_db()
    assert message.delivered_at is not None
    tries = list(message.attempts.values_list("outcome", "status", "excerpt"))
    assert tries == [
        ("refused", 500, "No <b>thanks</b>"),
        ("redirected", 302, ""),
        ("refused", 410, "No <b>thanks</b>"),
        ("delivered", 204, ""),
    ]
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1
    assert Endpoint.objects.get().failing_since is None


def test_slow_gone_and_forbidden_receivers(
    world: World, receiver: Receiver, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr(outbound, "TIMEOUT_SECONDS", 0.2)
    receiver.seconds = 1
    assert _trial(endpoint, world).attempts.get().outcome == "timed_out"
    Endpoint.objects.update(url="http://127.0.0.1:9/gone")
    assert _trial(endpoint, world).attempts.get().outcome == "unreachable"
    settings.WEBHOOKS_MAY_BE_NEAR = False
    Endpoint.objects.update(url="https://127.0.0.1:9/inside")
    assert _trial(endpoint, world).attempts.get().outcome == "not_public"
    assert Endpoint.objects.get().failing_since is not None


def test_a_message_is_given_up_and_sent_again_by_hand(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    receiver.answers = [503]
    message = _trial(endpoint, world)
    for _turn in range(len(actions.PAUSES)):
        _due()
    message.refresh_from_db()
    assert (message.tries, message.given_up_at is None) == (10, False)
    _due()
    assert len(receiver.got) == 10
    receiver.answers = [200]
    actions.send_again(message=message, by=world.ada, at=timezone.now())
    jobs.run_waiting()
    message.refresh_from_db()
    assert (message.delivered_at is None, message.given_up_at) == (False, None)
    assert actions.forget_messages(at=timezone.now()) == 0
    assert actions.forget_messages(at=timezone.now() + timedelta(days=31)) == 1


def test_a_retry_and_whoever_sends_again_send_once(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    """Each has a job: the later one counts, and none begins while the other is sending."""
    receiver.answers = [500, 500, 500, 200]
    message = _trial(endpoint, world)
    actions.send_again(message=message, by=world.ada, at=timezone.now())
    jobs.run_waiting()
    assert len(receiver.got) == 2
    _due()
    assert len(receiver.got) == 3, "the retry of the first try is none any more"
    _due()
    message.refresh_from_db()
    assert (len(receiver.got), message.delivered_at is None, message.tries) == (4, False, 4)
    for _twice in range(2):
        actions.send_again(message=message, by=world.ada, at=timezone.now())
    jobs.run_waiting()
    assert len(receiver.got) == 5


def _under_way(endpoint: Endpoint, world: World) -> Message:
    """A try holds the message, and somebody asks for another one."""
    now = timezone.now()
    message = actions.send_trial(endpoint=endpoint, by=world.ada, at=now)
    claimed = actions.claim(message_id=message.pk, turn=0, at=now)
    assert claimed is not None
    with connection.cursor() as cursor:  # the job of the try is at work, not waiting
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'")
    actions.send_again(message=message, by=world.ada, at=now)
    jobs.run_waiting()
    return claimed


def test_a_try_under_way_is_not_overtaken(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    def ended(message: Message, outcome: str) -> None:
        actions.note_attempt(
            message=message, outcome=outcome, answer=None, milliseconds=1, at=timezone.now()
        )
        jobs.run_waiting()

    message = _under_way(endpoint, world)
    assert receiver.got == []
    ended(message, "delivered")
    _due()
    assert receiver.got == [], "it arrived, as was asked"
    message = _under_way(endpoint, world)
    ended(message, "timed_out")
    assert len(receiver.got) == 1, "it did not arrive: the one that was asked for follows at once"
    message = _under_way(endpoint, world)
    assert actions.claim(message_id=message.pk, turn=0, at=timezone.now()) is not None, "run again"
    _due()
    assert len(receiver.got) == 1
    Message.objects.filter(pk=message.pk).update(sending_since=timezone.now() - actions.CLAIM_LIVES)
    _due()
    assert len(receiver.got) == 2, "whoever was sending died"
    message.refresh_from_db()
    assert (message.sending, message.delivered_at is None) == (None, False)


def test_an_endpoint_that_fails_for_days_is_switched_off_and_somebody_is_told(
    world: World, receiver: Receiver, endpoint: Endpoint
) -> None:
    receiver.answers = [500]
    _trial(endpoint, world)
    Endpoint.objects.update(failing_since=timezone.now() - actions.DISABLED_AFTER)
    _due()
    found = Endpoint.objects.get()
    assert found.disabled_at is not None
    assert Message.objects.get().given_up_at is not None
    note = Notification.objects.get()
    assert (note.recipient, note.text) == (
        world.ada, "The webhook “Books” failed for days and was switched off.",
    )  # fmt: skip
    assert AuditEntry.objects.filter(action="webhook_disabled").count() == 1
    with pytest.raises(actions.EndpointOff):
        actions.send_trial(endpoint=found, by=world.ada, at=timezone.now())
    actions.enable_endpoint(endpoint=found, by=world.ada, at=timezone.now())
    receiver.answers = [200]
    assert _trial(Endpoint.objects.get(), world).delivered_at is not None


INSIDE = (
    "https://127.0.0.1/", "https://10.1.2.3/", "https://192.168.0.1/", "https://169.254.169.254/",
    "https://100.64.0.1/", "https://0.0.0.0/", "https://[::1]/", "https://[fc00::1]/",
    "https://[fe80::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://localhost/", "https://2130706433/", "https://224.0.0.1/",
)  # fmt: skip


def test_nothing_is_sent_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in INSIDE:
        with pytest.raises(outbound.AddressRefused) as refused:
            outbound.check(url)
        assert refused.value.code == "not_public", url
    for url, code in (
        ("http://example.com/", "not_https"),
        ("ftp://example.com/", "not_https"),
        ("https://", "malformed"),
        ("https://user:pass@example.com/", "malformed"),
        ("https://example.com:99999/", "malformed"),
        ("https://exämple.com/", "malformed"),
        ("https://nowhere.invalid/", "unknown_host"),
    ):
        with pytest.raises(outbound.AddressRefused) as refused:
            outbound.check(url)
        assert refused.value.code == code, url

    # A name with one public and one inner address is refused, and the first answer is kept.
    def both(*_args: object, **_more: object) -> list[Any]:
        return [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(outbound.AddressRefused):
        outbound.check("https://example.com/")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: both()[:1])
    assert outbound.check("https://example.com/").ip == "93.184.216.34"


def test_an_administrator_keeps_webhooks(
    world: World, receiver: Receiver, client_for: Callable[..., Client], settings: Any
) -> None:
    client = client_for(world.ada)
    data = {"url": receiver.url, "description": "Books", "kinds": ["run.finished"]}
    settings.WEBHOOKS_MAY_BE_NEAR = False
    assert client.post("/webhooks/new", data).status_code == 422
    settings.WEBHOOKS_MAY_BE_NEAR = True
    assert client.post("/webhooks/new", data | {"kinds": ["nonsense"]}).status_code == 422
    assert not Endpoint.objects.exists()
    made = client.post("/webhooks/new", data)
    assert (made.status_code, made["Cache-Control"]) == (200, "no-store")
    assert "whsec_" in made.content.decode()
    endpoint = Endpoint.objects.get()
    path = f"/webhooks/{endpoint.pk}"
    assert "whsec_" not in client.get(path).content.decode()
    receiver.answers = [400]
    assert client.post(f"{path}/trial").status_code == 303
    jobs.run_waiting()
    message = Message.objects.get()
    log = client.get(f"{path}/messages/{message.pk}").content.decode()
    assert "The receiver refused it" in log
    assert "No &lt;b&gt;thanks&lt;/b&gt;" in log
    assert client.post(f"{path}/messages/{message.pk}/again").status_code == 303
    jobs.run_waiting()
    assert Attempt.objects.count() == 2
    assert client.post(f"{path}/change", data | {"description": "Ledger"}).status_code == 303
    assert "Ledger" in client.get("/webhooks/").content.decode()
    assert client.post(f"{path}/state", {"on": "0"}).status_code == 303
    assert Endpoint.objects.get().disabled_at is not None
    assert client.post(f"{path}/remove").status_code == 303
    assert client.get(path).status_code == 404
    for person in (world.dana, world.priya):
        assert client_for(person).get("/webhooks/").status_code == 403
