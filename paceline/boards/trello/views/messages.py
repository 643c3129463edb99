"""The address to which Trello sends its messages: answered at once, taken up later."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from paceline.boards.trello import actions, queries
from paceline.boards.trello.signing import is_signed

# Answers are read by machines: short, the same for every reader, and without a hint to strangers.
TAKEN, UNKNOWN, UNTRUSTED = "taken\n", "unknown address\n", "not accepted\n"


@csrf_exempt
@login_not_required
@require_http_methods(["HEAD", "POST"])
def receive(request: HttpRequest, key: str) -> HttpResponse:
    """HEAD: Trello looks whether the address answers before it makes a webhook. POST: a message
    whose signature over its raw bytes and this address is right is kept."""
    connection = queries.connection_by_key(key)
    if connection is None:
        return _answer(404, UNKNOWN)
    if request.method == "HEAD":
        return _answer(200 if connection.ended_at is None else 410, "")
    at = timezone.now()
    if connection.ended_at is not None:
        actions.turn_away(connection=connection, code="ended", at=at)
        return _answer(410, UNTRUSTED)  # Trello deletes a webhook that is answered so
    body = _body(request)
    if body is None:
        actions.turn_away(connection=connection, code="too_large", at=at)
        return _answer(413, UNTRUSTED)
    given = request.headers.get("X-Trello-Webhook", "")
    secret = actions.access_to(connection)["secret"]
    if not given or not is_signed(given, secret, body, connection.callback):
        code = "wrong_signature" if given else "no_signature"
        actions.turn_away(connection=connection, code=code, at=at)
        return _answer(401, UNTRUSTED)
    actions.receive(connection=connection, body=body, at=at)
    return _answer(200, TAKEN)


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes; None when they are more than is read."""
    length, most = request.META.get("CONTENT_LENGTH") or "0", settings.TRELLO_MESSAGE_BYTES_MAX
    try:
        if length.isdigit() and int(length) > most:
            return None
        return request.body if len(request.body) <= most else None
    except RequestDataTooBig:
        return None


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
