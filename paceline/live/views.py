"""The event stream of open pages, who else is there, and the progress of one's own work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from random import random
from time import monotonic
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.live import actions, presence, stream, topics
from paceline.live.models import Doing, Progress
from paceline.org.models import Person
from paceline.org.queries import at_work

RECHECK_SECONDS = 60.0
RETRY_MILLISECONDS = 2000
STILL_HERE = b": still here\n\n"
# The page missed something: it reads everything again and forgets where it was.
RESET = b"id:\nevent: reset\ndata: {}\n\n"

StillMay = Callable[[], Awaitable[bool]]

_readers: WeakKeyDictionary[asyncio.AbstractEventLoop, stream.Reader] = WeakKeyDictionary()


def reader() -> stream.Reader:
    """The reader of the running event loop."""
    return _readers.setdefault(asyncio.get_running_loop(), stream.Reader())


@login_required
@require_GET
def events(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events of the topics that the person may follow.

    204 tells the browser not to come back: nothing of what it asked for is theirs to follow, or the
    server answers each request in one thread, which an open page would hold for good.
    """
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    person = _person(request)
    followed = topics.followed_by(person, request.GET.get("topics", "").split(","))
    if not followed:
        return HttpResponse(status=204)
    still_may = partial(_still_may_follow, person.pk, request.session, followed)
    response = StreamingHttpResponse(
        _lines(
            followed,
            session=request.session.session_key or "",
            after=_last_seen(request),
            still_may=sync_to_async(still_may),
        ),
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


@login_required
@require_http_methods(["GET", "POST"])
def others(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Who else has this open. A page that is open says so by POST, and once more when it closes."""
    person, now = _person(request), timezone.now()
    if not presence.may_see(person, kind, ref):
        raise Http404
    if request.method == "POST":
        try:
            page = UUID(request.POST.get("page", ""))
        except ValueError:
            return HttpResponse(status=400)
        if request.POST.get("doing") == "closing":
            actions.be_gone(kind=kind, ref=ref, page=page, by=person, at=now)
            return HttpResponse(status=204)
        is_editing = request.POST.get("doing") == Doing.EDITING
        doing = Doing.EDITING if is_editing else Doing.VIEWING
        try:
            actions.be_present(kind=kind, ref=ref, page=page, doing=doing, by=person, at=now)
        except actions.TooManyPages:
            return HttpResponse(status=429)
    found = presence.others(person, kind, ref, now)
    return render(request, "web/components/others.html", {"others": found})


def _person(request: HttpRequest) -> Person:
    person: Person | None = getattr(request, "person", None)
    if person is None:
        raise PermissionDenied
    return person


async def _lines(
    followed: list[str], *, session: str, after: stream.Place | None, still_may: StillMay
) -> AsyncIterator[bytes]:
    subscription = reader().subscribe(followed, session)
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        try:
            first, newest = await reader().missed(followed, after=after)
        except stream.Behind:
            yield RESET
            return
        except (psycopg.Error, OSError):
            return  # the database is away: the page comes back
        yield b"".join(event.line for event in first) or f"id: {newest}\n: connected\n\n".encode()
        sent = first[-1].id if first else newest.id
        async for lines in _live_lines(subscription, sent=sent, still_may=still_may):
            yield lines
    finally:
        reader().leave(subscription)


async def _live_lines(
    subscription: stream.Subscription, *, sent: int, still_may: StillMay
) -> AsyncIterator[bytes]:
    # Pages that came at the same moment are not all asked about at the same moment.
    checked = monotonic() - RECHECK_SECONDS * random() / 2  # noqa: S311 - spreads load, no secret
    while True:
        taken = await subscription.take()
        if subscription.is_over:
            return
        if subscription.is_behind:
            yield RESET
            return
        yield b"".join(event.line for event in taken if event.id > sent) or STILL_HERE
        if monotonic() - checked >= RECHECK_SECONDS:
            checked = monotonic()
            if not await still_may():
                return


def _last_seen(request: HttpRequest) -> stream.Place | None:
    return stream.Place.read(request.headers.get("Last-Event-ID", ""))


def _still_may_follow(person_id: int, session: SessionBase, followed: list[str]) -> bool:
    """Whether the person is still signed in and may still follow every topic."""
    try:
        if not session.session_key or not session.exists(session.session_key):
            return False
        people = Person.objects.filter(pk=person_id, user__is_active=True)
        found = at_work(people, timezone.now())
        if found is None:
            return False
        person, _today = found
        return topics.followed_by(person, followed) == followed
    finally:
        _give_back_connection()


def _give_back_connection() -> None:
    """A stream lives for hours; it must not keep the database connection of its thread."""
    if not connection.in_atomic_block:
        connection.close()
