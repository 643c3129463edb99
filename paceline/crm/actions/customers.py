"""Adding and changing companies and contacts; what they allowed; and forgetting a person."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from paceline.crm.actions import recording
from paceline.crm.models import (
    MODELS,
    Company,
    Consent,
    ConsentChannel,
    Contact,
    ContactPoint,
    ErasedKey,
    Lead,
    Reach,
    Record,
    TeamRules,
)
from paceline.crm.points import normalise
from paceline.kernel import audit
from paceline.org.models import Person, Team

POINTS_MAX = 50


@dataclass(frozen=True, slots=True)
class Point:
    """A way to reach somebody, as it was written."""

    kind: str
    value: str
    label: str = ""


class TooManyPoints(Exception):
    """Nobody has so many phones and addresses."""


class WasErased(Exception):
    """Somebody with this number or address was erased under data-protection law."""


class ConsentStands(Exception):
    """This was allowed already and not withdrawn."""


class ConsentIsWithdrawn(Exception):
    """This consent was withdrawn before."""


@transaction.atomic
def add_company(
    *,
    team: Team,
    facts: Mapping[str, Any],
    points: Sequence[Point] = (),
    owner: Person | None = None,
    by: Person | None,
    at: datetime,
) -> Company:
    """A new company of a team. Raises ``FactsInvalid`` and ``FieldUnknown``."""
    company: Company = _made(Company, team, facts, owner, by, at)
    _write_points(company, points)
    recording.added(company, by=by, at=at)
    return company


@transaction.atomic
def add_contact(
    *,
    team: Team,
    facts: Mapping[str, Any],
    points: Sequence[Point] = (),
    owner: Person | None = None,
    after_erasure: bool = False,
    by: Person | None,
    at: datetime,
) -> Contact:
    """A new contact of a team.

    Raises ``WasErased`` when one of the points belonged to somebody who was erased, unless they
    came back by themselves (``after_erasure``), besides ``FactsInvalid`` and ``FieldUnknown``.
    """
    if not after_erasure and was_erased(points, str(facts.get("country", ""))):
        raise WasErased
    contact: Contact = _made(Contact, team, {"name": "", **facts}, owner, by, at)
    if not contact.name.strip():
        raise recording.FactsInvalid({"name": [str(NAME_MISSING)]})
    _write_points(contact, points)
    recording.added(contact, by=by, at=at)
    return contact


NAME_MISSING = Contact._meta.get_field("name").error_messages["blank"]


def _made(
    model: Any,
    team: Team,
    facts: Mapping[str, Any],
    owner: Person | None,
    by: Person | None,
    at: datetime,
) -> Any:
    kind = str(model._meta.model_name)
    recording.refuse_unknown(kind, facts)
    values = {"reach": reach_of(team), **facts}
    values["custom"] = recording.merged_custom({}, values.get("custom", {}))
    record = model(team=team, owner=owner, created_by=by, created_at=at, changed_at=at, **values)
    recording.check(record, [*facts, "name"] if kind != "contact" else facts)
    recording.keep_name_keys(record, ["name"])
    record.save()
    return record


def reach_of(team: Team) -> str:
    """How far new records of a team can be seen: as the team decided, or within the team."""
    rules = TeamRules.objects.filter(team=team).first()
    return Reach.TEAM if rules is None else rules.reach


@transaction.atomic
def change(
    *,
    record: Record,
    facts: Mapping[str, Any],
    points: Sequence[Point] | None = None,
    seen: int | None = None,
    by: Person | None,
    at: datetime,
) -> Any:
    """Change fields of a record, and its ways to be reached where ``points`` are given.

    ``seen`` is the version that was read. Raises ``ChangedMeanwhile`` with each field in conflict,
    ``RecordIsArchived``, ``FactsInvalid`` and ``FieldUnknown``; then nothing changed. Returns the
    record as it is now. An owner is changed by ``assign``.
    """
    recording.refuse_unknown(recording.kind_of(record), facts)
    found = recording.locked(record)
    recording.apply(found, facts, seen=seen, by=by, at=at)
    if points is not None:
        _change_points(found, points, by=by, at=at, seen=seen)
    return found


def _change_points(
    record: Any, points: Sequence[Point], *, by: Person | None, at: datetime, seen: int | None
) -> None:
    before = points_of(record)
    after = [[one.kind, one.value.strip(), one.label.strip()] for one in points]
    if before == after:
        return
    if seen is not None:
        conflicts = recording.conflicts_of(record, {"points": after}, seen)
        if conflicts:
            raise recording.ChangedMeanwhile(record, conflicts)
        theirs = (one for one in recording.changes_since(record, seen) if "points" in one.after)
        if next(theirs, None) is not None:
            return
    record.points.all().delete()
    _write_points(record, points)
    recording.touch(record, {"points": before}, {"points": after}, by=by, at=at)


def points_of(record: Any) -> list[list[str]]:
    """The ways to reach somebody as a change keeps them: kind, value, label."""
    return [[one.kind, one.value, one.label] for one in record.points.order_by("rank", "id")]


def _write_points(record: Any, points: Iterable[Point]) -> None:
    kind = recording.kind_of(record)
    country = getattr(record, "country", "")
    kept: dict[tuple[str, str], ContactPoint] = {}
    for rank, one in enumerate(points):
        value = one.value.strip()
        if not value:
            continue
        row = ContactPoint(
            **{kind: record}, kind=one.kind, value=value, label=one.label.strip(), rank=rank,
            normalised=normalise(one.kind, value, country),
        )  # fmt: skip
        recording.check(row, ["kind", "value", "label"])
        kept.setdefault((row.kind, row.normalised), row)
    if len(kept) > POINTS_MAX:
        raise TooManyPoints(record)
    ContactPoint.objects.bulk_create(kept.values())


@transaction.atomic
def assign(
    *, record: Record, owner: Person | None, seen: int | None = None, by: Person | None,
    at: datetime,
) -> Any:  # fmt: skip
    """Give a record to somebody to look after, or to nobody. Of a deal the owner's share goes along
    (``paceline.crm.actions.shares.assign_deal``). They are told.
    """
    found = recording.locked(record)
    if recording.apply(found, {"owner": owner}, seen=seen, by=by, at=at, quiet=True):
        recording.tell(found, [owner] if owner else [], "crm_assigned", by=by, at=at)
    return found


@transaction.atomic
def record_consent(
    *,
    holder: Contact | Lead,
    channel: ConsentChannel,
    purpose: str,
    source: str,
    given_at: datetime,
    by: Person | None,
    at: datetime,
) -> Consent:
    """Write down that somebody allowed to be reached. Raises ``ConsentStands``."""
    found = recording.locked(holder)
    standing = found.consents.filter(
        channel=channel, purpose__iexact=purpose.strip(), withdrawn_at__isnull=True
    )
    if standing.exists():
        raise ConsentStands
    consent = Consent(
        **{recording.kind_of(found): found}, channel=channel, purpose=purpose.strip(),
        source=source.strip(), given_at=given_at, recorded_by=by,
    )  # fmt: skip
    recording.check(consent, ["channel", "purpose", "source"])
    consent.save()
    audit.record("consent_recorded", subject=found, by=by, at=at, after={"channel": channel})
    recording.announce(found, by=by, at=at, quiet=True)
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, source: str, by: Person | None, at: datetime) -> Consent:
    """The customer no longer allows it; the row stays. Raises ``ConsentIsWithdrawn``."""
    found = Consent.objects.select_for_update().get(pk=consent.pk)
    if found.withdrawn_at is not None:
        raise ConsentIsWithdrawn
    found.withdrawn_at, found.withdrawn_by = at, by
    found.withdrawn_source = source.strip()[:200]
    found.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_source"])
    holder = found.contact or found.lead
    if holder is None:
        raise ConsentIsWithdrawn
    audit.record(
        "consent_withdrawn", subject=holder, by=by, at=at, after={"channel": found.channel}
    )
    recording.announce(holder, by=by, at=at, quiet=True)
    return found


def fingerprint(kind: str, normalised: str) -> str:
    """The keyed hash of a number or address: recognised when it comes again, never read back."""
    key = hashlib.sha256(f"crm erased {settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, f"{kind}:{normalised}".encode(), hashlib.sha256).hexdigest()


def was_erased(points: Iterable[Point], country: str = "") -> bool:
    """Whether one of the points belonged to somebody who was erased."""
    return were_erased([(points, country)])


def were_erased(told: Iterable[tuple[Iterable[Point], str]]) -> bool:
    """The same of the points of many, each with the country in which they are read."""
    digests = [
        fingerprint(one.kind, normalise(one.kind, one.value, country))
        for points, country in told
        for one in points
    ]
    return ErasedKey.objects.filter(digest__in=digests).exists()


@transaction.atomic
def archive(*, record: Record, by: Person | None, at: datetime) -> Any:
    """Put a record away: it leaves lists and search, and can be restored."""
    found = recording.locked(record)
    found.archived_at = at
    recording.note(found, {}, {"archived": True}, by=by, at=at, act="record_archived")
    found.save(update_fields=["archived_at", "version", "changed_at"])
    recording.announce(found, by=by, at=at)
    return found


@transaction.atomic
def restore(*, record: Record, by: Person | None, at: datetime) -> Any:
    """Bring a record back that was put away; one that was merged stays merged."""
    model: Any = type(record)
    found = model.objects.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    if found.archived_at is None or found.merged_into_id is not None:
        raise recording.RecordIsArchived(found)
    found.archived_at = None
    recording.note(found, {}, {"archived": False}, by=by, at=at, act="record_restored")
    found.save(update_fields=["archived_at", "version", "changed_at"])
    recording.announce(found, by=by, at=at)
    return found


@transaction.atomic
def set_team_reach(
    *, team: Team, reach: Reach, also_known: bool, by: Person | None, at: datetime
) -> TeamRules:
    """A team decides how far its records can be seen: new ones, and if asked those it has."""
    rules, _is_new = TeamRules.objects.update_or_create(
        team=team, defaults={"reach": reach, "decided_by": by, "decided_at": at}
    )
    if also_known:
        for model in MODELS.values():
            rows = model.objects.kept().filter(team=team).exclude(reach=reach)
            for record in rows.order_by("pk").iterator(chunk_size=500):
                recording.apply(
                    recording.locked(record), {"reach": reach}, by=by, at=at, quiet=True
                )
    audit.record(
        "team_reach_set", subject=team, by=by, at=at,
        after={"reach": reach, "also_known": also_known},
    )  # fmt: skip
    return rules
