"""The weekly review of a team, and notes beside figures."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from paceline.boards import wording as boards
from paceline.goals import wording as goals
from paceline.insights import access, actions, words
from paceline.insights.actions.reviews import NoteFacts
from paceline.insights.asked import NotAsked, Question
from paceline.insights.dimensions import Span, bucket_of
from paceline.insights.forms.reviews import EntryForm, NoteForm, TaskForm
from paceline.insights.measures import MEASURES
from paceline.insights.models import EntryKind, MarketNote, NoteKind, ReviewEntry
from paceline.insights.queries import reviews
from paceline.insights.queries.answers import may_read_measure, totals
from paceline.insights.queries.deals import Said, feedback_rows
from paceline.insights.queries.desk import Desk
from paceline.insights.views.explorer import desk_for
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page, refuse
from paceline.org.models import Team
from paceline.org.queries import members
from paceline.org.requests import PersonRequest

WEEK = timedelta(weeks=1)


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The teams whose weeks one may look at, and the reviews that were held."""
    if not access.may_read(request.person):
        raise PermissionDenied
    week = bucket_of(request.today, "week")
    own = reviews.teams_for(request.person)
    begun = reviews.begun_in(own, week)
    teams = []
    for one in own:
        # The last full week, until somebody wrote in the review of the running one.
        monday = week if one.pk in begun else week - WEEK
        teams.append((one, address(one, monday), Span(monday, monday + WEEK).worded))
    held = [
        (one, address(one.team, one.week), Span(one.week, one.week + WEEK).worded)
        for one in reviews.reviews_for(request.person)
    ]
    return page(request, "insights/reviews.html", {"teams": teams, "held": held})


def address(team: Team, week: date) -> str:
    return reverse("insights:review", args=[team.pk, week.isoformat()])


def _place(
    request: PersonRequest, team_id: int, week: str, teams: list[Team] | None = None
) -> tuple[Team, date]:
    """The team and the Monday of an address; what is not the reader's does not exist. ``teams``
    are those of the reader, where they are known already."""
    if not access.may_read(request.person):
        raise PermissionDenied
    own = reviews.teams_for(request.person) if teams is None else teams
    team = next((one for one in own if one.pk == team_id), None)
    try:
        day = date.fromisoformat(week)
    except ValueError as error:
        raise Http404 from error
    if team is None or not 2000 <= day.year <= 2200:
        raise Http404
    return team, bucket_of(day, "week")


@require_GET
def show(request: PersonRequest, team_id: int, week: str) -> HttpResponse:
    """A team's week: figures, goals, gaps, decisions. What came of it and what explains it is a
    page of its own, which this one fetches when it comes into view."""
    with closing(desk_for(request)) as desk:
        team, monday = _place(request, team_id, week, desk.teams_about)
        span = Span(monday, monday + WEEK, "week")
        desk.days = Span(monday - WEEK, monday + WEEK)
        figures = figures_of(desk, team, span)
    may_write = reviews.may_write(request.person, team)
    entries, earlier = reviews.entries_of(team, monday)
    context: dict[str, Any] = {
        **_heading(request, team, monday),
        "figures": figures,
        "goals": [
            (
                line.goal,
                goals.value(line.standing.value, line.goal),
                goals.aim(line.goal),
                goals.status(line.standing),
                "" if line.later is None else formats.day(line.later),
            )
            for line in reviews.goals_of(request.person, team, span, request.today)
        ],
        "gaps": [one for one in entries if one.kind == EntryKind.GAP],
        "decisions": [one for one in entries if one.kind == EntryKind.DECISION],
        "earlier": earlier,
        "may_write": may_write,
        "entry_form": EntryForm(auto_id="entry-%s") if may_write else None,
    }
    return page(request, "insights/review.html", context)


def _heading(request: PersonRequest, team: Team, monday: date) -> dict[str, Any]:
    after = monday + WEEK
    return {
        "team": team,
        "days": Span(monday, after, "week").worded,
        "here": address(team, monday),
        "before_url": address(team, monday - WEEK),
        "after_url": address(team, after) if after <= request.today else "",
        "beside_url": reverse("insights:review_beside", args=[team.pk, monday.isoformat()]),
    }


@require_GET
def beside(request: PersonRequest, team_id: int, week: str) -> HttpResponse:
    """What came of a team's week and what explains it: tasks, what customers said, who won instead,
    notes."""
    person = request.person
    with closing(desk_for(request)) as desk:
        teams = desk.teams_about
        team, monday = _place(request, team_id, week, teams)
        span = Span(monday, monday + WEEK, "week")
        desk.days = span
        said = feedback_of(desk, team, span)
        people = desk.people_in(team.code)
    may_write = reviews.may_write(person, team)
    context: dict[str, Any] = {
        **_heading(request, team, monday),
        "cards": reviews.cards_of(person, team, monday),
        "feedback": said,
        "lost": reviews.lost_to(person, team, span),
        "notes": reviews.notes_of_days(person, span, team),
        "may_write": may_write,
    }
    if may_write:
        last_day = min(monday + WEEK - timedelta(days=1), request.today)
        context |= {
            "task_form": TaskForm(viewer=person, team=team, people=people, auto_id="task-%s"),
            "note_form": NoteForm(
                teams=teams, initial={"on": last_day, "team": team.pk}, auto_id="note-%s"
            ),
        }
    return page(request, "insights/beside.html", context, fragment="beside")


def figures_of(desk: Desk, team: Team, span: Span) -> list[dict[str, str]]:
    """The week beside the week before, measure by measure, as far as the reader may see."""
    known = [MEASURES[key] for key in reviews.WEEK_MEASURES]
    asked = Question(known[0], span, only={"team": team.code}, compare="previous", span_name="days")
    try:
        found = totals(desk, asked, known)
    except NotAsked:
        return []
    currency = desk.currency()
    return [
        {
            "name": str(measure.name),
            "definition": str(measure.definition),
            "value": words.worded(measure, now, currency),
            "before": words.worded(measure, before, currency),
            "change": words.worded_change(measure, now, before),
            "direction": words.direction(measure, now, before),
            "url": f"{reverse('insights:explore')}?{replace(asked, measure=measure).query}",
        }
        for measure in known
        if measure.key in found
        for now, before in [(found[measure.key].value, found[measure.key].before)]
    ]


def feedback_of(desk: Desk, team: Team, span: Span) -> list[Said]:
    """What customers of a team said in a week: what the figure beside it counts."""
    measure = MEASURES["feedback"]
    if not may_read_measure(desk.reader, measure):
        return []
    asked = Question(measure, span, only={"team": team.code}, span_name="days")
    return feedback_rows(desk, asked, reviews.FEEDBACK_SHOWN)


def _writing(request: PersonRequest, team_id: int, week: str) -> tuple[Team, date]:
    team, monday = _place(request, team_id, week)
    if not reviews.may_write(request.person, team):
        raise PermissionDenied
    return team, monday


def _said(form: Any) -> str:
    return " ".join(str(one) for errors in form.errors.values() for one in errors)


@require_POST
def write(request: PersonRequest, team_id: int, week: str) -> HttpResponse:
    """Write down a gap or a decision."""
    team, monday = _writing(request, team_id, week)
    form = EntryForm(request.POST)
    if not form.is_valid():
        return refuse(request, 422, _("Nothing was written down"), _said(form))
    actions.write_entry(
        team=team,
        week=monday,
        kind=EntryKind(form.cleaned_data["kind"]),
        text=form.cleaned_data["text"],
        by=request.person,
        at=timezone.now(),
    )
    messages.success(request, _("Written down."))
    return go_to(request, address(team, monday))


@require_POST
def take_on(request: PersonRequest, team_id: int, week: str) -> HttpResponse:
    """Make a card of a decision."""
    team, monday = _writing(request, team_id, week)
    people = list(members([team], request.today).order_by("name", "pk").values_list("pk", "name"))
    form = TaskForm(request.POST, viewer=request.person, team=team, people=people)
    if not form.is_valid():
        return refuse(request, 422, _("No task was made"), _said(form))
    try:
        actions.take_on(
            team=team,
            week=monday,
            cards=form.cards,
            facts=form.facts(),
            by=request.person,
            at=timezone.now(),
        )
    except boards.REFUSALS as problem:
        return refuse(request, 422, _("No task was made"), boards.refusal(problem))
    messages.success(request, _("The task stands on its board."))
    return go_to(request, address(team, monday))


@require_POST
def take_back(request: PersonRequest, pk: int) -> HttpResponse:
    """Who wrote a gap or decision takes it back."""
    found = get_object_or_404(
        ReviewEntry.objects.select_related("review__team").filter(removed_at__isnull=True), pk=pk
    )
    team = found.review.team
    if team not in reviews.teams_for(request.person):
        raise Http404
    if found.written_by_id != request.person.pk:
        raise PermissionDenied
    actions.remove_entry(entry=found, by=request.person, at=timezone.now())
    messages.success(request, _("Taken back."))
    return go_to(request, address(team, found.review.week))


@require_POST
def note(request: PersonRequest) -> HttpResponse:
    """Write what explains a figure; the page that one came from shows it."""
    if not access.may_keep(request.person):
        raise PermissionDenied
    form = NoteForm(request.POST, teams=reviews.teams_for(request.person))
    if not form.is_valid():
        return refuse(request, 422, _("Nothing was written down"), _said(form))
    data = form.cleaned_data
    facts = NoteFacts(
        data["on"], NoteKind(data["kind"]), data["text"], data["measure"], data["team"]
    )
    actions.write_note(facts=facts, by=request.person, at=timezone.now())
    messages.success(request, _("Written down."))
    return go_to(request, _back(request))


@require_POST
def note_back(request: PersonRequest, pk: int) -> HttpResponse:
    """Who wrote a note takes it back."""
    found = get_object_or_404(MarketNote.objects.visible_to(request.person), pk=pk)
    if found.written_by_id != request.person.pk:
        raise PermissionDenied
    actions.remove_note(note=found, by=request.person, at=timezone.now())
    messages.success(request, _("Taken back."))
    return go_to(request, _back(request))


def _back(request: PersonRequest) -> str:
    """A page of ours that the form named, else the dashboards."""
    asked = request.POST.get("back", "")
    home = reverse("insights:home")
    return asked if asked.startswith(home) and "//" not in asked and "\\" not in asked else home
