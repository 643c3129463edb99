"""How a card changes: locked, compared with what was seen, kept field by field, told to others.

Everything here runs inside the transaction of the action that calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from paceline.boards import following, hints
from paceline.boards.models import Batch, Card, CardChange, CardLink, Project, Rule
from paceline.kernel import audit, findable, jobs
from paceline.live.actions import publish_all
from paceline.notifications.actions import notify
from paceline.org.models import Person
from paceline.webhooks import actions as systems


class FactsInvalid(Exception):
    """Something cannot be so. ``errors``: by field, sentences for the reader."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(str(dict(errors)))
        self.errors = dict(errors)


class FieldUnknown(Exception):
    """There is no such field that may be changed like this."""


class CardIsArchived(Exception):
    """The card was put away meanwhile; it changes no more."""


class CardIsGone(Exception):
    """The card was deleted for good meanwhile."""


class ProjectIsArchived(Exception):
    """The project was put away; its cards change no more."""


class NotInProject(Exception):
    """A list, label, card or field of another project was named."""


class PersonHasLeft(Exception):
    """Nothing is given to somebody who does not work here any more. ``person`` says who."""

    def __init__(self, person: Person) -> None:
        super().__init__(str(person))
        self.person = person


class PersonCannotSee(Exception):
    """The person may not see the project, so the card cannot be theirs. ``person`` says who."""

    def __init__(self, person: Person) -> None:
        super().__init__(str(person))
        self.person = person


class TooMany(Exception):
    """More than there is room for. ``what`` and ``most`` say of what and how many."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"{what}: {most}")
        self.what, self.most = what, most


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else changed to something else since the card was read."""

    field: str
    theirs: Any
    mine: Any
    by: str
    at: datetime


class ChangedMeanwhile(Exception):
    """Somebody else changed the same since ``seen``; nothing was saved."""

    def __init__(self, row: models.Model, conflicts: list[Conflict]) -> None:
        super().__init__(str(row))
        self.row = row
        self.conflicts = conflicts


# Nobody is told while a whole board comes from elsewhere.
quiet: ContextVar[bool] = ContextVar("nobody is told", default=False)
FIELDS = (
    "title", "description", "executor", "starts_on", "due_on", "due_time", "estimate", "custom",
)  # fmt: skip


# What the page of a goal tells of the cards that work for it.
SHOWN_AT_GOALS = frozenset({"archived", "done", "due_on", "executor", "title"})


def told(value: Any) -> Any:
    """A value as it is kept in a change: a related row by its id."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


def locked(card: Card, *, archived: bool = False) -> Card:
    """The card as it is now, held until the transaction ends, with its project."""
    rows = Card.objects.select_for_update(of=("self",), no_key=True)
    found: Card | None = rows.select_related("project", "list").filter(pk=card.pk).first()
    if found is None:
        raise CardIsGone(card)
    if found.archived_at is not None and not archived:
        raise CardIsArchived(found)
    if found.project.archived_at is not None:
        raise ProjectIsArchived(found.project)
    return found


def day_in(project: Project, at: datetime) -> date:
    """The day in a project's zone."""
    return at.astimezone(ZoneInfo(project.time_zone)).date()


def check_person(project: Project, person: Person, at: datetime) -> None:
    """A card is given only to somebody who works here and sees the project."""
    on = day_in(project, at)
    if not Person.objects.employed_on(on).filter(pk=person.pk).exists():
        raise PersonHasLeft(person)
    person.acting_on = person.acting_on or on
    if not Project.objects.visible_to(person).filter(pk=project.pk).exists():
        raise PersonCannotSee(person)


def check(row: models.Model, names: Iterable[str]) -> None:
    """Let the fields named check themselves. Raises ``FactsInvalid``."""
    wanted = set(names)
    others = [one.name for one in row._meta.fields if one.name not in wanted]
    try:
        row.clean_fields(exclude=others)
    except ValidationError as error:
        raise FactsInvalid(error.message_dict) from error
    if isinstance(row, Card):
        if row.starts_on and row.due_on and row.starts_on > row.due_on:
            raise FactsInvalid({"due_on": [_("A card cannot be due before it starts.")]})
        if row.due_time and not row.due_on:
            raise FactsInvalid({"due_time": [_("A time of day needs a day.")]})


def apply(
    card: Card,
    facts: Mapping[str, Any],
    *,
    seen: int | None = None,
    by: Person | None,
    at: datetime,
    batch: Batch | None = None,
    undoes: CardChange | None = None,
) -> CardChange | None:
    """Write those of the facts that differ on a locked card; the change, or None without any.

    ``seen`` is the version that whoever asks has read. What others changed since in other fields
    stays; the same field changed to something else raises ``ChangedMeanwhile``.
    """
    if unknown := sorted(set(facts) - set(FIELDS)):
        raise FieldUnknown(", ".join(unknown))
    if "custom" in facts:
        values = {**card.custom, **facts["custom"]}
        kept = {key: value for key, value in values.items() if value not in (None, "", [])}
        facts = {**facts, "custom": kept}
    differing = {
        name: value for name, value in facts.items() if told(getattr(card, name)) != told(value)
    }
    if seen is not None and seen < card.version:
        conflicts, stale = _since(card, differing, seen)
        if conflicts:
            raise ChangedMeanwhile(card, conflicts)
        differing = {name: value for name, value in differing.items() if name not in stale}
    if not differing:
        return None
    before = {name: told(getattr(card, name)) for name in differing}
    for name, value in differing.items():
        setattr(card, name, value.strip() if isinstance(value, str) else value)
    check(card, differing)
    executor = differing.get("executor")
    if executor is not None:
        check_person(card.project, executor, at)
    after = {name: told(getattr(card, name)) for name in differing}
    made = note(
        card, before, after, by=by, at=at, act="card_changed", batch=batch, undoes=undoes,
        fields=differing,
    )  # fmt: skip
    if executor is not None:
        tell(card, [executor], "boards_assigned", by=by, at=at)
    return made


def note(  # noqa: PLR0913 - what a change is made of
    card: Card,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by: Person | None,
    at: datetime,
    act: str,
    batch: Batch | None = None,
    undoes: CardChange | None = None,
    fields: Iterable[str] = (),
) -> CardChange:
    """Raise the version, keep what changed, leave an audit line that names the fields only, and
    tell open pages. ``fields`` of the card itself are saved as well."""
    card.version += 1
    card.changed_at = at
    card.save(update_fields=[*fields, "version", "changed_at"])
    made = CardChange.objects.create(
        card=card, version=card.version, act=act, by=by, at=at, batch=batch, undoes=undoes,
        before=dict(before), after=dict(after),
    )  # fmt: skip
    names = sorted({*after, *before})
    audit.record(act, subject=card, by=by, at=at, after={"version": card.version, "fields": names})
    _tell_systems(card, after, act, at)
    announce(card)
    if not SHOWN_AT_GOALS.isdisjoint(after):
        tell_goals([card.pk])
    return made


def tell_goals(cards: Sequence[int]) -> None:
    """Open pages of the goals for which cards work read them again."""
    links = CardLink.objects.filter(card__in=cards, goal__isnull=False)
    found = links.values_list("goal", flat=True).distinct()
    for pk in found:
        publish_all([f"goal:{pk}"], "changed", str(pk))


def _tell_systems(card: Card, after: Mapping[str, Any], act: str, at: datetime) -> None:
    """Other systems are told what moved and what is done: ids, no content."""
    data = {"ids": [card.pk], "project": card.project_id, "list": card.list_id}
    if act == "card_moved":
        systems.announce(kind="card.moved", data=data, at=at)
    if after.get("done") is True:
        systems.announce(kind="card.done", data=data, at=at)


def announce(card: Card, kind: str = "changed") -> None:
    """Keep the card findable, and tell open pages that it changed."""
    findable.changed("card", [card.pk])
    following.changed(card.project_id)
    publish_all(hints.topics_of(card), kind, str(card.pk))


def tell(
    card: Card,
    people: Iterable[Person],
    sentence: str,
    *,
    by: Person | None,
    at: datetime,
    **more: str,
) -> None:
    """Tell those of the people who may see the card; never whoever did it."""
    if quiet.get():
        return
    others = {one.pk: one for one in people if by is None or one.pk != by.pk}
    seeing = [one for one in others.values() if _sees(one, card)]
    if seeing:
        who = "Paceline" if by is None else by.name
        notify(
            recipients=seeing, kind=sentence, params={"who": who, "card": card.title, **more},
            url=f"/boards/cards/{card.pk}", at=at,
        )  # fmt: skip


def _sees(person: Person, card: Card) -> bool:
    return Project.objects.visible_to(person).filter(pk=card.project_id).exists()


def people_of(card: Card) -> list[Person]:
    """The executor and those who take part."""
    found = [one.person for one in card.participants.select_related("person")]
    return [card.executor, *found] if card.executor is not None else found


def _since(card: Card, differing: Mapping[str, Any], seen: int) -> tuple[list[Conflict], set[str]]:
    """Fields that both changed, to different values; and those that only others changed."""
    found: dict[str, Conflict] = {}
    first: dict[str, Any] = {}
    theirs: set[str] = set()
    rows = CardChange.objects.filter(card=card, version__gt=seen).select_related("by")
    for change in rows.order_by("version"):
        for name, value in change.after.items():
            theirs.add(name)
            first.setdefault(name, change.before.get(name))
            if name in differing:
                who = "Paceline" if change.by is None else change.by.name
                found[name] = Conflict(name, value, told(differing[name]), who, change.at)
    # Whoever still sends the value that they read has not changed this field.
    return [one for name, one in found.items() if one.mine != first[name]], theirs


# What follows of a change: the rules of its project, in a job of their own, so that a rule that
# fails or moves cards neither undoes nor holds up what a person did.

RULES_JOB = "boards.run_rules"
# How many rules may follow from one another before they are cut off.
DEPTH_MAX = 5
depth: ContextVar[int] = ContextVar("depth of rules", default=0)


def fire(cards: Sequence[Card], trigger: str, *, label: int | None = None) -> None:
    """Say that something happened to cards of one project, in the transaction in which it did."""
    if not cards or depth.get() >= DEPTH_MAX:
        return
    rules = Rule.objects.filter(
        project=cards[0].project_id, trigger=trigger, stopped_at__isnull=True
    )
    rules = rules if label is None else rules.filter(label=label)
    if rules.exists():
        ids = [one.pk for one in cards]
        jobs.enqueue(RULES_JOB, cards=ids, trigger=str(trigger), label=label, depth=depth.get())
