"""Connecting a project with a board in Trello, and how the connection stands."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from paceline.boards import actions as boards
from paceline.boards.models import CardList, Project, Right
from paceline.boards.trello import reading
from paceline.boards.trello.asking import AskingFailed, Refused, Trello, connected
from paceline.boards.trello.models import Connection, Member, Message, Twin, TwinKind
from paceline.boards.trello.queries import JOB
from paceline.kernel import audit, jobs, sealed
from paceline.live.actions import publish_all
from paceline.notifications.actions import notify
from paceline.org.models import Person

PURPOSE = "trello access"
COMPARED_EVERY = timedelta(hours=1)
# Without messages of Trello's everything is compared more often.
ASKED_EVERY = timedelta(minutes=10)
WAIT_MAX = timedelta(hours=1)
# What does not mend itself: somebody has to do something.
STOPS = frozenset({"access_refused", "board_gone", "board_closed", "no_permission", "no_access"})


class IsConnected(Exception):
    """The project is connected with Trello already."""


class BoardTaken(Exception):
    """Another project is kept in step with this board. ``project`` says which."""

    def __init__(self, project: Project | None) -> None:
        super().__init__(str(project))
        self.project = project


class NotConnected(Exception):
    """The connection has ended, or has begun already."""


def access_to(connection: Connection) -> dict[str, str]:
    """Key, token and secret. Raises ``AskingFailed`` when they are not kept any more."""
    if connection.sealed is None:
        raise AskingFailed("no_access")
    found: dict[str, str] = json.loads(sealed.unseal(connection.sealed, purpose=PURPOSE))
    return found


def _account(access: Mapping[str, str]) -> tuple[str, str]:
    """Whose token it is. Raises ``AskingFailed``."""
    try:
        with connected(access, tries=1) as trello:
            one = trello.get("/members/me", fields="fullName,username")
    except Refused as refused:
        raise AskingFailed("access_refused") from refused
    if not isinstance(one, dict):
        raise AskingFailed("unreadable")
    name = reading.text(one, "fullName") or reading.text(one, "username")
    return reading.text(one, "id"), name[:200]


def connect(*, project: Project, access: Mapping[str, str], by: Person, at: datetime) -> Connection:
    """Keep key, token and secret of a project, after Trello let them in. They are not shown again.

    Raises ``AskingFailed`` and ``IsConnected``.
    """
    account_id, account_name = _account(access)
    try:
        with transaction.atomic():
            made: Connection = Connection.objects.create(
                project=project, key=random.token_urlsafe(24), sealed=_seal(access),
                account_id=account_id, account_name=account_name, connected_by=by,
                connected_at=at,
            )  # fmt: skip
            audit.record("trello_connected", subject=project, by=by, at=at,
                         after={"account": account_name})  # fmt: skip
    except IntegrityError as error:
        raise IsConnected(project) from error
    return made


def _seal(access: Mapping[str, str]) -> bytes:
    return sealed.seal(json.dumps(dict(access), sort_keys=True), purpose=PURPOSE)


def renew_access(
    *, connection: Connection, access: Mapping[str, str], by: Person, at: datetime
) -> None:
    """Replace key, token and secret, for example after the token was revoked."""
    account_id, account_name = _account(access)
    with transaction.atomic():
        connection.sealed = _seal(access)
        connection.account_id, connection.account_name = account_id, account_name
        # Webhooks belong to the token: a new one is made for it.
        connection.webhook_id = ""
        connection.save(update_fields=["sealed", "account_id", "account_name", "webhook_id"])
        audit.record("trello_access_renewed", subject=connection.project, by=by, at=at,
                     after={"account": account_name})  # fmt: skip
        _ask_whole(connection, at)


def boards_of(connection: Connection) -> list[tuple[str, str]]:
    """The open boards of the account, by name. Raises ``AskingFailed``."""
    with connected(access_to(connection), tries=1) as trello:
        rows = _asked(trello, "/members/me/boards", filter="open", fields="name")
    found = [(reading.text(one, "id"), reading.text(one, "name")) for one in reading.records(rows)]
    return sorted(found, key=lambda row: (row[1].casefold(), row[0]))


def _asked(trello: Trello, path: str, **params: str | int) -> Any:
    try:
        return trello.get(path, **params)
    except Refused as refused:
        code = "board_gone" if refused.status == 404 else "no_permission"
        raise AskingFailed(code, status=refused.status) from refused


def choose_board(
    *, connection: Connection, board_id: str, callback: str, by: Person, at: datetime
) -> None:
    """Choose the board, and read its lists and members so that they can be matched.

    Raises ``AskingFailed`` and ``BoardTaken``.
    """
    with connected(access_to(connection), tries=1) as trello:
        board = _asked(
            trello, f"/boards/{board_id}", fields="name,url", lists="open", list_fields="name,pos",
            members="all", member_fields="fullName,username",
        )  # fmt: skip
    taken = Connection.objects.standing().filter(board_id=board_id).exclude(pk=connection.pk)
    other = taken.select_related("project").first()
    if other is not None:
        raise BoardTaken(other.project)
    connection.board_id = reading.text(board, "id")
    connection.board_name = reading.text(board, "name")[:200]
    url = reading.text(board, "url")[:300]
    connection.board_url = url if url.startswith("https://") else ""
    connection.callback = callback
    lists = sorted(reading.records(board, "lists"), key=reading.place)
    members = [
        (reading.text(one, "id"), reading.text(one, "fullName") or reading.text(one, "username"))
        for one in reading.records(board, "members")
    ]
    connection.choices = {
        "lists": [(reading.text(one, "id"), reading.text(one, "name")) for one in lists],
        "members": sorted(members, key=lambda row: row[1].casefold()),
    }
    with transaction.atomic():
        connection.save(
            update_fields=["board_id", "board_name", "board_url", "callback", "choices"]
        )
        audit.record("trello_board_chosen", subject=connection.project, by=by, at=at,
                     after={"board": connection.board_name})  # fmt: skip


@transaction.atomic
def start(
    *, connection: Connection, lists: Mapping[str, CardList | None],
    people: Mapping[str, Person | None], by: Person, at: datetime,
) -> None:  # fmt: skip
    """Begin to keep both in step. ``lists`` and ``people`` say what is the same thing here.

    Lists and people that are not matched: a list is made on the other side, a member stays in
    Trello alone. Raises ``NotConnected``.
    """
    found = _held(connection)
    if found.started_at is not None or not found.board_id:
        raise NotConnected(found)
    names = dict(found.choices["lists"])
    for key, row in lists.items():
        if row is not None:
            base = {"here": row.name, "there": names[key], "closed": False}
            Twin.objects.create(
                connection=found, kind=TwinKind.LIST, local=row.pk, key=key, base=base
            )
    for key, name in found.choices["members"]:
        person = people.get(key)
        Member.objects.create(connection=found, key=key, name=name, person=person)
        if person is not None:
            _let_see(found.project, person, by, at)
    found.started_at = at
    found.save(update_fields=["started_at"])
    audit.record("trello_started", subject=found.project, by=by, at=at,
                 after={"board": found.board_name})  # fmt: skip
    jobs.wake(JOB, pk=found.pk)
    _announce(found)


def _let_see(project: Project, person: Person, by: Person, at: datetime) -> None:
    """Whoever has a card must see it; they may edit, as they may in Trello."""
    if not Project.objects.visible_to(person).filter(pk=project.pk).exists():
        boards.set_member(project=project, person=person, right=Right.EDIT, by=by, at=at)


def _held(connection: Connection) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",), no_key=True)
    found: Connection = rows.select_related("project").get(pk=connection.pk)
    if found.ended_at is not None:
        raise NotConnected(found)
    return found


def _announce(connection: Connection) -> None:
    publish_all([f"trello:{connection.pk}"], "changed", str(connection.pk))


@transaction.atomic
def match_member(*, member: Member, person: Person | None, by: Person, at: datetime) -> Member:
    """Say who a member of the board is; their cards follow with the next comparison."""
    connection = _held(member.connection)
    if person is not None:
        Member.objects.filter(connection=connection, person=person).exclude(pk=member.pk).update(
            person=None
        )
        _let_see(connection.project, person, by, at)
    member.person = person
    member.save(update_fields=["person"])
    audit.record("trello_member_matched", subject=connection.project, by=by, at=at,
                 after={"member": member.name, "person": person and person.pk})  # fmt: skip
    _ask_whole(connection, at)
    return member


def _ask_whole(connection: Connection, at: datetime) -> None:
    """Let everything be compared as soon as a worker is free."""
    connection.whole_asked_at, connection.retry_at, connection.tries = at, None, 0
    connection.save(update_fields=["whole_asked_at", "retry_at", "tries"])
    if connection.started_at is not None and connection.ended_at is None:
        jobs.wake(JOB, pk=connection.pk)
    _announce(connection)


@transaction.atomic
def try_again(*, connection: Connection, by: Person, at: datetime) -> None:
    """Compare everything now; a list that was deleted in Trello is made there again."""
    found = _held(connection)
    Twin.objects.filter(connection=found, kind=TwinKind.LIST, gone_at__isnull=False).delete()
    audit.record("trello_tried_again", subject=found.project, by=by, at=at)
    _ask_whole(found, at)


def disconnect(*, connection: Connection, by: Person, at: datetime) -> None:
    """End the connection. The cards stay on both sides; key, token and secret are forgotten.

    That Trello sends no more messages is asked of it; should it not answer, they are turned away.
    """
    if connection.webhook_id:
        try:
            with connected(access_to(connection), tries=1) as trello:
                trello.delete(f"/webhooks/{connection.webhook_id}")
        except (AskingFailed, Refused):
            pass
    with transaction.atomic():
        found = _held(connection)
        found.ended_by, found.ended_at, found.sealed, found.webhook_id = by, at, None, ""
        found.save(update_fields=["ended_by", "ended_at", "sealed", "webhook_id"])
        Message.objects.filter(connection=found).delete()
        audit.record("trello_disconnected", subject=found.project, by=by, at=at,
                     after={"board": found.board_name})  # fmt: skip
        _announce(found)


# How it stands


@transaction.atomic
def begin_pass(*, connection: Connection, at: datetime) -> bool:
    """Say that a pass begins; whether it has to compare everything.

    So it is the first time, when somebody asked for it, and when the last pass broke off: what it
    had made in Trello may be known to nobody here.
    """
    broke_off = connection.began_at is not None or connection.trouble != ""
    connection.began_at = at
    connection.save(update_fields=["began_at"])
    is_asked = connection.whole_asked_at is not None
    return connection.compared_at is None or is_asked or broke_off


@transaction.atomic
def note_pass(
    *, connection: Connection, messages: list[Message], is_whole: bool, at: datetime
) -> None:
    """A pass went through: what was heard before it is taken in."""
    ids = [one.pk for one in messages]
    Message.objects.filter(pk__in=ids).update(taken_at=at)
    connection.passed_at, connection.began_at = at, None
    connection.trouble, connection.trouble_params, connection.trouble_since = "", {}, None
    connection.tries, connection.retry_at = 0, None
    if is_whole:
        connection.compared_at = at
        # Somebody may have asked for it again meanwhile: that counts for the next pass.
        asked = Connection.objects.filter(
            pk=connection.pk, whole_asked_at=connection.whole_asked_at
        )
        asked.update(whole_asked_at=None)
    connection.save(
        update_fields=[
            "passed_at", "began_at", "trouble", "trouble_params", "trouble_since", "tries",
            "retry_at", "compared_at",
        ]
    )  # fmt: skip
    _announce(connection)


@transaction.atomic
def note_trouble(
    *, connection: Connection, code: str, params: Mapping[str, Any], at: datetime
) -> None:
    """Nothing goes on for now: it is tried again after twice as long each time, at most an hour.

    Whoever connected is told once of what does not mend itself.
    """
    is_news = connection.trouble != code
    connection.trouble, connection.trouble_params = code, dict(params)
    connection.trouble_since = at if is_news else connection.trouble_since
    wait = WAIT_MAX if code in STOPS else min(timedelta(minutes=2**connection.tries), WAIT_MAX)
    connection.tries = min(connection.tries + 1, 10)
    connection.retry_at = at + wait
    connection.save(
        update_fields=["trouble", "trouble_params", "trouble_since", "tries", "retry_at"]
    )
    if is_news and code in STOPS:
        told = {"project": connection.project.name, "board": connection.board_name}
        notify(
            recipients=[connection.connected_by], kind="trello_stopped", params=told,
            url=f"/boards/trello/{connection.project_id}", at=at,
        )  # fmt: skip
    _announce(connection)


def keep_webhook(*, connection: Connection, trello: Trello) -> None:
    """Let Trello send its messages here; without them, everything is compared more often.

    Trello stops a webhook whose address did not answer for long: it is begun again.
    """
    trouble, webhook_id = "", connection.webhook_id
    try:
        if webhook_id:
            try:
                known = trello.get(f"/webhooks/{webhook_id}")
                if not known.get("active"):
                    trello.put(f"/webhooks/{webhook_id}", active="true")
            except Refused as refused:
                if refused.status != 404:
                    raise
                webhook_id = ""
        if not webhook_id:
            made = trello.post(
                "/webhooks", callbackURL=connection.callback, idModel=connection.board_id,
                description="Paceline",
            )  # fmt: skip
            webhook_id = reading.text(made, "id")
    except Refused:
        trouble = "no_messages"
    if (connection.webhook_id, connection.webhook_trouble) != (webhook_id, trouble):
        connection.webhook_id, connection.webhook_trouble = webhook_id, trouble
        connection.save(update_fields=["webhook_id", "webhook_trouble"])


def wake_due(*, at: datetime) -> int:
    """Wake what has to be tried again or compared; returns how many."""
    woken = 0
    for one in Connection.objects.running():
        every = ASKED_EVERY if one.webhook_trouble else COMPARED_EVERY
        is_due = one.compared_at is None or one.compared_at + every <= at
        if one.retry_at is not None and one.retry_at > at:
            continue
        waits = one.trouble or one.messages.filter(taken_at__isnull=True).exists()
        if is_due or waits:
            if is_due:
                Connection.objects.filter(pk=one.pk).update(whole_asked_at=at)
            jobs.wake(JOB, pk=one.pk)
            woken += 1
    return woken
