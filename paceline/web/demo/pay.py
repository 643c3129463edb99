"""Plans, quotas and pay: written, approved, run, released, asked about, handed to payroll."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID, uuid5

from paceline.goals.actions.quotas import Target, set_quota
from paceline.incentives.actions import (
    approvals,
    assignments,
    findings,
    holds,
    payroll,
    plans,
    runs,
    settlements,
    shortfalls,
    statements,
    threads,
)
from paceline.incentives.models import (
    Hold,
    HoldReason,
    Plan,
    PlanVersion,
    Run,
    ShortfallTreatment,
    Statement,
)
from paceline.org.models import Person, Role
from paceline.web.demo import papers
from paceline.web.demo.calendar import Quarter
from paceline.web.demo.cast import Member
from paceline.web.demo.papers import Paper
from paceline.web.demo.sales import Sales, quarter_scale
from paceline.web.demo.stage import BEGAN, CAUGHT_UP, Stage
from paceline.web.demo.teams import cross_border, shanghai, taipei
from paceline.web.demo.teams.plans import TEXTS
from paceline.web.demo.trade import DOLLARS

PLANS = (*taipei.PLANS, *shanghai.PLANS, *cross_border.PLANS)
COURSES = shanghai.PLANS[0]
EXPORTS = UUID("5b0e2f0c-6a55-4a0f-9f57-0f3b6c1f7a11")
AMBITION = Decimal("0.97")
# The quota that each shop's plan looks for, by the currency in which it is set.
MEASURES = {"TWD": "sales", "USD": "dollar-sales"}
STEPS = {"TWD": Decimal(10_000), "USD": Decimal(500)}


class RunRefused(Exception):
    """The company's own data do not calculate: the story is wrong, and says where."""


def set_quotas(stage: Stage) -> None:
    """Quarter quotas for the plans that pay by attainment; Shanghai's pays by amount."""
    header = ("employee number", "measure", "start date", "end date", "quota", "currency")
    path = papers.write(Paper(), stage.folder / "quotas", header, _quotas(stage))
    by = stage.acting(Role.COMPENSATION)
    stage.bring_in("quotas", path, by=by, at=stage.at(BEGAN - 1, 14))


def _quotas(stage: Stage) -> Iterator[tuple[object, ...]]:
    for sales in stage.sales:
        if sales.market.code == "shanghai":
            continue
        currency = "TWD" if sales.market.currency == "TWD" else "USD"
        daily = sales.by_day()
        for quarter in stage.calendar.quarters:
            for member, starts_on, ends_before, amount in _asked(stage, sales, quarter, daily):
                step = STEPS[currency]
                steps = (amount / step).quantize(Decimal(1), ROUND_HALF_UP)
                quota = (steps if steps > 0 else Decimal(1)) * step
                last = ends_before - timedelta(days=1)
                yield (
                    member.number,
                    MEASURES[currency],
                    starts_on,
                    last,
                    quota,
                    currency,
                )


def _asked(
    stage: Stage, sales: Sales, quarter: Quarter, daily: Mapping[date, Decimal]
) -> Iterator[tuple[Member, date, date, Decimal]]:
    """Everyone in the market is asked for the same daily part of what it will sell."""
    whole = quarter_scale(sales.market, stage.calendar, quarter.starts_on, quarter.ends_before)
    seated: dict[str, list[date]] = defaultdict(list)
    day, ends_before, sold = quarter.starts_on, quarter.ends_before, Decimal(0)
    while day < ends_before:
        sold += daily.get(day, Decimal(0))
        for team in sales.market.teams:
            for member in stage.cast.sellers_of(team, day):
                seated[member.number].append(day)
        day += timedelta(days=1)
    days = sum(len(held) for held in seated.values())
    rate = _rate(sales.market.currency)
    expected = sold * Decimal(str(round(whole, 6))) * rate * AMBITION
    for number, held in sorted(seated.items()):
        amount = expected * len(held) / days
        yield stage.cast.members[number], held[0], held[-1] + timedelta(days=1), amount


def _rate(currency: str) -> Decimal:
    """From the market's currency to that of its quotas."""
    return Decimal(1) if currency in MEASURES else Decimal(DOLLARS[currency])


def change_a_quota(stage: Stage) -> None:
    """A host is away from the middle of the last closed quarter on; the rest is asked halved."""
    quarter = stage.calendar.last_closed
    middle = quarter.starts_on.replace(month=quarter.starts_on.month + 1, day=20)
    person = stage.person(stage.cast.sellers_of("taipei-live", middle)[3])
    whole = person.quotas.get(starts_on=quarter.starts_on, replaced_by__isnull=True)
    by, at = stage.acting(Role.COMPENSATION), stage.at(BEGAN - 2, 15)
    step = STEPS["TWD"]
    half = (whole.amount / 2 / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    rest = (half / 2 / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    for starts_on, ends_before, amount in (
        (quarter.starts_on, middle, half),
        (middle, quarter.ends_before, rest),
    ):
        target = Target(
            measure="sales",
            starts_on=starts_on,
            ends_before=ends_before,
            amount=amount,
            currency="TWD",
        )
        set_quota(person=person, target=target, reason="育嬰假", by=by, at=at)


def write_plans(stage: Stage) -> None:
    """The plans of three teams, one draft, and one change that waits for approval."""
    author, approver = stage.acting(Role.COMPENSATION), stage.acting(Role.FINANCE)
    at = stage.at(BEGAN - 1, 15)
    for one in PLANS:
        since, _until = one.days(stage)
        version = plans.create_plan(
            source=one.source(stage), effective_from=since, by=author, at=at
        )
        _submit(version, accepted=one.accepted, by=author, at=at)
        version.refresh_from_db()
        approvals.approve_plan(
            version=version, digest=version.digest, by=approver, at=stage.at(BEGAN - 2)
        )
    _assign(stage, author)
    _write_what_comes_next(stage)


def _submit(
    version: PlanVersion, *, accepted: str, note: str = "", by: Person, at: datetime
) -> None:
    """Serious findings are accepted where a team knows why; anywhere else the story is wrong."""
    try:
        approvals.submit_plan(version=version, note=note, by=by, at=at)
    except approvals.FindingsOpen as refused:
        if not accepted:
            raise
        taken: set[str] = set()
        for finding in refused.findings:
            if finding.key not in taken:
                rows = findings.accept_findings(
                    version=version, key=finding.key, alike=True, reason=accepted, by=by, at=at
                )
                taken |= {row.key for row in rows}
        approvals.submit_plan(version=version, note=note, by=by, at=at)


def _assign(stage: Stage, by: Person) -> None:
    at = stage.at(BEGAN - 2, 10)
    for one in PLANS:
        plan = Plan.objects.get(code=one.name)
        since, until = one.days(stage)
        for target in one.to(stage):
            assignments.assign_plan(
                plan=plan,
                to=target,
                starts_on=since if one.campaign else stage.calendar.founded_on,
                ends_before=until,
                by=by,
                at=at,
            )


def _write_what_comes_next(stage: Stage) -> None:
    """Next quarter's rates wait for approval; the Taipei leads' plan is still being written."""
    author = stage.acting(Role.COMPENSATION, 1)
    following, at = stage.calendar.running.following, stage.at(3, 16)
    plan = Plan.objects.get(code="shanghai-courses")
    draft = plans.start_draft(plan=plan, effective_from=following.starts_on, by=author, at=at)
    text = draft.source.replace("rate: 5%", "rate: 5.5%").replace("cap: 32000.00", "cap: 36000.00")
    draft = plans.save_draft(
        version=draft,
        source=text,
        effective_from=following.starts_on,
        lock_version=draft.lock_version,
        by=author,
        at=at,
    )
    note = "最高一档提高到 5.5%，封顶提高到 36,000 元。"
    _submit(draft, accepted=COURSES.accepted, note=note, by=author, at=stage.at(2, 11))
    text = (TEXTS / "taipei-leads.yaml").read_text(encoding="utf-8")
    plans.create_plan(
        source=text,
        effective_from=following.starts_on,
        by=stage.acting(Role.COMPENSATION),
        at=stage.at(1, 17),
    )


def catch_up(stage: Stage) -> None:
    """The two quarters before the last closed one: released, the older one paid and final."""
    later = stage.calendar.last_closed.preceding
    hold = _stop(stage, "berlin", HoldReason.EVIDENCE, "Der unterschriebene Zielbrief fehlt noch.")
    for quarter, ago in ((later.preceding, BEGAN - 4), (later, BEGAN - 7)):
        run = _run(stage, quarter, ago)
        _settle(stage, run, ago)
        _release(stage, run, ago - 1)
        if quarter != later:
            controller = stage.acting(Role.FINANCE)
            runs.finalise_run(run=run, by=controller, at=stage.at(ago - 2))
            _hand_over(stage, run, ago - 2)
    holds.release_hold(
        hold=hold,
        reason="Der Zielbrief liegt unterschrieben vor.",
        by=stage.acting(Role.FINANCE),
        at=stage.at(BEGAN - 9, 11),
    )


def _hand_over(stage: Stage, run: Run, ago: int) -> None:
    """What returns left below zero comes off the next pay."""

    def make_file() -> None:
        payroll.export_payroll(
            period=run.period,
            export_id=uuid5(EXPORTS, run.period.key),
            by=stage.acting(Role.FINANCE),
            at=stage.at(ago, 11),
        )

    try:
        make_file()
    except payroll.ShortfallsUndecided as refused:
        shortfalls.decide_shortfalls(
            period=run.period,
            releases=refused.releases,
            treatment=ShortfallTreatment.CARRY,
            reason="退货多于本季销售，从之后的发放中抵扣。",
            by=stage.acting(Role.COMPENSATION),
            at=stage.at(ago, 10),
        )
        make_file()


def _stop(stage: Stage, team: str, reason: HoldReason, note: str, ago: int = BEGAN - 3) -> Hold:
    """Stop what the lead of a team has due from the leads' plan."""
    return holds.place_hold(
        payee=stage.person(stage.cast.lead_of(team)),
        plan=Plan.objects.get(code="cross-border-leads"),
        reason=reason,
        note=note,
        by=stage.acting(Role.COMPENSATION),
        at=stage.at(ago, 8),
    )


def pay_the_last_quarter(stage: Stage) -> None:
    """The last closed quarter: all but Shanghai released, one question answered, one open."""
    note = "Há devoluções de setembro em análise; pagamos quando estiverem conferidas."
    _stop(stage, "sao-paulo", HoldReason.CUSTOMER, note, CAUGHT_UP)
    run = _run(stage, stage.calendar.last_closed, CAUGHT_UP, hour=14)
    _settle(stage, run, CAUGHT_UP, hour=15)
    chosen = run.statements.exclude(currency="CNY")
    _release(stage, run, CAUGHT_UP - 1, chosen.values_list("pk", flat=True))
    _ask(stage, run)
    _run(stage, stage.calendar.running, 1)


def _ask(stage: Stage, run: Run) -> None:
    manager = stage.acting(Role.COMPENSATION)
    first, second = _largest(run, "TWD"), _largest(run, "USD")
    answered = threads.ask_about_line(
        component=first.components.get(component="commission"),
        line_id="",
        body="為什麼安裝費沒有算進去？",
        by=first.payee,
        at=stage.at(CAUGHT_UP - 2, 10),
    )
    threads.write_comment(
        thread=answered,
        body="安裝費屬於倉儲服務，獎金辦法第一條排除「配送」類別，所以不計入業績。",
        by=manager,
        at=stage.at(CAUGHT_UP - 2, 15),
    )
    threads.resolve_thread(thread=answered, by=manager, at=stage.at(CAUGHT_UP - 2, 15))
    threads.ask_about_line(
        component=second.components.get(component="commission"),
        line_id="",
        body="Two of my large orders from the last week of the quarter came back in October. "
        "Will they be taken off the next quarter, or off this one?",
        by=second.payee,
        at=stage.at(2, 18),
    )


def _largest(run: Run, currency: str) -> Statement:
    asking = run.statements.filter(currency=currency, components__component="commission")
    return asking.order_by("-earned", "pk")[0]


def _run(stage: Stage, quarter: Quarter, ago: int, *, hour: int = 9) -> Run:
    stage.say(quarter.key)
    by, at = stage.acting(Role.COMPENSATION), stage.at(ago, hour)
    run = runs.request_run(period_key=quarter.key, by=by, at=at, on=stage.calendar.as_of)
    # The job that was queued with it will find it calculated, and leave it alone.
    runs.calculate_run(run=run, at=stage.at(ago, hour, 1))
    run.refresh_from_db()
    if run.computed_at is None:
        raise RunRefused(quarter.key, list(run.problems.values_list("code", "params")))
    return run


def _settle(stage: Stage, run: Run, ago: int, *, hour: int = 10) -> None:
    """The leads' plan has a draw, and takes back what returned sales had earned."""
    by, at = stage.acting(Role.COMPENSATION), stage.at(ago, hour)
    settlement = settlements.request_settlement(run=run, by=by, at=at)
    settlements.settle_run(settlement=settlement, at=stage.at(ago, hour, 1))
    settlement.refresh_from_db()
    if settlement.computed_at is None:
        raise RunRefused(str(run), list(settlement.problems.values_list("code", "params")))


def _release(stage: Stage, run: Run, ago: int, chosen: Iterable[int] | None = None) -> None:
    ids = run.statements.values_list("pk", flat=True) if chosen is None else chosen
    by = stage.acting(Role.COMPENSATION)
    statements.release_statements(run=run, statements=list(ids), by=by, at=stage.at(ago, 16))
