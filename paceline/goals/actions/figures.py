"""Entering figures by hand and from files; what a figure was before stays readable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from paceline.goals.models import Figure, FigureKind, Unit
from paceline.imports.actions import staging
from paceline.imports.kinds import Changes, Commit, UndoRefused
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person

LOCK = "figures"


class FigureKindKnown(Exception):
    """There is a kind of figure with this name or label already."""


class ReasonMissing(Exception):
    """What was said, agreed or entered before changes only with a reason."""


class FiguresChanged(Exception):
    """Somebody else entered one of these figures after they were shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody's figure is on a day; no value takes back what was entered."""

    person: Person
    kind: FigureKind
    on: date
    value: Decimal | None


@transaction.atomic
def add_figure_kind(
    *, name: str, label: str, unit: Unit, by: Person | None, at: datetime
) -> FigureKind:
    """Make a kind of figure known, so that it can be entered. Raises ``FigureKindKnown``."""
    taken = {
        text.casefold() for pair in FigureKind.objects.values_list("name", "label") for text in pair
    }
    if {name.casefold(), label.casefold()} & taken:
        raise FigureKindKnown(name)
    try:
        with transaction.atomic():
            kind = FigureKind.objects.create(name=name, label=label, unit=unit)
    except IntegrityError as error:
        raise FigureKindKnown(name) from error
    audit.record(
        "figure_kind_added", subject=kind, by=by, at=at,
        after={"name": name, "label": label, "unit": str(unit)},
    )  # fmt: skip
    return kind


@transaction.atomic
def enter_figures(
    *,
    entries: Iterable[Entry],
    reason: str,
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> list[Figure]:
    """Enter figures; what is the same already stays, and what changes keeps its earlier row.

    ``seen`` is the latest figure (``latest_of``) that the reader was shown. Raises
    ``ReasonMissing`` and ``FiguresChanged``; then nothing changed.
    """
    staging.lock_target(LOCK)
    wanted = list(entries)
    standing = {
        (one.person_id, one.kind_id, one.on): one
        for one in Figure.objects.standing().filter(
            person__in={one.person.pk for one in wanted}, on__in={one.on for one in wanted}
        )
    }
    keys = [(one.person.pk, one.kind.pk, one.on) for one in wanted]
    if seen is not None and latest_of([standing[key] for key in keys if key in standing]) != seen:
        raise FiguresChanged
    written = []
    for entry, key in zip(wanted, keys, strict=True):
        replaced = standing.get(key)
        if (None if replaced is None else replaced.value) == entry.value:
            continue
        if replaced is not None and not reason.strip():
            raise ReasonMissing(replaced)
        written.append(_enter(entry, replaced, reason=reason, by=by, at=at))
    publish("figures", "entered")
    return written


def latest_of(figures: Iterable[Figure]) -> int:
    """Tells whether any of some standing figures was entered anew: the latest one's number."""
    return max((one.pk for one in figures), default=0)


def _enter(
    entry: Entry, replaced: Figure | None, *, reason: str, by: Person | None, at: datetime
) -> Figure:
    figure = Figure.objects.create(
        person=entry.person,
        kind=entry.kind,
        on=entry.on,
        value=entry.value,
        entered_at=at,
        entered_by=by,
        reason=reason,
    )
    if replaced is not None:
        replaced.replaced_by = figure
        replaced.save(update_fields=["replaced_by"])
    audit.record(
        "figure_entered",
        subject=figure,
        by=by,
        at=at,
        before=None if replaced is None else {"value": replaced.value},
        after={"kind": entry.kind.name, "on": entry.on, "value": entry.value},
        reason=reason,
    )
    return figure


def lock_figures() -> None:
    staging.lock_target(LOCK)


def write_figures(changes: Changes, commit: Commit) -> None:
    """Write staged figures: changed ones replace the standing row, which stays as history."""
    values: list[Any] = [commit.at, commit.by.pk, commit.source.pk]
    commit.step("writing")
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        if cursor.rowcount != changes.new + changes.changed:
            raise staging.ImportInterfered
        cursor.execute(_REPLACE, [commit.source.pk])
        if cursor.rowcount != changes.changed:
            raise staging.ImportInterfered


_INSERT = """
INSERT INTO goals_figure (person_id, kind_id, "on", value, entered_at, entered_by_id, reason,
                          imported_by_id)
SELECT s.person_id, s.kind_id, s."on", s.value, %s, %s, '', %s
FROM pg_temp.staged s LEFT JOIN pg_temp.matched m ON m.row = s.row
WHERE m.row IS NULL OR m.differs
ORDER BY s.person_id, s.kind_id, s."on"
"""
_REPLACE = """
UPDATE goals_figure t SET replaced_by_id = n.id
FROM pg_temp.matched m JOIN pg_temp.staged s ON s.row = m.row
JOIN goals_figure n ON n.person_id = s.person_id AND n.kind_id = s.kind_id AND n."on" = s."on"
     AND n.replaced_by_id IS NULL AND n.imported_by_id = %s
WHERE t.id = m.id AND m.differs
"""


def undo_figures(commit: Commit) -> None:
    """Take imported figures back; those they replaced stand again. Raises ``UndoRefused``."""
    mine = Figure.objects.filter(imported_by=commit.source)
    later = mine.filter(replaced_by__isnull=False).select_related("person", "replaced_by").first()
    if later is not None:
        entered = timezone.localtime(later.replaced_by.entered_at).date().isoformat()
        raise UndoRefused("figure_replaced_since", person=later.person.name, day=entered)
    Figure.objects.filter(replaced_by__in=mine).update(replaced_by=None)
    mine.delete()
