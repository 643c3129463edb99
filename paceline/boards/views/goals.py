"""Making the next step of a goal a card on a board."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from paceline.boards import actions, queries
from paceline.boards.forms.goals import NextStepForm
from paceline.boards.views.projects import is_done
from paceline.goals.models import Goal
from paceline.kernel.pages import go_to, page
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


@require_http_methods(["GET", "POST"])
def next_step(request: PersonRequest, pk: int) -> HttpResponse:
    """A card for a goal that the reader sees, in a project whose cards they may change."""
    seen = Goal.objects.visible_to(request.person).select_related("owner")
    goal = get_object_or_404(seen, pk=pk)
    if goal.closed_at is not None:
        raise PermissionDenied
    people = Person.objects.visible_to(request.person).employed_on(request.today)
    form = NextStepForm(
        request.POST or None,
        places=queries.places_for(request.person, goal.team_id),
        people=list(people.order_by("name", "pk")[: queries.PEOPLE_MAX]),
        initial={"executor": request.person},
    )
    back = reverse("goals:goal", args=[pk]) + "#work"
    if request.method == "POST" and form.is_valid() and is_done(form, partial(
        actions.add_card_for_goal, goal=goal, cards=form.cards, facts=form.facts(),
        by=request.person, at=timezone.now(),
    )):  # fmt: skip
        messages.success(request, _("The card stands on its board."))
        return go_to(request, back)
    context = {
        "form": form, "title": _("Next step"), "name": goal.name, "back_url": back,
        "button": _("Add the card"),
    }  # fmt: skip
    template = "boards/next_step.html"
    return page(request, template, context, status=422 if form.errors else 200)
