"""The command palette's hits."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from paceline.org.models import Person
from paceline.web.finder import find


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    person: Person | None = getattr(request, "person", None)
    if person is None:
        raise PermissionDenied
    text = request.GET.get("q", "").strip()[:100]
    groups = find(person, text, timezone.localdate())
    return render(request, "web/palette_hits.html", {"groups": groups, "text": text})
