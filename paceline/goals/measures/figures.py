"""Sources that come from entered figures: one for each kind that is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from paceline.goals import measures
from paceline.goals.measures import Fact, Family, People, Record, Records, Source, whole
from paceline.goals.measures.orders import ratio
from paceline.goals.measures.records import address_of
from paceline.goals.models.quotas import Figure, FigureKind, Unit
from paceline.kernel import formats
from paceline.org.models import Person

PREFIX = "figure"
ONE = Decimal(1)


def _daily(kind: FigureKind) -> Callable[[date, date, People], Iterator[Fact]]:
    is_level = kind.unit == Unit.PERCENT

    def facts(first: date, before: date, people: People) -> Iterator[Fact]:
        rows = Figure.objects.standing().filter(
            kind=kind, on__gte=first, on__lt=before, value__isnull=False
        )
        rows = rows if people is None else rows.filter(person__in=people)
        for who, on, value in rows.order_by("on", "person").values_list("person", "on", "value"):
            yield Fact(who, on, "", (value, ONE) if is_level else (value,))

    return facts


def _opened(kind: FigureKind) -> Records:
    is_share = kind.unit == Unit.PERCENT

    def records(
        reader: Person, first: date, before: date, people: People, most: int
    ) -> Iterator[Record]:
        """What was entered, the latest first."""
        seen = Figure.objects.visible_to(reader).filter(pk=OuterRef("pk"))
        rows = Figure.objects.standing().filter(
            kind=kind, on__gte=first, on__lt=before, value__isnull=False
        )
        rows = rows if people is None else rows.filter(person__in=people)
        rows = rows.annotate(is_seen=Exists(seen)).order_by("-on", "-pk")
        for pk, is_seen, who, on, value in rows.values_list(
            "pk", "is_seen", "person", "on", "value"
        )[:most]:
            if not is_seen:
                yield Record(who, on, is_seen=False)
                continue
            url = address_of("goals:figure", pk)
            if is_share:
                yield Record(who, on, kind.label, url, figure=formats.percent(value))
            else:
                yield Record(who, on, kind.label, url, amount=value)

    return records


def _source(kind: FigureKind) -> Source:
    is_level = kind.unit == Unit.PERCENT
    return Source(
        key=f"{PREFIX}:{kind.name}",
        label=kind.label,
        definition=_("The average of what was entered for the people in the days.")
        if is_level
        else _("The sum of what was entered for the people in the days."),
        unit=Unit(kind.unit),
        daily=_daily(kind),
        value=ratio if is_level else whole,
        parts=2 if is_level else 1,
        is_level=is_level,
        records=_opened(kind),
    )


def find(names: Collection[str]) -> list[Source]:
    return [_source(kind) for kind in FigureKind.objects.filter(name__in=names)]


def offered(_reader: Person) -> list[Source]:
    return [_source(kind) for kind in FigureKind.objects.all()]


def register() -> None:
    """Let goals be measured by entered figures; called once at start."""
    measures.register_family(Family(PREFIX, find, offered, lambda unit: unit == Unit.PERCENT))
