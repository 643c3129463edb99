"""Cards as boards, lists and calendars draw them: everything worded here, nothing asked later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.boards import access, queries
from paceline.boards.models import Label, Project
from paceline.boards.queries import Narrowing
from paceline.boards.views.kept import kept_context
from paceline.kernel import formats
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

SOON = timedelta(days=2)
VIEWS = ("board", "list", "table", "calendar", "timeline")


@dataclass(frozen=True, slots=True)
class Face:
    """A card as its board shows it."""

    pk: int
    title: str
    url: str
    move_url: str
    labels: list[Label]
    executor: str
    has_left: bool
    due: str
    due_tone: str
    done: bool
    waits: bool
    checklist: str
    parts: str
    comments: int
    files: int


def face(card: Any, labels: Mapping[int, Label], on: date) -> Face:
    """The face of a card that was read by ``queries.faced``."""
    executor = card.executor
    return Face(
        pk=card.pk,
        title=card.title,
        url=f"/boards/cards/{card.pk}",
        move_url=f"/boards/cards/{card.pk}/move",
        labels=[labels[one] for one in card.label_ids if one in labels],
        executor="" if executor is None else executor.name,
        has_left=executor is not None and not card.executor_works,
        due=due_text(card),
        due_tone=due_tone(card, on),
        done=card.done_at is not None,
        waits=card.waits and card.done_at is None,
        checklist=f"{card.items_done}/{card.items_all}" if card.items_all else "",
        parts=f"{card.parts_done}/{card.parts_all}" if card.parts_all else "",
        comments=card.comments_all,
        files=card.files_all,
    )


def due_text(card: Any) -> str:
    if card.due_on is None:
        return ""
    day = formats.day(card.due_on)
    return f"{day} {card.due_time:%H:%M}" if card.due_time else day


def due_tone(card: Any, on: date) -> str:
    """Red when it is late, amber when it is soon, nothing when it is done."""
    if card.due_on is None or card.done_at is not None:
        return ""
    if card.due_on < on:
        return "bad"
    return "warning" if card.due_on <= on + SOON else ""


def project_context(request: PersonRequest, project: Project, here: str) -> dict[str, Any]:
    """What every view of a project shows around its cards."""
    person = request.person
    labels = queries.labels_of(project)
    people = queries.able_people(project, request.today)
    by = Narrowing.of(request.GET)
    return {
        "project": project,
        "tabs": _tabs(request, project, here),
        "tabs_label": _("Views"),
        "filters": _filters(request, by, labels, people),
        "narrowing": by,
        "is_narrowed": by.is_set,
        "here_url": request.get_full_path(),
        "clear_url": request.path,
        "label_rows": [(one.pk, one) for one in labels],
        "labels_by_id": {one.pk: one for one in labels},
        "people": people,
        "may_edit": access.may_edit(person, project),
        "may_arrange": access.may_arrange(person, project),
        **kept_context(
            request, project, here, {one.pk for one in labels}, {one.pk for one in people}
        ),
    }


def _tabs(request: PersonRequest, project: Project, here: str) -> list[tuple[str, str, bool, None]]:
    words = {
        "board": _("Board"),
        "list": pgettext("view of cards", "List"),
        "table": pgettext("view of cards", "Table"),
        "calendar": pgettext("view of cards", "Calendar"),
        "timeline": pgettext("view of cards", "Timeline"),
    }
    kept = QueryDict(mutable=True)
    for name in ("whose", "label", "due", "q"):
        if request.GET.get(name):
            kept[name] = request.GET[name]
    query = f"?{kept.urlencode()}" if kept else ""
    return [
        (words[name], reverse(f"boards:{name}", args=[project.pk]) + query, name == here, None)
        for name in VIEWS
    ]


def _filters(
    request: PersonRequest, by: Narrowing, labels: list[Label], people: list[Person]
) -> list[dict[str, Any]]:
    whose = [("mine", _("Mine")), ("nobody", _("Nobody's yet"))]
    whose += [(str(one.pk), one.name) for one in people]
    due = [
        ("overdue", pgettext("card", "Overdue")),
        ("soon", _("Due within a week")),
        ("none", _("Without a due date")),
    ]
    marks = [(str(one.pk), one.name) for one in labels]
    found = [
        ("whose", _("Everyone's"), whose, by.whose),
        ("label", _("Any label"), marks, str(by.label or "")),
        ("due", _("Due whenever"), due, by.due),
    ]
    return [
        {"name": name, "label": label, "choices": choices, "chosen": chosen}
        for name, label, choices, chosen in found
        if choices
    ]
