"""The page of a card, and changing it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.boards import access, actions, queries, wording
from paceline.boards.actions.undoing import may_be_undone
from paceline.boards.forms.cards import CardForm, initial_of
from paceline.boards.models import Card, CardChange, CardField, Label
from paceline.boards.views.faces import due_text, due_tone, face
from paceline.kernel import formats, own_fields
from paceline.kernel.pages import go_to, page
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def seen_card(request: PersonRequest, pk: int) -> Any:
    """A card through the person who asks."""
    return get_object_or_404(_seen(request), pk=pk)


def _seen(request: PersonRequest) -> Any:
    return Card.objects.visible_to(request.person).select_related(
        "project__team", "list", "executor", "parent", "created_by", "done_by", "recurrence"
    )


def editable_card(request: PersonRequest, pk: int) -> Any:
    found = seen_card(request, pk)
    if not access.may_edit(request.person, found.project):
        raise PermissionDenied
    return found


def back(request: PersonRequest, card: Card) -> HttpResponse:
    return go_to(request, reverse("boards:card", args=[card.pk]))


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """A card with all that hangs on it."""
    rows = queries.detailed(_seen(request), request.person, request.today)
    card = get_object_or_404(rows, pk=pk)
    access.keep_right(request.person, card.project, card.own_right)
    return page(request, "boards/card.html", card_context(request, card))


def card_context(request: PersonRequest, card: Any) -> dict[str, Any]:
    person, project = request.person, card.project
    found = queries.card_page(card, person, request.today)
    labels = [Label(**row) for row in card.label_rows]
    by_id = {one.pk: one for one in labels}
    own = set(card.label_ids)
    people = [one for one in found.people.values() if one.is_able]
    names = {
        **_names(card, found, by_id),
        "link": found.link_names,
    }
    may_edit = access.may_edit(person, project) and card.archived_at is None
    waiting = [one for one in found.waits_for if not one.is_done and not one.is_archived]
    return {
        "card": card,
        "project": project,
        "labels": [one for one in labels if one.pk in own],
        "label_choices": [(one, one.pk in own) for one in labels],
        "facts": _facts(card, request.today),
        "own": _own_values(card),
        "due": due_text(card),
        "due_tone": due_tone(card, request.today),
        "executor_left": card.executor is not None and not card.executor_works,
        "page": found,
        "parts": [face(one, by_id, request.today) for one in found.parts],
        "waits": waiting,
        "comments": [_comment(one, person) for one in found.comments],
        "changes": [_told(one, names, may_edit=may_edit) for one in found.changes],
        "checklists": [_checklist(one) for one in found.checklists],
        "times": [
            {
                "pk": one.pk,
                "text": wording.minutes(one.minutes),
                "who": one.person.name,
                "on": one.on,
                "note": one.note,
                "is_mine": one.person_id == person.pk,
            }
            for one in found.times
        ],
        "minutes": wording.minutes(found.minutes) if found.minutes else "",
        "estimate": wording.minutes(card.estimate) if card.estimate else "",
        "people": [(one.pk, one.name, one in found.participants) for one in people],
        "may_edit": may_edit,
        "may_comment": access.may_comment(person, project) and card.archived_at is None,
        "may_restore": card.archived_at is not None and access.may_edit(person, project),
        "may_delete": card.archived_at is not None and access.may_arrange(person, project),
        "topic": f"card:{card.pk}",
        "today": request.today,
    }


def _names(
    card: Any, found: queries.CardPage, labels: dict[int, Label]
) -> dict[str, dict[Any, str]]:
    """Names for the ids that a history holds."""
    known = {one.pk: one.name for one in found.people.values()}
    return {
        "list": {row["pk"]: row["name"] for row in card.list_rows},
        "executor": known,
        "participants": known,
        "labels": {pk: one.name for pk, one in labels.items()},
    }


def _facts(card: Any, on: date) -> list[tuple[str, str]]:
    found = []
    if card.starts_on:
        found.append((wording.field_label("starts_on"), formats.day(card.starts_on)))
    if card.estimate:
        found.append((wording.field_label("estimate"), wording.minutes(card.estimate)))
    return found


def _own_values(card: Any) -> list[tuple[str, str]]:
    fields = [CardField(**row) for row in card.field_rows]
    return [
        (one.label, own_fields.shown(one, card.custom[one.key]))
        for one in fields
        if one.key in card.custom
    ]


def _comment(comment: Any, person: Person) -> dict[str, Any]:
    return {
        "pk": comment.pk,
        "who": comment.by.name if comment.by else comment.author or "Paceline",
        "at": comment.at,
        "text": wording.without_ids(comment.text),
        "raw": comment.text,
        "is_changed": comment.changed_at is not None,
        "is_mine": access.may_change_comment(person, comment),
    }


def _told(change: Any, names: wording.Names, *, may_edit: bool) -> dict[str, Any]:
    was_undone = hasattr(change, "undone_by")
    return {
        "pk": change.pk,
        "title": wording.change_title(change),
        "lines": wording.change_lines(change, names),
        "who": "Paceline" if change.by is None else change.by.name,
        "at": change.at,
        "may_undo": may_edit and may_be_undone(change) and not was_undone,
        "was_undone": was_undone,
        "undoes": change.undoes_id is not None,
    }


def _checklist(one: queries.CheckedList) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "name": one.name,
        "items": one.items,
        "done": sum(item.is_done for item in one.items),
        "count": len(one.items),
    }


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the fields of a card. When somebody else changed the same meanwhile, it says so."""
    card = editable_card(request, pk)
    form = CardForm(
        request.POST or None, people=queries.able_people(card.project, request.today),
        fields=queries.fields_of(card.project), card=card, initial=initial_of(card),
    )  # fmt: skip
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_card(
                card=card, facts=form.facts(), seen=form.cleaned_data["version"] or 1,
                by=request.person, at=timezone.now(),
            )  # fmt: skip
        except actions.ChangedMeanwhile as problem:
            form.add_error(None, wording.refusal(problem))
            status = 409
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return back(request, card)
    context = {"form": form, "title": _("Change the card"), "name": card.title,
               "back_url": reverse("boards:card", args=[pk]), "button": _("Save"),
               "presence": ("card", pk)}  # fmt: skip
    status = 422 if form.errors and status == 200 else status
    return page(request, "boards/one_form.html", context, status=status)


@require_POST
def finish(request: PersonRequest, pk: int) -> HttpResponse:
    """A card is done, or not after all."""
    card = editable_card(request, pk)
    done = request.POST.get("done", "1") == "1"
    anyway = request.POST.get("anyway") == "1"
    act(request, lambda told: actions.finish_card(card=card, done=done, anyway=anyway, **told))
    whole = card if card.parent is None or "stay" in request.POST else card.parent
    return back(request, whole)


def act(request: PersonRequest, what: Any, said: str = "") -> bool:
    """Do something and say what became of it; returns whether it was done."""
    problem = _refusal(request, what)
    if problem:
        messages.error(request, problem)
        return False
    if said:
        messages.success(request, said)
    return True


def tried(request: PersonRequest, card: Card, what: Any) -> HttpResponse:
    """Do something with what was typed; where it is refused, the page comes back with it."""
    problem = _refusal(request, what)
    return again(request, card, problem) if problem else back(request, card)


def _refusal(request: PersonRequest, what: Any) -> str:
    """Do something; why it was refused, in words, or nothing."""
    try:
        what({"by": request.person, "at": timezone.now()})
    except wording.REFUSALS as problem:
        return wording.refusal(problem)
    return ""


def again(request: PersonRequest, card: Card, problem: str) -> HttpResponse:
    """The card's page with what was typed and why it was not taken: nothing is typed twice."""
    rows = queries.detailed(_seen(request), request.person, request.today)
    context = card_context(request, get_object_or_404(rows, pk=card.pk))
    typed = {**request.POST.dict(), "at": request.path, "problem": problem}
    typed["items_text"] = typed.pop("items", "")  # a template would take it for the dict's own
    return page(request, "boards/card.html", {**context, "typed": typed}, status=422)


@require_POST
def archive(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a card away, bring it back, or delete it for good."""
    card = editable_card(request, pk)
    what = request.POST.get("do", "archive")
    if what == "delete":
        if not access.may_arrange(request.person, card.project):
            raise PermissionDenied
        project = card.project_id
        if act(request, lambda told: actions.delete_card(card=card, **told),
               _("The card was deleted for good.")):  # fmt: skip
            return go_to(request, reverse("boards:archived", args=[project]))
    elif what == "back":
        act(request, lambda told: actions.restore_card(card=card, **told), _("The card is back."))
    else:
        said = _("The card was archived. It can be brought back.")
        act(request, lambda told: actions.archive_card(card=card, **told), said)
    return back(request, card)


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a change of a card back."""
    change = get_object_or_404(CardChange.objects.visible_to(request.person), pk=pk)
    card = editable_card(request, change.card_id)
    act(request, lambda told: actions.undo_change(change=change, **told), _("Taken back."))
    return back(request, card)
