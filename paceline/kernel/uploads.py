"""Requests that are too large, or for which there is no room: refused before a byte is kept.

The server writes a request's body to the disk before Django sees it. The announced length is
therefore looked at first, and a body without one is counted while it arrives. Whoever is not
signed in may send little: else anybody at all could fill the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import import_module
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.utils.translation import gettext as _

from paceline.kernel import disk, formats
from paceline.kernel.pages import refuse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Django spells the same protocol with other containers.
App = Callable[[Any, Any, Any], Awaitable[None]]

# Field names and boundaries around a file.
ENVELOPE_BYTES = 64 * 1024
# A body without announced length is measured against the disk each time that it grew by so much.
LOOK_EVERY_BYTES = 64 * 1024**2
NO_ROOM = "paceline.no_room"
EMPTY: Message = {"type": "http.request", "body": b"", "more_body": False}


def bytes_max(*, signed_in: bool = True) -> int:
    """The most bytes of a request, field names and boundaries counted."""
    most = settings.UPLOAD_BYTES_MAX
    if not signed_in:
        most = min(most, settings.UPLOAD_BYTES_MAX_SIGNED_OUT)
    return int(most) + ENVELOPE_BYTES


class UploadLimit:
    """Around the ASGI application: an announced body that is too large is not read at all.

    Costs nothing for what anybody may send; the session is looked up, once, for what is larger.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif await _is_too_large(scope, _announced(scope)):
            await self.app(scope, _nothing(), send)
        elif not _has_room(_announced(scope)):
            await self.app({**scope, NO_ROOM: True}, _nothing(), send)
        else:
            body = _Counted(scope, receive)
            await self.app(scope, body, send)
            if body.is_cut:
                # What was read is gone by now; the same refusal as for an announced length.
                length = (b"content-length", str(body.received).encode())
                headers = [*scope.get("headers", ()), length]
                announced = {**scope, "headers": headers, NO_ROOM: body.lacks_room}
                await self.app(announced, _nothing(), send)


def _has_room(length: int) -> bool:
    """Asked only of what does not stay in memory."""
    return length <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE or disk.has_room_for_upload(length)


async def _is_too_large(scope: Scope, length: int) -> bool:
    if length <= bytes_max(signed_in=False):
        return False
    return length > bytes_max() or not await _is_signed_in(scope)


async def _is_signed_in(scope: Scope) -> bool:
    """Whether the request's cookie names a session that somebody has signed in to."""
    cookies = b"; ".join(value for name, value in scope.get("headers", ()) if name == b"cookie")
    key = parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return False
    async with ThreadSensitiveContext():  # beside the requests that are being answered
        return await sync_to_async(_has_user)(key)


def _has_user(key: str) -> bool:
    try:
        return SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(key).load()
    finally:
        connection.close()  # this thread's own: no request's end closes it


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

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.most = bytes_max(signed_in=False)
        self.received = 0
        self.looked_at = 0
        self.is_cut = self.lacks_room = False

    async def __call__(self) -> Message:
        message = await self.receive()
        self.received += len(message.get("body", b""))
        if self.received > self.most and await _is_too_large(self.scope, self.received):
            return self._cut()
        if self.received > self.most:
            self.most = bytes_max()
        if self.received >= self.looked_at + LOOK_EVERY_BYTES:
            self.looked_at = self.received
            # The body itself is kept already; its copies and what is still to come are not.
            self.lacks_room = not _has_room(self.received)
            if self.lacks_room:
                return self._cut()
        return message

    def _cut(self) -> Message:
        self.is_cut = True
        return {"type": "http.disconnect"}


def limit_text() -> str:
    """The refusal of a file that is too large, for a page that can say it before it is sent."""
    most = formats.file_size(settings.UPLOAD_BYTES_MAX)
    return _("Files up to %(most)s are accepted. Split it. Nothing was changed.") % {"most": most}


def signed_out_text() -> str:
    """The refusal of a large file from whoever is not signed in."""
    most = formats.file_size(settings.UPLOAD_BYTES_MAX_SIGNED_OUT)
    return _("Sign in to send more than %(most)s. Nothing was changed.") % {"most": most}


def no_room_text() -> str:
    return _(
        "The server's disk has no room for this file. Nothing was changed. Tell an administrator."
    )


class RefuseTooLarge:
    """Says in the reader's language that a request was too large, or that there is no room for it;
    stands before any parsing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        sent = int(length) if length.isdigit() else 0
        if sent > bytes_max():
            return refuse(request, 413, _("The file is too large."), limit_text())
        if sent > bytes_max(signed_in=False) and not request.user.is_authenticated:
            return refuse(request, 413, _("The file is too large."), signed_out_text())
        if getattr(request, "scope", {}).get(NO_ROOM) or not _has_room(sent):
            return refuse(request, 507, _("The server's disk is nearly full."), no_room_text())
        return self.get_response(request)
