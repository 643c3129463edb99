"""The whole interface: the ``api.py`` of every app under one roof, and its description."""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import module_has_submodule
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation
from psycopg.errors import LockNotAvailable, QueryCanceled

from paceline.kernel.interface import Problem
from paceline.kernel.interface.problems import of_status, of_validation

log = logging.getLogger("django.request")

TITLE = "Paceline"
VERSION = "1"
DESCRIPTION = (
    "Everything that a person may see and do in Paceline, for programs. A token never reaches "
    "further than its owner, and no further than its scopes."
)


class Interface(NinjaAPI):
    """Names operations for what they do, so that generated clients read well."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


@cache
def interface() -> NinjaAPI:
    """The mounted interface, made once: every app that has an ``api.py`` is in it."""
    made = Interface(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        urls_namespace="v1",
        docs_url=None,
        openapi_url=None,
    )
    for name in app_modules():
        made.add_router("", import_module(name).router)
    for kind, handler in HANDLERS:
        made.add_exception_handler(kind, handler)
    return made


def app_modules() -> list[str]:
    """The ``api`` module of every app that has one, by name."""
    return sorted(
        f"{config.name}.api"
        for config in apps.get_app_configs()
        if config.name.startswith("paceline.")
        and config.name != "paceline.api"
        and module_has_submodule(config.module, "api")
    )


def _told(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.answer()


def _not_valid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    return of_validation(error.errors).answer()


def _not_found(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return Problem("not_found").answer()


def _forbidden(_request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
    return Problem("forbidden").answer()


def _no_token(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return Problem("not_signed_in").answer()


def _of_library(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return of_status(error.status_code).answer()


def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """Somebody else holds what is needed, or it takes too long: worth another try."""
    if isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
        return Problem("unavailable", headers={"Retry-After": "5"}).answer()
    return _failed(request, error)


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return Problem("failed").answer()


HANDLERS: tuple[tuple[type[Exception], Any], ...] = (
    (Problem, _told),
    (ValidationError, _not_valid),
    (Http404, _not_found),
    (PermissionDenied, _forbidden),
    (AuthenticationError, _no_token),
    (HttpError, _of_library),
    (OperationalError, _busy),
    (Exception, _failed),
)
