"""Headers that every answer carries, and files that need no view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
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
