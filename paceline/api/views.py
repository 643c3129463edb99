"""The description of the interface: as a page for people, and as a document for programs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from paceline.api import reference as contents
from paceline.api.document import as_json
from paceline.kernel.interface import Problem
from paceline.kernel.pages import page


@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    """Every call with its scope, parameters and answer."""
    url = request.build_absolute_uri("/api/v1/me")
    context = {
        "chapters": contents.chapters(),
        "refusals": contents.refusals(),
        "command": f'curl -H "Authorization: Bearer pcl_…" {url}',
    }
    return page(request, "api/reference.html", context)


@login_not_required
@require_GET
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document. It holds no data of the company, so it needs no token."""
    return HttpResponse(as_json(), content_type="application/json")


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that the interface does not have."""
    return Problem("not_found").answer()
