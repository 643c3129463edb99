"""The explorer: ask by form, see it drawn and as a table, take it along as a file, keep it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from paceline.insights import access, actions, words
from paceline.insights.asked import NotAsked, Question, asked
from paceline.insights.charts import chart_of, rows_of
from paceline.insights.charts.leads import leads_to, records
from paceline.insights.charts.notes import notes_of
from paceline.insights.dimensions import BUCKETS, DIMENSIONS
from paceline.insights.forms.questions import AskForm, ShareForm, initial_of
from paceline.insights.measures import SOURCES
from paceline.insights.models import SavedQuestion
from paceline.insights.queries.answers import (
    FILE_ROWS_MAX,
    Answer,
    MeasureForbidden,
    answer,
)
from paceline.insights.queries.desk import Desk
from paceline.kernel import sheets
from paceline.kernel.pages import go_to, page, refuse
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

SHOWN_MAX = 200


def desk_for(request: PersonRequest) -> Desk:
    """What the reader brings to the page. Close it."""
    if not access.may_read(request.person):
        raise PermissionDenied
    return Desk(request.person, request.today, actions.bring_up_to_date(at=timezone.now()))


@require_GET
def show(request: PersonRequest) -> HttpResponseBase:
    """One question, answered as far as the reader may see."""
    with closing(desk_for(request)) as desk:
        is_file = request.GET.get("export") == "csv"
        most = FILE_ROWS_MAX if is_file else None
        question, found, problem, status = _answered(desk, request.GET, request.today, most)
        if found is not None and is_file:
            return csv_of(desk, found)
        return page(
            request,
            "insights/explore.html",
            _context(request, desk, question, found, problem),
            fragment="answer",
            status=status,
        )


def _answered(
    desk: Desk, query: QueryDict, today: date, most: int | None
) -> tuple[Question | None, Answer | None, str, int]:
    """The question, its answer, what stands against it in words, and the status of the page."""
    question = None
    try:
        question = asked(query, today)
        return question, answer(desk, question, most=most), "", 200
    except NotAsked as error:
        return question, None, words.refusal(error), 422
    except MeasureForbidden:
        name = "" if question is None else question.measure.name
        return question, None, _("“%(name)s” is not yours to read.") % {"name": name}, 403


def _context(
    request: PersonRequest,
    desk: Desk,
    question: Question | None,
    found: Answer | None,
    problem: str,
) -> dict[str, Any]:
    form = AskForm(
        desk=desk,
        question=question,
        initial=request.GET.dict() if question is None else initial_of(question),
    )
    here = Person.objects.employed_on(request.today)
    context: dict[str, Any] = {
        "form": form,
        "problem": problem,
        "question": question,
        "saved": list(
            SavedQuestion.objects.visible_to(request.person)
            .kept()
            .select_related("owner")
            .annotate(owner_left=~Exists(here.filter(pk=OuterRef("owner"))))
        ),
        "may_take_over": access.may_take_over_question(request.person),
        "address": reverse("insights:explore"),
    }
    if question is None or found is None:
        return context
    return context | {
        "answer": found,
        "chart": chart_of(desk, found),
        "lines": rows_of(desk, found, most=SHOWN_MAX, address=leads_to(desk)),
        "cut_off": len(found.rows) > SHOWN_MAX or found.cut_off,
        "shown_max": SHOWN_MAX,
        "total": words.worded(question.measure, found.total.value, found.currency),
        "total_change": words.worded_change(
            question.measure, found.total.value, found.total.before
        ),
        "total_direction": words.direction(question.measure, found.total.value, found.total.before),
        "title": words.title(desk, question),
        "compared": words.compared_with(question),
        "narrowings": words.narrowings(desk, question),
        "sources": [SOURCES[one] for one in question.measure.sources],
        "notes": notes_of(desk, found),
        "head_over": BUCKETS.get(question.over, ""),
        "head_split": DIMENSIONS.get(question.split, ""),
        "csv_url": f"{reverse('insights:explore')}?{question.query}&export=csv",
        "records_url": records(desk, question),
        "share_form": ShareForm(viewer=request.person),
        "query": question.query,
    }


def csv_of(desk: Desk, found: Answer) -> HttpResponseBase:
    """The answer as a file: every row, values as plain numbers; last what others come to that
    there are too many of for a file."""
    question = found.question
    header = [
        *([str(BUCKETS[question.over])] if question.over else []),
        *([str(DIMENSIONS[question.split])] if question.split else []),
        str(question.measure.name),
        *([words.compared_with(question)] if question.compare else []),
        _("Unit"),
    ]
    unit = words.plain_unit(question.measure, found.currency)

    def rows() -> Iterator[list[Any]]:
        for row in found.rows:
            yield [
                *([row.bucket] if question.over else []),
                *([words.key_name(desk, question.split, row.key)] if question.split else []),
                words.plain(row.value, unit),
                *([words.plain(row.before, unit)] if question.compare else []),
                unit,
            ]
        for bucket, value in sorted(rest.items(), key=lambda one: one[0] or date.min):
            yield [
                *([bucket] if question.over else []),
                words.others(found.rest.count if found.rest else 0),
                words.plain(value, unit),
                *([""] if question.compare else []),
                unit,
            ]

    rest = found.rest.values if found.rest else {}
    return sheets.csv_response(question.measure.key, header, list(rows()))


@require_POST
def keep(request: PersonRequest) -> HttpResponse:
    """Keep the question that the address asks."""
    if not access.may_keep(request.person):
        raise PermissionDenied
    form = ShareForm(request.POST, viewer=request.person)
    try:
        question = asked(QueryDict(request.POST.get("query", "")[:2000]), request.today)
    except NotAsked as error:
        return refuse(request, 422, _("The question was not kept"), words.refusal(error))
    if not form.is_valid():
        said = " ".join(str(one) for errors in form.errors.values() for one in errors)
        return refuse(request, 422, _("The question was not kept"), said)
    kept = actions.keep_question(
        question=question, by=request.person, at=timezone.now(), **form.cleaned_data
    )
    messages.success(request, _("The question was kept."))
    return go_to(request, reverse("insights:question", args=[kept.pk]))


@require_GET
def question(request: PersonRequest, pk: int) -> HttpResponse:
    """A kept question: its address is all that was kept."""
    rows = SavedQuestion.objects.visible_to(request.person).kept()
    found = get_object_or_404(rows, pk=pk)
    if not access.may_read(request.person):
        raise PermissionDenied
    return go_to(request, f"{reverse('insights:explore')}?{found.asked}")


@require_POST
def put_away(request: PersonRequest, pk: int) -> HttpResponse:
    """The owner puts a question away."""
    found = get_object_or_404(SavedQuestion.objects.visible_to(request.person).kept(), pk=pk)
    if found.owner_id != request.person.pk:
        raise PermissionDenied
    actions.put_away_question(question=found, by=request.person, at=timezone.now())
    messages.success(request, _("The question was put away."))
    return go_to(request, reverse("insights:explore"))


@require_POST
def take_over(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody goes on with a question whose owner has left."""
    found = get_object_or_404(SavedQuestion.objects.visible_to(request.person).kept(), pk=pk)
    if not (
        access.may_take_over_question(request.person)
        and access.has_left(found.owner_id, request.today)
    ):
        raise PermissionDenied
    actions.take_over_question(question=found, by=request.person, at=timezone.now())
    messages.success(request, _("The question is yours now."))
    return go_to(request, reverse("insights:explore"))
