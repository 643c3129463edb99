"""Requests that are too large: refused before a byte of them is kept.

The server writes a request's body to the disk before Django sees it. The announced length is
therefore looked at first, and a body without one is counted while it arrives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from paceline.kernel import formats
from paceline.kernel.pages import refuse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Django spells the same protocol with other containers.
App = Callable[[Any, Any, Any], Awaitable[None]]

# Field names and boundaries around a file.
ENVELOPE_BYTES = 64 * 1024
EMPTY: Message = {"type": "http.request", "body": b"", "more_body": False}


def bytes_max() -> int:
    return int(settings.UPLOAD_BYTES_MAX) + ENVELOPE_BYTES


class UploadLimit:
    """Around the ASGI application: an announced body that is too large is not read at all."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _announced(scope) > bytes_max():
            await self.app(scope, _nothing(), send)
        else:
            body = _Counted(receive)
            await self.app(scope, body, send)
            if body.is_cut:
                # What was read is gone by now; the same refusal as for an announced length.
                length = (b"content-length", str(body.received).encode())
                announced = {**scope, "headers": [*scope.get("headers", ()), length]}
                await self.app(announced, _nothing(), send)


def _announced(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _nothing() -> Receive:
    """An empty body, and then a client that stays: whoever asks again waits for it to leave."""
    is_read = False

    async def nothing() -> Message:
        nonlocal is_read
        if is_read:
            await asyncio.Event().wait()
        is_read = True
        return dict(EMPTY)

    return nothing


class _Counted:
    """A body that seems to break off where it grows too large."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.received = 0
        self.is_cut = False

    async def __call__(self) -> Message:
        message = await self.receive()
        self.received += len(message.get("body", b""))
        if self.received <= bytes_max():
            return message
        self.is_cut = True
        return {"type": "http.disconnect"}


def limit_text() -> str:
    """The refusal of a file that is too large, for a page that can say it before it is sent."""
    most = formats.file_size(settings.UPLOAD_BYTES_MAX)
    return _("Files up to %(most)s are accepted. Split it. Nothing was changed.") % {"most": most}


class RefuseTooLarge:
    """Says in the reader's language that a request was too large; stands before any parsing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > bytes_max():
            return refuse(request, 413, _("The file is too large."), limit_text())
        return self.get_response(request)
