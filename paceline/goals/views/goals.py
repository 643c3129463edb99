"""Goals: the list, my goals, the page of one, and what is done there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.goals import access, actions, measures, wording
from paceline.goals.cadence import next_due
from paceline.goals.forms.goals import GoalForm, initial_of
from paceline.goals.models import Goal, GoalPeriod, Level
from paceline.goals.queries import goals as queries
from paceline.goals.standing import sources_of, standing_of
from paceline.goals.views.rows import rows_of
from paceline.kernel.pages import Refused, go_to, page
from paceline.kernel.tables import Column, Filter, Table
from paceline.org import queries as org
from paceline.org.models import Person, Team
from paceline.org.requests import PersonRequest


def found_or_404(request: PersonRequest, pk: int) -> Any:
    """A goal through the person who asks."""
    return get_object_or_404(queries.goals_for(request.person), pk=pk)


def changeable(request: PersonRequest, pk: int) -> Any:
    """A goal that the person sees and may change; one closed since the page was opened is refused
    with that reason.
    """
    goal = found_or_404(request, pk)
    if access.may_change(request.person, goal):
        return goal
    if goal.closed_at is None:
        raise PermissionDenied
    raise Refused(
        _("This goal was closed; it changes no more."),
        _("Nothing was changed. Load its page again: it shows how the goal ended."),
    )


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Every goal that the reader may see, with filters; also as a file."""
    today = request.today
    sources: dict[str, Any] = {}

    def standing(goal: Goal) -> Any:
        kept = getattr(goal, "_standing", None)
        if kept is None:
            if goal.measure not in sources:
                sources.update({goal.measure: None, **sources_of([goal])})
            known = {key: one for key, one in sources.items() if one is not None}
            kept = goal._standing = standing_of(goal, today, known)  # type: ignore[attr-defined]
        return kept

    table = Table(
        request,
        rows=queries.goals_with_names(request.person),
        name="goals",
        topic="goals",
        caption=_("Goals"),
        columns=_columns(standing),
        filters=_filters(request),
        order="-period",
        empty=_("No goals yet."),
        empty_hint=_("A goal says what will be so at the end of a period, and who answers for it."),
        empty_link=(reverse("goals:goal_new"), _("Propose a goal")),
    )
    if table.wants_export:
        return table.export()
    return page(request, "goals/goals.html", {"table": table, "tabs": tabs("list", request)})


def _columns(standing: Callable[[Goal], Any]) -> list[Column]:
    return [
        Column(
            "name",
            pgettext("of a goal", "Name"),
            sort="name",
            search=True,
            link=lambda goal: reverse("goals:goal", args=[goal.pk]),
        ),
        Column(
            "level",
            pgettext("of a goal", "Level"),
            value=lambda goal: goal.get_level_display(),
            sort="level",
            secondary=True,
        ),
        Column(
            "team", _("Team"), value="team.name", sort="team__name", search=True, secondary=True
        ),
        Column(
            "owner",
            pgettext("of a goal", "Owner"),
            value="owner.name",
            sort="owner__name",
            search=True,
        ),
        Column(
            "period", _("Period"), value="period.name", sort="period__starts_on", secondary=True
        ),
        Column("target", _("Target"), value=wording.aim),
        Column("value", _("Value"), value=lambda goal: wording.value(standing(goal).value, goal)),
        Column(
            "progress", _("Progress"), value=lambda goal: standing(goal).progress, kind="percent"
        ),
        Column(
            "status",
            pgettext("of a goal", "Status"),
            value=lambda goal: wording.status(standing(goal)),
        ),
        Column("state", _("State"), value=wording.state),
        Column(
            "weight",
            _("Weight"),
            value=lambda goal: goal.weight.scaleb(-2),
            sort="weight",
            kind="percent",
            secondary=True,
        ),
        Column("serves", pgettext("of a goal", "Serves"), value="parent_name", only_in_file=True),
        Column("why", pgettext("of a goal", "Why"), only_in_file=True),
    ]


def _filters(request: PersonRequest) -> list[Filter]:
    person, today = request.person, request.today

    def whose(rows: Any, value: str) -> Any:
        if value == "mine":
            return rows.filter(owner=person)
        if value == "to-give":
            return rows.filter(pk__in=queries.waiting_for_owner(person, today).values("pk"))
        return rows.without_owner(today)

    def in_state(rows: Any, value: str) -> Any:
        if value == "agreed":
            return rows.open().agreed()
        if value == "closed":
            return rows.filter(closed_at__isnull=False)
        return rows.open().exclude(owner_agreed=True, lead_agreed=True)

    to_give = []
    if access.may_see_goals_without_owner(person):
        to_give = [("to-give", _("Without owner, for me to give"))]
    return [
        Filter(
            "period", _("Any period"), [(str(one.pk), one.name) for one in queries.periods()],
            apply="period",
        ),
        Filter("level", _("Any level"), Level.choices),
        Filter(
            "whose",
            _("Everyone's"),
            [("mine", _("Mine")), ("nobody", _("Without owner")), *to_give],
            apply=whose,
        ),
        Filter(
            "state",
            _("Any state"),
            [("open", _("Not agreed yet")), ("agreed", pgettext("goal", "Agreed")),
             ("closed", pgettext("goal", "Closed"))],
            apply=in_state,
        ),
    ]  # fmt: skip


def tabs(here: str, request: PersonRequest) -> list[tuple[Any, str, bool, None]]:
    """The pages of goals."""
    found = [
        ("tree", _("Tree"), reverse("goals:tree")),
        ("list", _("List"), reverse("goals:goals")),
        ("mine", _("My goals"), reverse("goals:mine")),
        ("alignment", _("Alignment"), reverse("goals:alignment")),
        ("strategies", _("Strategy"), reverse("goals:strategies")),
    ]
    if access.may_keep_periods(request.person):
        found.append(("periods", _("Periods"), reverse("goals:periods")))
    return [(label, url, key == here, None) for key, label, url in found]


@require_GET
def mine(request: PersonRequest) -> HttpResponse:
    """One's own goals: what waits for one's word, what is due, and how each goes."""
    person, today = request.person, request.today
    groups: dict[int, dict[str, Any]] = {}
    own = list(queries.owned_by(person)[:200])
    for row in rows_of(own, today, person):
        goal = row.goal
        group = groups.setdefault(goal.period_id, {"period": goal.period, "rows": [], "weight": 0})
        due = next_due(goal.period, goal.heard_on)
        group["rows"].append({"row": row, "due": due, "is_due": due is not None and due <= today})
        group["weight"] += goal.weight if goal.owner_id == person.pk else 0
    asked = queries.waiting_for_word(person, today, queries.goals_for(person))
    context = {
        "groups": list(groups.values()),
        "asked": rows_of(asked.order_by("pk")[:50], today),
        "tabs": tabs("mine", request),
    }
    return page(request, "goals/mine.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Propose a goal; below another where the address names one."""
    person, known = request.person, queries.periods()
    asked = request.GET.get("parent", "")[:18]
    pk = int(asked) if asked.isdecimal() else 0
    above = queries.parents_beside(person, pk) if pk else []
    parent = next((one for one in above if one.pk == pk), None)
    form = GoalForm(
        request.POST or None, viewer=person, on=request.today, goal=None, known_periods=known,
        known_parents=above if parent is not None and request.method == "GET" else None,
        initial=_started(request, known, parent),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            team = _team_of(form.cleaned_data["owner"], request.today)
            goal = actions.propose_goal(proposal=form.proposal(team), by=person, at=timezone.now())
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The goal is proposed."))
            return go_to(request, reverse("goals:goal", args=[goal.pk]))
    context = {"form": form, "goal": None}
    return page(request, "goals/goal_form.html", context, status=422 if form.errors else 200)


def _team_of(owner: Person | None, on: date) -> Team | None:
    return None if owner is None else org.team(owner, on)


def _started(
    request: PersonRequest, known: list[GoalPeriod], parent: Goal | None
) -> dict[str, Any]:
    person = request.person
    period = queries.period_of_day(known, request.today)
    found: dict[str, Any] = {"owner": person.pk, "level": Level.PERSON, "period": period}
    owner = request.GET.get("owner", "")
    if owner.isdecimal():
        found["owner"] = int(owner[:18])  # the form offers only those whom one may name
    if parent is not None:
        found |= {
            "parent": parent, "period": parent.period, "measure": parent.measure,
            "unit": parent.unit, "currency": parent.currency, "direction": parent.direction,
        }  # fmt: skip
    return found


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a goal. When somebody else changed the same fields meanwhile, both are shown."""
    goal = changeable(request, pk)
    initial = initial_of(goal)
    form = GoalForm(
        request.POST or None, viewer=request.person, on=request.today, goal=goal, initial=initial
    )
    conflicts: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_goal(
                goal=goal,
                facts=form.facts(),
                contributors=form.cleaned_data["contributors"],
                seen=form.cleaned_data["seen"],
                reason=form.cleaned_data["reason"],
                by=request.person,
                at=timezone.now(),
            )
        except actions.ChangedMeanwhile as clash:
            conflicts = _conflicts(clash, request.person)
            form.data = request.POST.copy()
            form.data["seen"] = str(clash.goal.version)
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The goal was changed."))
            return go_to(request, reverse("goals:goal", args=[goal.pk]))
    status = 409 if conflicts else 422 if form.errors else 200
    context = {"form": form, "goal": goal, "conflicts": conflicts}
    return page(request, "goals/goal_form.html", context, status=status)


def _conflicts(clash: actions.ChangedMeanwhile, reader: Person) -> list[dict[str, Any]]:
    """What both said of the same fields, in words."""
    goal = clash.goal
    found = []
    for one in clash.conflicts:
        names: dict[str, Any] = {}
        if one.field == "measure":
            known = measures.known({str(one.theirs), str(one.mine)})
            names["measure"] = {key: source.label_for(reader) for key, source in known.items()}
        if isinstance(one.theirs, int) or isinstance(one.mine, int):
            tables = {"owner": Person, "team": Team, "period": GoalPeriod}
            if one.field in tables:
                ids = [pk for pk in (one.theirs, one.mine) if isinstance(pk, int)]
                rows = tables[one.field].objects.filter(pk__in=ids)  # type: ignore[attr-defined]
                names = {one.field: {row.pk: str(row) for row in rows}}
        said = wording.changed_fields({one.field: one.theirs}, {one.field: one.mine}, goal, names)
        found.append({"said": said[0], "by": one.by, "at": one.at})
    return found


@require_POST
def agree(request: PersonRequest, pk: int) -> HttpResponse:
    """Agree to a goal as it was read, for one's own side."""
    goal = found_or_404(request, pk)
    side = access.side_of(request.person, goal)
    if side is None:
        raise PermissionDenied
    terms = request.POST.get("terms", "")
    try:
        actions.agree(
            goal=goal, side=side, terms=int(terms) if terms.isdecimal() else 0,
            by=request.person, at=timezone.now(),
        )  # fmt: skip
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("You agreed to this goal."))
    return redirect("goals:goal", pk=goal.pk)


@require_POST
def comment(request: PersonRequest, pk: int) -> HttpResponse:
    """Say something about a goal."""
    goal = found_or_404(request, pk)
    try:
        actions.comment(
            goal=goal, text=request.POST.get("text", ""), by=request.person, at=timezone.now()
        )
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    return redirect(f"{reverse('goals:goal', args=[goal.pk])}#discussion")
