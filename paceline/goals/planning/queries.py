"""Plans of quotas as screens read them, and what they are calculated from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from paceline.goals.models import Figure, FigureKind
from paceline.goals.planning.models import (
    MONTHS_OF,
    AgreedQuota,
    PlanStep,
    ProposedQuota,
    QuotaPlan,
    QuotaPlanVersion,
    QuotaShare,
    Step,
    StepKind,
)
from paceline.goals.planning.spread import (
    ZERO,
    Candidate,
    Days,
    by_step,
    in_steps,
    months_of,
)
from paceline.kernel.money import currency_digits
from paceline.kernel.periods import month_after
from paceline.orders.queries import latest_rates, sold_by_month
from paceline.org.models import Employment, Leave, Person, Role, RoleGrant, Team, TeamMembership

# Fewer months with somebody here tell nothing of a year.
HISTORY_MONTHS_MIN = 3


class RateMissing(Exception):
    """What was sold in a currency cannot be compared. ``currency`` is which."""

    def __init__(self, currency: str) -> None:
        super().__init__(currency)
        self.currency = currency


# What a version is calculated from


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody whom a plan asks, and the team that counts for them."""

    person: Person
    team: Team


@dataclass(frozen=True, slots=True)
class Past:
    """What was sold in the months before: by person, and by month of the plan."""

    by_person: Mapping[int, Decimal]
    by_month: Sequence[Decimal]
    months_here: Mapping[int, int]


def whole_teams(teams: Iterable[Team]) -> set[int]:
    """The ids of teams and of all teams below them."""
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    found = {team.pk for team in teams}
    while more := {pk for pk, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def people_asked(plan: QuotaPlan) -> list[Asked]:
    """The salespeople of the plan's teams and those below, each with the first team; by name."""
    sellers = RoleGrant.objects.filter(role=Role.SALESPERSON)
    sellers = sellers.during(plan.starts_on, plan.ends_before)
    rows = (
        TeamMembership.objects.during(plan.starts_on, plan.ends_before)
        .filter(team__in=whole_teams(plan.teams.all()), person__in=sellers.values("person"))
        .select_related("person", "team")
        .order_by("person__name", "person_id", "starts_on")
    )
    found: dict[int, Asked] = {}
    for row in rows:
        found.setdefault(row.person_id, Asked(row.person, row.team))
    return list(found.values())


def base_months(plan: QuotaPlan, on: date) -> list[date]:
    """For each month of a plan the latest complete month of the same name before a day."""
    found = []
    for month in months_of(plan.starts_on, plan.ends_before):
        first = month.starts_on
        while month_after(first) > on or first >= plan.starts_on:
            first = first.replace(year=first.year - 1)
        found.append(first)
    return found


def past_of(plan: QuotaPlan, people: Collection[int], on: date) -> Past:
    """What people sold in the base months, in the plan's currency. Raises ``RateMissing``."""
    base = base_months(plan, on)
    sold = sold_by_month(
        people, min(base), month_after(max(base)), product=plan.product, channel=plan.channel
    )
    currencies = {currency for _person, _month, currency, _sum in sold} - {plan.currency}
    rates = latest_rates(plan.currency, currencies, on) if currencies else {}
    for currency in sorted(currencies - rates.keys()):
        raise RateMissing(currency)
    digits = Decimal(1).scaleb(-currency_digits(plan.currency))
    by_person: dict[int, Decimal] = defaultdict(Decimal)
    by_month: dict[date, Decimal] = defaultdict(Decimal)
    for person, month, currency, total in sold:
        if month in base:
            amount = (total * rates.get(currency, Decimal(1))).quantize(digits)
            by_person[person] += amount
            by_month[month] += amount
    here: dict[int, int] = defaultdict(int)
    employed = days_of(Employment.objects.filter(person__in=people), min(base), max(base))
    for person, days in employed.items():
        here[person] = sum(any(one.within(m, month_after(m)) for one in days) for m in base)
    return Past(by_person, [max(ZERO, by_month[month]) for month in base], here)


def days_of(rows: Any, starts_on: date, ends_before: date) -> dict[int, list[Days]]:
    """The days of effective-dated rows that touch a range, by person."""
    found: dict[int, list[Days]] = defaultdict(list)
    for row in rows.during(starts_on, ends_before):
        found[row.person_id].append(Days(row.starts_on, row.ends_before))
    return found


def potentials(kind: FigureKind, people: Collection[int], before: date) -> dict[int, Decimal]:
    """The latest standing figure of each person before a day; taken back ones do not count."""
    rows = (
        Figure.objects.standing()
        .filter(kind=kind, person__in=people, on__lt=before, value__gte=0)
        .order_by("person_id", "-on")
        .distinct("person_id")
    )
    return dict(rows.values_list("person_id", "value"))


def candidates(plan: QuotaPlan, weights: Mapping[int, Decimal | None]) -> list[Candidate]:
    """People with their weights as the spreading needs them, in the order of the weights."""
    hired = dict(
        Employment.objects.filter(person__in=weights)
        .order_by("person_id", "starts_on")
        .distinct("person_id")
        .values_list("person_id", "starts_on")
    )
    span = (plan.starts_on, plan.ends_before)
    employed = days_of(Employment.objects.filter(person__in=weights), *span)
    away = days_of(Leave.objects.filter(person__in=weights), *span)
    return [
        Candidate(pk, weight, hired[pk], employed[pk], away.get(pk, ()))
        for pk, weight in weights.items()
        if pk in employed
    ]


# Where a plan stands


def current_version(plan: QuotaPlan) -> QuotaPlanVersion | None:
    """The newest version of a plan."""
    return (
        QuotaPlanVersion.objects.filter(plan=plan)
        .select_related("plan", "potential", "made_by")
        .order_by("-number")
        .first()
    )


def last_step(version: QuotaPlanVersion) -> PlanStep | None:
    """Where a version stands; none: it is being worked on."""
    return PlanStep.objects.filter(version=version).select_related("by").order_by("-id").first()


def is_open(step: PlanStep | None) -> bool:
    """Whether proposals and agreements are still taken."""
    return step is None or step.kind == StepKind.RETURNED


@dataclass(frozen=True, slots=True)
class Part:
    """One person's row: what the rules ask, what they say themselves, and what was agreed."""

    share: QuotaShare
    proposed: ProposedQuota | None
    agreed: AgreedQuota | None

    @property
    def person(self) -> Person:
        return self.share.person

    @property
    def stands(self) -> Decimal:
        """What the quotas will sum to: as agreed, or by the rules while nothing was."""
        found: Decimal = self.share.amount if self.agreed is None else self.agreed.amount
        return found

    @property
    def difference(self) -> Decimal | None:
        """How far what they say is from what the rules ask; none while they said nothing."""
        return None if self.proposed is None else self.proposed.amount - self.share.amount


def parts_of(version: QuotaPlanVersion, viewer: Person) -> list[Part]:
    """The parts that a person may read, by team and name. Three queries."""
    rows = (
        QuotaShare.objects.visible_to(viewer)
        .filter(version=version)
        .select_related("person", "team", "version")
        .order_by("team__name", "person__name", "pk")
    )
    return _with_words(version.plan, list(rows))


def every_part(version: QuotaPlanVersion) -> list[Part]:
    """All parts of a version, for what writes or calculates."""
    rows = QuotaShare.objects.filter(version=version).select_related("person", "team", "version")
    return _with_words(version.plan, list(rows))


def _with_words(plan: QuotaPlan, shares: Sequence[QuotaShare]) -> list[Part]:
    people = [share.person_id for share in shares]
    standing = {"plan": plan, "person__in": people, "replaced_by__isnull": True}
    proposed = {one.person_id: one for one in ProposedQuota.objects.filter(**standing)}
    agreed = {one.person_id: one for one in AgreedQuota.objects.filter(**standing)}
    return [
        Part(share, proposed.get(share.person_id), agreed.get(share.person_id)) for share in shares
    ]


@dataclass(frozen=True, slots=True)
class Sum:
    """Parts of a team, or of everyone, added up."""

    name: str
    people: int
    before: Decimal
    full: Decimal
    amount: Decimal
    proposed: Decimal
    proposals: int
    stands: Decimal
    agreements: int

    @property
    def difference(self) -> Decimal | None:
        """From below less from above, for teams in which everyone said something."""
        return self.proposed - self.amount if self.proposals == self.people else None


def summed(name: str, parts: Sequence[Part]) -> Sum:
    """The parts added up."""
    said = [one.proposed for one in parts if one.proposed is not None]
    return Sum(
        name=name,
        people=len(parts),
        before=sum((one.share.before for one in parts), ZERO),
        full=sum((one.share.full for one in parts), ZERO),
        amount=sum((one.share.amount for one in parts), ZERO),
        proposed=sum((one.amount for one in said), ZERO),
        proposals=len(said),
        stands=sum((one.stands for one in parts), ZERO),
        agreements=sum(one.agreed is not None for one in parts),
    )


def by_team(parts: Sequence[Part]) -> list[Sum]:
    """A sum for each team, in the order of the parts."""
    teams: dict[str, list[Part]] = defaultdict(list)
    for one in parts:
        teams[one.share.team.name].append(one)
    return [summed(name, rows) for name, rows in teams.items()]


def months_that_stand(plan: QuotaPlan, part: Part) -> list[Decimal]:
    """What stands for a person month by month: an agreed amount in the shape of the rules.

    In the version's unit where the amount is a whole number of it, else in the currency's own.
    """
    if part.agreed is None:
        return list(part.share.months)
    amount = part.agreed.amount
    shape = part.share.months if any(part.share.months) else part.share.full_months
    unit = part.share.version.unit
    if amount % unit:
        unit = Decimal(1).scaleb(-currency_digits(plan.currency))
    return in_steps(amount, shape, MONTHS_OF[Step(plan.step)], unit)


@dataclass(frozen=True, slots=True)
class Slice:
    """The days of one quota (half-open) and its amount."""

    starts_on: date
    ends_before: date
    amount: Decimal


def slices_of(plan: QuotaPlan, part: Part) -> list[Slice]:
    """The quotas that the plan comes to for one person; they sum to what stands."""
    size = MONTHS_OF[Step(plan.step)]
    months = months_of(plan.starts_on, plan.ends_before)
    firsts = [*[month.starts_on for month in months[::size]], plan.ends_before]
    amounts = by_step(months_that_stand(plan, part), size)
    return [
        Slice(first, after, amount)
        for first, after, amount in zip(firsts, firsts[1:], amounts, strict=False)
    ]


# Lists


def plans_for(person: Person) -> QuerySet[QuotaPlan]:
    """The plans that a person may see, with the newest target and where each stands."""
    newest = QuotaPlanVersion.objects.filter(plan=OuterRef("pk")).order_by("-number")
    steps = PlanStep.objects.filter(version=OuterRef("version")).order_by("-id")
    rows: QuerySet[QuotaPlan] = QuotaPlan.objects.visible_to(person)
    return rows.annotate(
        version=Subquery(newest.values("pk")[:1]),
        target=Subquery(newest.values("target")[:1]),
    ).annotate(state=Subquery(steps.values("kind")[:1]))


def versions_of(plan: QuotaPlan) -> list[QuotaPlanVersion]:
    """Every version with who made it and its steps (``moves``), the newest first."""
    rows = QuotaPlanVersion.objects.filter(plan=plan).select_related("made_by", "potential")
    moves = Prefetch("steps", PlanStep.objects.select_related("by"), to_attr="moves")
    return list(rows.prefetch_related(moves).order_by("-number")[:50])


def said_of(plan: QuotaPlan, person: Person) -> tuple[list[ProposedQuota], list[AgreedQuota]]:
    """What was proposed and agreed for a person, the newest first."""
    proposed = ProposedQuota.objects.filter(plan=plan, person=person).select_related("said_by")
    agreed = AgreedQuota.objects.filter(plan=plan, person=person).select_related("said_by")
    return list(proposed[:50]), list(agreed[:50])


def last_day(plan: QuotaPlan) -> date:
    return plan.ends_before - timedelta(days=1)
