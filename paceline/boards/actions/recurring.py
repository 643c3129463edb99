"""Cards that come again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from paceline.boards.actions import cards as making
from paceline.boards.actions import parts, projects, recording
from paceline.boards.actions.recording import FactsInvalid, NotInProject, TooMany
from paceline.boards.models import Card, CardList, Label, Project, Recurrence
from paceline.boards.schedule import Pattern
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.org.models import Person

RECURRENCES_MAX = 100
FACTS = (
    "list", "title", "description", "executor", "checklist", "due_after", "unit", "every",
    "weekdays", "at_time", "starts_on", "ends_before",
)  # fmt: skip


@transaction.atomic
def add_recurrence(
    *,
    project: Project,
    facts: Mapping[str, Any],
    labels: Sequence[Label] = (),
    by: Person | None,
    at: datetime,
) -> Recurrence:
    """A card that comes again and again, the first time after now.

    Raises ``FactsInvalid``, ``NotInProject``, ``TooMany`` and what stands against an executor.
    """
    found = projects.held(project)
    if unknown := sorted(set(facts) - set(FACTS)):
        raise recording.FieldUnknown(", ".join(unknown))
    standing = Recurrence.objects.filter(project=found, stopped_at__isnull=True)
    if standing.count() >= RECURRENCES_MAX:
        raise TooMany("recurrences", RECURRENCES_MAX)
    made = Recurrence(project=found, created_by=by, created_at=at, **facts)
    if made.list.project_id != found.pk or any(one.project_id != found.pk for one in labels):
        raise NotInProject(made)
    made.title = made.title.strip()
    recording.check(made, ["title", "description", "unit", "every", "at_time", "starts_on"])
    if made.ends_before is not None and made.ends_before <= made.starts_on:
        raise FactsInvalid({"ends_before": [_("It cannot end before it begins.")]})
    if made.executor is not None:
        recording.check_person(found, made.executor, at)
    following = Pattern.of(made).after(at)
    made.next_at = None if following is None else following[1]
    made.save()
    made.labels.set(labels)
    audit.record("recurrence_added", subject=made, by=by, at=at, after={"project": found.pk})
    publish_all([f"project:{found.pk}"], "recurrence", str(made.pk))
    return made


@transaction.atomic
def stop_recurrence(*, recurrence: Recurrence, by: Person | None, at: datetime) -> None:
    """No more cards come; those that came stay."""
    found: Recurrence = Recurrence.objects.select_for_update(of=("self",)).get(pk=recurrence.pk)
    if found.stopped_at is not None:
        return
    found.stopped_at, found.next_at = at, None
    found.save(update_fields=["stopped_at", "next_at"])
    audit.record("recurrence_stopped", subject=found, by=by, at=at)
    publish_all([f"project:{found.project_id}"], "recurrence", str(found.pk))


def make_recurring_cards(*, at: datetime) -> list[Card]:
    """Make every card whose time has come; of several that were missed only the last."""
    due = Recurrence.objects.filter(next_at__lte=at, stopped_at__isnull=True)
    made = [
        _make(pk, at) for pk in list(due.order_by("next_at", "pk").values_list("pk", flat=True))
    ]
    return [one for one in made if one is not None]


@transaction.atomic
def _make(pk: int, at: datetime) -> Card | None:
    rows = Recurrence.objects.select_for_update(of=("self",)).filter(pk=pk, next_at__lte=at)
    found: Recurrence | None = rows.select_related("project", "list", "executor").first()
    if found is None or found.next_at is None:
        return None
    pattern = Pattern.of(found)
    on = pattern.last_until(at, found.next_at)
    following = pattern.after(at)
    found.next_at = None if following is None else following[1]
    found.save(update_fields=["next_at"])
    if on is None or found.project.archived_at is not None:
        return None
    if Card.objects.filter(recurrence=found, recurs_on=on).exists():
        return None
    facts: dict[str, Any] = {"title": found.title, "description": found.description}
    if found.due_after is not None:
        facts["due_on"] = on + timedelta(days=found.due_after)
    if found.executor is not None and _can_do(found, at):
        facts["executor"] = found.executor
    card = making.add_card(
        cards=_list_of(found), facts=facts, labels=list(found.labels.all()), over_limit=True,
        recurrence=found, recurs_on=on, by=None, at=at,
    )  # fmt: skip
    if found.checklist:
        parts.add_checklist(card=card, name=_("Checklist"), items=found.checklist, by=None, at=at)
    return card


def _list_of(recurrence: Recurrence) -> CardList:
    """Its list, or the project's first one when that was taken out of use."""
    if recurrence.list.archived_at is None:
        return recurrence.list
    rows = CardList.objects.filter(project=recurrence.project_id, archived_at__isnull=True)
    first: CardList = rows.order_by("rank", "pk")[0]
    return first


def _can_do(recurrence: Recurrence, at: datetime) -> bool:
    """Whoever left, or sees the project no more, gets no new card: it waits for somebody."""
    assert recurrence.executor is not None  # noqa: S101 - asked before
    try:
        recording.check_person(recurrence.project, recurrence.executor, at)
    except (recording.PersonHasLeft, recording.PersonCannotSee):
        return False
    return True
