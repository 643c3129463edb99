"""Sending: outside of every transaction, so that a slow receiver holds no row."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from paceline.kernel import jobs, outbound
from paceline.kernel.sealed import unseal
from paceline.webhooks import actions, signing
from paceline.webhooks.models import Endpoint, Message

OK, REDIRECT, TROUBLE = 200, 300, 400


@jobs.task(name="webhooks.send")
def send(message_id: int, turn: int = 0) -> None:
    """One try. A message may arrive twice if a worker dies in between: its id is the same then."""
    message = actions.claim(message_id=message_id, turn=turn, at=timezone.now())
    if message is None:
        return
    endpoint = message.endpoint
    if endpoint.disabled_at is not None or endpoint.removed_at is not None:
        actions.note_attempt(
            message=message, outcome="switched_off", answer=None, milliseconds=0, at=timezone.now()
        )
        return
    outcome, answer, milliseconds = _try(message, endpoint)
    actions.note_attempt(
        message=message,
        outcome=outcome,
        answer=answer,
        milliseconds=milliseconds,
        at=timezone.now(),
    )


def _try(message: Message, endpoint: Endpoint) -> tuple[str, outbound.Answer | None, int]:
    body, now = message.body.encode(), timezone.now()
    good = [endpoint.secret]
    if endpoint.old_secret is not None and (endpoint.old_secret_until or now) > now:
        good.append(endpoint.old_secret)
    opened = [unseal(one, purpose=actions.PURPOSE) for one in good]
    headers = signing.headers(opened, message.id_header, now, body)
    headers |= {"Content-Type": "application/json", "User-Agent": "Paceline-Webhooks/1"}
    try:
        place = outbound.check(endpoint.url, may_be_near=settings.WEBHOOKS_MAY_BE_NEAR)
        answer = outbound.post(place, body, headers)
    except outbound.AddressRefused as refused:
        return refused.code, None, 0
    except outbound.NotAnswered as silence:
        return silence.code, None, silence.milliseconds
    if OK <= answer.status < REDIRECT:
        return "delivered", answer, answer.milliseconds
    outcome = "redirected" if REDIRECT <= answer.status < TROUBLE else "refused"
    return outcome, answer, answer.milliseconds


@jobs.every("31 4 * * *", name="webhooks.forget_messages")
def forget_messages(timestamp: int) -> None:  # noqa: ARG001 - given to every periodic job
    actions.forget_messages(at=timezone.now())
