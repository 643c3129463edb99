"""Calls with a token: known before anything else is asked, counted, and answered as documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from paceline.api.callers import Caller, find_caller, refuse_too_many
from paceline.api.writes import answer_once
from paceline.kernel.interface import Problem
from paceline.kernel.interface.problems import MEDIA_TYPE, of_status

BEGINNING = "/api/v1/"
SCHEMA = "/api/v1/openapi.json"
READS = {"GET", "HEAD", "OPTIONS"}
BODIES = {"POST", "PUT", "PATCH"}


class TokenCalls:
    """Everything below ``/api/v1/`` but the schema needs a token; a signed-in browser has none.

    So no page of another site can use a reader's session here. Sets ``person``, ``today``,
    ``now``, ``user`` and ``scopes`` as the interface's functions use them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(BEGINNING) or request.path == SCHEMA:
            return self.get_response(request)
        caller = None
        now = timezone.now()
        try:
            caller = find_caller(request, now)
            with translation.override(_language(request, caller)), timezone.override(caller.zone):
                try:
                    answer = self._answer(request, caller, now)
                except Problem as problem:
                    answer = problem.answer()
                answer = _as_document(answer)
                answer.headers["Content-Language"] = translation.get_language() or "en"
        except Problem as problem:
            answer = problem.answer()
        if caller is not None:
            _tell_limits(answer, caller, now)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _answer(self, request: HttpRequest, caller: Caller, now: datetime) -> HttpResponse:
        refuse_too_many(caller.token, now)
        asked = cast("Any", request)
        asked.user, asked.person, asked.today = caller.token.user, caller.person, caller.today
        asked.now, asked.scopes = now, frozenset(caller.token.scopes)
        _refuse_null_characters(request)
        if request.method in READS:
            return self.get_response(request)
        _refuse_bodies(request)
        return answer_once(request, caller.token, now, self.get_response)


def _refuse_null_characters(request: HttpRequest) -> None:
    """No text of the product holds one; the database keeps none."""
    if "\0" in request.path or any("\0" in one for one in request.GET.values()):
        raise Problem("invalid", _("Null characters are not taken."))


def _refuse_bodies(request: HttpRequest) -> None:
    try:
        body = request.body
    except RequestDataTooBig:
        raise Problem("too_large") from None
    if body and request.method in BODIES and request.content_type != "application/json":
        raise Problem("wrong_media_type")
    if b"\\u0000" in body:
        raise Problem("invalid", _("Null characters are not taken."))


def _language(request: HttpRequest, caller: Caller) -> str:
    """What the caller asks for; their own language when they ask for none."""
    if request.headers.get("Accept-Language"):
        return translation.get_language_from_request(request)
    return caller.token.user.language


def _as_document(answer: HttpResponse) -> HttpResponse:
    """A refusal from outside the interface's own code is worded like any other."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.status_code < 400 or kind == MEDIA_TYPE:
        return answer
    told = of_status(answer.status_code).answer()
    if answer.has_header("Allow"):
        told.headers["Allow"] = answer["Allow"]
    return told


def _tell_limits(answer: HttpResponse, caller: Caller, now: datetime) -> None:
    left = max(0, settings.API_CALLS_PER_MINUTE - caller.token.calls)
    answer.headers["RateLimit-Policy"] = f'"token";q={settings.API_CALLS_PER_MINUTE};w=60'
    answer.headers["RateLimit"] = f'"token";r={left};t={60 - now.second}'
