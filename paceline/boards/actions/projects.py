"""Projects, who belongs to them, and their lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from paceline.boards import following
from paceline.boards.actions import ranks, recording
from paceline.boards.actions.recording import (
    ChangedMeanwhile,
    Conflict,
    FactsInvalid,
    NotInProject,
    PersonHasLeft,
    ProjectIsArchived,
    TooMany,
)
from paceline.boards.models import Card, CardList, Member, Project, Reach, Right
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.notifications.actions import notify
from paceline.org.models import Person

LISTS_MAX = 50
MEMBERS_MAX = 500
PROJECT_FACTS = ("name", "description", "team", "reach", "open_right", "time_zone")
LIST_FACTS = ("name", "limit", "ends_work")


class NameTaken(Exception):
    """Another one of the project has this name."""


class LastArranger(Exception):
    """Somebody must stay who may arrange the project."""


class ListHasCards(Exception):
    """Cards stand in the list; say where they go. ``count`` says how many."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class LastList(Exception):
    """A project keeps one list."""


@dataclass(frozen=True, slots=True)
class NewList:
    """A list to be."""

    name: str
    ends_work: bool = False
    limit: int | None = None


def held(project: Project, *, archived: bool = False) -> Project:
    """The project as it is now, held until the transaction ends."""
    found: Project = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
    if found.archived_at is not None and not archived:
        raise ProjectIsArchived(found)
    return found


@transaction.atomic
def add_project(
    *, facts: Mapping[str, Any], lists: Sequence[NewList], by: Person | None, at: datetime
) -> Project:
    """A new project with its lists; whoever makes it may arrange it."""
    _refuse_unknown(facts, PROJECT_FACTS)
    project = Project(created_by=by, created_at=at, changed_at=at, **facts)
    _check_project(project)
    project.save()
    CardList.objects.bulk_create(
        CardList(
            project=project, name=one.name.strip(), ends_work=one.ends_work, limit=one.limit,
            rank=rank, changed_by=by, changed_at=at,
        )
        for rank, one in enumerate(lists)
    )  # fmt: skip
    if by is not None:
        Member.objects.create(
            project=project, person=by, right=Right.ARRANGE, added_by=by, added_at=at
        )
    audit.record("project_added", subject=project, by=by, at=at, after={"reach": project.reach})
    announce(project)
    return project


def _refuse_unknown(facts: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := sorted(set(facts) - set(known)):
        raise recording.FieldUnknown(", ".join(unknown))


def _check_project(project: Project) -> None:
    project.name = project.name.strip()
    recording.check(project, ["name", "description", "reach", "open_right"])
    if project.reach == Reach.TEAM and project.team is None:
        raise FactsInvalid({"team": [_("Choose the team to which it is open.")]})
    if project.time_zone not in available_timezones():
        raise FactsInvalid({"time_zone": [_("There is no such time zone.")]})


def announce(project: Project, *, with_cards: bool = False) -> None:
    """Keep the project findable, with its cards where others may see them now."""
    findable.changed("project", [project.pk])
    if with_cards:
        cards = Card.objects.filter(project=project).values_list("pk", flat=True)
        findable.changed("card", list(cards))
    following.changed(project.pk)
    publish_all([f"project:{project.pk}", "projects"], "changed", str(project.pk))


@transaction.atomic
def change_project(
    *,
    project: Project,
    facts: Mapping[str, Any],
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> Project:
    """Change a project. ``seen``: the version that was read; another one is refused."""
    _refuse_unknown(facts, PROJECT_FACTS)
    found = held(project)
    if seen is not None and seen != found.version:
        raise ChangedMeanwhile(found, [])
    before = {name: recording.told(getattr(found, name)) for name in facts}
    for name, value in facts.items():
        setattr(found, name, value)
    _check_project(found)
    after = {name: recording.told(getattr(found, name)) for name in facts}
    if before == after:
        return found
    found.version += 1
    found.changed_at = at
    found.save(update_fields=[*facts, "name", "version", "changed_at"])
    audit.record("project_changed", subject=found, by=by, at=at, before=before, after=after)
    announce(found, with_cards=bool({"team", "reach"} & set(facts)))
    return found


@transaction.atomic
def archive_project(*, project: Project, by: Person | None, at: datetime) -> Project:
    """Put a project away with all that is in it. Nothing of it is lost."""
    found = held(project)
    found.archived_at = at
    found.version += 1
    found.save(update_fields=["archived_at", "version"])
    audit.record("project_archived", subject=found, by=by, at=at)
    announce(found, with_cards=True)
    return found


@transaction.atomic
def restore_project(*, project: Project, by: Person | None, at: datetime) -> Project:
    """Bring a project back that was put away."""
    found = held(project, archived=True)
    if found.archived_at is None:
        return found
    found.archived_at = None
    found.version += 1
    found.save(update_fields=["archived_at", "version"])
    audit.record("project_restored", subject=found, by=by, at=at)
    announce(found, with_cards=True)
    return found


@transaction.atomic
def set_member(
    *, project: Project, person: Person, right: Right, by: Person | None, at: datetime
) -> Member:
    """Let somebody belong to a project with a right, or change it."""
    found = held(project)
    on = recording.day_in(found, at)
    known: Member | None = Member.objects.filter(project=found, person=person).first()
    if known is None:
        if not Person.objects.employed_on(on).filter(pk=person.pk).exists():
            raise PersonHasLeft(person)
        if Member.objects.filter(project=found).count() >= MEMBERS_MAX:
            raise TooMany("members", MEMBERS_MAX)
    elif known.right == right:
        return known
    elif known.right == Right.ARRANGE:
        _keep_an_arranger(found, known)
    member, is_new = Member.objects.update_or_create(
        project=found, person=person, defaults={"right": right},
        create_defaults={"right": right, "added_by": by, "added_at": at},
    )  # fmt: skip
    audit.record(
        "member_set", subject=found, by=by, at=at, after={"person": person.pk, "right": right}
    )
    announce(found)
    if is_new and by is not None and person.pk != by.pk:
        params = {"who": by.name, "project": found.name}
        notify(
            recipients=[person], kind="boards_member", params=params,
            url=f"/boards/{found.pk}", at=at,
        )  # fmt: skip
    return member


@transaction.atomic
def remove_member(*, project: Project, person: Person, by: Person | None, at: datetime) -> None:
    """Somebody belongs to a project no more. Cards that are theirs stay theirs."""
    found = held(project)
    known = Member.objects.filter(project=found, person=person).first()
    if known is None:
        return
    if known.right == Right.ARRANGE:
        _keep_an_arranger(found, known)
    known.delete()
    audit.record("member_removed", subject=found, by=by, at=at, before={"person": person.pk})
    announce(found)


def _keep_an_arranger(project: Project, leaving: Member) -> None:
    others = Member.objects.filter(project=project, right=Right.ARRANGE).exclude(pk=leaving.pk)
    if not others.exists():
        raise LastArranger(project)


# Lists


@transaction.atomic
def add_list(*, project: Project, new: NewList, by: Person | None, at: datetime) -> CardList:
    """A new list at the end of the project. Raises ``NameTaken`` and ``TooMany``."""
    found = held(project)
    rows = CardList.objects.filter(project=found)
    if rows.filter(archived_at__isnull=True).count() >= LISTS_MAX:
        raise TooMany("lists", LISTS_MAX)
    last = rows.aggregate(last=Max("rank"))["last"]
    made = CardList(
        project=found, name=new.name.strip(), ends_work=new.ends_work, limit=new.limit,
        rank=0 if last is None else last + 1, changed_by=by, changed_at=at,
    )  # fmt: skip
    recording.check(made, LIST_FACTS)
    _refuse_taken(made)
    made.save()
    audit.record("list_added", subject=made, by=by, at=at, after={"project": found.pk})
    following.changed(found.pk)
    publish_all([f"project:{found.pk}"], "list", str(made.pk))
    return made


def _refuse_taken(cards: CardList) -> None:
    rows = CardList.objects.filter(
        project=cards.project_id, name__iexact=cards.name, archived_at__isnull=True
    )
    if rows.exclude(pk=cards.pk).exists():
        raise NameTaken(cards.name)


@transaction.atomic
def change_list(
    *,
    cards: CardList,
    facts: Mapping[str, Any],
    seen: Mapping[str, Any] | None = None,
    by: Person | None,
    at: datetime,
) -> CardList:
    """Rename a list, set its limit, or say that its cards are done.

    ``seen`` are the values that were read: whoever wants to change one that somebody else changed
    meanwhile to something else gets ``ChangedMeanwhile``.
    """
    _refuse_unknown(facts, LIST_FACTS)
    found = _held_list(cards)
    for name, value in (seen or {}).items():
        now = getattr(found, name)
        if name in facts and now != value and now != facts[name] and facts[name] != value:
            who = "Paceline" if found.changed_by is None else found.changed_by.name
            conflict = Conflict(name, now, facts[name], who, found.changed_at)
            raise ChangedMeanwhile(found, [conflict])
    differing = {
        name: value
        for name, value in facts.items()
        if getattr(found, name) != value and not (seen and seen.get(name) == value)
    }
    if not differing:
        return found
    before = {name: getattr(found, name) for name in differing}
    for name, value in differing.items():
        setattr(found, name, value.strip() if isinstance(value, str) else value)
    recording.check(found, LIST_FACTS)
    _refuse_taken(found)
    found.changed_by, found.changed_at = by, at
    found.save(update_fields=[*differing, "changed_by", "changed_at"])
    audit.record("list_changed", subject=found, by=by, at=at, before=before, after=differing)
    following.changed(found.project_id)
    publish_all([f"project:{found.project_id}"], "list", str(found.pk))
    return found


def _held_list(cards: CardList) -> CardList:
    rows = CardList.objects.select_for_update(of=("self",), no_key=True)
    found: CardList = rows.select_related("project", "changed_by").get(pk=cards.pk)
    if found.project.archived_at is not None:
        raise ProjectIsArchived(found.project)
    return found


@transaction.atomic
def place_list(
    *, cards: CardList, before: CardList | None, by: Person | None, at: datetime
) -> list[int]:
    """Put a list before another one of its project, or at the end. Returns the ids in order."""
    project = held(cards.project)
    if before is not None and before.project_id != project.pk:
        raise NotInProject(before)
    # All of a project's lists, in the order of their ids: as moves of cards take them.
    rows = CardList.objects.select_for_update(of=("self",), no_key=True).filter(project=project)
    known = list(rows.order_by("pk"))
    order = [one.pk for one in sorted(known, key=lambda one: one.rank) if one.pk != cards.pk]
    place = order.index(before.pk) if before is not None and before.pk in order else len(order)
    order.insert(place, cards.pk)
    for one in known:
        one.rank = order.index(one.pk)
    CardList.objects.bulk_update(known, ["rank"])
    audit.record("list_placed", subject=cards, by=by, at=at, after={"place": place})
    following.changed(project.pk)
    publish_all([f"project:{project.pk}"], "list", str(cards.pk))
    return order


@transaction.atomic
def archive_list(
    *, cards: CardList, move_to: CardList | None = None, by: Person | None, at: datetime
) -> int:
    """Take a list out of use; its open cards go to another one. Returns how many went.

    Raises ``ListHasCards`` when cards stand in it and nothing says where they go, and ``LastList``.
    """
    project = held(cards.project)
    locked = ranks.lock_lists(cards.pk, None if move_to is None else move_to.pk)
    found = locked[cards.pk]
    left = CardList.objects.filter(project=project, archived_at__isnull=True).exclude(pk=found.pk)
    if not left.exists():
        raise LastList(found)
    standing = list(Card.objects.kept().filter(list=found).order_by("rank"))
    if standing:
        target = None if move_to is None else locked.get(move_to.pk)
        if target is None or target.pk == found.pk or target.archived_at is not None:
            raise ListHasCards(len(standing))
        if target.project_id != project.pk:
            raise NotInProject(target)
        for card, rank in zip(standing, ranks.ranks_below(target, len(standing)), strict=True):
            before = {"list": found.pk}
            card.list, card.rank = target, rank
            recording.note(
                card, before, {"list": target.pk}, by=by, at=at, act="card_moved",
                fields=("list", "rank"),
            )  # fmt: skip
        ranks.raise_version(target.pk)
    found.archived_at, found.changed_by, found.changed_at = at, by, at
    found.save(update_fields=["archived_at", "changed_by", "changed_at"])
    audit.record("list_archived", subject=found, by=by, at=at, after={"moved": len(standing)})
    following.changed(project.pk)
    publish_all([f"project:{project.pk}"], "list", str(found.pk))
    return len(standing)


@transaction.atomic
def restore_list(*, cards: CardList, by: Person | None, at: datetime) -> CardList:
    """Bring a list back. Raises ``NameTaken`` when another one has its name now."""
    found = _held_list(cards)
    if found.archived_at is None:
        return found
    _refuse_taken(found)
    found.archived_at, found.changed_by, found.changed_at = None, by, at
    found.save(update_fields=["archived_at", "changed_by", "changed_at"])
    audit.record("list_restored", subject=found, by=by, at=at)
    following.changed(found.project_id)
    publish_all([f"project:{found.project_id}"], "list", str(found.pk))
    return found
