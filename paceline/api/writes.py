"""A write, its kept answer and its effects in one transaction: done once, however often sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from paceline.accounts.actions import KeyReused, RequestUnderWay, claim_key, keep_answer
from paceline.accounts.models import ApiToken, KeptAnswer
from paceline.kernel.interface import Problem
from paceline.kernel.interface.problems import Fault

HEADER = "Idempotency-Key"
KEY_MAX = 255
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


def answer_once(
    request: HttpRequest,
    token: ApiToken,
    at: datetime,
    get_response: Callable[[HttpRequest], HttpResponse],
) -> HttpResponse:
    """Do the write, or give the answer that the same request was given before.

    Only what was done is kept: after a refusal nothing has changed, and the key may be used again.
    Raises ``Problem``.
    """
    key = _key(request)
    try:
        with transaction.atomic():
            kept = claim_key(token=token, key=key, request_digest=_digest(request), at=at)
            if kept.status:
                return _again(kept)
            answer = get_response(request)
            if not 200 <= answer.status_code < 300:
                transaction.set_rollback(True)
                return answer
            headers = {name: answer[name] for name in KEPT_HEADERS if answer.has_header(name)}
            keep_answer(
                kept=kept, status=answer.status_code, headers=headers, body=bytes(answer.content)
            )
            return answer
    except RequestUnderWay:
        detail = _("It has not been answered yet. Send it again in a moment, with the same key.")
        raise Problem("key_in_use", detail, headers={"Retry-After": "1"}) from None
    except KeyReused:
        detail = _("Nothing was changed. Use a new key for every new request.")
        raise Problem("key_reused", detail) from None


def _key(request: HttpRequest) -> str:
    key = request.headers.get(HEADER, "").strip()
    if not key:
        detail = _("Make one at random for every new request, and send it again with every retry.")
        raise Problem("key_missing", detail)
    if len(key) > KEY_MAX or not key.isprintable():
        message = _("No more than %(count)d printable characters are taken.") % {"count": KEY_MAX}
        raise Problem("invalid", faults=[Fault("header", HEADER, message)])
    return key


def _digest(request: HttpRequest) -> str:
    """What makes two requests the same: method, address and body."""
    parts = (str(request.method), request.get_full_path())
    head = "\n".join((*parts, request.headers.get("If-Match", "")))
    return hashlib.sha256(head.encode() + b"\n\n" + request.body).hexdigest()


def _again(kept: KeptAnswer) -> HttpResponse:
    answer = HttpResponse(bytes(kept.body), status=kept.status)
    for name, value in kept.headers.items():
        answer.headers[name] = value
    answer.headers["Idempotent-Replayed"] = "true"
    return answer
