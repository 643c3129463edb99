"""Every change to endpoints and messages.

``announce`` is what other apps call, in the transaction of what happened: the message is kept and
its job queued with it, so that nothing is told that did not happen, and nothing that did is lost.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from paceline.kernel import audit, jobs
from paceline.kernel.outbound import Answer
from paceline.kernel.sealed import seal
from paceline.kernel.standard_webhooks import new_secret
from paceline.notifications.actions import notify
from paceline.org.models import Person
from paceline.webhooks import queries
from paceline.webhooks.kinds import PING
from paceline.webhooks.models import Attempt, Endpoint, Message

PURPOSE = "webhooks"
ENDPOINTS_MAX = 50
# How long after each failure the next try follows; then the message is given up.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# The pause is up to so much longer, in thousandths, so that a receiver is not met by all at once.
JITTER = 250
DISABLED_AFTER = timedelta(days=5)
OLD_SECRET_LIVES = timedelta(hours=24)
KEPT = timedelta(days=30)
# A try takes half a minute at the most: what is said to be sent for longer than this died on it.
CLAIM_LIVES = timedelta(minutes=2)


class TooManyEndpoints(Exception):
    """The company has as many endpoints as it may."""


class EndpointOff(Exception):
    """The endpoint is switched off; nothing is sent to it."""


@transaction.atomic
def add_endpoint(
    *, url: str, description: str, kinds: Iterable[str], by: Person, at: datetime
) -> tuple[Endpoint, str]:
    """Tell an address of these kinds from now on; the second value is the secret, shown once.

    The address was checked by whoever calls. Raises ``TooManyEndpoints``.
    """
    if Endpoint.objects.filter(removed_at__isnull=True).count() >= ENDPOINTS_MAX:
        raise TooManyEndpoints
    secret = new_secret()
    endpoint = Endpoint.objects.create(
        url=url,
        description=description,
        kinds=sorted(set(kinds)),
        secret=seal(secret, purpose=PURPOSE),
        made_by=by,
        made_at=at,
    )
    audit.record("webhook_added", subject=endpoint, by=by, at=at, after=_told(endpoint))
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    *,
    endpoint: Endpoint,
    url: str,
    description: str,
    kinds: Iterable[str],
    by: Person,
    at: datetime,
) -> None:
    """Send elsewhere, or about other kinds; the secret stays."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    before = _told(endpoint)
    endpoint.url, endpoint.description = url, description
    endpoint.kinds = sorted(set(kinds))
    if _told(endpoint) != before:
        endpoint.save(update_fields=["url", "description", "kinds"])
        audit.record(
            "webhook_changed", subject=endpoint, by=by, at=at, before=before, after=_told(endpoint)
        )


@transaction.atomic
def replace_secret(*, endpoint: Endpoint, by: Person, at: datetime) -> str:
    """A new secret, shown once; the old one signs beside it for a day."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    secret = new_secret()
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, at + OLD_SECRET_LIVES
    endpoint.secret = seal(secret, purpose=PURPOSE)
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    audit.record("webhook_secret_replaced", subject=endpoint, by=by, at=at)
    return secret


@transaction.atomic
def enable_endpoint(*, endpoint: Endpoint, by: Person, at: datetime) -> None:
    """Send again from now on."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if endpoint.disabled_at is not None:
        endpoint.disabled_at, endpoint.failing_since = None, None
        endpoint.save(update_fields=["disabled_at", "failing_since"])
        audit.record("webhook_enabled", subject=endpoint, by=by, at=at)


@transaction.atomic
def disable_endpoint(*, endpoint: Endpoint, by: Person, at: datetime) -> None:
    """Send nothing until it is switched on again."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if endpoint.disabled_at is None:
        _disable(endpoint, by=by, at=at, reason="")


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint, by: Person, at: datetime) -> None:
    """Send nothing any more; the log stays until it is forgotten."""
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    endpoint.removed_at = at
    endpoint.save(update_fields=["removed_at"])
    audit.record("webhook_removed", subject=endpoint, by=by, at=at, before=_told(endpoint))


def _told(endpoint: Endpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "description": endpoint.description, "kinds": endpoint.kinds}


def _disable(endpoint: Endpoint, *, by: Person | None, at: datetime, reason: str) -> None:
    endpoint.disabled_at = at
    endpoint.save(update_fields=["disabled_at"])
    audit.record("webhook_disabled", subject=endpoint, by=by, at=at, reason=reason)


def announce(*, kind: str, data: Mapping[str, Any], at: datetime) -> None:
    """Tell every endpoint that asked for this kind. ``data`` holds ids, never content.

    Call it in the transaction of what happened. One query when nobody asked.
    """
    for endpoint in Endpoint.objects.listening(kind):
        _queue(endpoint, kind, data, at)


@transaction.atomic
def send_trial(*, endpoint: Endpoint, by: Person, at: datetime) -> Message:  # noqa: ARG001
    """A message by hand, to see whether it arrives. Raises ``EndpointOff``."""
    if endpoint.disabled_at is not None:
        raise EndpointOff(endpoint)
    return _queue(endpoint, PING, {"id": endpoint.pk}, at)


def _queue(endpoint: Endpoint, kind: str, data: Mapping[str, Any], at: datetime) -> Message:
    body = {"type": kind, "timestamp": at.isoformat(), "data": dict(data)}
    message = Message.objects.create(
        endpoint=endpoint,
        kind=kind,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        made_at=at,
        next_at=at,
    )
    _enqueue(message)
    return message


def _enqueue(message: Message, *, later: datetime | None = None) -> None:
    jobs.enqueue("webhooks.send", later=later, message_id=message.pk, turn=message.turn)


@transaction.atomic
def send_again(*, message: Message, by: Person, at: datetime) -> None:
    """Try once more by hand, whatever became of it. Raises ``EndpointOff``.

    A try that is under way counts as the one that was asked for, if it succeeds.
    """
    found = Message.objects.select_for_update(of=("self",)).select_related("endpoint")
    message = found.get(pk=message.pk)
    if message.endpoint.disabled_at is not None:
        raise EndpointOff(message.endpoint)
    message.given_up_at, message.delivered_at, message.next_at = None, None, at
    message.turn += 1
    message.save(update_fields=["given_up_at", "delivered_at", "next_at", "turn"])
    _enqueue(message)
    audit.record("webhook_sent_again", subject=message, by=by, at=at)


@transaction.atomic
def claim(*, message_id: int, turn: int, at: datetime) -> Message | None:
    """Take a message for one try; ``None`` where there is nothing to do for the job of this turn.

    The planned retry and a person who asks for another try have a job each: the later one counts,
    and while one is sending the other does not. A job that is run again after its worker died finds
    its own claim and goes on.
    """
    found = Message.objects.select_for_update(of=("self",)).select_related("endpoint")
    message = found.filter(pk=message_id).first()
    if message is None or message.next_at is None:
        return None
    if message.sending != turn:
        if message.turn != turn:
            return None
        if message.sending_since is not None and at - message.sending_since < CLAIM_LIVES:
            # Whoever is sending sees to this turn when it ends; should it have died, this job does.
            _enqueue(message, later=message.sending_since + CLAIM_LIVES)
            return None
    message.sending, message.sending_since = turn, at
    message.save(update_fields=["sending", "sending_since"])
    return message


@transaction.atomic
def note_attempt(
    *, message: Message, outcome: str, answer: Answer | None, milliseconds: int, at: datetime
) -> None:
    """Note how a claimed try ended: done, another one later, given up, or the endpoint is off."""
    turn = message.sending
    endpoint = Endpoint.objects.select_for_update().get(pk=message.endpoint_id)
    message = Message.objects.select_for_update().get(pk=message.pk)
    Attempt.objects.create(
        message=message,
        at=at,
        outcome=outcome,
        status=None if answer is None else answer.status,
        milliseconds=milliseconds,
        excerpt="" if answer is None else answer.excerpt,
    )
    message.tries += 1
    if outcome == "delivered":
        message.next_at, message.delivered_at = None, at
        message.given_up_at = None
        endpoint.failing_since = None
        endpoint.save(update_fields=["failing_since"])
    elif message.sending == turn:
        message.next_at = None
        _fail(message, endpoint, at)
    if message.sending == turn:
        message.sending, message.sending_since = None, None
    message.save(
        update_fields=[
            "tries",
            "next_at",
            "delivered_at",
            "given_up_at",
            "turn",
            "sending",
            "sending_since",
        ]
    )


def _fail(message: Message, endpoint: Endpoint, at: datetime) -> None:
    if endpoint.failing_since is None:
        endpoint.failing_since = at
        endpoint.save(update_fields=["failing_since"])
    if at - endpoint.failing_since >= DISABLED_AFTER and endpoint.disabled_at is None:
        _disable(endpoint, by=None, at=at, reason=f"Failing since {endpoint.failing_since:%F}.")
        notify(
            recipients=queries.administrators(at.date()),
            kind="webhook_disabled",
            params={"endpoint": str(endpoint)},
            url=reverse("webhooks:endpoint", args=[endpoint.pk]),
            at=at,
        )
    is_off = endpoint.disabled_at is not None or endpoint.removed_at is not None
    asked_meanwhile = message.turn != message.sending
    if is_off or (message.tries > len(PAUSES) and not asked_meanwhile):
        message.given_up_at = at
        return
    message.next_at = at
    if not asked_meanwhile:
        pause = PAUSES[message.tries - 1]
        message.next_at += pause + pause * secrets.randbelow(JITTER) / 1000
    message.turn += 1
    _enqueue(message, later=message.next_at)


@transaction.atomic
def forget_messages(*, at: datetime) -> int:
    """Delete what was settled a month ago; returns how many messages."""
    old = Message.objects.filter(made_at__lt=at - KEPT, next_at__isnull=True)
    count = old.count()
    old.delete()
    return count
