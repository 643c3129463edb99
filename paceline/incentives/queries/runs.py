"""Runs side by side: what they credited and paid, against the period before and the run before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from paceline.incentives.models import (
    PayPeriod,
    PayrollEntry,
    PayrollExport,
    Release,
    Run,
    RunFinalisation,
    RunProblem,
    Settlement,
    Statement,
)
from paceline.org.models import Person

LARGEST = 6


@dataclass(frozen=True, slots=True)
class Totals:
    """What the statements of a run add up to in one currency."""

    currency: str
    payees: int
    credited: Decimal
    earned: Decimal


@dataclass(frozen=True, slots=True)
class Compared:
    """A currency's totals beside those of another run; ``before`` is None when it had none."""

    now: Totals
    before: Totals | None

    @property
    def earned_change(self) -> Decimal | None:
        return None if self.before is None else self.now.earned - self.before.earned

    @property
    def credited_change(self) -> Decimal | None:
        return None if self.before is None else self.now.credited - self.before.credited

    @property
    def direction(self) -> str:
        """``up``, ``down`` or nothing, for the mark beside the figure."""
        change = self.earned_change or Decimal(0)
        return "up" if change > 0 else "down" if change < 0 else ""


@dataclass(frozen=True, slots=True)
class Change:
    """A payee whose pay differs from another run; ``before`` None means they had no statement."""

    statement: Statement
    before: Decimal | None

    @property
    def difference(self) -> Decimal:
        now: Decimal = self.statement.earned
        return now - (self.before or Decimal(0))


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """All problems of one kind in a run."""

    code: str
    problems: tuple[RunProblem, ...]

    @property
    def people(self) -> list[Person]:
        found = {one.payee_id: one.payee for one in self.problems if one.payee is not None}
        return sorted(found.values(), key=lambda person: person.name)

    @property
    def count(self) -> int:
        return len(self.problems)


def totals(*runs: Run) -> dict[int, list[Totals]]:
    """For each run its totals by currency, in the order of their codes. One query."""
    rows = (
        Statement.objects.filter(run__in=runs)
        .order_by("run", "currency")
        .values("run", "currency")
        .annotate(payees=Count("pk"), credited_sum=Sum("credited"), earned_sum=Sum("earned"))
    )
    found: dict[int, list[Totals]] = {run.pk: [] for run in runs}
    for row in rows:
        found[row["run"]].append(
            Totals(row["currency"], row["payees"], row["credited_sum"], row["earned_sum"])
        )
    return found


def compared(now: Sequence[Totals], before: Sequence[Totals]) -> list[Compared]:
    """Totals, each beside those of another run in the same currency."""
    other = {one.currency: one for one in before}
    return [Compared(one, other.get(one.currency)) for one in now]


def run_that_counts(*period_keys: str) -> Run | None:
    """The final run of a period, else its last one with results; of several periods the one that
    has any.
    """
    runs = Run.objects.filter(period__key__in=period_keys, computed_at__isnull=False)
    final = Exists(RunFinalisation.objects.filter(run=OuterRef("pk")))
    return (
        runs.select_related("period")
        .defer("checks")
        .annotate(is_final=final)
        .order_by("-is_final", "-number")
    ).first()


def largest_changes(statements: Sequence[Statement], other: Run) -> list[Change]:
    """Those of the statements whose pay differs most from the same payee's in another run.

    Amounts of different currencies are never compared: each currency has its own largest ones.
    One query.
    """
    rows = other.statements.values_list("payee_id", "currency", "earned")
    before = {(payee, currency): earned for payee, currency, earned in rows}
    by_currency: dict[str, list[Change]] = defaultdict(list)
    for statement in statements:
        change = Change(statement, before.get((statement.payee_id, statement.currency)))
        if change.difference:
            by_currency[statement.currency].append(change)
    found = []
    for currency in sorted(by_currency):
        changes = by_currency[currency]
        changes.sort(key=lambda change: (-abs(change.difference), change.statement.payee.name))
        found += changes[:LARGEST]
    return found


def problem_groups(run: Run) -> list[ProblemGroup]:
    """The run's problems by kind, the most frequent first. One query."""
    by_code: dict[str, list[RunProblem]] = defaultdict(list)
    for one in run.problems.select_related("payee"):
        by_code[one.code].append(one)
    groups = [ProblemGroup(code, tuple(found)) for code, found in by_code.items()]
    return sorted(groups, key=lambda group: (-group.count, group.code))


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many payees earned from ``low`` up to, not including, ``low + width``."""

    low: Decimal
    width: Decimal
    payees: int


def distribution(amounts: Sequence[Decimal], wanted: int = 12) -> list[Bucket]:
    """Amounts in at most about ``wanted`` buckets of one round width (1, 2 or 5 and zeros)."""
    if not amounts:
        return []
    width = _round_width(max(amounts) - min(amounts), wanted)
    first = (min(amounts) // width) * width
    while first > min(amounts):
        first -= width
    counts: dict[int, int] = defaultdict(int)
    for amount in amounts:
        counts[int((amount - first) // width)] += 1
    return [
        Bucket(first + width * place, width, counts.get(place, 0))
        for place in range(max(counts) + 1)
    ]


def _round_width(span: Decimal, wanted: int) -> Decimal:
    width = Decimal(1)
    while True:
        for step in (1, 2, 5):
            if width * step * wanted >= span:
                return width * step
        width *= 10


def runs_beside(pk: int, person: Person) -> QuerySet[Run]:
    """The run with this key and every other of its period, the newest first; each with
    ``was_settled``, whether anybody ever settled it, ``has_paid``, whether anything of it was
    handed over, ``later_has_paid``, whether anything of a later period was, and by whom and when it
    was settled and its period released and handed over last.
    """
    settled = Settlement.objects.filter(run=OuterRef("pk"), computed_at__isnull=False)
    settled = settled.order_by("-number")
    releases = Release.objects.filter(period=OuterRef("period"))
    newest = releases.order_by("-released_at", "-pk")
    waiting = releases.filter(payroll_entry__isnull=True).order_by().values("period")
    files = PayrollExport.objects.filter(period=OuterRef("period")).order_by("-pk")
    later = PayrollEntry.objects.filter(
        release__period__starts_on__gte=OuterRef("period__ends_before")
    )
    return (
        Run.objects.visible_to(person)
        .filter(period__runs=pk)
        .annotate(
            was_settled=Exists(Settlement.objects.filter(run=OuterRef("pk"))),
            has_paid=Exists(PayrollEntry.objects.filter(release__statement__run=OuterRef("pk"))),
            later_has_paid=Exists(later),
            settled_at=Subquery(settled.values("computed_at")[:1]),
            settled_by=Subquery(settled.values("requested_by__name")[:1]),
            released_at=Subquery(newest.values("released_at")[:1]),
            released_by=Subquery(newest.values("released_by__name")[:1]),
            not_handed_over=Subquery(waiting.annotate(n=Count("pk")).values("n")),
            handed_over_at=Subquery(files.values("exported_at")[:1]),
            handed_over_by=Subquery(files.values("exported_by__name")[:1]),
        )
        .select_related("period", "requested_by", "progress", "finalisation__finalised_by")
        .defer("checks")
        .order_by("-number")
    )


@dataclass(frozen=True, slots=True)
class PeriodState:
    """A pay period as the list shows it."""

    period: PayPeriod
    last_run: Run | None
    counting_run: Run | None
    totals: tuple[Totals, ...]
    payees: int
    released: int
    paid: int

    @property
    def state(self) -> str:
        """``new``, ``running``, ``failed``, ``calculated``, ``released``, ``paid``, ``closed``."""
        if self.last_run is not None and self.last_run.ended_at is None:
            return "running"
        if self.counting_run is None:
            return "failed" if self.last_run is not None else "new"
        if hasattr(self.period, "finalisation"):
            return "closed"
        if self.released:
            return "paid" if self.paid == self.released else "released"
        return "calculated"


def period_states(periods: QuerySet[PayPeriod]) -> list[PeriodState]:
    """How far each period has come; four queries for any number of periods."""
    known = list(periods.select_related("finalisation"))
    runs = Run.objects.filter(period__in=known).select_related("progress").defer("checks")
    last: dict[int, Run] = {}
    counting: dict[int, Run] = {}
    final = {one.finalisation.run_id for one in known if hasattr(one, "finalisation")}
    for run in runs.order_by("number"):
        last[run.period_id] = run
        standing = counting.get(run.period_id)
        if run.computed_at is not None and not (standing and standing.pk in final):
            counting[run.period_id] = run
    sums = totals(*counting.values())
    releases = dict[int, tuple[int, int]]()
    for period_id, released, paid in (
        Release.objects.filter(period__in=known)
        .order_by("period")
        .values_list("period")
        .annotate(n=Count("pk"), paid=Count("pk", filter=Q(payroll_entry__isnull=False)))
    ):
        releases[period_id] = (released, paid)
    found = []
    for period in known:
        counts = counting.get(period.pk)
        totals_of = tuple(sums[counts.pk]) if counts else ()
        released, paid = releases.get(period.pk, (0, 0))
        found.append(
            PeriodState(
                period=period,
                last_run=last.get(period.pk),
                counting_run=counts,
                totals=totals_of,
                payees=sum(one.payees for one in totals_of),
                released=released,
                paid=paid,
            )
        )
    return found


def has_released() -> Exists:
    """Of a statement: whether its payee has a released one of the period in this currency."""
    return Exists(
        Release.objects.filter(
            period=OuterRef("period"), payee=OuterRef("payee"), currency=OuterRef("currency")
        )
    )


def unreleased(run: Run) -> QuerySet[Statement]:
    """Statements of the run whose payee has no released one of the period in this currency."""
    return run.statements.filter(~has_released()).order_by(F("payee__name"), "pk")
