"""Who belongs to a segment: its conditions as one query over records and what they bought."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from paceline.crm.models import (
    MODELS,
    OPEN_STATUSES,
    Activity,
    ActivityKind,
    Consent,
    CustomerOrder,
    Fifths,
    LeadStatus,
    Purchases,
    Segment,
    Tagging,
)
from paceline.crm.queries.records import SCORES, first_point, tags_of
from paceline.org.models import Person

# What a rule may say. Lists mean any of them.
LISTS = (
    "lifecycle", "status", "source", "channel", "language", "country", "tag", "without_tag",
    "consent",
)  # fmt: skip
NUMBERS = (
    "bought_within", "not_bought_for", "first_within", "orders_min", "orders_max",
    "recency_min", "recency_max", "frequency_min", "frequency_max", "value_score_min",
    "value_score_max", "came_within", "came_before", "silent_for", "rating_min",
)  # fmt: skip
AMOUNTS = ("value_min", "value_max")
YES_NO = ("has_bought", "is_quiet", "is_mine")
# Leads have bought nothing yet; customers came long ago.
_OF_BOTH = frozenset(
    {"source", "language", "country", "tag", "without_tag", "consent", "is_mine"}
)  # fmt: skip
_OF_LEADS = frozenset({"status", "came_within", "came_before", "silent_for", "rating_min"})
_OF_BUYERS = frozenset((*LISTS, *NUMBERS, *AMOUNTS, *YES_NO)) - _OF_BOTH - _OF_LEADS
# What counts as having spoken with somebody.
TALK = (ActivityKind.CALL, ActivityKind.MAIL, ActivityKind.CHAT, ActivityKind.MEETING)
BORDERS = 4

Rule = Mapping[str, Any]


def keys_of(kind: str) -> frozenset[str]:
    """What a rule over records of this kind may say."""
    return _OF_BOTH | (_OF_LEADS if kind == "lead" else _OF_BUYERS)


@dataclass(frozen=True, slots=True)
class Reading:
    """For whom and on which day a rule is read."""

    kind: str
    person: Person
    on: date
    fifths: Fifths | None


def read_for(kind: str, person: Person, on: date) -> Reading:
    return Reading(kind, person, on, fifths_of(kind))


def members(rule: Rule, kind: str, person: Person, on: date) -> QuerySet[Any]:
    """The customers that meet every condition and that the person may see."""
    found: QuerySet[Any] = narrowed(
        MODELS[kind].objects.visible_to(person).kept(), rule, read_for(kind, person, on)
    )
    return found


def narrowed(rows: Any, rule: Rule, reading: Reading) -> Any:
    """Those of the rows that meet every condition of a rule; of leads those that are open, where
    it does not say how they stand."""
    is_lead = reading.kind == "lead"
    wanted = Q(status__in=OPEN_STATUSES) if is_lead and not rule.get("status") else Q()
    known = keys_of(reading.kind)
    for key, value in rule.items():
        if key in known and value not in (None, "", []):
            wanted &= _condition(key, value, reading)
    return rows.filter(wanted)


def _condition(key: str, value: Any, reading: Reading) -> Q:
    if key in LISTS:
        return _among(key, list(value), reading)
    if key in YES_NO:
        return _yes_no(key, reading, is_so=bool(value))
    if key in AMOUNTS:
        return _amount(key, Decimal(str(value)))
    return _number(key, int(value), reading)


def _among(key: str, values: list[str], reading: Reading) -> Q:
    if key in {"lifecycle", "status", "source", "country"}:
        return Q(**{f"{key}__in": values})
    if key == "channel":
        return Q(purchases__channels__overlap=values)
    is_company = reading.kind == "company"
    if key == "language":
        return Q(language__in=values) if is_company else Q(languages__overlap=values)
    if key == "consent":
        standing = Consent.objects.filter(channel__in=values, withdrawn_at__isnull=True)
        holder = {"contact__company" if is_company else reading.kind: OuterRef("pk")}
        return Q(Exists(standing.filter(**holder)))
    tagged = Q(
        Exists(Tagging.objects.filter(**{reading.kind: OuterRef("pk")}, tag__name__in=values))
    )
    return ~tagged if key == "without_tag" else tagged


def _yes_no(key: str, reading: Reading, *, is_so: bool) -> Q:
    if key == "is_mine":
        mine = Q(owner=reading.person)
        return mine if is_so else ~mine
    if key == "is_quiet":
        quiet = Q(purchases__quiet_after__lt=reading.on)
        return quiet if is_so else Q(purchases__quiet_after__gte=reading.on)
    bought = Q(purchases__orders__gt=0)
    return bought if is_so else Q(purchases__isnull=True) | Q(purchases__orders=0)


def _amount(key: str, value: Decimal) -> Q:
    if key == "value_min":
        return Q(purchases__value__gte=value)
    # Who never bought is worth nothing, and so belongs to those of at most this.
    most = Q(purchases__value__lte=value)
    return most | Q(purchases__isnull=True) if value >= 0 else most


def _number(key: str, value: int, reading: Reading) -> Q:
    day = reading.on - timedelta(days=min(value, 36_500))
    plain: dict[str, Callable[[], Q]] = {
        "bought_within": lambda: Q(purchases__last_on__gte=day),
        "not_bought_for": lambda: Q(purchases__last_on__lt=day),
        "first_within": lambda: Q(purchases__first_on__gte=day),
        "orders_min": lambda: Q(purchases__orders__gte=value),
        "orders_max": lambda: Q(purchases__orders__gt=0, purchases__orders__lte=value),
        "came_within": lambda: Q(created_at__gte=_begins(day)),
        "came_before": lambda: Q(created_at__lt=_begins(day + timedelta(days=1))),
        "silent_for": lambda: Q(created_at__lt=_begins(day)) & ~Q(Exists(_talk_since(day))),
        "rating_min": lambda: Q(rating__gte=value),
    }
    return plain[key]() if key in plain else _score(key, value, reading)


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _talk_since(day: date) -> QuerySet[Any]:
    """What was said with a lead since the beginning of a day, in either direction."""
    return Activity.objects.filter(lead=OuterRef("pk"), kind__in=TALK, at__gte=_begins(day))


def _score(key: str, value: int, reading: Reading) -> Q:
    """A score of one to five by the fifths as they were measured; nobody before that."""
    name, _sign, end = key.rpartition("_")
    column = SCORES[name]
    borders = getattr(reading.fifths, column, [])
    if len(borders) != BORDERS:
        return Q(pk__in=())
    bought = Q(purchases__orders__gt=0)
    if end == "min":
        if value <= 1:
            return bought
        return bought & Q(**{f"purchases__{column}__gt": borders[min(value, 5) - 2]})
    return bought if value >= 5 else bought & Q(**{f"purchases__{column}__lte": borders[value - 1]})


def bought_by(row: Any) -> Purchases | None:
    """What a record bought; None where it never did."""
    try:
        found: Purchases = row.purchases
    except Purchases.DoesNotExist:
        return None
    return found


def fifths_of(kind: str) -> Fifths | None:
    """Where the fifths of all customers of a kind lie; None before they were measured."""
    return Fifths.objects.filter(of=kind).first()


def scores_of(bought: Purchases, fifths: Fifths | None) -> dict[str, int]:
    """How a customer who bought scores by each figure, one to five; nothing before the fifths of
    their kind were measured."""
    found = {}
    for name, column in SCORES.items():
        borders = getattr(fifths, column, [])
        if len(borders) == BORDERS:
            figure = getattr(bought, column)
            found[name] = 1 + sum(figure > border for border in borders)
    return found


def listed_members(segment: Segment, person: Person, on: date) -> QuerySet[Any]:
    """The members with what their list shows, purchases included."""
    return bought_of(members(segment.rule, segment.of, person, on), segment.of)


def bought_of(rows: Any, kind: str) -> QuerySet[Any]:
    """Records with what they bought, tags and ways to reach them, for a list."""
    more = {"company": ["purchases"], "contact": ["purchases", "company"]}.get(kind, [])
    rows = rows.select_related("owner", "team", *more)
    found: QuerySet[Any] = rows.annotate(tag_names=tags_of(kind), points_shown=first_point(kind))
    return found


@dataclass(frozen=True, slots=True)
class Summary:
    """How many belong, how many of them bought, and what that was worth."""

    members: int
    buyers: int
    value: Decimal
    quiet: int


def summed(rows: QuerySet[Any], on: date) -> Summary:
    """One query."""
    found = rows.order_by().aggregate(
        n=Count("pk"),
        buyers=Count("pk", filter=Q(purchases__orders__gt=0)),
        value=Sum("purchases__value"),
        quiet=Count("pk", filter=Q(purchases__quiet_after__lt=on)),
    )
    return Summary(found["n"], found["buyers"], found["value"] or Decimal(0), found["quiet"])


@dataclass(frozen=True, slots=True)
class LeadSummary:
    """How many leads belong, how many nobody has begun with, and how many nobody has taken."""

    members: int
    new: int
    unowned: int


def summed_leads(rows: QuerySet[Any]) -> LeadSummary:
    """One query."""
    found = rows.order_by().aggregate(
        n=Count("pk"),
        new=Count("pk", filter=Q(status=LeadStatus.NEW)),
        unowned=Count("pk", filter=Q(owner__isnull=True)),
    )
    return LeadSummary(found["n"], found["new"], found["unowned"])


def channels(most: int = 60) -> list[str]:
    """The channels in which anybody bought, from the latest few thousand orders."""
    latest = CustomerOrder.objects.exclude(channel="").order_by("-pk")[:5_000]
    return sorted(set(latest.values_list("channel", flat=True)))[:most]


def segments_of(kind: str, person: Person) -> list[Segment]:
    """The segments of a kind that a person may use."""
    return list(Segment.objects.visible_to(person).filter(of=kind))
