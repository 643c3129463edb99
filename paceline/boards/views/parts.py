"""What a card is made of: labels, people, subtasks, checklists, dependencies."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from paceline.boards import actions, queries
from paceline.boards.models import Card, Checklist, ChecklistItem, Dependency, Label
from paceline.boards.views.cards import act, again, back, editable_card, tried
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def ids_of(request: PersonRequest, name: str) -> list[int]:
    return [int(one[:18]) for one in request.POST.getlist(name) if one.isdecimal()]


@require_POST
def labels(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a card exactly the labels chosen."""
    card = editable_card(request, pk)
    chosen = list(Label.objects.filter(project=card.project_id, pk__in=ids_of(request, "label")))
    act(request, lambda told: actions.set_labels(card=card, labels=chosen, **told))
    return back(request, card)


@require_POST
def people(request: PersonRequest, pk: int) -> HttpResponse:
    """Let exactly the people chosen take part; ``me`` adds or takes out oneself."""
    card = editable_card(request, pk)
    chosen = list(Person.objects.filter(pk__in=ids_of(request, "person")))
    if request.POST.get("me"):
        known = [one.person for one in card.participants.select_related("person")]
        chosen = [one for one in known if one.pk != request.person.pk]
        chosen += [request.person] if request.POST["me"] == "in" else []
    act(request, lambda told: actions.set_participants(card=card, people=chosen, **told))
    return back(request, card)


@require_POST
def add_part(request: PersonRequest, pk: int) -> HttpResponse:
    """A new subtask, with its executor."""
    card = editable_card(request, pk)
    known = {one.pk: one for one in queries.able_people(card.project, request.today)}
    executor = next((known[one] for one in ids_of(request, "executor") if one in known), None)
    facts = {"title": request.POST.get("title", ""), "executor": executor}
    return tried(request, card, lambda told: actions.add_part(card=card, facts=facts, **told))


@require_POST
def add_checklist(request: PersonRequest, pk: int) -> HttpResponse:
    """A new checklist; each line is an item."""
    card = editable_card(request, pk)
    name = request.POST.get("name", "").strip() or _("Checklist")
    items = request.POST.get("items", "").splitlines()

    def add(told: dict[str, Any]) -> None:
        actions.add_checklist(card=card, name=name, items=items, **told)

    return tried(request, card, add)


def _checklist(request: PersonRequest, pk: int) -> Checklist:
    found: Checklist = get_object_or_404(
        Checklist.objects.visible_to(request.person).select_related("card"), pk=pk
    )
    editable_card(request, found.card_id)
    return found


@require_POST
def checklist(request: PersonRequest, pk: int) -> HttpResponse:
    """More items for a checklist, or away with it."""
    found = _checklist(request, pk)
    if request.POST.get("do") == "remove":
        act(request, lambda told: actions.remove_checklist(checklist=found, **told))
        return back(request, found.card)
    texts = request.POST.get("items", "").splitlines()
    return tried(
        request, found.card, lambda told: actions.add_items(checklist=found, texts=texts, **told)
    )


@require_POST
def item(request: PersonRequest, pk: int) -> HttpResponse:
    """Tick an item off or not, or say it in other words."""
    rows = ChecklistItem.objects.select_related("checklist__card")
    seen = Checklist.objects.visible_to(request.person).values("pk")
    found = get_object_or_404(rows.filter(checklist__in=seen), pk=pk)
    card = editable_card(request, found.checklist.card_id)
    if "text" in request.POST:
        text = request.POST["text"]
        return tried(request, card, lambda told: actions.change_item(item=found, text=text, **told))
    done = request.POST.get("done") == "1"
    act(request, lambda told: actions.tick(item=found, done=done, **told))
    return back(request, card)


@require_POST
def add_dependency(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a card wait for another one of its project, chosen by its title."""
    card = editable_card(request, pk)
    text = request.POST.get("on", "").strip()
    _name, sign, number = text.rpartition("#")
    rows = Card.objects.kept().filter(project=card.project_id)
    by_number = rows.filter(pk=int(number[:18])) if sign and number.isdecimal() else rows.none()
    on = by_number.first() or rows.filter(title__iexact=text).order_by("-pk").first()
    if on is None:
        return again(request, card, _("No card of this project is called like this."))
    return tried(request, card, lambda told: actions.add_dependency(card=card, on=on, **told))


@require_POST
def remove_dependency(request: PersonRequest, pk: int) -> HttpResponse:
    """A card does not wait for another one any more."""
    rows = Dependency.objects.visible_to(request.person).select_related("card", "on")
    found = get_object_or_404(rows, pk=pk)
    card = editable_card(request, found.card_id)
    act(request, lambda told: actions.remove_dependency(dependency=found, **told))
    return back(request, card)
