"""Answering a browser: a whole page, or the fragment that htmx asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect


class Refused(PermissionDenied):
    """What the person may not do now, with a reason of its own; both texts in their language."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self.title = title
        self.text = text


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page (not for a boosted page or one from its history)."""
    details = getattr(request, "htmx", None)
    if not details:
        return False
    return not details.boosted and not details.history_restore_request


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or only its partial ``fragment`` when htmx asks.

    A fragment carries the waiting toasts with it; they are swapped into the shell out of band.
    """
    values = dict(context or {})
    if fragment and wants_fragment(request):
        body = str(render_to_string(f"{template}#{fragment}", values, request))
        body += toasts(request)
    else:
        body = render_to_string(template, values, request)
    response = HttpResponse(body, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def toasts(request: HttpRequest) -> str:
    """The waiting messages as an out-of-band swap; nothing when there are none."""
    waiting = messages.get_messages(request)
    if not len(waiting):
        return ""
    return render_to_string(
        "web/components/toasts.html", {"messages": waiting, "out_of_band": True}
    )


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """After a change: send the reader to another page, by htmx or by a plain redirect."""
    if wants_fragment(request):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url, status=303)


def refuse(
    request: HttpRequest, status: int, title: str, text: str, *, url: str = "", action: str = ""
) -> HttpResponse:
    """Say that nothing was changed and why: a page of its own, or a notice for htmx.

    ``url`` and ``action`` offer a way on; without them the page leads home.
    """
    values = {"status": status, "title": title, "text": text, "url": url, "action": action}
    if wants_fragment(request):
        body = render_to_string("web/components/notice.html", {**values, "tone": "bad"}, request)
    else:
        body = render_to_string("web/problem.html", values, request)
    return HttpResponse(body, status=status)
