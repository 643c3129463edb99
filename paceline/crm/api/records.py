"""What records of customers share for programs: how they are found, written and refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as noop
from ninja import Schema
from pydantic import ConfigDict, Field

from paceline.crm import access, actions, queries, wording
from paceline.crm.models import MODELS, CustomField, scope_of
from paceline.crm.points import is_readable
from paceline.kernel.interface import (
    Area,
    Asked,
    Picked,
    Problem,
    Record,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.own_values import (
    ASKED,
    ASKED_MAX,
    SENT,
    ReadValues,
    SentValues,
    values_sent,
    wanted_values,
)
from paceline.kernel.interface.problems import Fault, invalid, unseen
from paceline.kernel.interface.refusals import Refusals, changed_since
from paceline.kernel.interface.versions import seen_version, tag_of_version
from paceline.org.models import Person, Team
from paceline.org.requests import TokenRequest

AREA = Area("crm", lazy("Customers, leads and deals"), writes=True)
router = AREA.router()

ORDER = {"id": "pk", "changed_at": "changed_at"}
NUMBER = noop("Employee number.")
TEAM = noop("Code of the team; without it, your own.")
OWNER = noop("Employee number of whoever looks after it; without it, nobody yet.")
REACHABLE = noop(
    "A number or an address under which somebody is reached; what is none goes under `other`."
)
ID_MAX = 2**63 - 1


# What records have in common


class PointRecord(Schema):
    """A way to reach somebody."""

    kind: str
    value: str
    label: str = ""


class CustomerRecord(Record):
    """What every record says of itself."""

    id: int
    version: int
    team: str = Field("", description=noop("Code of the team."))
    owner: str | None = Field(None, description=NUMBER)
    source: str
    custom: ReadValues = {}
    created_at: datetime
    changed_at: datetime

    @staticmethod
    def resolve_team(row: Any) -> str:
        return str(row.team.code)

    @staticmethod
    def resolve_owner(row: Any) -> str | None:
        return row.owner.number if row.owner is not None else None


class ReachableRecord(CustomerRecord):
    """A record of somebody who can be reached."""

    name: str
    points: list[PointRecord] = []

    @staticmethod
    def resolve_points(row: Any) -> list[Any]:
        return list(row.points.all())


class RecordsAsked(Asked):
    """Which records are wanted; those put away are left out.

    ``also``: what a kind of record can be chosen by besides, each member with its lookup.
    """

    also: ClassVar[dict[str, str]] = {}

    sort: Literal["id", "-id", "changed_at", "-changed_at"] = "id"
    owner: str = Field("", max_length=40, description=NUMBER)
    team: str = Field("", max_length=60, description=noop("Code of the team."))
    changed_from: datetime | None = Field(
        None, description=noop("Changed at or after this moment, with its zone.")
    )
    custom: str = Field("", max_length=ASKED_MAX, description=ASKED)


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class PointIn(Sent):
    """A way to reach somebody."""

    kind: Literal[
        "mobile", "phone", "email", "wechat", "line", "whatsapp", "telegram", "messenger",
        "instagram", "dingtalk", "feishu", "shop", "other",
    ]  # fmt: skip
    value: str = Field(min_length=1, max_length=300, description=REACHABLE)
    label: str = Field("", max_length=60)


class FactsIn(Sent):
    """What may be said of a record; what is left out stays as it is."""

    source: str | None = Field(None, max_length=20)
    source_detail: str | None = Field(None, max_length=200)
    points: list[PointIn] | None = Field(None, max_length=50)
    custom: SentValues | None = Field(None, description=SENT)


class NewIn(Sent):
    """Whose a new record is."""

    team: str = Field("", max_length=60, description=TEAM)
    owner: str = Field("", max_length=40, description=OWNER)


def rows_of(request: TokenRequest, kind: str) -> Any:
    return shaped(MODELS[kind].objects.visible_to(request.person).kept(), kind)


def shaped(rows: Any, kind: str) -> Any:
    """Rows with what the records of a kind say besides themselves."""
    rows = rows.select_related("team", "owner")
    return rows if kind == "deal" else rows.prefetch_related("points")


def asked_rows(request: TokenRequest, kind: str, asked: RecordsAsked) -> Any:
    if asked.changed_from is not None and asked.changed_from.tzinfo is None:
        raise invalid("changed_from", _("The point in time must name its zone."), where="query")
    wanted = {
        "owner__number": asked.owner,
        "team__code": asked.team,
        "changed_at__gte": asked.changed_from,
        **{lookup: getattr(asked, name) for name, lookup in asked.also.items()},
    }
    rows = rows_of(request, kind).filter(
        **{key: value for key, value in wanted.items() if value not in (None, "")}
    )
    if not asked.custom:
        return rows
    own = CustomField.objects.visible_to(request.person).filter(of=kind)
    return rows.filter(wanted_values(own, asked.custom))


def list_records(
    request: TokenRequest, kind: str, asked: RecordsAsked, record: type[Record]
) -> HttpResponse:
    """A page of companies, contacts or leads."""
    return page_of(request, kind, asked_rows(request, kind, asked), asked, record)


def page_of(
    request: TokenRequest, kind: str, rows: Any, asked: RecordsAsked, record: type[Record]
) -> HttpResponse:
    """A page of records; in a file each own field in use has a column."""

    def columns() -> dict[str, list[str]]:
        seen = CustomField.objects.visible_to(request.person)
        return {"custom": [one.key for one in seen.filter(of=kind, retired_at__isnull=True)]}

    return answer_page(request, rows, asked, record, sort=ORDER, spread=columns)


def answer_record(
    request: TokenRequest, kind: str, pk: int, record: type[Record], picked: Picked | None = None
) -> HttpResponse:
    found = get_object_or_404(rows_of(request, kind), pk=pk)
    return answer_one(request, found, record, picked, version=tag_of_version(found.version))


def team_of(request: TokenRequest, code: str) -> Team:
    """The team that a new record belongs to: one of the caller's own or of people below."""
    if not access.may_add(request.person):
        raise Problem("forbidden")
    scope = scope_of(request.person)
    known = Team.objects.filter(pk__in=scope.all_teams if code else scope.teams)
    team = known.filter(code=code).first() if code else known.first()
    if team is None:
        raise invalid("team", _("You add records for your own teams only."))
    return team


def shared_team(request: TokenRequest, code: str | None) -> Team | None:
    """The team that what one keeps is shared with: of one's own or of people below; or nobody."""
    if not code:
        return None
    own = Team.objects.filter(pk__in=scope_of(request.person).all_teams)
    team = own.filter(code=code).first()
    if team is None:
        raise invalid("team", _("You share with your own teams only."))
    return team


def owner_of(request: TokenRequest, number: str) -> Person | None:
    if not number:
        return None
    found: Person | None = (
        queries.sellers(request.person, request.today).filter(number=number).first()
    )
    if found is None:
        raise invalid("owner", _("You cannot give a record to anybody with this number."))
    return found


def facts_of(request: TokenRequest, sent: FactsIn, *without: str) -> dict[str, Any]:
    """The facts that were given, related records found through the caller."""
    apart = {"points", "team", "owner", "custom", *without}
    given = sent.model_dump(exclude_unset=True, exclude=apart)
    facts = {name: value for name, value in given.items() if value is not None}
    for name in ("company", "contact"):
        if name in facts:
            facts[name] = related(request, name, facts[name])
    return facts


def own_values(kind: str, team: int, sent: FactsIn, record: Any = None) -> dict[str, Any]:
    """The values of the team's own fields as a fact, where any were sent or are required."""
    if record is not None and not sent.custom:
        return {}
    own = list(CustomField.objects.filter(of=kind, team=team, retired_at__isnull=True))
    known = None if record is None else record.custom
    values = values_sent(own, sent.custom or {}, known)
    return {"custom": values} if values else {}


def related(request: TokenRequest, kind: str, pk: int | None) -> Any:
    """A record that another one names, found through the caller."""
    if pk is None:
        return None
    found = MODELS[kind].objects.visible_to(request.person).kept().filter(pk=pk).first()
    if found is None:
        raise unseen(kind)
    return found


def points_sent(sent: FactsIn, record: Any = None) -> list[actions.Point]:
    """The ways to reach somebody, refused as the form refuses them: a number or address under
    which nobody is reached, unless it stood in the record before."""
    points = [actions.Point(one.kind, one.value, one.label) for one in sent.points or ()]
    known = set() if record is None else {(one.kind, one.value) for one in record.points.all()}
    country = str(getattr(sent, "country", None) or getattr(record, "country", ""))
    faults = [
        Fault("body", f"points.{place}.value", _unreadable(one.value))
        for place, one in enumerate(points)
        if (one.kind, one.value) not in known and not is_readable(one.kind, one.value, country)
    ]
    if faults:
        raise Problem("invalid", faults=faults)
    return points


def _unreadable(value: str) -> str:
    return _("“%(value)s” is no number or address. Mend it, or send it with the kind “other”.") % {
        "value": value[:80]
    }


def _told(refused: Exception) -> Problem | None:
    """What only customers know: that a deal went elsewhere, what its stages lack, what is gone."""
    if isinstance(refused, actions.DealMovedMeanwhile):
        change = refused.change
        name = "Paceline" if change.by is None else change.by.name
        return changed_since([actions.Conflict("stage", change.to_stage_id, None, name, change.at)])
    if isinstance(refused, actions.RecordIsArchived):
        return Problem("not_found")
    if isinstance(refused, actions.CriteriaUnmet):
        lacks = [
            {"stage": one.stage.pk, "criterion": one.criterion.kind, "message": one.text}
            for one in refused.unmet
        ]
        return Problem("conflict", wording.refusal(refused), more={"unmet": lacks})
    return None


# The member of what was sent that a refusal is about.
MEMBERS: dict[type[Exception], str] = {
    actions.AmountMissing: "amount",
    actions.LostReasonMissing: "lost",
    actions.NothingSaid: "text",
    actions.OwnerMissing: "shares",
    actions.PersonTwice: "shares",
    actions.SharesNotWhole: "shares",
    actions.ShareTooLarge: "shares",
    actions.StageIsElsewhere: "stage",
    actions.TextTooLong: "text",
    actions.TooManyPoints: "points",
}


written = Refusals(
    worded=(*wording.REFUSALS, actions.DealMovedMeanwhile), word=wording.refusal, members=MEMBERS,
    faulty=(actions.FactsInvalid,), meanwhile=(actions.ChangedMeanwhile,), told=_told,
).written  # fmt: skip


class CustomerIn(FactsIn, NewIn):
    """A new company, contact or lead."""


ADD: dict[str, Callable[..., Any]] = {
    "company": actions.add_company,
    "contact": actions.add_contact,
    "lead": actions.add_lead,
}


def add_record(
    request: TokenRequest, kind: str, sent: CustomerIn, record: type[Record]
) -> HttpResponse:
    """Add a company, a contact or a lead, of the caller's team unless they name another."""
    team, owner = team_of(request, sent.team), owner_of(request, sent.owner)
    facts = {**facts_of(request, sent), **own_values(kind, team.pk, sent)}
    points = points_sent(sent)
    made = written(
        lambda: ADD[kind](
            team=team, facts=facts, points=points, owner=owner, by=request.person, at=request.now
        )
    )
    return answer_record(request, kind, made.pk, record)


def changeable(request: TokenRequest, kind: str, pk: int) -> Any:
    """A record that the caller sees and may change."""
    record = get_object_or_404(rows_of(request, kind), pk=pk)
    if not access.may_change(request.person, record):
        raise Problem("forbidden")
    return record


class OwnerIn(Sent):
    """Who looks after a record from now on."""

    owner: str | None = Field(max_length=40, description=noop("Employee number; null: nobody."))


def assign_record(
    request: TokenRequest, kind: str, pk: int, sent: OwnerIn, shown: type[Record]
) -> HttpResponse:
    """Give a company, contact or lead to somebody, or to nobody.

    Answers with the record as it was given away, which its new owner may keep for themselves.
    """
    give_away(request, kind, pk, sent)
    rows = shaped(MODELS[kind].objects.all(), kind)
    given = rows.get(pk=pk)
    return answer_one(request, given, shown, version=tag_of_version(given.version))


def give_away(request: TokenRequest, kind: str, pk: int, sent: OwnerIn) -> None:
    """Give a record to somebody; the share of a deal's owner goes along."""
    record = changeable(request, kind, pk)
    if not access.may_assign(request.person, record):
        raise Problem("forbidden")
    given: dict[str, Any] = {
        "owner": owner_of(request, sent.owner or ""),
        "seen": seen_version(request),
        "by": request.person,
        "at": request.now,
    }
    if kind != "deal":
        written(lambda: actions.assign(record=record, **given))
        return
    if given["owner"] is None:
        raise invalid("owner", _("A deal keeps its owner until somebody else has it."))
    written(lambda: actions.assign_deal(deal=record, **given))


def change_record(request: TokenRequest, kind: str, pk: int, sent: FactsIn) -> None:
    """Change a record; what others changed since the version in ``If-Match`` is kept or told."""
    record = changeable(request, kind, pk)
    facts = {**facts_of(request, sent), **own_values(kind, record.team_id, sent, record)}
    given: dict[str, Any] = {"seen": seen_version(request), "by": request.person, "at": request.now}
    if kind == "deal":
        written(lambda: actions.change_deal(deal=record, facts=facts, **given))
        return
    points = None if sent.points is None else points_sent(sent, record)
    written(lambda: actions.change(record=record, facts=facts, points=points, **given))
