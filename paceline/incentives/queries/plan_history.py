"""What past runs know of a plan: bounded reads for its linter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from paceline.incentives.models import (
    Plan,
    PlanVersion,
    Run,
    RunFinalisation,
    RunPlan,
    Statement,
    StatementComponent,
)
from paceline.incentives.queries.plans import people_paid
from paceline.org.models import Person, ReportingPath

PERIODS_MAX = 4
ROWS_MAX = 4_000
PEOPLE_MAX = 2_000


@dataclass(frozen=True, slots=True)
class PastFigure:
    """A component of a past statement: its measure and quota, and the version that paid it."""

    version_id: int
    component: str
    payee: str
    payee_id: int
    period: str
    measure: Decimal | None
    quota: Decimal | None


def runs_that_counted(plan: Plan) -> QuerySet[Run]:
    """Of the plan's last four periods with results the run that counts."""
    final = Exists(RunFinalisation.objects.filter(run=OuterRef("pk")))
    ran = RunPlan.objects.filter(run=OuterRef("pk"), version__plan=plan)
    return (
        Run.objects.filter(Exists(ran), computed_at__isnull=False)
        .annotate(is_final=final)
        .order_by("-period__starts_on", "period_id", "-is_final", "-number")
        .distinct("period__starts_on", "period_id")[:PERIODS_MAX]
    )


def past_figures(plan: Plan) -> list[PastFigure]:
    """Measures and quotas of the plan's past statements, the oldest period first."""
    rows = (
        StatementComponent.objects.filter(
            statement__run__in=runs_that_counted(plan).values("pk"), version__plan=plan
        )
        .order_by("-statement__period__starts_on", "statement__payee__number", "component")
        .values_list(
            "version_id", "component", "statement__payee__number", "statement__payee_id",
            "statement__period__key", "measure", "quota",
        )[:ROWS_MAX]
    )  # fmt: skip
    return [PastFigure(*row) for row in reversed(rows)]


def sources_of(versions: Collection[int]) -> dict[int, str]:
    """The texts of some versions."""
    return dict(PlanVersion.objects.filter(pk__in=versions).values_list("pk", "source"))


def concerned(plan: Plan, payees: Collection[int], on: date) -> QuerySet[Person]:
    """Whom the plan pays on a day or paid before, and everybody who reports to them."""
    paid = Q(pk__in=payees) | Q(pk__in=people_paid(plan, on).order_by().values("pk"))
    above = ReportingPath.objects.on(on).filter(
        descendant=OuterRef("pk"), ancestor__in=Person.objects.filter(paid).values("pk")
    )
    return Person.objects.filter(paid | Exists(above)).order_by("pk")[:PEOPLE_MAX]


def paid_on(plan: Plan, on: date) -> list[str]:
    """The numbers of those whom the plan pays on a day."""
    return list(people_paid(plan, on).order_by().values_list("number", flat=True)[:PEOPLE_MAX])


def named_for(person: Person, numbers: Collection[str]) -> dict[str, str]:
    """Names by number of those payees of whom the reader may see a statement."""
    seen = Statement.objects.visible_to(person).filter(payee__number__in=numbers)
    return dict(seen.order_by().values_list("payee__number", "payee__name").distinct())
