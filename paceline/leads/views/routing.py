"""How a team's leads are given: its rules, whom they choose, hours, and trying them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm import access as crm
from paceline.crm.models import Lead, scope_of
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.leads import access, actions, queries, wording
from paceline.leads.forms.routing import DeskForm, HoursForm, RuleForm, TrialForm
from paceline.leads.models import Cause, RoutingRule, WorkingWeek
from paceline.org.models import Team
from paceline.org.requests import PersonRequest


def _teams(request: PersonRequest) -> Any:
    """The teams whose routing the person reads."""
    scope = scope_of(request.person)
    rows = Team.objects.all()
    return rows if scope.oversees else rows.filter(pk__in=scope.all_teams)


def _team(request: PersonRequest, pk: int, *, arranged: bool = True) -> Team:
    if not access.may_read_routing(request.person):
        raise PermissionDenied
    team: Team = get_object_or_404(_teams(request), pk=pk)
    if arranged and not access.may_arrange(request.person, team):
        raise PermissionDenied
    return team


def _address(team_id: int) -> str:
    return reverse("leads:desk", args=[team_id])


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The routing of a team that has rules, one's own before others; without any, one's own."""
    if not access.may_read_routing(request.person):
        raise PermissionDenied
    own = scope_of(request.person).teams
    ruled = queries.teams_with_rules()
    teams = sorted(
        _teams(request), key=lambda one: (one.pk not in ruled, one.pk not in own, one.name)
    )
    if teams:
        return go_to(request, _address(teams[0].pk))
    return page(request, "leads/no_team.html")


@require_http_methods(["GET", "POST"])
def desk(request: PersonRequest, pk: int) -> HttpResponse:
    """The rules of a team in order, and what holds for all of its leads."""
    team = _team(request, pk, arranged=request.method == "POST")
    now = timezone.now()
    known = queries.desk_of(team)
    may_arrange = access.may_arrange(request.person, team)
    form = DeskForm(request.POST or None, desk=known, people=queries.sellers_of(team, now))
    if request.method == "POST" and form.is_valid():
        actions.set_desk(team=team, **form.cleaned_data, by=request.person, at=now)
        messages.success(request, _("Saved."))
        return go_to(request, _address(pk))
    rules = list(queries.rules_of(team))
    teams = list(_teams(request).order_by("name"))
    context = {
        "team": team,
        "desk": known,
        "chips": [(one.name, _address(one.pk), one.pk == pk) for one in teams],
        "rules": [
            {"rule": one, "asks": wording.conditions_of(one), "is_first": place == 0,
             "is_last": place == len(rules) - 1,
             "people": formats.listed(member.person.name for member in one.members.all())}
            for place, one in enumerate(rules)
        ],
        "form": form,
        "trial_form": TrialForm(None, viewer=request.person),
        "may_arrange": may_arrange,
    }  # fmt: skip
    return page(request, "leads/desk.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def add(request: PersonRequest, pk: int) -> HttpResponse:
    """A new rule."""
    team = _team(request, pk)
    now = timezone.now()
    form = RuleForm(request.POST or None, rule=None, people=queries.sellers_of(team, now))
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_rule(
                team=team, facts=form.facts(), members=form.members(), by=request.person, at=now
            )
        except actions.TooManyRules:
            form.add_error(None, _("A team has at most 40 rules, each with at most 60 people."))
        else:
            messages.success(request, _("Added."))
            return go_to(request, _address(pk))
    context = {"form": form, "team": team, "rule": None, "back_url": _address(pk)}
    return page(request, "leads/rule.html", context, status=422 if form.errors else 200)


def _rule(request: PersonRequest, pk: int) -> RoutingRule:
    rows = RoutingRule.objects.visible_to(request.person).filter(removed_at__isnull=True)
    found: RoutingRule = get_object_or_404(
        rows.select_related("team").prefetch_related("members__person"), pk=pk
    )
    if not access.may_arrange(request.person, found.team):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
def rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a rule."""
    found = _rule(request, pk)
    now = timezone.now()
    form = RuleForm(request.POST or None, rule=found, people=queries.sellers_of(found.team, now))
    if request.method == "POST" and form.is_valid():
        actions.change_rule(
            rule=found, facts=form.facts(), members=form.members(), by=request.person, at=now
        )
        messages.success(request, _("Saved."))
        return go_to(request, _address(found.team_id))
    context = {
        "form": form, "team": found.team, "rule": found, "back_url": _address(found.team_id),
    }  # fmt: skip
    return page(request, "leads/rule.html", context, status=422 if form.errors else 200)


@require_POST
def place(request: PersonRequest, pk: int) -> HttpResponse:
    """Try a rule earlier or later."""
    found = _rule(request, pk)
    up = request.POST.get("up") == "1"
    actions.place_rule(rule=found, up=up, by=request.person, at=timezone.now())
    return go_to(request, _address(found.team_id))


@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Use a rule no more."""
    found = _rule(request, pk)
    actions.remove_rule(rule=found, by=request.person, at=timezone.now())
    messages.success(request, _("Removed."))
    return go_to(request, _address(found.team_id))


@require_GET
def trial(request: PersonRequest, pk: int) -> HttpResponse:
    """What the rules would do with a lead; nothing is given to anybody."""
    team = _team(request, pk, arranged=False)
    form = TrialForm(request.GET or None, viewer=request.person)
    context: dict[str, Any] = {"team": team, "form": form, "desk_url": _address(pk)}
    known = queries.desk_of(team)
    if form.is_valid() and known is not None:
        found = actions.try_rules(known, form.asked(), at=form.cleaned_data["at"] or timezone.now())
        names = wording.names_in(found.trace)
        context |= {
            "is_tried": True,
            "chosen": names.get(found.person or 0, ""),
            "rule": found.rule,
            "steps": wording.steps_of(found.trace, names),
        }
    context["lacks_desk"] = known is None
    return page(request, "leads/try.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def hours(request: PersonRequest, pk: int) -> HttpResponse:
    """When a team works."""
    team = _team(request, pk)
    known = WorkingWeek.objects.filter(team=team).first()
    form = HoursForm(request.POST or None, known=known)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        actions.set_hours(
            team=team, week=data["week"], time_zone=data["time_zone"],
            closed_on=data["closed_on"], by=request.person, at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return go_to(request, _address(pk))
    context = {"form": form, "title": _("Working hours"), "lead": team.name,
               "back_url": _address(pk)}  # fmt: skip
    return page(request, "leads/hours.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def own_hours(request: PersonRequest) -> HttpResponse:
    """When one works oneself, where it differs from the team."""
    if not access.may_set_own_hours(request.person):
        raise PermissionDenied
    known = WorkingWeek.objects.filter(person=request.person).first()
    form = HoursForm(request.POST or None, known=known, own=True)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        actions.set_own_hours(
            person=request.person, week=data["week"], time_zone=data["time_zone"],
            closed_on=data["closed_on"], by=request.person, at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return go_to(request, reverse("leads:own_hours"))
    context = {
        "form": form, "title": _("My working hours"), "back_url": reverse("leads:inquiries"),
        "lead": _("Leads come to you while you work. Left as it is, your team’s hours hold."),
    }  # fmt: skip
    return page(request, "leads/hours.html", context, status=422 if form.errors else 200)


@require_POST
def give(request: PersonRequest, pk: int) -> HttpResponse:
    """Let the rules give a lead to somebody now."""
    lead = get_object_or_404(Lead.objects.visible_to(request.person).kept(), pk=pk)
    if not crm.may_assign(request.person, lead):
        raise PermissionDenied
    made = actions.route_lead(lead=lead, cause=Cause.ASKED, by=request.person, at=timezone.now())
    if made is None:
        messages.error(request, _("This team gives no leads by rules."))
    elif made.person is None:
        messages.error(request, _("No rule found anybody. The trace says why."))
    else:
        messages.success(request, _("Given to %(name)s.") % {"name": made.person.name})
    seen = Lead.objects.visible_to(request.person).filter(pk=pk).exists()
    return go_to(request, reverse("crm:lead", args=[pk]) if seen else reverse("crm:leads"))
