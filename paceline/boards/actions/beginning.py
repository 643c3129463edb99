"""Projects that begin from something: a ready one, or another project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from paceline.boards.actions import cards as making
from paceline.boards.actions import labels as marking
from paceline.boards.actions import parts, projects
from paceline.boards.actions.projects import NewList
from paceline.boards.blueprints import Blueprint
from paceline.boards.models import Card, CardField, CardList, Colour, Label, Project
from paceline.org.models import Person

COPIED_MAX = 500


@transaction.atomic
def begin_project(
    *, blueprint: Blueprint, facts: Mapping[str, Any], day: date, by: Person, at: datetime
) -> Project:
    """A new project with the lists, labels and cards of a ready one, its dates counted from
    ``day``."""
    last = len(blueprint.lists) - 1
    lists = [NewList(name, ends_work=place == last) for place, name in enumerate(blueprint.lists)]
    project = projects.add_project(facts=facts, lists=lists, by=by, at=at)
    columns = list(CardList.objects.filter(project=project).order_by("rank"))
    told: dict[str, Any] = {"by": by, "at": at}
    labels = [
        marking.add_label(project=project, name=name, colour=colour, **told)
        for name, colour in blueprint.labels
    ]
    for sketch in blueprint.cards:
        due_on = None if sketch.days is None else day + timedelta(days=sketch.days)
        card = making.add_card(
            cards=columns[sketch.place], facts={"title": sketch.title, "due_on": due_on},
            labels=[labels[one] for one in sketch.labels], **told,
        )  # fmt: skip
        if sketch.items:
            parts.add_checklist(card=card, name=_("Checklist"), items=sketch.items, **told)
    return project


@transaction.atomic
def copy_project(
    *, project: Project, facts: Mapping[str, Any], days: int, by: Person, at: datetime
) -> Project:
    """A new project like another one: its lists, labels, fields and open cards with their
    checklists, the dates ``days`` later. Who does them is left open."""
    old_lists = list(
        CardList.objects.filter(project=project, archived_at__isnull=True).order_by("rank")
    )
    lists = [NewList(one.name, one.ends_work, one.limit) for one in old_lists]
    made = projects.add_project(facts=facts, lists=lists, by=by, at=at)
    told: dict[str, Any] = {"by": by, "at": at}
    new_lists = CardList.objects.filter(project=made).order_by("rank")
    columns = {old.pk: new for old, new in zip(old_lists, new_lists, strict=True)}
    labels = {
        one.pk: marking.add_label(project=made, name=one.name, colour=Colour(one.colour), **told)
        for one in Label.objects.filter(project=project)
    }
    for one in CardField.objects.filter(project=project, retired_at__isnull=True):
        marking.add_field(
            project=made, label=one.label, kind=one.kind, options=one.options,
            is_required=one.is_required, **told,
        )  # fmt: skip
    rows = Card.objects.kept().filter(list__in=list(columns)).order_by("list__rank", "rank")
    for card in rows.prefetch_related("labellings", "checklists__items")[:COPIED_MAX]:
        later = timedelta(days=days)
        new = making.add_card(
            cards=columns[card.list_id], over_limit=True, **told,
            labels=[labels[one.label_id] for one in card.labellings.all()],
            facts={
                "title": card.title, "description": card.description,
                "starts_on": card.starts_on and card.starts_on + later,
                "due_on": card.due_on and card.due_on + later, "due_time": card.due_time,
                "estimate": card.estimate,
            },
        )  # fmt: skip
        for one in card.checklists.all():
            items = [item.text for item in one.items.all()]
            parts.add_checklist(card=new, name=one.name, items=items, **told)
    return made
