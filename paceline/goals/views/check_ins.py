"""Saying how a goal goes, and closing it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from paceline.goals import access, actions, wording
from paceline.goals.forms.goals import CheckInForm, CloseForm, as_kept, as_typed
from paceline.goals.measures.reading import read
from paceline.goals.models.goals import TYPED
from paceline.goals.queries.goals import goals_for
from paceline.goals.views.goals import changeable, found_or_404
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_http_methods(["GET", "POST"])
def check_in(request: PersonRequest, pk: int) -> HttpResponse:
    """Where a goal stands today; what its source says stands in the form already."""
    goal = found_or_404(request, pk)
    goal._prefetched_objects_cache = {"contributors": list(goal.contributors.all())}
    if not access.may_check_in(request.person, goal):
        raise PermissionDenied
    today = request.today
    on = min(today, goal.period.last_day or today)
    said = read([goal], on).get(goal.pk) if goal.measure != TYPED else None
    initial = {"on": on}
    if said is not None and said.value is not None:
        initial["value"] = as_typed(said.value, goal.unit)
    form = CheckInForm(request.POST or None, goal=goal, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.check_in(
                goal=goal, said=form.said(), today=today, by=request.person, at=timezone.now()
            )
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Your check-in is kept."))
            return go_to(request, reverse("goals:goal", args=[goal.pk]))
    context = {
        "goal": goal,
        "form": form,
        "aim": wording.aim(goal),
        "measured": wording.value(said.value, goal) if said and said.value is not None else "",
        "problem": str(wording.PROBLEMS.get(said.problem, "")) if said else "",
        "last": goal.last_check_in,
        "last_value": wording.value(goal.last_check_in.value, goal) if goal.last_check_in else "",
    }
    return page(request, "goals/check_in.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def close(request: PersonRequest, pk: int) -> HttpResponse:
    """Look back on a goal and close it, or give it up."""
    goal = changeable(request, pk)
    reading = getattr(goal, "reading", None)
    known = reading.value if reading else goal.last_check_in.value if goal.last_check_in else None
    form = CloseForm(request.POST or None, initial={"value": as_typed(known, goal.unit)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.close_goal(
                goal=goal,
                value=None if data["is_dropped"] else as_kept(data["value"], goal.unit),
                went_well=data["went_well"],
                to_change=data["to_change"],
                is_dropped=data["is_dropped"],
                by=request.person,
                at=timezone.now(),
            )
        except actions.ReasonMissing:
            form.add_error("to_change", _("Say why it is given up."))
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The goal is closed."))
            return go_to(request, reverse("goals:goal", args=[goal.pk]))
    below = goals_for(request.person).filter(parent=goal).open().count()  # type: ignore[attr-defined]
    context = {"goal": goal, "form": form, "aim": wording.aim(goal), "below": below}
    return page(request, "goals/close.html", context, status=422 if form.errors else 200)
