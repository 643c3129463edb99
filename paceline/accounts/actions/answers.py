"""Answers to writes, kept for a day so that a repeated request does nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from paceline.accounts.models import ApiToken, KeptAnswer

KEPT_HOURS = 24
# How long the second of two equal requests waits for the answer of the first.
WAIT_SECONDS = 5


class RequestUnderWay(Exception):
    """Another request with the same key has not been answered yet."""


class KeyReused(Exception):
    """The key was given to another request before."""


def claim_key(*, token: ApiToken, key: str, request_digest: str, at: datetime) -> KeptAnswer:
    """The kept answer for a key; one without ``status`` is new, and this request's to fill.

    Call it in the transaction of the write: whoever comes second waits at the unique key until the
    first has committed, and finds its answer. Raises ``RequestUnderWay`` and ``KeyReused``.
    """
    fresh = at - timedelta(hours=KEPT_HOURS)
    mine = KeptAnswer.objects.filter(token=token, key=key)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = %s", [f"{WAIT_SECONDS}s"])
            mine.filter(made_at__lt=fresh).delete()
            made = KeptAnswer.objects.bulk_create(
                [KeptAnswer(token=token, key=key, request_digest=request_digest, made_at=at)],
                ignore_conflicts=True,
            )
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise RequestUnderWay(key) from error
        raise
    assert made  # noqa: S101 - the row is there, by us or by the one before
    kept = mine.get()
    if kept.request_digest != request_digest:
        raise KeyReused(key)
    return kept


def keep_answer(*, kept: KeptAnswer, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Keep what a write was answered, in its transaction."""
    kept.status, kept.headers, kept.body = status, dict(headers), body
    kept.save(update_fields=["status", "headers", "body"])


def forget_answers(*, at: datetime) -> int:
    """Delete answers that nobody is given any more; returns how many."""
    old = KeptAnswer.objects.filter(made_at__lt=at - timedelta(hours=KEPT_HOURS))
    return old.delete()[0]


@transaction.atomic
def forget_answers_about(*, words: Iterable[str]) -> int:
    """Kept answers that speak of somebody who was erased go; returns how many. The same request
    again is then a new one."""
    plain = {one.strip() for one in words if len(one.strip()) > 1}
    spelled = {one.encode() for one in plain} | {json.dumps(one)[1:-1].encode() for one in plain}
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_keptanswer a WHERE EXISTS ("
            "SELECT 1 FROM unnest(%s::bytea[]) w (word) WHERE position(w.word in a.body) > 0)",
            [sorted(spelled)],
        )
        return int(cursor.rowcount)
