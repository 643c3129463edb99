"""The first page: what waits for this person, and where their pay or the company's runs stand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from paceline.incentives.access import pay as access
from paceline.incentives.queries import pay_attention
from paceline.org.models import Person, Role
from paceline.web import desk
from paceline.web.attention import waiting_for


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    person: Person | None = getattr(request, "person", None)
    if person is None:
        return render(request, "web/home_without_person.html")
    today = timezone.localdate()
    is_desk = access.may_read_runs(person)
    states = pay_attention.recent_states(today) if is_desk else []
    own = pay_attention.own_statements(person)
    context = {
        "topic": f"person:{person.pk} plans questions runs statements",
        "attention": waiting_for(person, today, states, own, timezone.now()),
        "periods": desk.pay_periods(states),
        "may_read_runs": is_desk,
        "due_cards": desk.due_cards(person, today),
        "own_pay": desk.own_pay(own),
        "awaits_first_pay": not own and Role.SALESPERSON in person.roles,
        "team_pay": [] if is_desk else desk.team_pay(person),
    }
    return render(request, "web/home.html", context)
