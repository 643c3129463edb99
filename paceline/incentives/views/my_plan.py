"""My plan on the page and on paper; and which components reward which goals."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.goals import measures
from paceline.incentives.access import plans as access
from paceline.incentives.actions.rewards import (
    ComponentUnknown,
    NothingRewarded,
    RewardKnown,
    reward_goals,
    take_back_reward,
)
from paceline.incentives.forms.rewards import RewardForm
from paceline.incentives.models.plans import in_reader_language
from paceline.incentives.my_plan import plan_of
from paceline.incentives.pdf.my_plan import my_plan_pdf
from paceline.incentives.queries import rewards as queries
from paceline.kernel import own_work
from paceline.kernel.pages import page
from paceline.org.requests import PersonRequest


@require_GET
def show(request: PersonRequest) -> HttpResponse:
    """One's goals, what each is worth in pay, and what to do next."""
    context = {
        "plan": plan_of(request.person, request.today),
        "topic": _topic(request),
        "work_tabs": own_work.tabs(request.person, "plan"),
    }
    return page(request, "incentives/my_plan.html", context)


def _topic(request: PersonRequest) -> str:
    return f"goals person:{request.person.pk}"


@require_GET
def pdf(request: PersonRequest) -> HttpResponse:
    """The same on one page, in the reader's language."""
    person, today = request.person, request.today
    content = my_plan_pdf(plan_of(person, today), person, today, language=get_language() or "en")
    response = HttpResponse(content, content_type="application/pdf")
    title = _("My plan")
    name = f"{title} {person.name} {today.isoformat()}.pdf"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Disposition"] = str(disposition)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "POST"])
def rewards(request: PersonRequest) -> HttpResponse:
    """Which component of which plan rewards which goals; said by who writes plans."""
    if not access.may_read_all_plans(request.person):
        raise PermissionDenied
    may_say = access.may_say_rewards(request.person)
    if request.method == "POST" and not may_say:
        raise PermissionDenied
    versions = queries.versions_in_force(request.person, request.today)
    form = RewardForm(
        request.POST or None, versions=versions, viewer=request.person,
        initial=_asked(request, versions),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        plan, component = form.chosen()
        try:
            reward_goals(
                plan=plan, component=component, goal=form.cleaned_data["goal"],
                measure=form.cleaned_data["measure"], by=request.person, at=timezone.now(),
            )  # fmt: skip
        except RewardKnown:
            form.add_error(None, _("This was said already."))
        except NothingRewarded:
            form.add_error("measure", _("Choose either a measure or a goal."))
        except ComponentUnknown:
            form.add_error("component", _("No approved version has this component."))
        else:
            messages.success(request, _("The component rewards it."))
            return redirect("incentives:goal-rewards")
    context = {"rows": _rows(request, versions), "form": form, "may_say": may_say}
    return page(
        request, "incentives/goal_rewards.html", context, status=422 if form.errors else 200
    )


def _asked(request: PersonRequest, versions: list[Any]) -> dict[str, str]:
    """What an address already says: a component, or the first of a plan; a measure or a goal. The
    form offers only what the reader may choose."""
    asked = {name: request.GET.get(name, "") for name in ("component", "measure", "goal")}
    if not asked["component"]:
        asked["component"] = _first_of(versions, request.GET.get("plan", ""))
    return {name: value[:120] for name, value in asked.items() if value}


def _first_of(versions: list[Any], code: str) -> str:
    for version in versions:
        for component in version.outline.get("components", ()):
            if version.plan.code == code:
                return f"{version.plan_id}:{component['id']}"
    return ""


def _rows(request: PersonRequest, versions: list[Any]) -> list[dict[str, Any]]:
    names = {
        (version.plan_id, one["id"]): (version.name, in_reader_language(one.get("name", {})))
        for version in versions
        for one in version.outline.get("components", ())
    }
    rows = list(queries.rewards_for(request.person))
    known = measures.known({row.measure for row in rows if row.measure})
    found = []
    for row in rows:
        plan, component = names.get((row.plan_id, row.component), (row.plan.code, ""))
        label = (
            known[row.measure].label_for(request.person) if row.measure in known else row.measure
        )
        found.append(
            {"row": row, "plan": plan, "component": component or row.component, "measure": label}
        )
    return found


@require_POST
def take_back(request: PersonRequest, pk: int) -> HttpResponse:
    """The component rewards this no more."""
    if not access.may_read_all_plans(request.person):
        raise PermissionDenied
    row = get_object_or_404(queries.rewards_for(request.person), pk=pk)
    if not access.may_say_rewards(request.person):
        raise PermissionDenied
    take_back_reward(reward=row, by=request.person, at=timezone.now())
    messages.success(request, _("The component rewards it no more."))
    return redirect("incentives:goal-rewards")
