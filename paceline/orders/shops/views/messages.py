"""The address to which shops send their messages: answered at once, read later."""

from __future__ import annotations

import hashlib
import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from paceline.orders.shops import actions, connectors, queries
from paceline.orders.shops.models import StopKind
from paceline.orders.shops.signing import Untrusted

log = logging.getLogger(__name__)
# Answers are read by machines: short, the same for every reader, and without a hint to strangers.
TAKEN, UNKNOWN, UNTRUSTED = "taken\n", "unknown address\n", "not accepted\n"


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, key: str) -> HttpResponse:
    """Keep a message whose signature over its raw bytes is right; say no more than that."""
    shop = queries.shop_by_key(key)
    if shop is None:
        # No row for a stranger to fill a table with; the log tells of a shop that was set up wrong.
        log.warning("A message came for a shop that is not known: %.8s…", key)
        return _answer(404, UNKNOWN)
    at = timezone.now()
    stop = queries.standing_stop(shop)
    if stop is not None and stop.kind == StopKind.ENDED:
        actions.turn_away(shop=shop, code="ended", at=at)
        return _answer(410, UNTRUSTED)
    length = request.META.get("CONTENT_LENGTH") or "0"
    try:
        is_large = length.isdigit() and int(length) > settings.SHOP_MESSAGE_BYTES_MAX
        body = b"" if is_large else request.body
    except RequestDataTooBig:
        is_large = True
    if is_large or len(body) > settings.SHOP_MESSAGE_BYTES_MAX:
        actions.turn_away(shop=shop, code="too_large", at=at)
        return _answer(413, UNTRUSTED)
    headers = {name.lower(): value for name, value in request.headers.items()}
    connector = connectors.of(shop)
    if connector is not None and connector.greets(headers, body):
        return _answer(200, TAKEN)
    try:
        message = connectors.open_message(
            shop, headers, body, actions.signing_secrets(shop, at), at
        )
    except Untrusted as error:
        actions.turn_away(shop=shop, code=error.code, at=at)
        return _answer(401, UNTRUSTED)
    delivery, is_new = actions.receive(shop=shop, message=message, body=body, at=at)
    if not is_new and delivery.digest != hashlib.sha256(body).hexdigest():
        # The first content stands; a sender that uses an id twice is told to its keeper.
        actions.turn_away(shop=shop, code="other_content", at=at)
    return _answer(200, TAKEN)


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
