"""Headers that every answer carries, text that can be stored, files that need no view, and what is
packed on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from whitenoise.middleware import WhiteNoiseFileResponse, WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from paceline.kernel.parts import InParts

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'self'; object-src 'none'"
)


class ContentSecurityPolicy:
    """No inline script runs; inline style attributes stay allowed, because charts set them."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


class Packed(GZipMiddleware):
    """Packs pages and other texts for whoever can unpack them: a dashboard becomes a seventh.

    Files are packed already, and what is sent part by part, live events above all, must not wait
    for a packer's buffer. Django adds a random number of bytes to each answer, and the mark of each
    form is masked anew, so that lengths tell nothing of what is in them.
    """

    async_capable = False

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if response.streaming or not (kind.startswith("text/") or kind in TEXTS):
            return response
        return super().process_response(request, response)


TEXTS = {"application/json", "application/problem+json", "image/svg+xml"}


class WithoutNull:
    """Takes the null character out of questions and forms: no text of a person has it.

    PostgreSQL stores none and refuses a question that names one. What a program sends to a view
    that is exempt from the check of forms stays as it was signed.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _given: Any
    ) -> None:
        if "\0" in request.path_info:
            raise Http404
        if getattr(view, "csrf_exempt", False):
            return
        if "%00" in request.META.get("QUERY_STRING", ""):
            request.GET = _without_null(request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            found = request.POST
            if any("\0" in text for texts in found.lists() for text in (texts[0], *texts[1])):
                request.POST = _without_null(found)  # type: ignore[assignment]


def _without_null(found: QueryDict) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name, texts in found.lists():
        kept.setlist(name.replace("\0", ""), [str(text).replace("\0", "") for text in texts])
    kept._mutable = False
    return kept


class StaticAnswer(InParts, WhiteNoiseFileResponse):  # type: ignore[misc]
    """A static file, sent part by part."""


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, whose own answers Django would read whole under ASGI."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> StaticAnswer:
        found = static_file.get_response(request.method, request.META)
        answer = StaticAnswer(found.file or (), status=int(found.status))
        del answer["content-type"]
        for name, value in found.headers:
            answer[name] = value
        return answer
