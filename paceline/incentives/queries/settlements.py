"""Settlements: which one counts, what it goes on from, and what it left open."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from paceline.incentives.models import (
    Balance,
    Hold,
    Payable,
    Payment,
    PayPeriod,
    PayrollEntry,
    Run,
    RunFinalisation,
    SettledPlan,
    Settlement,
    SettlementNote,
    Statement,
)
from paceline.org.models import Person

NONE = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=4))


def settlement_of(run: Run) -> Settlement | None:
    """The settlement by which the run is paid: the last one with results."""
    return settlements_of(run).first()


def settlements_of(run: Run) -> QuerySet[Settlement]:
    """The settlements of a run that have results, the last one first."""
    return run.settlements.filter(computed_at__isnull=False).order_by("-number")


def settled_before(plan_id: int, day: date) -> SettledPlan | None:
    """What a settlement of a plan's period that starts on ``day`` goes on from; None at first.

    Of the latest earlier period that was settled: the run that was handed to payroll, else the
    final one, else the newest; and of that run the last settlement.
    """
    return standing(
        SettledPlan.objects.filter(
            version__plan=plan_id, settlement__run__period__ends_before__lte=day
        )
    ).first()


def left_open(plan_ids: Collection[int], day: date) -> list[SettledPlan]:
    """Of all plans but some, what was settled last before ``day`` and left balances open."""
    before = standing(
        SettledPlan.objects.filter(
            version__plan=OuterRef("version__plan"), settlement__run__period__ends_before__lte=day
        )
    ).values("pk")[:1]
    rows = SettledPlan.objects.exclude(version__plan__in=plan_ids).filter(
        Exists(Balance.objects.filter(plan=OuterRef("pk"))), pk=Subquery(before)
    )
    return list(rows.select_related("version__plan").order_by("version__plan"))


def standing(rows: QuerySet[SettledPlan]) -> QuerySet[SettledPlan]:
    """Settled plans with those that count before those that were replaced, the latest first."""
    run = OuterRef("settlement__run")
    return (
        rows.filter(settlement__computed_at__isnull=False)
        .annotate(
            is_paid=Exists(PayrollEntry.objects.filter(release__statement__run=run)),
            is_final=Exists(RunFinalisation.objects.filter(run=run)),
        )
        .select_related("version__plan", "settlement__run__period")
        .defer("settlement__run__checks")
        .order_by(
            "-settlement__run__period__starts_on",
            "-is_paid",
            "-is_final",
            "-settlement__run__number",
            "-settlement__number",
        )
    )


def chain_of(last: SettledPlan | None) -> list[SettledPlan]:
    """A settled plan and all that it goes on from, the oldest first. One query."""
    if last is None:
        return []
    rows = SettledPlan.objects.filter(version__plan=last.version.plan_id)
    rows = rows.select_related("version__plan", "settlement__run__period")
    return chain_in({one.pk: one for one in rows.defer("settlement__run__checks")}, last)


def chain_in(known: Mapping[int, SettledPlan], last: SettledPlan) -> list[SettledPlan]:
    """A settled plan and all that it goes on from among those known, the oldest first."""
    found, at = list[SettledPlan](), known.get(last.pk)
    while at is not None:
        found.append(at)
        at = known.get(at.previous_id or 0)
    return found[::-1]


def with_standing(rows: QuerySet[Settlement]) -> QuerySet[Settlement]:
    """Settlements with `was_paid` (something of the run was handed to payroll), `is_replaced`
    (another run of the period was), `is_followed` (a later period that goes on from it was) and
    `has_moved`: something that they stand on is no longer so, because an earlier settlement was
    made again, or a hold of somebody whom they pay was placed or released since their inputs were
    read. What a paid period goes on from stands as it is: that one has dealt with all of this.
    """
    run, period = OuterRef("run"), OuterRef("run__period")
    handed = PayrollEntry.objects.filter(release__statement__run__period=period)
    before = standing(
        SettledPlan.objects.filter(
            version__plan=OuterRef("version__plan"),
            settlement__run__period__ends_before__lte=OuterRef(
                "settlement__run__period__starts_on"
            ),
        )
    ).values("pk")[:1]
    parts = SettledPlan.objects.filter(settlement=OuterRef("pk")).annotate(
        since=Coalesce(F("previous"), 0), now=Coalesce(Subquery(before), 0)
    )
    at = OuterRef("computed_at")
    holds = Hold.objects.filter(
        Q(placed_at__gt=at) | Q(release__released_at__gt=at),
        payee__statements__run=run,
    )
    followers = _paid_on(SettledPlan.objects.filter(previous__settlement=OuterRef("pk")))
    return rows.annotate(
        was_paid=Exists(handed.filter(release__statement__run=run)),
        is_replaced=Exists(handed.exclude(release__statement__run=run)),
        is_followed=Exists(followers),
        has_moved=~Exists(followers) & (Exists(parts.exclude(since=F("now"))) | Exists(holds)),
    )


def _paid_on(rows: QuerySet[SettledPlan]) -> QuerySet[SettledPlan]:
    """Those by which runs were settled last of which something was handed to payroll."""
    run = OuterRef("settlement__run")
    newer = Settlement.objects.filter(
        run=run, computed_at__isnull=False, number__gt=OuterRef("settlement__number")
    )
    return rows.filter(
        Exists(PayrollEntry.objects.filter(release__statement__run=run)),
        ~Exists(newer),
        settlement__computed_at__isnull=False,
    )


def is_paid(run: Run) -> bool:
    """Whether anything of the run was handed to payroll."""
    return PayrollEntry.objects.filter(release__statement__run=run).exists()


def paid_by_another(run: Run) -> bool:
    """Whether another run of the period was handed to payroll; then that one is settled."""
    rows = PayrollEntry.objects.filter(release__period=run.period_id)
    return rows.exclude(release__statement__run=run).exists()


def later_paid(plan_ids: list[int], day: date) -> bool:
    """Whether a later period of one of the plans was settled and handed to payroll already."""
    later = SettledPlan.objects.filter(
        version__plan__in=plan_ids,
        settlement__computed_at__isnull=False,
        settlement__run__period__starts_on__gte=day,
    )
    run = OuterRef("settlement__run")
    handed = PayrollEntry.objects.filter(release__statement__run=run)
    return bool(later.filter(Exists(handed)).exists())


def links_of(
    plan_ids: Iterable[int], *, settlements: Iterable[int] = ()
) -> Mapping[int, SettledPlan]:
    """All that was ever settled of some plans, and of those of some settlements, by key: of what
    each goes on from, and ``is_handed_over``, whether by it a run was settled last of which
    something was handed to payroll. One query that reads little of each.
    """
    of_settlements = SettledPlan.objects.filter(settlement__in=settlements)
    rows = SettledPlan.objects.filter(
        Q(version__plan__in=plan_ids)
        | Q(version__plan__in=of_settlements.order_by().values("version__plan"))
    )
    handed = _paid_on(SettledPlan.objects.filter(pk=OuterRef("pk")))
    rows = rows.annotate(is_handed_over=Exists(handed)).order_by("pk")
    rows = rows.select_related("version", "settlement__run__period").only(
        "previous", "version__plan", "settlement__number", "settlement__computed_at",
        "settlement__run__number", "settlement__run__period__key",
        "settlement__run__period__starts_on", "settlement__run__period__ends_before",
    )  # fmt: skip
    return {one.pk: one for one in rows}


def stood_on(
    known: Mapping[int, SettledPlan], period: PayPeriod, plan_ids: Container[int]
) -> list[SettledPlan] | None:
    """What of the period the later ones that were handed to payroll go on from, through others
    between them too; None when none was handed over. ``known`` is what `links_of` the plans says.
    """
    links: list[int | None] = [
        one.pk
        for one in known.values()
        if one.is_handed_over  # type: ignore[attr-defined]
        and one.version.plan_id in plan_ids
        and one.settlement.run.period.starts_on >= period.ends_before
    ]
    if not links:
        return None
    passed, found = set[int](), list[SettledPlan]()
    while links:
        one = known.get(links.pop() or 0)
        if one is None or one.pk in passed:
            continue
        passed.add(one.pk)
        links.append(one.previous_id)
        if one.settlement.run.period_id == period.pk:
            found.append(one)
    return found


def is_stood_on(known: Mapping[int, SettledPlan], settlement: Settlement) -> bool:
    """Whether a later period that was handed to payroll goes on from a settlement, over others
    between them too. ``known`` is what `links_of` its plans says.
    """
    plans = {one.version.plan_id for one in known.values() if one.settlement_id == settlement.pk}
    found = stood_on(known, settlement.run.period, plans)
    return any(one.settlement_id == settlement.pk for one in found or ())


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What all entries of one kind add up to, and how many payees they are about."""

    kind: str
    currency: str
    amount: Decimal
    payees: int


@dataclass(frozen=True, slots=True)
class SettledTotals:
    """A currency's way from earned to payable, and how many payees it has."""

    currency: str
    payees: int
    earned: Decimal
    payable: Decimal


def kind_totals(settlement: Settlement) -> list[KindTotal]:
    """What is due by kind of entry and currency, in the order of the steps. One query."""
    rows = (
        Payable.objects.filter(plan__settlement=settlement, account="due")
        .order_by("kind")
        .values_list("kind", "currency")
        .annotate(total=Sum("amount"), payees=Count("statement__payee", distinct=True))
    )
    found = [KindTotal(*row) for row in rows]
    return sorted(found, key=lambda one: (one.currency, ORDER.index(one.kind)))


ORDER = (
    "earned",
    "forfeited",
    "adjustment",
    "cap",
    "floor",
    "deferred",
    "clawback",
    "fallen-due",
    "guarantee",
    "draw",
    "released",
    "held",
    "recovered",
    "forgiven",
    "carried",
)


def settled_totals(settlement: Settlement, kinds: Iterable[KindTotal]) -> list[SettledTotals]:
    """By currency of the plans, what was earned and what of it is payable now. One query."""
    earned = {one.currency: one.amount for one in kinds if one.kind == "earned"}
    rows = (
        Payment.objects.filter(plan__settlement=settlement)
        .order_by("statement__currency")
        .values_list("statement__currency")
        .annotate(payees=Count("statement__payee", distinct=True), payable=Sum("plan_amount"))
    )
    return [
        SettledTotals(currency, payees, earned.get(currency, Decimal(0)), payable)
        for currency, payees, payable in rows
    ]


def paid_totals(settlement: Settlement) -> list[tuple[str, Decimal, Decimal]]:
    """By currency of payment, what is to be paid, and what of it payroll was given. One query."""
    is_paid = Q(statement__release__payroll_entry__isnull=False)
    rows = (
        Payment.objects.filter(plan__settlement=settlement)
        .order_by("currency")
        .values_list("currency")
        .annotate(total=Sum("amount"), paid=Coalesce(Sum("amount", filter=is_paid), NONE))
    )
    return list(rows)


def account_totals(settlement: Settlement) -> list[tuple[str, str, Decimal, int]]:
    """What is carried on by account and currency, and of how many payees. One query."""
    rows = (
        Balance.objects.filter(plan__settlement=settlement)
        .order_by("account", "currency")
        .values_list("account", "currency")
        .annotate(total=Sum("amount"), payees=Count("payee", distinct=True))
    )
    return list(rows)


def notes_of(settlement: Settlement) -> QuerySet[SettlementNote]:
    return SettlementNote.objects.filter(plan__settlement=settlement).select_related("payee")


def payments_for(person: Person, settlement: Settlement) -> QuerySet[Payment]:
    """Payments whose statements the person may read, each with what its plan earned."""
    earned = Payable.objects.filter(
        plan=OuterRef("plan"), statement=OuterRef("statement"), kind="earned"
    )
    total = earned.order_by().values("statement").annotate(total=Sum("amount")).values("total")
    return (
        Payment.objects.filter(
            plan__settlement=settlement, statement__in=Statement.objects.visible_to(person)
        )
        .select_related("statement__payee", "plan__version__plan")
        .annotate(earned=Coalesce(total, NONE), plan_currency=F("statement__currency"))
    )


def holds_for(person: Person) -> QuerySet[Hold]:
    rows = Hold.objects.visible_to(person)
    people = rows.select_related("payee", "plan", "placed_by", "release__released_by")
    return people.prefetch_related("plan__versions")


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What stands on one account of a payee under one plan, with what is due on the same day."""

    plan: SettledPlan
    payee: str
    number: str
    account: str
    due_on: date | None
    currency: str
    items: int
    amount: Decimal


def open_balances(person: Person) -> list[AccountBalance]:
    """What stands on payees' accounts now: what the last settlement of each plan left.

    Two queries, whatever the number of plans, payees and lines.
    """
    last = standing(SettledPlan.objects.filter(version__plan=OuterRef("version__plan")))
    plans = SettledPlan.objects.filter(pk=last.values("pk")[:1])
    known = {
        one.pk: one
        for one in plans.select_related("version__plan", "settlement__run__period").defer(
            "settlement__run__checks"
        )
    }
    rows = (
        Balance.objects.visible_to(person)
        .filter(plan__in=known)
        .order_by("payee__name", "payee", "plan", "account", "due_on")
        .values_list("plan", "payee__name", "payee__number", "account", "due_on", "currency")
        .annotate(items=Count("pk"), total=Sum("amount"))
    )
    return [AccountBalance(known[plan], *row) for plan, *row in rows]
