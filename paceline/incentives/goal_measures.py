"""What pay credits as a measure of goals: the figure of the statement itself, so that a goal and
its owner's statement never tell two attainments.

A statement counts once it is released, on the last day of its period, when that lies in the goal's
days. Whoever reads the goal reads its figure; the statement, and its lines, only who may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from paceline.goals import measures
from paceline.goals.measures import Fact, Family, People, Record, Source
from paceline.goals.models import Unit
from paceline.incentives import pay_words
from paceline.incentives.calculation import documents
from paceline.incentives.models import Plan, PlanVersion, Statement, StatementComponent
from paceline.incentives.models.plans import in_reader_language
from paceline.kernel import formats
from paceline.org.models import Person

KEY = "credited"
ONE_DAY = timedelta(days=1)
ONE = Decimal(1)


def register() -> None:
    """Let goals be measured by what pay credits; called once at start."""
    measures.register(
        Source(
            key=KEY,
            label=_("Credited by pay"),
            definition=_(
                "What released statements credit, on the last day of their pay period, when the"
                " whole period lies in the days. A lead's statement credits the team's sales, too:"
                " for teams choose the measure of one component."
            ),
            unit=Unit.MONEY,
            daily=_credited,
            value=_told,
            parts=2,
            money=(0,),
            records=_statements,
        )
    )
    measures.register_family(Family(KEY, _find, _offered))


def _told(parts: Sequence[Decimal]) -> Decimal | None:
    """The sum, when at least one statement was released: else nothing is known, which is not 0."""
    return parts[0] if parts[1] else None


def _released(first: date, before: date, people: People) -> Any:
    rows = Statement.objects.filter(
        release__isnull=False, period__starts_on__gte=first, period__ends_before__lte=before
    )
    return rows if people is None else rows.filter(payee__in=people)


def _credited(first: date, before: date, people: People) -> Iterator[Fact]:
    rows = _released(first, before, people).order_by("period__ends_before", "payee", "currency")
    for who, end, currency, credited in rows.values_list(
        "payee", "period__ends_before", "currency", "credited"
    ):
        yield Fact(who, end - ONE_DAY, currency, (credited, ONE))


def _statements(
    reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """The statements, the latest first; of those that the reader may not open only that they
    are."""
    seen = Statement.objects.visible_to(reader).filter(pk=OuterRef("pk"))
    rows = _released(first, before, people).annotate(is_seen=Exists(seen))
    rows = rows.select_related("period", "payee").order_by("-period__ends_before", "payee__name")
    for one in rows[:most]:
        on = one.period.ends_before - ONE_DAY
        if not one.is_seen:
            yield Record(one.payee_id, on, is_seen=False)
            continue
        url = reverse("incentives:statement", args=[one.pk])
        name = pay_words.period_name(one.period)
        yield Record(one.payee_id, on, name, url, amount=one.credited, currency=one.currency)


# One component of a plan: what its rates are read by


def _measured(plan: int, component: str, first: date, before: date, people: People) -> Any:
    return StatementComponent.objects.filter(
        statement__in=_released(first, before, people).values("pk"),
        version__plan=plan,
        component=component,
        measure__isnull=False,
    )


def _component(
    plan: int, component: str, unit: Unit, first: date, before: date, people: People
) -> Iterator[Fact]:
    rows = _measured(plan, component, first, before, people)
    for who, end, currency, measure in rows.order_by(
        "statement__period__ends_before", "statement__payee"
    ).values_list(
        "statement__payee", "statement__period__ends_before", "statement__currency", "measure"
    ):
        yield Fact(who, end - ONE_DAY, currency if unit == Unit.MONEY else "", (measure, ONE))


def _components(
    plan: int, component: str, unit: Unit, reader: Person, first: date, before: date,
    people: People, most: int,
) -> Iterator[Record]:  # fmt: skip
    """The components as their statements show them; each leads to its lines."""
    seen = Statement.objects.visible_to(reader).filter(pk=OuterRef("statement"))
    rows = _measured(plan, component, first, before, people).annotate(is_seen=Exists(seen))
    rows = rows.select_related("statement__period").prefetch_related("tiers")
    rows = rows.order_by("-statement__period__ends_before", "statement__payee__name")
    for one in rows[:most]:
        statement = one.statement
        on = statement.period.ends_before - ONE_DAY
        if not one.is_seen:
            yield Record(statement.payee_id, on, is_seen=False)
            continue
        tiers = list(one.tiers.all())
        url = reverse("incentives:statement", args=[statement.pk])
        if len(tiers) == 1:
            url = reverse("incentives:statement-lines", args=[statement.pk, one.pk, tiers[0].tier])
        yield Record(
            statement.payee_id,
            on,
            pay_words.period_name(statement.period),
            url,
            detail="" if one.attainment is None else formats.percent(one.attainment),
            amount=one.measure.quantize(Decimal("0.0001")),
            currency=statement.currency if unit == Unit.MONEY else "",
        )


def _source(version: PlanVersion, component: str) -> Source | None:
    """The measure of a component as an approved text has it; None where it has none."""
    plan = documents.load(version.source)
    one = next((each for each in plan.components if each.id == component), None)
    if one is None or one.measure is None:
        return None
    unit = Unit.MONEY if plan.measure(one.measure).is_money else Unit.QUANTITY
    given = (version.plan_id, component, unit)
    name = in_reader_language(dict(one.name)) or component
    return Source(
        key=f"{KEY}:{version.plan_id}.{component}",
        label=_("Credited by pay: %(component)s (%(plan)s)") % {
            "component": name, "plan": version.name
        },
        definition=_(
            "What the component's rates are read by, as released statements say it, on the last"
            " day of their pay period."
        ),
        unit=unit,
        daily=partial(_component, *given),
        value=_told,
        parts=2,
        money=(0,) if unit == Unit.MONEY else (),
        records=partial(_components, *given),
        is_named_to=lambda reader: Plan.objects.visible_to(reader)
        .filter(pk=version.plan_id)
        .exists(),
        veiled=_("Credited by a plan that you do not see"),
    )  # fmt: skip


def _find(refs: Collection[str]) -> list[Source]:
    wanted: dict[int, set[str]] = {}
    for ref in refs:
        plan, _dot, component = ref.partition(".")
        if plan.isdecimal() and component:
            wanted.setdefault(int(plan[:18]), set()).add(component)
    found = []
    for version in _latest(PlanVersion.objects.filter(plan__in=wanted)):
        for component in wanted[version.plan_id]:
            source = _source(version, component)
            found += [] if source is None else [source]
    return found


def _offered(reader: Person) -> list[Source]:
    """Of each plan that the reader may read, the components with a measure. One query."""
    found = []
    for version in _latest(PlanVersion.objects.visible_to(reader)):
        for component in version.outline.get("components", ()):
            source = _source(version, component["id"])
            found += [] if source is None else [source]
    return found


def _latest(rows: Any) -> list[PlanVersion]:
    """The approved version of each plan that takes effect last."""
    last = rows.approved().order_by("plan_id", "-effective_from", "-number").distinct("plan_id")
    return list(last.select_related("plan"))
