"""The first page: what waits for this person, and where their pay or the company's runs stand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from paceline.org.models import Person
from paceline.web.attention import waiting_for


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    person: Person | None = getattr(request, "person", None)
    if person is None:
        return render(request, "web/home_without_person.html")
    today = timezone.localdate()
    return render(request, "web/home.html", {"attention": waiting_for(person, today)})
