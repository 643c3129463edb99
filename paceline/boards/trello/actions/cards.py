"""Cards of both sides: paired, compared field by field, changed where they are behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from paceline.boards import actions as boards
from paceline.boards.actions import recording
from paceline.boards.models import Card, CardChange, CardList, Label
from paceline.boards.trello import reading, saying
from paceline.boards.trello.actions import places
from paceline.boards.trello.actions.desk import NOT_HERE, Desk, clear_trouble, keep_trouble
from paceline.boards.trello.asking import Refused
from paceline.boards.trello.models import Conflict, Message, Twin, TwinKind
from paceline.boards.trello.reading import There

# A change may bring another one with it (a list that ends work); more turns would go in a circle.
TURNS = 3
SKEW = timedelta(minutes=10)
# What a field is called in the history of a card here, and in an action of Trello's.
HISTORY = {
    "name": ("title",), "desc": ("description",), "list": ("list",), "closed": ("archived",),
    "due": ("due_on", "due_time"), "start": ("starts_on",), "done": ("done",),
}  # fmt: skip
OLD = {
    "name": "name", "desc": "desc", "list": "idList", "closed": "closed", "due": "due",
    "start": "start", "done": "dueComplete",
}  # fmt: skip
NAMES = {"name": "title", "desc": "description"}


def load(pks: Iterable[int]) -> dict[int, Card]:
    """Cards with what is compared of them."""
    rows = Card.objects.filter(pk__in=list(pks)).select_related("project", "list", "executor")
    found: dict[int, Card] = rows.prefetch_related("labellings", "participants").in_bulk()
    return found


def said_here(desk: Desk, card: Card) -> dict[str, Any]:
    """What a card says here, in the shape of both sides."""
    labels, members = desk.label_keys, desk.member_keys
    people = [card.executor_id, *(one.person_id for one in card.participants.all())]
    return {
        "name": saying.cut(card.title, saying.NAME_MAX),
        "desc": saying.cut(card.description, saying.TEXT_MAX),
        "list": desk.list_keys.get(card.list_id or 0, ""),
        "closed": card.archived_at is not None,
        "due": saying.due_of(card.due_on, card.due_time, desk.zone),
        "start": None if card.starts_on is None else card.starts_on.isoformat(),
        "done": card.done_at is not None,
        "labels": sorted(
            labels[one.label_id] for one in card.labellings.all() if one.label_id in labels
        ),
        "members": sorted({members[one] for one in people if one in members}),
    }


def said_there(desk: Desk, there: There) -> dict[str, Any]:
    known = {
        "labels": sorted(one for one in there.labels if one in desk.labels),
        "members": sorted(one for one in there.members if one in desk.people),
    }
    return {**there.said, **known}


def keep_pair(desk: Desk, twin: Twin, card: Card, there: There) -> None:
    """Let both say the same. What one side refuses is kept as trouble; the rest is done."""
    for _turn in range(TURNS):
        here, theirs = said_here(desk, card), said_there(desk, there)
        found = saying.compare(twin.base, here, theirs)
        if found.here.get("list", "") not in desk.lists:
            found.here.pop("list", None)  # a list that stays in Trello alone
        for name in found.clashes:
            _decide(desk, twin, card, there, name, here, theirs, found)
        if card.archived_at is not None and found.here.get("closed") is not False:
            # What is put away changes when it is brought back.
            found.here = {name: value for name, value in found.here.items() if name == "closed"}
        if not found.here and not found.there:
            clear_trouble(twin)
            _agree(twin, found, theirs, card)
            return
        try:
            done = apply_here(desk, card, found.here)
            agreed = {**{one: theirs[one] for one in found.same}, **done}
            if found.there:
                _send_fields(desk, there, found.there)
                agreed.update(found.there)
        except (*NOT_HERE, Refused) as problem:
            keep_trouble(twin, problem, desk.at)
            return
        twin.base = {**(twin.base or {}), **agreed}
        twin.save(update_fields=["base"])
        card = load([card.pk])[card.pk]


def _agree(twin: Twin, found: saying.Outcome, theirs: Mapping[str, Any], card: Card) -> None:
    base = {**(twin.base or {}), **{one: theirs[one] for one in found.same}}
    if (twin.base, twin.version) != (base, card.version):
        twin.base, twin.version = base, card.version
        twin.save(update_fields=["base", "version"])


def _decide(
    desk: Desk, twin: Twin, card: Card, there: There, name: str, here: Mapping[str, Any],
    theirs: Mapping[str, Any], found: saying.Outcome,
) -> None:  # fmt: skip
    """Both changed a field: the later change stands; at the same moment Trello's. Both are kept."""
    here_at, there_at = _changed_here(card, name), _changed_there(desk, there, name)
    ours = here_at > there_at
    if ours:
        found.there[name] = here[name]
    else:
        found.here[name] = theirs[name]
    if twin.base is None or name not in twin.base:
        return  # they meet for the first time
    Conflict.objects.create(
        connection=desk.connection, card=card.pk, title=card.title, field=name, here=here[name],
        there=theirs[name], here_at=here_at, there_at=there_at, kept_here=ours, at=desk.at,
    )  # fmt: skip
    if ours and name in NAMES and card.archived_at is None:
        # What Trello said never stood here: without this the history would not know it.
        recording.note(
            card, {NAMES[name]: theirs[name]}, {NAMES[name]: here[name]}, by=None, at=desk.at,
            act="card_kept_against_trello",
        )  # fmt: skip


def _changed_here(card: Card, name: str) -> datetime:
    rows = CardChange.objects.filter(card=card, after__has_any_keys=list(HISTORY[name]))
    last: datetime | None = (
        rows.exclude(act="card_kept_against_trello")
        .order_by("-version").values_list("at", flat=True).first()
    )  # fmt: skip
    return last or card.created_at


def _changed_there(desk: Desk, there: There, name: str) -> datetime:
    """When a field was last changed in Trello: as its messages and the card's actions tell."""
    moments = []
    heard = Message.objects.filter(connection=desk.connection, card_key=there.key)
    said = [reading.parsed(bytes(one)) for one in heard.values_list("body", flat=True)[:200]]
    asked = desk.trello.get(f"/cards/{there.key}/actions", filter="updateCard", limit=50)
    for action in [*said, *reading.records(asked)]:
        old = (action.get("data") or {}).get("old") or {}
        at = saying.moment(action.get("date"))
        if OLD[name] in old and at is not None:
            moments.append(at)
    return max(moments) if moments else there.last_at


def apply_here(desk: Desk, card: Card, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change a card here; returns what was done, as both sides say it."""
    told: dict[str, Any] = {"by": None, "at": desk.at}
    if changes.get("closed") is False:
        card = boards.restore_card(card=card, **told)
    facts = _facts(desk, changes)
    if "members" in changes:
        facts |= _set_people(desk, card, changes["members"])
    if facts:
        card = boards.change_card(card=card, facts=facts, **told)
    if "labels" in changes:
        wanted = {desk.labels[one] for one in changes["labels"] if one in desk.labels}
        rows = Label.objects.filter(project=desk.project, pk__in=wanted)
        boards.set_labels(card=card, labels=list(rows), **told)
    if changes.get("list") in desk.lists:
        target = CardList.objects.get(pk=desk.lists[changes["list"]])
        if target.archived_at is None and target.pk != card.list_id:
            boards.move_card(card=card, to=target, at_end=True, over_limit=True, anyway=True,
                             **told)  # fmt: skip
    if "done" in changes:
        boards.finish_card(card=card, done=changes["done"], anyway=True, **told)
    if changes.get("closed") is True:
        boards.archive_card(card=card, **told)
    return dict(changes)


def _facts(desk: Desk, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What both sides say, as fields of a card here."""
    facts = {NAMES[name]: changes[name] for name in NAMES if name in changes}
    if "start" in changes:
        facts["starts_on"] = date.fromisoformat(changes["start"]) if changes["start"] else None
    if "due" in changes:
        facts["due_on"], facts["due_time"] = saying.day_and_time(changes["due"], desk.zone)
    return facts


def _set_people(desk: Desk, card: Card, keys: list[str]) -> dict[str, Any]:
    """Who has a card: whoever answers for it stays; the first of the others takes a free place."""
    wanted = [desk.people[one] for one in keys if one in desk.people]
    known = set(desk.member_keys)
    now = [one.person for one in card.participants.select_related("person")]
    strangers = [one for one in now if one.pk not in known]
    executor = card.executor
    if executor is not None and executor.pk in known and executor not in wanted:
        executor = None
    if executor is None:
        staying = [one for one in wanted if one in now] or wanted
        executor = None if not wanted else staying[0]
    others = [one for one in wanted if one != executor]
    boards.set_participants(card=card, people=[*strangers, *others], by=None, at=desk.at)
    return {"executor": executor} if executor != card.executor else {}


def _fields(desk: Desk, said: Mapping[str, Any]) -> dict[str, Any]:
    """What both sides say, as parameters of Trello's."""
    found: dict[str, Any] = {}
    for name, value in said.items():
        match name:
            case "name" | "desc":
                found[name] = value
            case "list":
                found["idList"] = value
            case "closed":
                found["closed"] = "true" if value else "false"
            case "done":
                found["dueComplete"] = "true" if value else "false"
            case "due":
                found["due"] = None if value is None else value.replace("Z", ":00.000Z")
            case "start":
                found["start"] = None if value is None else _start(desk, value)
            case "labels":
                found["idLabels"] = ",".join(value)
            case "members":
                found["idMembers"] = ",".join(value)
    return found


def _start(desk: Desk, day: str) -> str:
    local = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=desk.zone)
    found = saying.due_of(local.date(), local.time(), desk.zone) or ""
    return found.replace("Z", ":00.000Z")


def _send_fields(desk: Desk, there: There, said: Mapping[str, Any]) -> None:
    """Change a card in Trello. What nobody here knows of labels and members stays on it."""
    whole = dict(said)
    if "labels" in said:
        whole["labels"] = [*said["labels"], *(o for o in there.labels if o not in desk.labels)]
    if "members" in said:
        whole["members"] = [*said["members"], *(o for o in there.members if o not in desk.people)]
    if said.get("list") == "":
        raise Refused(0, "list")
    answer = desk.trello.put(f"/cards/{there.key}", **_fields(desk, whole))
    there.said.update({name: value for name, value in said.items() if name in saying.FIELDS})
    there.labels = list(whole.get("labels", there.labels))
    there.members = list(whole.get("members", there.members))
    if isinstance(answer, dict) and "pos" in answer:
        there.place = reading.place(answer)


def bring(desk: Desk, there: There, twin: Twin | None) -> tuple[Twin, Card] | None:
    """A card of Trello's is made here; one that is put away there stays there alone."""
    said = said_there(desk, there)
    if said["closed"] or said["list"] not in desk.lists:
        return None
    due_on, due_time = saying.day_and_time(said["due"], desk.zone)
    people = [desk.people[one] for one in there.members if one in desk.people]
    card = boards.add_card(
        cards=CardList.objects.get(pk=desk.lists[said["list"]]),
        facts={
            "title": said["name"], "description": said["desc"], "due_on": due_on,
            "due_time": due_time, "executor": people[0] if people else None,
            "starts_on": None if not said["start"] else date.fromisoformat(said["start"]),
        },
        labels=list(Label.objects.filter(pk__in=[desk.labels[one] for one in said["labels"]])),
        participants=people[1:], over_limit=True, by=None, at=desk.at,
    )  # fmt: skip
    if said["done"] and card.done_at is None:
        boards.finish_card(card=card, by=None, at=desk.at)
    if twin is None:
        twin = desk.pair(TwinKind.CARD, card.pk, there.key, base=said, place=there.place)
    else:
        twin.local, twin.base, twin.place, twin.gone_at = card.pk, said, there.place, None
        twin.save(update_fields=["local", "base", "place", "gone_at"])
    return twin, load([card.pk])[card.pk]


def send(desk: Desk, card: Card, twin: Twin | None) -> tuple[Twin, There] | None:
    """A card of ours is made in Trello.

    That it is being made is kept before it is asked for: should nobody learn the answer, the next
    pass looks for it before it makes another one.
    """
    if twin is None:
        twin = desk.pair(TwinKind.CARD, card.pk, "")
    said = said_here(desk, card)
    if not said["list"]:
        keep_trouble(twin, Refused(0, "list"), desk.at)
        return None
    twin.key, twin.gone_at, twin.base, twin.making_since = "", None, None, desk.at
    twin.save(update_fields=["key", "gone_at", "base", "making_since"])
    fields = {name: value for name, value in said.items() if name != "closed"}
    params = {name: value for name, value in _fields(desk, fields).items() if value}
    params["pos"] = places.pos_of(desk, card)
    try:
        made = desk.trello.post("/cards", **params)
    except Refused as problem:
        twin.making_since = None
        twin.save(update_fields=["making_since"])
        keep_trouble(twin, problem, desk.at)
        return None
    there = reading.card(made, desk.zone, desk.closed_lists)
    _found(twin, there)
    return twin, there


def _found(twin: Twin, there: There) -> None:
    twin.key, twin.making_since, twin.place = there.key, None, there.place
    twin.save(update_fields=["key", "making_since", "place"])


def put_away(desk: Desk, twin: Twin, there: There) -> bool:
    """A card that was deleted here for good is archived in Trello; false when somebody brought it
    back there since."""
    was_closed = bool((twin.base or {}).get("closed"))
    if not there.said["closed"]:
        if was_closed:
            return False
        desk.trello.put(f"/cards/{there.key}", closed="true")
    if not was_closed:
        twin.base = {**(twin.base or {}), "closed": True}
        twin.save(update_fields=["base"])
    return True


def find_made(twin: Twin, card: Card, theirs: Iterable[There]) -> There | None:
    """The card that may have been made when the answer was lost, if it was."""
    if twin.making_since is None:
        return None
    name = saying.cut(card.title, saying.NAME_MAX)
    for there in theirs:
        is_new = reading.made_at(there.key) >= twin.making_since - SKEW
        if is_new and there.said["name"] == name:
            _found(twin, there)
            return there
    return None


def mark_gone(desk: Desk, twin: Twin, card: Card | None) -> None:
    """A card that was deleted in Trello, or went to another board, is put away here: not lost."""
    twin.gone_at, twin.base = desk.at, {**(twin.base or {}), "closed": True}
    twin.save(update_fields=["gone_at", "base"])
    if card is not None and card.archived_at is None:
        try:
            boards.archive_card(card=card, by=None, at=desk.at)
        except NOT_HERE as problem:
            keep_trouble(twin, problem, desk.at)


def mark_back(twin: Twin) -> None:
    """A card that came back to the board comes back here too."""
    if twin.gone_at is not None:
        twin.gone_at = None
        twin.save(update_fields=["gone_at"])
