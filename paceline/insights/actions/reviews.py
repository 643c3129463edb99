"""Writing beside the figures: notes of the market, and what a team saw, decided and took on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from paceline.boards.actions import add_card
from paceline.boards.models import CardList
from paceline.insights.dimensions import bucket_of
from paceline.insights.models import (
    EntryKind,
    MarketNote,
    NoteKind,
    ReviewEntry,
    ReviewTask,
    TeamReview,
)
from paceline.kernel import audit
from paceline.org.models import Person, Team


class NothingWritten(Exception):
    """The text is empty."""


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """What a note says, of which day; without a team it is of the whole company."""

    on: date
    kind: NoteKind
    text: str
    measure: str = ""
    team: Team | None = None


@transaction.atomic
def write_note(*, facts: NoteFacts, by: Person, at: datetime) -> MarketNote:
    """Write down what explains a figure. Raises ``NothingWritten``."""
    if not facts.text.strip():
        raise NothingWritten
    note = MarketNote.objects.create(
        on=facts.on,
        kind=facts.kind,
        measure=facts.measure,
        team=facts.team,
        text=facts.text.strip(),
        written_by=by,
        written_at=at,
    )
    audit.record("market_note_written", subject=note, by=by, at=at)
    return note


@transaction.atomic
def remove_note(*, note: MarketNote, by: Person, at: datetime) -> None:
    """Who wrote a note takes it back."""
    if note.removed_at is None:
        note.removed_at = at
        note.save(update_fields=["removed_at"])
        audit.record("market_note_removed", subject=note, by=by, at=at)


@transaction.atomic
def write_entry(
    *, team: Team, week: date, kind: EntryKind, text: str, by: Person, at: datetime
) -> ReviewEntry:
    """A gap or a decision of a team's week. Raises ``NothingWritten``."""
    if not text.strip():
        raise NothingWritten
    entry = ReviewEntry.objects.create(
        review=_review(team, week, by, at),
        kind=kind,
        text=text.strip(),
        written_by=by,
        written_at=at,
    )
    audit.record("review_entry_written", subject=entry, by=by, at=at, after={"kind": kind})
    return entry


@transaction.atomic
def remove_entry(*, entry: ReviewEntry, by: Person, at: datetime) -> None:
    """Who wrote it takes it back."""
    if entry.removed_at is None:
        entry.removed_at = at
        entry.save(update_fields=["removed_at"])
        audit.record("review_entry_removed", subject=entry, by=by, at=at)


@transaction.atomic
def take_on(
    *,
    team: Team,
    week: date,
    cards: CardList,
    facts: Mapping[str, Any],
    by: Person,
    at: datetime,
) -> ReviewTask:
    """Make a card of what was decided. Raises as ``add_card`` does; then nothing is made."""
    card = add_card(cards=cards, facts=facts, by=by, at=at)
    task = ReviewTask.objects.create(review=_review(team, week, by, at), card=card)
    audit.record("review_task_made", subject=task, by=by, at=at, after={"card": card.pk})
    return task


def _review(team: Team, week: date, by: Person, at: datetime) -> TeamReview:
    found: TeamReview
    found, _made = TeamReview.objects.get_or_create(
        team=team, week=bucket_of(week, "week"), defaults={"begun_by": by, "begun_at": at}
    )
    return found
