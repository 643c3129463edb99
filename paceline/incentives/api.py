"""Plans, runs, statements down to the line, and payroll files, for programs that read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.incentives.calculation.trace import TracedLine, lines_of_tier
from paceline.incentives.explanation import ExplainedComponent, explain_statement
from paceline.incentives.models import (
    PayrollExport,
    PayrollPayment,
    Plan,
    PlanVersion,
    Run,
    Statement,
)
from paceline.incentives.queries import payroll, runs, statements
from paceline.kernel.interface import (
    Area,
    Asked,
    Page,
    Picked,
    Record,
    Turned,
    answer_numbered,
    answer_one,
    answer_page,
)
from paceline.kernel.interface.versions import tag_of_version
from paceline.org.requests import TokenRequest

AREA = Area("incentives", _("Plans, runs, statements and payroll files"))
router = AREA.router()

PERIOD = noop("Key of a period, such as 2026Q3 or 2026-07.")
NUMBER = noop("Employee number.")
WORDS = noop("In the caller's language.")


class PlanRecord(Record):
    """A plan; what it says is in its versions."""

    id: int
    code: str
    created_at: datetime


class VersionRecord(Record):
    """One text of a plan and how far it has come."""

    id: int
    plan: str = ""
    number: int
    name: str = Field("", description=WORDS)
    state: str = Field("", description=noop("draft, submitted or approved."))
    effective_from: date
    currency: str = ""
    period_kind: str = ""
    digest: str

    @staticmethod
    def resolve_plan(row: PlanVersion) -> str:
        return row.plan.code


class DocumentRecord(VersionRecord):
    """A version with its text, as the plan language has it."""

    source: str


class PlansAsked(Asked):
    """Which plans are wanted."""

    sort: Literal["id", "-id", "code", "-code"] = "id"
    code: str = Field("", max_length=60)


@router.get("/plans", response=Page[PlanRecord], summary=noop("List plans"))
def list_plans(request: TokenRequest, asked: Query[PlansAsked]) -> HttpResponse:
    rows = Plan.objects.visible_to(request.person)
    if asked.code:
        rows = rows.filter(code=asked.code)
    return answer_page(request, rows, asked, PlanRecord, sort={"id": "pk", "code": "code"})


@router.get("/plans/{int:pk}", response=PlanRecord, summary=noop("Read a plan"))
def read_plan(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    plan = get_object_or_404(Plan.objects.visible_to(request.person), pk=pk)
    return answer_one(request, plan, PlanRecord, picked)


def _versions(request: TokenRequest) -> QuerySet[PlanVersion]:
    rows = PlanVersion.objects.visible_to(request.person)
    return rows.select_related("plan", "submission", "approval")


@router.get(
    "/plans/{int:pk}/versions",
    response=Page[VersionRecord],
    summary=noop("List the versions of a plan"),
)
def list_plan_versions(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    get_object_or_404(Plan.objects.visible_to(request.person), pk=pk)
    return answer_page(request, _versions(request).filter(plan=pk), asked, VersionRecord)


@router.get(
    "/plan-versions/{int:pk}",
    response=DocumentRecord,
    summary=noop("Read a version of a plan with its text"),
)
def read_plan_version(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    version = get_object_or_404(_versions(request), pk=pk)
    tag = tag_of_version(f"{version.lock_version}-{version.state}")
    return answer_one(request, version, DocumentRecord, picked, version=tag)


class TotalsRecord(Schema):
    """What the statements of a run add up to in one currency."""

    currency: str
    payees: int
    credited: Decimal
    earned: Decimal


class RunRecord(Record):
    """One calculation of a period on fixed inputs."""

    id: int
    period: str = ""
    number: int
    requested_at: datetime
    ended_at: datetime | None = None
    computed_at: datetime | None = None
    engine_version: str
    fingerprint: str

    @staticmethod
    def resolve_period(row: Run) -> str:
        return row.period.key


class WholeRunRecord(RunRecord):
    """A run with what it adds up to."""

    is_final: bool = False
    totals: list[TotalsRecord] = []

    @staticmethod
    def resolve_is_final(row: Run) -> bool:
        return hasattr(row, "finalisation")

    @staticmethod
    def resolve_totals(row: Run) -> list[Any]:
        return runs.totals(row)[row.pk]


class RunsAsked(Asked):
    """Which runs are wanted."""

    sort: Literal["id", "-id"] = "-id"
    period: str = Field("", max_length=10, description=PERIOD)


@router.get("/runs", response=Page[RunRecord], summary=noop("List runs"))
def list_runs(request: TokenRequest, asked: Query[RunsAsked]) -> HttpResponse:
    rows = Run.objects.visible_to(request.person).select_related("period")
    if asked.period:
        rows = rows.filter(period__key=asked.period)
    return answer_page(request, rows, asked, RunRecord)


@router.get("/runs/{int:pk}", response=WholeRunRecord, summary=noop("Read a run with its totals"))
def read_run(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    rows = Run.objects.visible_to(request.person).select_related("period", "finalisation")
    return answer_one(request, get_object_or_404(rows, pk=pk), WholeRunRecord, picked)


class StatementRecord(Record):
    """What a payee earned in a period in one currency, as one run calculated it."""

    id: int
    period: str = ""
    run: int = Field(0, alias="run_id")
    payee: str = Field("", description=NUMBER)
    currency: str
    credited: Decimal
    earned: Decimal
    released_at: datetime | None = None

    @staticmethod
    def resolve_period(row: Statement) -> str:
        return row.period.key

    @staticmethod
    def resolve_payee(row: Statement) -> str:
        return row.payee.number

    @staticmethod
    def resolve_released_at(row: Statement) -> datetime | None:
        return row.release.released_at if statements.is_released(row) else None


class TierRecord(Schema):
    """One slice of a rate table: what lay in it, its rate, and the money it made."""

    tier: int
    lower: Decimal
    upper: Decimal | None
    base: Decimal
    rate: Decimal
    earned: Decimal
    working: str = Field(description=WORDS)
    clause: str = Field(description=WORDS)


class AdjustmentRecord(Schema):
    """What a multiplier, condition, cap or floor gave or took after the tiers."""

    label: str
    amount: str
    clause: str


class ComponentRecord(Schema):
    """One component of a plan: its measure, attainment, and what it earned."""

    id: int
    component: str
    plan_version: int
    name: str = Field(description=WORDS)
    clause: str = Field(description=WORDS)
    unit: str
    measure: Decimal | None
    quota: Decimal | None
    attainment: Decimal | None
    computed: Decimal
    earned: Decimal
    has_lines: bool
    tiers: list[TierRecord]
    adjustments: list[AdjustmentRecord]
    rejected: list[str]


class WholeStatementRecord(StatementRecord):
    """A statement with the explanation of every component; each tier opens to its lines."""

    components: list[ComponentRecord] = []

    @staticmethod
    def resolve_components(row: Statement) -> list[ComponentRecord]:
        return [_component(one) for one in explain_statement(row)]


def _component(found: ExplainedComponent) -> ComponentRecord:
    row = found.row
    return ComponentRecord(
        id=row.pk,
        component=row.component,
        plan_version=row.version_id,
        name=str(found.name),
        clause=str(found.clause),
        unit=row.unit,
        measure=row.measure,
        quota=row.quota,
        attainment=row.attainment,
        computed=row.computed,
        earned=row.earned,
        has_lines=found.has_lines,
        tiers=[
            TierRecord(
                tier=one.row.tier,
                lower=one.row.lower,
                upper=one.row.upper,
                base=one.row.base,
                rate=one.row.rate,
                earned=one.row.earned,
                working=str(one.working),
                clause=str(one.clause),
            )
            for one in found.tiers
        ],
        adjustments=[
            AdjustmentRecord(label=str(one.label), amount=str(one.amount), clause=str(one.clause))
            for one in found.adjustments
        ],
        rejected=[str(one) for one in found.rejected],
    )


class StatementsAsked(Asked):
    """Which statements are wanted."""

    sort: Literal["id", "-id"] = "-id"
    period: str = Field("", max_length=10, description=PERIOD)
    payee: str = Field("", max_length=40, description=NUMBER)
    run: int | None = Field(None, ge=1, le=2**63 - 1, description=noop("Of this run."))
    is_released: bool | None = None


@router.get("/statements", response=Page[StatementRecord], summary=noop("List statements"))
def list_statements(request: TokenRequest, asked: Query[StatementsAsked]) -> HttpResponse:
    wanted = {"period__key": asked.period, "payee__number": asked.payee, "run": asked.run}
    given = {key: value for key, value in wanted.items() if value not in (None, "")}
    rows = statements.statements_for(request.person).filter(**given)
    if asked.is_released is not None:
        rows = rows.filter(release__isnull=not asked.is_released)
    return answer_page(request, rows, asked, StatementRecord)


@router.get(
    "/statements/{int:pk}",
    response=WholeStatementRecord,
    summary=noop("Read a statement with its explanation"),
)
def read_statement(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    statement = get_object_or_404(statements.statement_in_full(request.person, pk))
    return answer_one(request, statement, WholeStatementRecord, picked)


class TracedLineRecord(Record):
    """What one order line added to one tier, and the clause that says so."""

    line_id: str
    order_id: str
    ordered_on: date
    kind: str
    credit: str
    from_payee: str | None = Field(None, alias="from_payee_id")
    level: int
    is_overlay: bool
    share: Decimal
    amount: Decimal
    currency: str
    rate: Decimal
    amount_plan: Decimal
    running_before: Decimal
    running_after: Decimal
    base_in_tier: Decimal
    earned: Decimal
    clause: str


@router.get(
    "/statements/{int:pk}/components/{int:component}/tiers/{int:tier}/lines",
    response=Page[TracedLineRecord],
    summary=noop("List the order lines in a tier, with the money that each made"),
)
def list_tier_lines(
    request: TokenRequest, pk: int, component: int, tier: int, turned: Query[Turned]
) -> HttpResponse:
    statement = get_object_or_404(statements.statement_with_components(request.person, pk))
    found = next((one for one in statement.components.all() if one.pk == component), None)
    if found is None or tier not in {one.tier for one in found.tiers.all()}:
        raise Http404
    found.statement = statement

    def page(number: int) -> tuple[tuple[TracedLine, ...], bool]:
        traced = lines_of_tier(found, tier, number)
        return traced.lines, traced.page < traced.pages

    return answer_numbered(request, turned, TracedLineRecord, page)


class ExportRecord(Record):
    """A file that payroll pays from: its count, its sums, and the hash by which it is known."""

    id: int
    export_id: str = ""
    period: str = ""
    count: int
    totals: Any = None
    digest: str = Field("", description=noop("SHA-256 of the CSV file."))
    exported_at: datetime

    @staticmethod
    def resolve_export_id(row: PayrollExport) -> str:
        return str(row.export_id)

    @staticmethod
    def resolve_period(row: PayrollExport) -> str:
        return row.period.key

    @staticmethod
    def resolve_digest(row: PayrollExport) -> str:
        return row.csv_file.digest


class PaymentRecord(Record):
    """A row of the file: what a payee is paid in one currency."""

    id: int
    payee: str = Field("", description=NUMBER)
    statement: int = 0
    amount: Decimal
    currency: str

    @staticmethod
    def resolve_payee(row: PayrollPayment) -> str:
        return row.entry.payee.number

    @staticmethod
    def resolve_statement(row: PayrollPayment) -> int:
        return row.entry.release.statement_id


class ExportsAsked(Asked):
    """Which payroll files are wanted."""

    sort: Literal["id", "-id"] = "-id"
    period: str = Field("", max_length=10, description=PERIOD)


@router.get("/payroll-exports", response=Page[ExportRecord], summary=noop("List payroll files"))
def list_payroll_exports(request: TokenRequest, asked: Query[ExportsAsked]) -> HttpResponse:
    rows = payroll.exports_for(request.person)
    if asked.period:
        rows = rows.filter(period__key=asked.period)
    return answer_page(request, rows, asked, ExportRecord)


@router.get(
    "/payroll-exports/{int:pk}", response=ExportRecord, summary=noop("Read a payroll file's facts")
)
def read_payroll_export(request: TokenRequest, pk: int, picked: Query[Picked]) -> HttpResponse:
    export = get_object_or_404(payroll.exports_for(request.person), pk=pk)
    return answer_one(request, export, ExportRecord, picked)


@router.get(
    "/payroll-exports/{int:pk}/payments",
    response=Page[PaymentRecord],
    summary=noop("List the payments in a payroll file"),
)
def list_payroll_payments(request: TokenRequest, pk: int, asked: Query[Asked]) -> HttpResponse:
    export = get_object_or_404(payroll.exports_for(request.person), pk=pk)
    return answer_page(request, payroll.payments_in(export), asked, PaymentRecord)
