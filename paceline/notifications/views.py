"""The list of what a person should know."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from paceline.kernel.pages import page
from paceline.notifications import actions, queries
from paceline.notifications.models import Notification
from paceline.org.models import Person

PAGE_ROWS = 30


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    person = _person(request)
    pages = Paginator(queries.latest(person), PAGE_ROWS)
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "shown": shown,
        "topic": f"person:{person.pk}",
        "unread": queries.unread_count(person),
        "first": shown.start_index(),
        "last": shown.end_index(),
        "count": pages.count,
        "previous_url": f"?page={shown.previous_page_number()}" if shown.has_previous() else "",
        "next_url": f"?page={shown.next_page_number()}" if shown.has_next() else "",
    }
    return page(request, "notifications/list.html", context, fragment="list")


@login_required
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The bell of every page with how many are unread: the shell's context holds it."""
    _person(request)
    return render(request, "web/bell.html")


@login_required
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read and go to what it speaks of."""
    person = _person(request)
    notification = get_object_or_404(Notification.objects.visible_to(person), pk=pk)
    actions.mark_read(notification=notification, by=person, at=timezone.now())
    url = notification.url
    is_inside = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return redirect(url if is_inside else "notifications:list")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    actions.mark_all_read(by=_person(request), at=timezone.now())
    return redirect("notifications:list")


def _person(request: HttpRequest) -> Person:
    person: Person | None = getattr(request, "person", None)
    if person is None:
        raise PermissionDenied
    return person
