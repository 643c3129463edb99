"""Ready plans: choosing one, reading it with its worked example, and beginning a plan from it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from paceline.incentives import pay_curves, plan_examples, plan_templates
from paceline.incentives.access import plans as access
from paceline.incentives.actions import plans as actions
from paceline.incentives.calculation.periods import containing
from paceline.incentives.forms.plans import CODE_TAKEN, NewPlanForm
from paceline.incentives.models import PlanVersion
from paceline.incentives.problems import plain_problems
from paceline.incentives.views.plans.drafts import draft_url
from paceline.kernel.pages import go_to, page
from paceline.org.models import Person

SEARCH_MAX = 100


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The ready plans by group; a search and a group narrow them."""
    if not access.may_write_plans(request.person):  # type: ignore[attr-defined]
        raise PermissionDenied
    text = request.GET.get("q", "").strip()[:SEARCH_MAX]
    every = plan_templates.groups()
    group = request.GET.get("group", "")
    group = group if group in {one.id for one in every} else ""
    context = {
        "groups": every,
        "found": plan_templates.find(text, group),
        "text": text,
        "chosen": group,
    }
    return page(request, "incentives/plans/ready.html", context, fragment="found")


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, key: str) -> HttpResponse:
    """One ready plan with its worked example, and the form that begins a plan from it."""
    person: Person = request.person  # type: ignore[attr-defined]
    if not access.may_write_plans(person):
        raise PermissionDenied
    template = plan_templates.templates().get(key)
    if template is None:
        raise Http404
    plan = template.plan
    initial = {
        "currency": plan.currency,
        "period": plan.period,
        "effective_from": containing(timezone.localdate(), plan.period).ends_before,
    }
    form = NewPlanForm(request.POST or None, template=template, initial=initial)
    if request.method == "POST" and form.is_valid():
        version = _create(form, person)
        if version is not None:
            messages.success(request, _("The draft is ready. Make it yours."))
            return go_to(request, draft_url(version))
    context = {
        "form": form,
        "template": template,
        "inputs": plan_examples.inputs_of(template),
        "results": plan_examples.results_of(template),
        "settled": plan_examples.settled_of(template),
        "previews": pay_curves.previews(plan, plan_examples.quota_for(template)),
    }
    status = 422 if form.is_bound else 200
    return page(request, "incentives/plans/begin.html", context, status=status)


def _create(form: NewPlanForm, person: Person) -> PlanVersion | None:
    """The new draft, or None with the reasons put beside their fields."""
    try:
        return actions.create_plan(
            source=form.source(),
            effective_from=form.cleaned_data["effective_from"],
            by=person,
            at=timezone.now(),
        )
    except actions.PlanCodeTaken:  # by somebody, since the form looked
        form.add_error("code", CODE_TAKEN)
    except actions.PlanTextInvalid as refused:
        for problem in plain_problems(refused.problems):
            name = problem.path if problem.path in form.fields else None
            form.add_error(name, problem.text)
    return None
