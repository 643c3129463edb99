"""What records of customers share for programs: how they are found, written and refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as noop
from ninja import Schema
from pydantic import ConfigDict, Field

from paceline.crm import access, actions, queries
from paceline.crm.models import scope_of
from paceline.kernel.interface import (
    Area,
    Asked,
    Picked,
    Problem,
    Record,
    answer_one,
)
from paceline.kernel.interface.problems import Fault, invalid
from paceline.kernel.interface.versions import tag_of_version
from paceline.org.models import Person, Team
from paceline.org.requests import TokenRequest

AREA = Area("crm", lazy("Customers, leads and deals"), writes=True)
router = AREA.router()

ORDER = {"id": "pk", "changed_at": "changed_at"}
NUMBER = noop("Employee number.")
TEAM = noop("Code of the team; without it, your own.")
OWNER = noop("Employee number of whoever looks after it; without it, nobody yet.")
VERSION = re.compile(r'(?:W/)?"v(\d{1,9})"')
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
    """Which records are wanted; those put away are left out."""

    sort: Literal["id", "-id", "changed_at", "-changed_at"] = "id"
    owner: str = Field("", max_length=40, description=NUMBER)
    team: str = Field("", max_length=60, description=noop("Code of the team."))
    changed_from: datetime | None = Field(
        None, description=noop("Changed at or after this moment, with its zone.")
    )


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class PointIn(Sent):
    """A way to reach somebody."""

    kind: Literal[
        "mobile", "phone", "email", "wechat", "line", "whatsapp", "telegram", "messenger",
        "instagram", "dingtalk", "feishu", "shop", "other",
    ]  # fmt: skip
    value: str = Field(min_length=1, max_length=300)
    label: str = Field("", max_length=60)


class FactsIn(Sent):
    """What may be said of a record; what is left out stays as it is."""

    source: str | None = Field(None, max_length=20)
    source_detail: str | None = Field(None, max_length=200)
    points: list[PointIn] | None = Field(None, max_length=50)


class NewIn(Sent):
    """Whose a new record is."""

    team: str = Field("", max_length=60, description=TEAM)
    owner: str = Field("", max_length=40, description=OWNER)


def rows_of(request: TokenRequest, kind: str) -> Any:
    rows: Any = queries.MODELS[kind].objects.visible_to(request.person).kept()
    rows = rows.select_related("team", "owner")
    return rows if kind == "deal" else rows.prefetch_related("points")


def asked_rows(request: TokenRequest, kind: str, asked: RecordsAsked) -> Any:
    if asked.changed_from is not None and asked.changed_from.tzinfo is None:
        raise invalid("changed_from", _("The point in time must name its zone."), where="query")
    wanted = {
        "owner__number": asked.owner,
        "team__code": asked.team,
        "changed_at__gte": asked.changed_from,
    }
    return rows_of(request, kind).filter(
        **{key: value for key, value in wanted.items() if value not in (None, "")}
    )


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
    given = sent.model_dump(exclude_unset=True, exclude={"points", "team", "owner", *without})
    facts = {name: value for name, value in given.items() if value is not None}
    for name in ("company", "contact"):
        if name in facts:
            rows = queries.MODELS[name].objects.visible_to(request.person).kept()
            facts[name] = rows.filter(pk=facts[name]).first()
            if facts[name] is None:
                raise invalid(name, _("There is nothing here that you can see."))
    return facts


def points_sent(sent: FactsIn) -> list[actions.Point]:
    return [actions.Point(one.kind, one.value, one.label) for one in sent.points or ()]


def written(act: Callable[[], Any]) -> Any:
    """Do a write, and tell in a problem document what stands in its way."""
    try:
        return act()
    except actions.FactsInvalid as refused:
        raise Problem("invalid", faults=_faults(refused.errors)) from None
    except actions.WasErased:
        detail = _("Somebody with this number or address was erased under data-protection law.")
        raise Problem("conflict", detail) from None
    except actions.TooManyPoints:
        raise invalid("points", _("Nobody has so many phones and addresses.")) from None
    except actions.RecordIsArchived:
        raise Problem("not_found") from None
    except actions.ChangedMeanwhile as meanwhile:
        conflicts = [
            {"field": one.field, "theirs": one.theirs, "by": one.by, "at": one.at.isoformat()}
            for one in meanwhile.conflicts
        ]
        raise Problem("changed_since", more={"conflicts": conflicts}) from None


def _faults(errors: dict[str, list[str]]) -> Sequence[Fault]:
    return [Fault("body", name, str(text)) for name, texts in errors.items() for text in texts]


def change_record(request: TokenRequest, kind: str, pk: int, sent: FactsIn) -> None:
    """Change a record; what others changed since the version in ``If-Match`` is kept or told."""
    record = get_object_or_404(rows_of(request, kind), pk=pk)
    if not access.may_change(request.person, record):
        raise Problem("forbidden")
    facts = facts_of(request, sent)
    given: dict[str, Any] = {"seen": _seen(request), "by": request.person, "at": request.now}
    if kind == "deal":
        written(lambda: actions.change_deal(deal=record, facts=facts, **given))
        return
    points = None if sent.points is None else points_sent(sent)
    written(lambda: actions.change(record=record, facts=facts, points=points, **given))


def _seen(request: TokenRequest) -> int | None:
    header = request.headers.get("If-Match")
    if header is None:
        return None
    found = VERSION.fullmatch(header.strip())
    if found is None:
        message = _("Send the ETag of the record as you read it.")
        raise Problem("invalid", faults=[Fault("header", "If-Match", message)])
    return int(found[1])
