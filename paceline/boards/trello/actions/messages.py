"""What Trello says by itself: kept once as it came, taken up by a pass."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection as database
from django.db import transaction

from paceline.boards.trello import reading
from paceline.boards.trello.models import Connection, Message, Turned
from paceline.boards.trello.queries import JOB
from paceline.kernel import jobs
from paceline.live.actions import publish_all

TURNED_KEPT = timedelta(days=90)


@transaction.atomic
def receive(*, connection: Connection, body: bytes, at: datetime) -> bool:
    """Keep a message that is really Trello's, and let it be taken up; whether it is new.

    The message is its own record: no audit line.
    """
    action = reading.parsed(body)
    card = reading.text((action.get("data") or {}).get("card") or {}, "id")
    key = reading.text(action, "id") or hashlib.sha256(body).hexdigest()[:60]
    _row, is_new = Message.objects.get_or_create(
        connection=connection, action_id=key[:60],
        defaults={
            "kind": reading.text(action, "type")[:60], "card_key": card[:40], "body": body,
            "received_at": at,
        },
    )  # fmt: skip
    if is_new:
        Connection.objects.filter(pk=connection.pk).update(heard_at=at)
        if connection.started_at is not None and connection.retry_at is None:
            jobs.wake(JOB, pk=connection.pk)
        publish_all([f"trello:{connection.pk}"], "heard", str(connection.pk))
    return is_new


_TURN = """
INSERT INTO trello_turned (connection_id, "on", code, count) VALUES (%s, %s, %s, 1)
ON CONFLICT (connection_id, "on", code) DO UPDATE SET count = trello_turned.count + 1
"""


@transaction.atomic
def turn_away(*, connection: Connection, code: str, at: datetime) -> None:
    """Count a message that was not taken; of strangers' bytes nothing is kept, so no audit line."""
    with database.cursor() as cursor:
        cursor.execute(_TURN, [connection.pk, at.date(), code])


@transaction.atomic
def forget_old_messages(*, at: datetime) -> int:
    """Delete messages that were taken in long ago; returns how many. They name people."""
    kept = timedelta(days=settings.TRELLO_MESSAGES_KEPT_DAYS)
    gone, _each = Message.objects.filter(taken_at__lt=at - kept).delete()
    Turned.objects.filter(on__lt=(at - TURNED_KEPT).date()).delete()
    return gone
