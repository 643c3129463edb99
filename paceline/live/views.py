"""The event stream of open pages, and the progress of a person's own work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from time import monotonic
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from paceline.live import actions, stream, topics
from paceline.live.models import Progress
from paceline.org.models import Person

HEARTBEAT_SECONDS = 20.0
RECHECK_SECONDS = 60.0
RETRY_MILLISECONDS = 2000

StillMay = Callable[[], Awaitable[bool]]

_readers: WeakKeyDictionary[asyncio.AbstractEventLoop, stream.Reader] = WeakKeyDictionary()


def reader() -> stream.Reader:
    """The reader of the running event loop."""
    return _readers.setdefault(asyncio.get_running_loop(), stream.Reader())


@login_required
@require_GET
def events(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events of the topics that the person may follow.

    204 tells the browser not to come back: nothing of what it asked for is theirs to follow.
    """
    person = _person(request)
    followed = topics.followed_by(person, request.GET.get("topics", "").split(","))
    if not followed:
        return HttpResponse(status=204)
    still_may = partial(_still_may_follow, person.pk, request.session, followed)
    response = StreamingHttpResponse(
        _lines(followed, after=_last_seen(request), still_may=sync_to_async(still_may)),
        content_type="text/event-stream",
    )
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    _give_back_connection()
    return response


@login_required
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Progress.objects.visible_to(_person(request)), pk=pk)
    return render(request, "web/components/progress.html", {"progress": found})


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Progress.objects.visible_to(_person(request)), pk=pk)
    actions.request_cancel(progress=found, by=_person(request), at=timezone.now())
    if request.headers.get("HX-Request"):
        found.refresh_from_db()
        return render(request, "web/components/progress.html", {"progress": found})
    return redirect("live:progress", pk=pk)


def _person(request: HttpRequest) -> Person:
    person: Person | None = getattr(request, "person", None)
    if person is None:
        raise PermissionDenied
    return person


async def _lines(
    followed: list[str], *, after: int | None, still_may: StillMay
) -> AsyncIterator[bytes]:
    subscription = await reader().subscribe(followed)
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        try:
            first, newest = await stream.missed(followed, after=after)
        except stream.Behind:
            yield _reset()
            return
        sent = after or 0
        for event in first:
            sent = event.id
            yield _event(event)
        if not first:
            sent = newest
            yield f"id: {newest}\n: connected\n\n".encode()
        async for line in _live_lines(subscription, sent=sent, still_may=still_may):
            yield line
    finally:
        reader().leave(subscription)


async def _live_lines(
    subscription: stream.Subscription, *, sent: int, still_may: StillMay
) -> AsyncIterator[bytes]:
    checked = monotonic()
    while True:
        try:
            event = await asyncio.wait_for(subscription.waiting.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            yield b": still here\n\n"
        else:
            if event.id > sent:
                yield _event(event)
        if subscription.is_behind:
            yield _reset()
            return
        if monotonic() - checked >= RECHECK_SECONDS:
            checked = monotonic()
            if not await still_may():
                return


def _event(event: stream.Event) -> bytes:
    data = json.dumps({"topic": event.topic, "kind": event.kind, "ref": event.ref})
    return f"id: {event.id}\ndata: {data}\n\n".encode()


def _reset() -> bytes:
    """The page missed something: it reads everything again and forgets where it was."""
    return b"id:\nevent: reset\ndata: {}\n\n"


def _last_seen(request: HttpRequest) -> int | None:
    given = request.headers.get("Last-Event-ID", "") or request.GET.get("after", "")
    return int(given) if given.isdecimal() and len(given) < 19 else None


def _still_may_follow(person_id: int, session: SessionBase, followed: list[str]) -> bool:
    """Whether the person is still signed in and may still follow every topic."""
    try:
        if not session.session_key or not session.exists(session.session_key):
            return False
        person = Person.objects.filter(pk=person_id, user__is_active=True).first()
        if person is None:
            return False
        person.acting_on = timezone.localdate()
        return topics.followed_by(person, followed) == followed
    finally:
        _give_back_connection()


def _give_back_connection() -> None:
    """A stream lives for hours; it must not keep the database connection of its thread."""
    if not connection.in_atomic_block:
        connection.close()
