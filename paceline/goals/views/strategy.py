"""Strategy pages: what we are for whom, by which ways; every version stays readable."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.goals import access, actions, wording
from paceline.goals.forms.strategy import StrategyForm
from paceline.goals.models import StrategyPage, StrategyVersion
from paceline.goals.queries import strategy as queries
from paceline.goals.views.goals import tabs
from paceline.goals.views.rows import rows_of
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The pages of the company and of its teams."""
    context = {
        "pages": queries.pages_for(request.person),
        "archived": queries.pages_for(request.person, archived=True),
        "may_write": access.may_write_any_strategy(request.person),
        "tabs": tabs("strategies", request),
    }
    return page(request, "goals/strategies.html", context)


def _found(request: PersonRequest, pk: int) -> StrategyPage:
    rows = StrategyPage.objects.visible_to(request.person).select_related("team")
    return get_object_or_404(rows, pk=pk)


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """A page as it stands, or as it stood in the version asked for; with what hangs from it."""
    found = _found(request, pk)
    details = queries.details(request.person, found)
    asked = request.GET.get("version", "")
    shown = next((one for one in details.versions if str(one.number) == asked), None)
    shown = shown or details.versions[0]
    context = {
        "strategy": found,
        "version": shown,
        "is_newest": shown.number == found.current,
        "parts": _parts(shown),
        "versions": details.versions,
        "comments": details.comments,
        "rows": rows_of(details.goals, request.today),
        "may_write": access.may_write_strategy(request.person, found.team),
        "topic": f"strategy:{found.pk}",
    }
    return page(request, "goals/strategy.html", context)


def _parts(version: StrategyVersion) -> list[tuple[str, str]]:
    """What a version says, part by part; empty parts are left out."""
    found = [
        (_("Positioning"), version.positioning),
        (_("Target customers"), version.customers),
        (_("Channels"), version.channels),
        (_("What we leave to others"), version.not_doing),
    ]
    return [(label, text) for label, text in found if text]


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    if not access.may_write_any_strategy(request.person):
        raise PermissionDenied
    form = StrategyForm(request.POST or None, viewer=request.person)
    if request.method == "POST" and form.is_valid():
        made = actions.add_strategy(
            team=form.cleaned_data["team"], text=form.text(), by=request.person, at=timezone.now()
        )
        messages.success(request, _("The page is there for everyone to read."))
        return go_to(request, reverse("goals:strategy", args=[made.pk]))
    context = {"form": form, "strategy": None}
    return page(request, "goals/strategy_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def write(request: PersonRequest, pk: int) -> HttpResponse:
    """Write the next version; what somebody else wrote meanwhile is shown first."""
    found = _found(request, pk)
    if not access.may_write_strategy(request.person, found.team):
        raise PermissionDenied
    newest = StrategyVersion.objects.get(page=found, number=found.current)
    names = ("title", "positioning", "customers", "channels", "not_doing")
    initial: dict[str, Any] = {name: getattr(newest, name) for name in names}
    initial["seen"] = found.current
    form = StrategyForm(request.POST or None, viewer=request.person, page=found, initial=initial)
    theirs = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.write_strategy(
                page=found,
                text=form.text(),
                seen=form.cleaned_data["seen"],
                reason=form.cleaned_data["reason"],
                by=request.person,
                at=timezone.now(),
            )
        except actions.StrategyChangedMeanwhile as clash:
            theirs = clash.version
            form.data = {**request.POST.dict(), "seen": str(theirs.number)}
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The new version is there for everyone to read."))
            return go_to(request, reverse("goals:strategy", args=[found.pk]))
    context = {
        "form": form,
        "strategy": found,
        "theirs": theirs,
        "their_parts": _parts(theirs) if theirs else [],
    }
    status = 409 if theirs else 422 if form.errors else 200
    return page(request, "goals/strategy_form.html", context, status=status)


@require_POST
def comment(request: PersonRequest, pk: int) -> HttpResponse:
    found = _found(request, pk)
    try:
        actions.comment_on_strategy(
            page=found, text=request.POST.get("text", ""), by=request.person, at=timezone.now()
        )
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    return redirect(f"{reverse('goals:strategy', args=[found.pk])}#discussion")


@require_POST
def archive(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a page away, or bring it back."""
    found = _found(request, pk)
    if not access.may_write_strategy(request.person, found.team):
        raise PermissionDenied
    back = request.POST.get("back") == "1"
    actions.archive_strategy(page=found, back=back, by=request.person, at=timezone.now())
    messages.success(request, _("The page is back.") if back else _("The page was put away."))
    return redirect("goals:strategy", pk=found.pk)
