"""Labels of both sides, and who the members of the board are."""

from __future__ import annotations

from typing import Any

from paceline.boards import actions as boards
from paceline.boards.actions import recording
from paceline.boards.intake.trello import COLOURS
from paceline.boards.models import Colour, Label
from paceline.boards.trello import reading, saying
from paceline.boards.trello.actions.desk import NOT_HERE, Desk, clear_trouble, keep_trouble, unique
from paceline.boards.trello.asking import Refused
from paceline.boards.trello.models import Member, Twin, TwinKind
from paceline.boards.trello.reading import Record
from paceline.org.models import Person

NAME_MAX = 60
# Our colours by Trello's that come nearest.
THEIRS = {
    "grey": "black", "blue": "blue", "teal": "sky", "green": "green", "amber": "yellow",
    "orange": "orange", "red": "red", "purple": "purple",
}  # fmt: skip


def _named(one: Record) -> tuple[str, str]:
    """A label's name and colour as Trello has them; one without a name is called by its colour."""
    colour = reading.text(one, "color")
    return saying.cut(reading.text(one, "name"), NAME_MAX) or colour, colour


def _colour(theirs: str) -> Colour:
    return Colour(COLOURS.get(theirs.partition("_")[0], "grey"))


def keep_labels(desk: Desk, board: Record) -> None:
    """Let both sides have the same labels. Fills ``desk.labels``.

    A label that is deleted on one side goes on the other. When both renamed one, Trello's stands.
    """
    theirs = {reading.text(one, "id"): one for one in reading.records(board, "labels")}
    mine = {one.pk: one for one in Label.objects.filter(project=desk.project)}
    for twin in desk.twins(TwinKind.LABEL):
        try:
            _keep_pair(desk, twin, mine.get(twin.local or 0), theirs.get(twin.key))
        except (*NOT_HERE, Refused) as problem:
            keep_trouble(twin, problem, desk.at)
    twins = desk.twins(TwinKind.LABEL)
    known = {one.key for one in twins}
    paired = {one.local for one in twins}
    for key, one in theirs.items():
        name, colour = _named(one)
        if key in known or not name:
            continue
        try:
            twin = _bring(desk, key, name, colour, paired)
        except NOT_HERE:
            continue  # more labels than a project holds: their cards come without them
        twins.append(twin)
        paired.add(twin.local)
    for row in Label.objects.filter(project=desk.project).exclude(pk__in=paired - {None}):
        colour = THEIRS[row.colour]
        made = desk.trello.post(
            "/labels", name=row.name, color=colour, idBoard=desk.connection.board_id
        )
        base = {"here": [row.name, row.colour], "there": [row.name, colour]}
        twins.append(desk.pair(TwinKind.LABEL, row.pk, reading.text(made, "id"), base=base))
    desk.labels = {one.key: one.local for one in twins if one.local is not None}


def _keep_pair(desk: Desk, twin: Twin, row: Label | None, one: Record | None) -> None:
    if one is None:
        if row is not None:
            boards.delete_label(label=row, by=None, at=desk.at)
        twin.delete()
        return
    if row is None:
        desk.trello.delete(f"/labels/{twin.key}")
        twin.delete()
        return
    base = twin.base or {}
    theirs, ours = list(_named(one)), [row.name, row.colour]
    if theirs != base.get("there"):
        colour = _colour(theirs[1]) if theirs[1] != (base.get("there") or ["", ""])[1] else None
        name = unique(theirs[0], _taken(desk, row), NAME_MAX)
        row = boards.change_label(
            label=row, name=name, colour=colour or Colour(row.colour), by=None, at=desk.at
        )
        ours = [row.name, row.colour]
    elif ours != base.get("here"):
        theirs = [row.name, THEIRS[row.colour]]
        if row.colour == (base.get("here") or ["", ""])[1]:
            theirs[1] = (base.get("there") or theirs)[1]
        desk.trello.put(f"/labels/{twin.key}", name=theirs[0], color=theirs[1])
    clear_trouble(twin)
    if base != {"here": ours, "there": theirs}:
        twin.base = {"here": ours, "there": theirs}
        twin.save(update_fields=["base"])


def _taken(desk: Desk, but: Label | None = None) -> set[str]:
    rows = Label.objects.filter(project=desk.project)
    rows = rows if but is None else rows.exclude(pk=but.pk)
    return {name.casefold() for name in rows.values_list("name", flat=True)}


def _bring(desk: Desk, key: str, name: str, colour: str, paired: set[Any]) -> Twin:
    row = (
        Label.objects.filter(project=desk.project, name__iexact=name)
        .exclude(pk__in=paired - {None})
        .first()
    )
    if row is None:
        row = boards.add_label(
            project=desk.project, name=unique(name, _taken(desk), NAME_MAX),
            colour=_colour(colour), by=None, at=desk.at,
        )  # fmt: skip
    base = {"here": [row.name, row.colour], "there": [name, colour]}
    return desk.pair(TwinKind.LABEL, row.pk, key, base=base)


def keep_members(desk: Desk, board: Record) -> None:
    """Know the members of the board; one who came later is whoever alone has that name here.

    Fills ``desk.people`` with those who work here.
    """
    known = {one.key for one in Member.objects.filter(connection=desk.connection)}
    new = [one for one in reading.records(board, "members") if reading.text(one, "id") not in known]
    on = recording.day_in(desk.project, desk.at)
    if new:
        taken = Member.objects.filter(connection=desk.connection, person__isnull=False)
        free = Person.objects.employed_on(on).exclude(pk__in=taken.values("person"))
        guessed = guess(new, list(free))
        Member.objects.bulk_create(
            Member(
                connection=desk.connection, key=reading.text(one, "id"),
                name=member_name(one), person=guessed.get(reading.text(one, "id")),
            )
            for one in new
        )  # fmt: skip
    rows = Member.objects.filter(connection=desk.connection, person__isnull=False)
    here = Person.objects.employed_on(on).filter(pk__in=rows.values("person")).in_bulk()
    desk.people = {one.key: here[one.person_id] for one in rows if one.person_id in here}


def member_name(one: Record) -> str:
    return (reading.text(one, "fullName") or reading.text(one, "username") or "?")[:200]


def guess(members: list[Record], people: list[Person]) -> dict[str, Person]:
    """Who the members are, by a name that one person alone has; each person once."""
    by_name: dict[str, list[Person]] = {}
    for person in people:
        for name in {person.name.casefold(), person.latin_name.casefold()} - {""}:
            by_name.setdefault(name, []).append(person)
    found: dict[str, Person] = {}
    for one in members:
        same = by_name.get(member_name(one).casefold(), [])
        if len(same) == 1 and same[0] not in found.values():
            found[reading.text(one, "id")] = same[0]
    return found
