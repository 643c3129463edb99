"""The alignment tree: what serves what, moved by menu, keyboard or dragging."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from paceline.goals import access, actions, wording
from paceline.goals.models import Goal, GoalPeriod
from paceline.goals.queries import goals as queries
from paceline.goals.views.goals import tabs
from paceline.goals.views.rows import tree_rows
from paceline.kernel.pages import page, wants_fragment
from paceline.org.requests import PersonRequest


def period_asked(
    request: PersonRequest, known: list[GoalPeriod], asked: str | None = None
) -> GoalPeriod | None:
    """The period of the address, else the one that one thinks of today."""
    text = request.GET.get("period", "") if asked is None else asked
    found = next((one for one in known if str(one.pk) == text), None)
    return found or queries.period_of_day(known, request.today)


def start_asked(request: PersonRequest) -> int:
    text = request.GET.get("start", "")
    return min(int(text), 100_000) if text.isascii() and text.isdigit() else 0


@require_GET
def tree(request: PersonRequest) -> HttpResponse:
    """The goals of a period as they hang from one another."""
    return page(request, "goals/tree.html", _tree(request), fragment="tree")


def _tree(
    request: PersonRequest, asked: str | None = None, *, said: str = "", problem: str = ""
) -> dict[str, Any]:
    known = queries.periods()
    period = period_asked(request, known, asked)
    start = start_asked(request)
    level = (
        queries.roots(request.person, period, start) if period else queries.Level([], more=False)
    )
    url = reverse("goals:tree")
    address = f"{url}?period={period.pk}" if period else url
    return {
        "period": period,
        "chips": [(one.name, f"{url}?period={one.pk}", one == period) for one in known[:12]],
        "rows": tree_rows(level, request.today, request.person),
        "more_url": f"{address}&start={start + queries.ROOTS_MAX}" if level.more else "",
        "address": address if not start else f"{address}&start={start}",
        "tabs": tabs("tree", request),
        "may_keep": access.may_keep_periods(request.person),
        "said": said,
        "problem": problem,
    }


@require_GET
def below(request: PersonRequest, pk: int) -> HttpResponse:
    """What hangs below one goal: a part of the tree, fetched when it is opened."""
    goal = get_object_or_404(Goal.objects.visible_to(request.person), pk=pk)
    if not wants_fragment(request):
        return redirect("goals:goal", pk=goal.pk)
    start = start_asked(request)
    level = queries.below(request.person, goal, start)
    context = {
        "rows": tree_rows(level, request.today, request.person),
        "more_url": f"{reverse('goals:below', args=[pk])}?start={start + queries.BELOW_MAX}"
        if level.more
        else "",
    }
    return page(request, "goals/branch.html", context)


@require_POST
def move(request: PersonRequest, pk: int) -> HttpResponse:
    """Move a goal: ``how`` is in, out, up or down; or ``parent`` and ``after`` say where to."""
    goal = get_object_or_404(
        Goal.objects.visible_to(request.person).select_related("parent", "period"), pk=pk
    )
    if not access.may_change(request.person, goal):
        raise PermissionDenied
    period = request.POST.get("period", "") or str(goal.period_id)
    told = problem = ""
    try:
        parent, after = _where_to(request, goal)
        actions.move_goal(
            goal=goal, parent=parent, after=after, by=request.person, at=timezone.now()
        )
    except LookupError:
        told = _("There is no room that way; nothing was moved.")
    except wording.REFUSALS as refused:
        problem = wording.refusal(refused)
    else:
        told = (
            _("%(goal)s serves %(parent)s now.") % {"goal": goal.name, "parent": parent.name}
            if parent is not None
            else _("%(goal)s hangs from nothing now.") % {"goal": goal.name}
        )
    context = _tree(request, period, said=told, problem=problem)
    if wants_fragment(request):
        return page(request, "goals/tree.html", context, fragment="tree")
    if problem:
        return page(request, "goals/tree.html", context, status=409)
    return redirect(context["address"])


def _where_to(request: PersonRequest, goal: Goal) -> tuple[Goal | None, Goal | None]:
    """The parent, and the sibling after which it stands. ``LookupError``: there is none."""
    how = request.POST.get("how", "")
    person = request.person
    if not how:
        return _seen(request, "parent"), _seen(request, "after")
    beside = queries.neighbours(person, goal)
    place = next(at for at, one in enumerate(beside) if one.pk == goal.pk)
    if how == "in" and place > 0:
        parent = beside[place - 1]
        last = Goal.objects.visible_to(person).filter(parent=parent).order_by("-rank", "-pk")
        return parent, last.first()
    if how == "out" and goal.parent is not None:
        return _grandparent(person, goal), goal.parent
    if how == "up" and place > 0:
        return goal.parent, beside[place - 2] if place > 1 else None
    if how == "down" and place + 1 < len(beside):
        return goal.parent, beside[place + 1]
    raise LookupError(how)


def _grandparent(person: Any, goal: Goal) -> Goal | None:
    assert goal.parent is not None  # noqa: S101 - asked before
    if goal.parent.parent_id is None:
        return None
    found: Goal = get_object_or_404(Goal.objects.visible_to(person), pk=goal.parent.parent_id)
    return found


def _seen(request: PersonRequest, name: str) -> Goal | None:
    pk = request.POST.get(name, "")
    if not pk:
        return None
    found: Goal = get_object_or_404(
        Goal.objects.visible_to(request.person), pk=pk if pk.isdecimal() else 0
    )
    return found
