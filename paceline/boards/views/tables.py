"""The same cards as a list and a table; what one has to do on all boards; many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from paceline.boards import actions, queries, wording
from paceline.boards.actions.many import What
from paceline.boards.models import Batch, Card, CardList, Label, Project
from paceline.boards.views.boards import editable_project, seen_project, small_icons
from paceline.boards.views.faces import due_tone, face, project_context
from paceline.boards.views.parts import ids_of
from paceline.kernel import formats, own_work
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.requests import PersonRequest


@require_GET
def as_list(request: PersonRequest, pk: int) -> HttpResponse:
    """The cards one below the other, list after list."""
    project = seen_project(request, pk)
    context = project_context(request, project, "list")
    found = queries.in_lists(project, request.person, request.today, context["narrowing"])
    groups: dict[str, list[Any]] = {}
    for card in found:
        groups.setdefault(card.list.name, []).append(
            face(card, context["labels_by_id"], request.today)
        )
    context |= {"groups": list(groups.items()), "topic": f"project:{pk}", "icons": small_icons()}
    return page(request, "boards/list.html", context)


@require_GET
def as_table(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The cards as a table that sorts, filters and is exported; many can be changed at once."""
    project = seen_project(request, pk)
    context = project_context(request, project, "table")
    lists = queries.lists_of(project)
    table = _table(request, project, context, lists)
    if table.wants_export:
        return table.export()
    batches = Batch.objects.filter(project=project, by=request.person, undone_at__isnull=True)
    context |= {
        "table": table,
        "lists": [(one.pk, one.name) for one in lists],
        "last_batch": batches.first() if context["may_edit"] else None,
    }
    return page(request, "boards/table.html", context)


def _table(
    request: PersonRequest, project: Project, context: dict[str, Any], in_use: list[CardList]
) -> Table:
    labels, today = context["labels_by_id"], request.today
    rows = queries.listed(project, request.person, today, context["narrowing"])
    more: dict[str, Any] = {}
    if context["may_edit"]:
        more = {"choice": lambda row: row.pk, "choice_name": "card", "choice_form": "batch"}
    lists = [(str(one.pk), one.name) for one in in_use]
    return Table(
        request,
        rows=rows,
        name="cards",
        topic=f"project:{project.pk}",
        caption=_("Cards"),
        columns=[
            Column("title", pgettext("of a text", "Title"), sort="title",
                   link=lambda row: f"/boards/cards/{row.pk}"),
            Column("list", pgettext("list of cards", "List"), value=_place, sort="list__rank"),
            Column("state", _("State"), value=_state, sort="done_at"),
            Column("executor", pgettext("card", "Executor"), value=_executor,
                   sort="executor__name"),
            Column("labels", _("Labels"), secondary=True,
                   value=lambda row: formats.listed(labels[one].name for one in row.label_ids
                                               if one in labels)),
            Column("starts_on", pgettext("card", "Start"), sort="starts_on", kind="day",
                   secondary=True),
            Column("due_on", _("Due"), sort="due_on", kind="day"),
            Column("minutes", _("Time spent"), sort="minutes", secondary=True,
                   value=lambda row: wording.minutes(row.minutes) if row.minutes else ""),
            Column("changed_at", _("Last change"), sort="changed_at", kind="moment",
                   secondary=True),
        ],
        filters=[
            Filter("list", pgettext("list of cards", "Any list"), lists, apply="list"),
            Filter("state", _("Any state"), [("open", pgettext("card", "Open")),
                                             ("done", pgettext("card", "Done"))],
                   apply=lambda rows, value: rows.filter(done_at__isnull=value == "open")),
        ],
        order="due_on",
        empty=_("No cards yet."),
        empty_hint=_("Add the first one on the board."),
        **more,
    )  # fmt: skip


def _place(row: Any) -> str:
    return str(row.list.name) if row.list else f"↳ {row.parent.title}"


def _executor(row: Any) -> Any:
    if row.executor is None:
        return ""
    if not row.executor_works:
        gone = _("has left")
        return Badge(f"{row.executor.name} ({gone})", "warning")
    return row.executor.name


def _state(row: Any) -> Badge:
    if row.done_at is not None:
        return Badge(pgettext("card", "Done"), "good")
    return Badge(_("Blocked"), "bad") if row.waits else Badge(pgettext("card", "Open"), "info")


@require_POST
def change_many(request: PersonRequest, pk: int) -> HttpResponse:
    """One thing with all cards chosen."""
    project = editable_project(request, pk)
    cards = list(Card.objects.kept().filter(project=project, pk__in=ids_of(request, "card")))
    what, _sign, value = request.POST.get("what", "").partition(":")
    number = int(value[:18]) if value.isdecimal() else 0
    people = {one.pk: one for one in queries.able_people(project, request.today)}
    wanted = {
        "executor": What(executor=people.get(number)),
        "list": What(move_to=CardList.objects.filter(project=project, pk=number).first()),
        "label": What(label=Label.objects.filter(project=project, pk=number).first()),
        "finish": What(finish=True),
        "archive": What(archive=True),
    }.get(what, What())
    try:
        batch = actions.change_many(
            project=project, cards=cards, what=wanted, by=request.person, at=timezone.now()
        )
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _told(batch))
    return go_to(request, reverse("boards:table", args=[pk]))


def _told(batch: Batch) -> str:
    told = ngettext("%(count)s card was changed.", "%(count)s cards were changed.", batch.count)
    told = told % {"count": formats.number(batch.count)}
    if batch.skipped:
        left = ngettext(
            "%(count)s could not be changed.", "%(count)s could not be changed.", batch.skipped
        )
        told = f"{told} {left % {'count': formats.number(batch.skipped)}}"
    return told


def _told_back(done: int, left: int) -> str:
    told = ngettext("Taken back on %(count)s card.", "Taken back on %(count)s cards.", done)
    told = told % {"count": formats.number(done)}
    if left:
        stay = ngettext(
            "%(count)s was changed since and stays.",
            "%(count)s were changed since and stay.",
            left,
        )
        told = f"{told} {stay % {'count': formats.number(left)}}"
    return told


@require_POST
def undo_many(request: PersonRequest, pk: int) -> HttpResponse:
    """Take one's change of many cards back."""
    seen = Project.objects.visible_to(request.person).values("pk")
    batch = get_object_or_404(Batch.objects.filter(project__in=seen, by=request.person), pk=pk)
    editable_project(request, batch.project_id)
    try:
        done, left = actions.undo_batch(batch=batch, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _told_back(done, left))
    place = "board" if "added" in batch.what else "table"
    return go_to(request, reverse(f"boards:{place}", args=[batch.project_id]))


@require_GET
def mine(request: PersonRequest) -> HttpResponseBase:
    """What one has to do on every board, the most urgent first."""
    person, today = request.person, request.today
    table = Table(
        request,
        rows=queries.mine(person, today),
        name="mine",
        topic=f"person:{person.pk}",
        caption=_("My work"),
        columns=[
            Column("title", _("Card"), sort="title", search=True,
                   link=lambda row: f"/boards/cards/{row.pk}"),
            Column("project", _("Project"), value="project.name", sort="project__name",
                   link=lambda row: f"/boards/{row.project_id}"),
            Column("list", pgettext("list of cards", "List"), value=_place, secondary=True),
            Column("state", _("State"), value=_state),
            Column("role", _("My part"), secondary=True, value=lambda row: (
                pgettext("card", "Executor") if row.executor_id == person.pk
                else _("Participant"))),
            Column("due_on", _("Due"), value=lambda row: _due(row, today), sort="due_on"),
        ],
        filters=[
            Filter("role", _("All that is mine"),
                   [("executor", _("I answer for it")), ("participant", _("I take part"))],
                   apply=lambda rows, value: rows.filter(executor=person)
                   if value == "executor" else rows.exclude(executor=person)),
            Filter("due", _("Due whenever"), [("overdue", pgettext("card", "Overdue"))],
                   apply=lambda rows, _value: rows.filter(due_on__lt=today)),
        ],
        order="due_on",
        empty=_("Nothing waits for you."),
        empty_hint=_("Cards that are given to you on any board stand here."),
    )  # fmt: skip
    if table.wants_export:
        return table.export()
    context = {"table": table, "work_tabs": own_work.tabs(person, "cards")}
    return page(request, "boards/mine.html", context)


def _due(row: Any, today: Any) -> Any:
    if row.due_on is None:
        return ""
    tone = due_tone(row, today)
    day = formats.day(row.due_on)
    return Badge(day, tone) if tone else day  # type: ignore[arg-type]
