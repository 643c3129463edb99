"""The form as a visitor sees it, and what they send: open to everybody, and only this is.

Nothing that was sent is ever shown again: answers are our own words, errors name our own fields.
The address takes posts from the pages on the form's list (CORS), so it cannot ask for a CSRF token;
a signed token of its own, made when the form is opened, stands in for it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_from_request
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from paceline.kernel.countries import countries
from paceline.leads import actions, queries, sent, texts
from paceline.leads.models import ConsentText, WebForm
from paceline.leads.sent import Given

RETRY_SECONDS = "600"
FORM_TYPE, JSON_TYPE = "application/x-www-form-urlencoded", "application/json"
LONG = {"message"}
TYPES = {"email": "email", "mobile": "tel"}
COMPLETES = {"name": "name", "email": "email", "mobile": "tel", "company_name": "organization",
             "title": "organization-title", "country": "country"}  # fmt: skip


def _form(key: str) -> WebForm:
    found = queries.form_by_key(key)
    if found is None:
        raise Http404
    return found


def _language(request: HttpRequest, form: WebForm) -> str:
    """The language asked for, else the reader's, else the form's first."""
    asked_for = request.GET.get("lang", "")
    if asked_for in form.languages:
        return asked_for
    reader = get_language_from_request(request)
    near = (one for one in form.languages if one.lower() == reader)
    return next(near, form.languages[0])


def asked(form: WebForm, language: str, errors: Mapping[str, str] | None = None) -> list[Any]:
    """The fields as they are drawn; never with what was sent."""
    found = []
    with texts.in_language(language):
        for one in form.fields:
            options = [(text, text) for text in one.get("options") or ()]
            if one["name"] == "country":
                options = countries()
            code = (errors or {}).get(one["name"], "")
            found.append({
                "name": one["name"], "label": texts.label_of(one, language),
                "is_required": one["is_required"], "options": options,
                "is_long": one["name"] in LONG, "type": TYPES.get(one["name"], "text"),
                "most": sent.LENGTHS.get(one["name"], sent.CUSTOM_MAX),
                "completes": COMPLETES.get(one["name"], "off"),
                "problem": texts.problem(code) if code else "",
            })  # fmt: skip
    return found


def consent_in(text: ConsentText | None, language: str) -> dict[str, Any] | None:
    """What is agreed to, in a language or any that it was written in."""
    if text is None:
        return None
    words = text.texts.get(language) or next(iter(text.texts.values()))
    return {"text": words, "is_required": text.is_required, "version": text.version}


@csrf_exempt
@login_not_required
@xframe_options_exempt
@require_http_methods(["GET", "POST", "OPTIONS"])
def show(request: HttpRequest, key: str) -> HttpResponse:
    """The form, or what is sent by it: as a form of a page, or as JSON."""
    form = _form(key)
    if request.method == "OPTIONS":
        return _from_elsewhere(request, form, HttpResponse(status=204))
    if request.method == "GET":
        return _page(request, form, _language(request, form))
    if not _may_send(request, form):
        return _refused(request, form, 403)
    return _take(request, form)


@login_not_required
@require_http_methods(["GET", "OPTIONS"])
def token(request: HttpRequest, key: str) -> HttpResponse:
    """What a page needs before it sends: a signed token, and how much work is asked for."""
    form = _form(key)
    if request.method == "OPTIONS":
        return _from_elsewhere(request, form, HttpResponse(status=204))
    made = _new_token(form)
    answer = JsonResponse({"token": made[0], "nonce": made[1], "work": form.work_bits})
    return _from_elsewhere(request, form, answer)


def _new_token(form: WebForm) -> tuple[str, str]:
    nonce = secrets.token_urlsafe(12)
    return sent.token(form.key, nonce, timezone.now()), nonce


@login_not_required
@xframe_options_exempt
@require_GET
def thanks(request: HttpRequest, key: str) -> HttpResponse:
    """After sending without a script."""
    form = _form(key)
    language = _language(request, form)
    return _page(request, form, language, is_sent=True)


@cache
def _script_text() -> str:
    place = Path(__file__).parents[1] / "static" / "leads" / "form.js"
    return place.read_text("utf-8")


@login_not_required
@require_GET
def script(request: HttpRequest) -> HttpResponse:
    """The script for other pages, at an address that stays."""
    answer = HttpResponse(_script_text(), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _page(
    request: HttpRequest,
    form: WebForm,
    language: str,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    *,
    is_sent: bool = False,
    refused: int = 0,
) -> HttpResponse:
    text = queries.consent_text_of(form)
    made = _new_token(form)
    with texts.in_language(language):
        body = render_to_string(
            "leads/public_form.html",
            {
                "form": form, "language": language, "words": texts.said(form, language),
                "fields": asked(form, language, errors), "consent": consent_in(text, language),
                "consent_problem": texts.problem(errors["consent"])
                if errors and "consent" in errors else "",
                "has_errors": bool(errors), "token": made[0], "nonce": made[1],
                "is_sent": is_sent, "refused": texts.refused(refused) if refused else "",
                "url": _address(form, language),
            },
        )  # fmt: skip
    answer = HttpResponse(body, status=status)
    answer.headers["Content-Language"] = language
    answer.headers["Cache-Control"] = "no-store"
    frames = " ".join(form.origins) or "'none'"
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        f"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
    )
    return answer


def _address(form: WebForm, language: str) -> str:
    return f"{reverse('leads:public_form', args=[form.key])}?lang={language}"


def _origin(request: HttpRequest) -> str:
    return request.headers.get("Origin", "").lower()


def _may_send(request: HttpRequest, form: WebForm) -> bool:
    """From our own page, from one on the list, or from a program, which names no page."""
    origin = _origin(request)
    if not origin or origin in form.origins or origin == "null":
        return True
    return urlsplit(origin).netloc == request.get_host().lower()


def _from_elsewhere(request: HttpRequest, form: WebForm, answer: HttpResponse) -> HttpResponse:
    """Let the script of a page on the list read the answer; no other page's."""
    answer.headers["Vary"] = "Origin"
    answer.headers["Cache-Control"] = "no-store"
    if _origin(request) in form.origins:
        answer.headers["Access-Control-Allow-Origin"] = _origin(request)
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
        answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
        answer.headers["Access-Control-Max-Age"] = "600"
    return answer


def _take(  # noqa: PLR0911 - one answer a way
    request: HttpRequest, form: WebForm
) -> HttpResponse:
    kind = (request.content_type or "").lower()
    if kind not in {FORM_TYPE, JSON_TYPE}:
        return _refused(request, form, 415)
    body = _body(request)
    if body is None:
        return _refused(request, form, 413)
    try:
        given = _from_json(body) if kind == JSON_TYPE else _from_fields(request)
    except (ValueError, RecursionError, TypeError):
        return _refused(request, form, 400)
    values, told = given
    language = told.pop("language") or _language(request, form)
    language = language if language in form.languages else form.languages[0]
    address = get_adapter().get_client_ip(request) or ""
    try:
        actions.take_in(
            form=form, at=timezone.now(),
            given=Given(values, language=language, address=address,
                        is_from_elsewhere=_origin(request) == "null", **told),
        )  # fmt: skip
    except actions.AnswersInvalid as problem:
        return _invalid(request, form, language, problem.errors)
    except actions.TooOften:
        answer = _refused(request, form, 429, language)
        answer.headers["Retry-After"] = RETRY_SECONDS
        return answer
    if kind == JSON_TYPE:
        answer = JsonResponse({"told": texts.said(form, language)["thanks"]})
        return _from_elsewhere(request, form, answer)
    url = f"{reverse('leads:public_thanks', args=[form.key])}?lang={language}"
    return HttpResponseRedirect(url, status=303)


def _body(request: HttpRequest) -> bytes | None:
    """What was sent; ``None`` when it is too large, mostly without reading it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > settings.FORM_BYTES_MAX:
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= settings.FORM_BYTES_MAX else None


def _from_json(body: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    sent_ = json.loads(body)
    if not isinstance(sent_, dict) or not isinstance(sent_.get("fields"), dict):
        raise TypeError
    values = {str(k)[:80]: v for k, v in sent_["fields"].items() if isinstance(v, str)}
    return values, {
        "language": _word(sent_.get("language")),
        "token": _word(sent_.get("token")),
        "work": _word(sent_.get("work")),
        "trap": _word(sent_.get("website")),
        "consents": sent_.get("consent") is True,
    }


def _word(value: Any) -> str:
    return sent.whole(value[:300]) if isinstance(value, str) else ""


def _from_fields(request: HttpRequest) -> tuple[dict[str, str], dict[str, Any]]:
    post = request.POST
    values = {
        key.removeprefix("f-")[:80]: str(post[key]) for key in post if key.startswith("f-")
    }  # fmt: skip
    return values, {
        "language": _word(post.get("language")),
        "token": _word(post.get("token")),
        "work": _word(post.get("work")),
        "trap": _word(post.get("website")),
        "consents": post.get("consent") == "1",
    }


def _invalid(
    request: HttpRequest, form: WebForm, language: str, errors: Mapping[str, str]
) -> HttpResponse:
    if (request.content_type or "").lower() != JSON_TYPE:
        return _page(request, form, language, errors, 422)
    with texts.in_language(language):
        told = {name: {"code": code, "text": texts.problem(code)} for name, code in errors.items()}
    return _from_elsewhere(request, form, JsonResponse({"errors": told}, status=422))


CODES = {400: "unreadable", 403: "origin", 413: "too_large", 415: "content_type", 429: "too_often"}


def _refused(
    request: HttpRequest, form: WebForm, status: int, language: str | None = None
) -> HttpResponse:
    language = language or _language(request, form)
    if (request.content_type or "").lower() == JSON_TYPE:
        with texts.in_language(language):
            told = {"error": CODES[status], "text": texts.refused(status)}
        return _from_elsewhere(request, form, JsonResponse(told, status=status))
    return _page(request, form, language, status=status, refused=status)
