"""Spreading a target: a plan, its versions, and which of them still takes words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from paceline.goals.models import FigureKind
from paceline.goals.planning import queries
from paceline.goals.planning.actions.refusals import (
    NameTaken,
    NobodyAsked,
    PotentialUnknown,
    VersionClosed,
)
from paceline.goals.planning.models import (
    MONTHS_OF,
    Basis,
    QuotaPlan,
    QuotaPlanVersion,
    QuotaShare,
    Season,
    Step,
    StepKind,
)
from paceline.goals.planning.spread import ONE, Candidate, Rules, months_of, spread
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person, Team


@dataclass(frozen=True, slots=True)
class NewPlan:
    """What is to be spread, over whom and when; the days are whole months."""

    name: str
    measure: str
    currency: str
    starts_on: date
    ends_before: date
    step: Step
    teams: Collection[Team]
    product: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """The target and the rules by which it is spread."""

    target: Decimal
    over_assignment: Decimal = Decimal(0)
    basis: Basis = Basis.HISTORY
    potential: FigureKind | None = None
    evenness: Decimal = Decimal(0)
    season: Season = Season.HISTORY
    season_weights: Collection[Decimal] = field(default=())
    ramp: Collection[Decimal] = field(default=())
    relief_from_days: int | None = None
    unit: Decimal = ONE
    reason: str = ""


@transaction.atomic
def make_plan(*, plan: NewPlan, version: NewVersion, by: Person, at: datetime) -> QuotaPlan:
    """Keep a plan and calculate its first version.

    Raises ``NameTaken`` and what ``draw_version`` raises; then nothing was kept.
    """
    made = QuotaPlan(
        name=plan.name, measure=plan.measure, currency=plan.currency, starts_on=plan.starts_on,
        ends_before=plan.ends_before, step=plan.step, product=plan.product, channel=plan.channel,
        made_by=by, made_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise NameTaken from error
    made.teams.set(plan.teams)
    audit.record(
        "quota_plan_made",
        subject=made,
        by=by,
        at=at,
        after={"name": plan.name, "measure": plan.measure, "starts_on": plan.starts_on,
               "ends_before": plan.ends_before, "teams": [team.code for team in plan.teams]},
    )  # fmt: skip
    draw_version(plan=made, version=version, by=by, at=at)
    return made


@transaction.atomic
def draw_version(
    *, plan: QuotaPlan, version: NewVersion, by: Person, at: datetime
) -> QuotaPlanVersion:
    """Spread the target again; earlier versions, proposals and agreements stay.

    Raises ``NobodyAsked``, ``PotentialUnknown``, ``VersionClosed`` (one waits for approval) and
    ``queries.RateMissing``; then nothing changed.
    """
    lock(plan)
    last = queries.current_version(plan)
    step = None if last is None else queries.last_step(last)
    if step is not None and step.kind == StepKind.SUBMITTED:
        raise VersionClosed
    asked = queries.people_asked(plan)
    on = at.date()
    past = queries.past_of(plan, [one.person.pk for one in asked], on)
    people = queries.candidates(plan, _weights(version, asked, past, plan))
    months = months_of(plan.starts_on, plan.ends_before)
    season = {
        Season.HISTORY: list(past.by_month),
        Season.TYPED: list(version.season_weights),
        Season.EVEN: [ONE] * len(months),
    }[version.season]
    drawn = QuotaPlanVersion.objects.create(
        plan=plan, number=1 if last is None else last.number + 1, target=version.target,
        over_assignment=version.over_assignment, basis=version.basis, potential=version.potential,
        evenness=version.evenness, season=version.season, season_weights=season,
        ramp=list(version.ramp), relief_from_days=version.relief_from_days, unit=version.unit,
        reason=version.reason, made_by=by, made_at=at,
    )  # fmt: skip
    rules = Rules(
        target=version.target, over_assignment=version.over_assignment,
        evenness=ONE if version.basis == Basis.EQUAL else version.evenness, season=season,
        ramp=list(version.ramp), relief_from_days=version.relief_from_days, unit=version.unit,
        step=MONTHS_OF[Step(plan.step)],
    )  # fmt: skip
    _keep_shares(drawn, rules, people, asked, past)
    audit.record(
        "quota_plan_drawn",
        subject=plan,
        by=by,
        at=at,
        after={"version": drawn.number, "target": version.target, "basis": version.basis},
        reason=version.reason,
    )
    publish("quota_plans", "drawn")
    return drawn


def _weights(
    version: NewVersion, asked: Collection[queries.Asked], past: queries.Past, plan: QuotaPlan
) -> Mapping[int, Decimal | None]:
    """What speaks for each person: a year's sales, a potential, or nothing that is known."""
    people = [one.person.pk for one in asked]
    if version.basis == Basis.EQUAL:
        return dict.fromkeys(people, ONE)
    if version.basis == Basis.POTENTIAL:
        assert version.potential is not None  # noqa: S101 -- the table asks for it, too
        known = queries.potentials(version.potential, people, plan.starts_on)
        if people and not known:
            raise PotentialUnknown
        return {pk: known.get(pk) for pk in people}
    months = len(past.by_month)
    enough = min(queries.HISTORY_MONTHS_MIN, months)
    found: dict[int, Decimal | None] = {}
    for pk in people:
        here = past.months_here[pk]
        sold = max(Decimal(0), past.by_person[pk])
        found[pk] = sold * months * (ONE / here) if here >= enough else None
    return found


def _keep_shares(
    drawn: QuotaPlanVersion,
    rules: Rules,
    people: list[Candidate],
    asked: Collection[queries.Asked],
    past: queries.Past,
) -> None:
    shares = spread(rules, months_of(drawn.plan.starts_on, drawn.plan.ends_before), people)
    if not shares:
        raise NobodyAsked
    team = {one.person.pk: one.team for one in asked}
    QuotaShare.objects.bulk_create(
        QuotaShare(
            version=drawn, person_id=one.person, team=team[one.person],
            before=past.by_person.get(one.person, Decimal(0)), weight=one.weight,
            is_assumed=one.is_assumed, full=one.full, amount=one.amount,
            full_months=list(one.full_months), months=list(one.months),
        )
        for one in shares
    )  # fmt: skip


def lock(plan: QuotaPlan) -> None:
    QuotaPlan.objects.select_for_update().get(pk=plan.pk)


def open_version(plan: QuotaPlan) -> QuotaPlanVersion:
    """The version that takes proposals and agreements. Raises ``VersionClosed``."""
    lock(plan)
    version = queries.current_version(plan)
    assert version is not None  # noqa: S101 -- a plan is made with its first version
    if not queries.is_open(queries.last_step(version)):
        raise VersionClosed
    return version


def is_open(plan: QuotaPlan) -> bool:
    version = queries.current_version(plan)
    return version is not None and queries.is_open(queries.last_step(version))
