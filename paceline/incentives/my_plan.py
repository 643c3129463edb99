"""My plan: one's goals of the running periods, what each is worth in pay, and what is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.boards import queries as boards
from paceline.boards.models import Card, CardLink
from paceline.crm import access as crm_access
from paceline.crm import queries as crm
from paceline.crm.models import Deal, StageKind
from paceline.goals import wording
from paceline.goals.cadence import next_due
from paceline.goals.measures import Source
from paceline.goals.models import Goal, GoalPeriod
from paceline.goals.queries.goals import owned_by
from paceline.goals.standing import sources_of, standing_of
from paceline.incentives import pay_words
from paceline.incentives.models import PlanVersion, Statement
from paceline.incentives.queries.pay_attention import own_statements
from paceline.incentives.queries.rewards import quotas_of, rewards_of, within
from paceline.incentives.worth import Worth, worth_of
from paceline.kernel import formats
from paceline.kernel.shell import Badge
from paceline.org.models import Person

GOALS_MAX, STEPS_MAX = 30, 12


@dataclass(slots=True)
class PlannedGoal:
    """A goal of the plan in words."""

    name: str
    url: str
    period: str
    weight: str
    value: str
    aim: str
    progress: str
    status: Badge
    state: Badge
    needed: str
    cards: str = ""
    worth: list[PlannedWorth] = field(default_factory=list)


@dataclass(slots=True)
class PlannedWorth:
    """What a component pays for the goal, in words; empty where it cannot be told alone."""

    component: str
    plan: str
    now: str
    at_target: str
    more: str
    assumed: bool


@dataclass(slots=True)
class Step:
    """Something to do next: by when, what, about whom."""

    on: date | None
    what: str
    about: str
    url: str
    is_late: bool = False


@dataclass(slots=True)
class MyPlan:
    goals: list[PlannedGoal]
    steps: list[Step]
    pay: tuple[str, str, str, str] | None
    weight: Decimal


def plan_of(person: Person, on: date) -> MyPlan:
    """Everything of the page and the paper; twelve queries, whatever the person owns."""
    own = list(owned_by(person).filter(owner=person, period__ends_before__gt=on)[:GOALS_MAX])
    sources = sources_of(own)
    worth = _worth(person, own, sources, on)
    work = boards.cards_of_goals(person, [goal.pk for goal in own], on, shown=0)
    goals = _goals(own, sources, worth, work, on)
    steps = [
        *_check_ins(own, on),
        *_tasks(person, on),
        *_deals(person, on),
        *_cards(person, own, on),
    ]
    steps.sort(key=lambda step: (step.on is None, step.on, step.what))
    return MyPlan(
        goals=goals,
        steps=steps[:STEPS_MAX],
        pay=_pay(own_statements(person)),
        weight=sum((goal.weight for goal in own), Decimal(0)),
    )


def _goals(
    own: list[Any],
    sources: Mapping[str, Source],
    worth: Mapping[int, list[Worth]],
    work: Mapping[int, boards.CardsOfGoal],
    on: date,
) -> list[PlannedGoal]:
    found = []
    for goal in own:
        standing = standing_of(goal, on, sources)
        needed = standing.pace_needed
        found.append(
            PlannedGoal(
                name=goal.name,
                url=reverse("goals:goal", args=[goal.pk]),
                period=goal.period.name,
                weight=formats.percent(goal.weight.scaleb(-2)),
                value=wording.value(standing.value, goal),
                aim=wording.aim(goal),
                progress="" if standing.progress is None else formats.percent(standing.progress),
                status=wording.status(standing),
                state=wording.state(goal),
                needed=""
                if needed is None
                else _("%(value)s needed each week") % {"value": wording.weekly(needed, goal)},
                cards=_counted(work.get(goal.pk)),
                worth=[_worded(one) for one in worth.get(goal.pk, ())],
            )
        )
    return found


def _counted(work: boards.CardsOfGoal | None) -> str:
    """How many of a goal's cards are done, and overdue; of those that the reader sees."""
    if work is None or not work.open + work.done:
        return ""
    count = work.open + work.done
    values = {"done": formats.number(Decimal(work.done)), "count": formats.number(Decimal(count))}
    said = ngettext("%(done)s of %(count)s card done", "%(done)s of %(count)s cards done", count)
    if not work.late:
        return said % values
    late = ngettext("%(late)s overdue", "%(late)s overdue", work.late)
    return f"{said % values} · {late % {'late': formats.number(Decimal(work.late))}}"


def _worded(one: Worth) -> PlannedWorth:
    def money(amount: Decimal | None) -> str:
        return "" if amount is None else formats.money(amount, one.currency)

    return PlannedWorth(
        one.component, one.plan, money(one.now), money(one.at_target), money(one.more),
        one.assumed,
    )  # fmt: skip


def _worth(
    person: Person, own: list[Any], sources: Mapping[str, Source], on: date
) -> dict[int, list[Worth]]:
    """What each goal is worth in the days of its period; none where no component rewards it."""
    links = rewards_of(person, own)
    versions = _versions({plan for rows in links.values() for plan, _component in rows}, on)
    if not versions:
        return {}
    first = min(goal.period.starts_on for goal in own)
    quotas = quotas_of(person, first, max(goal.period.end for goal in own))
    found: dict[int, list[Worth]] = {}
    for goal in own:
        value = standing_of(goal, on, sources).value
        period = goal.period

        def known(currency: str, period: GoalPeriod = period) -> dict[str, Decimal]:
            return within(quotas, currency, period.starts_on, period.end)

        rows = [
            worth_of(goal, value, versions[plan], component, known)
            for plan, component in links[goal.pk]
            if plan in versions
        ]
        found[goal.pk] = [one for one in rows if one is not None]
    return found


def _versions(plans: set[int], on: date) -> dict[int, PlanVersion]:
    if not plans:
        return {}
    rows = PlanVersion.objects.in_force_on(on).filter(plan__in=plans).select_related("plan")
    return {one.plan_id: one for one in rows}


def _check_ins(own: list[Goal], on: date) -> list[Step]:
    found = []
    for goal in own:
        due = next_due(goal.period, goal.last_check_in.on if goal.last_check_in else None)
        if due is not None:
            url = reverse("goals:check_in", args=[goal.pk])
            found.append(Step(due, _("Check in"), goal.name, url, due < on))
    return found


def _tasks(person: Person, on: date) -> list[Step]:
    if not crm_access.may_read_customers(person):
        return []
    found = []
    for task in crm.tasks_for(person).order_by("due_on", "pk")[:STEPS_MAX]:
        record = task.deal or task.contact or task.lead or task.company
        name = record.title if isinstance(record, Deal) else record.name
        what = task.subject or task.text[:80]
        late = task.due_on is not None and task.due_on < on
        found.append(Step(task.due_on, what, str(name), reverse("crm:tasks"), late))
    return found


def _deals(person: Person, on: date) -> list[Step]:
    """The next steps of one's own open deals."""
    rows = Deal.objects.visible_to(person).kept().filter(owner=person, stage__kind=StageKind.OPEN)
    rows = rows.filter(next_step_on__isnull=False).order_by("next_step_on", "pk")
    return [
        Step(
            deal.next_step_on,
            deal.next_step,
            deal.title,
            reverse("crm:deal", args=[deal.pk]),
            deal.next_step_on < on,
        )
        for deal in rows[:STEPS_MAX]
    ]


def _cards(person: Person, own: list[Any], on: date) -> list[Step]:
    """Open cards that the person answers for: those with a day by which they are to be done, and
    those that work for a goal of theirs."""
    serves = CardLink.objects.filter(card=OuterRef("pk"), goal__in=[goal.pk for goal in own])
    rows = Card.objects.visible_to(person).open().filter(executor=person)
    rows = rows.filter(Q(due_on__isnull=False) | Exists(serves), project__archived_at__isnull=True)
    rows = rows.select_related("project").order_by(F("due_on").asc(nulls_last=True), "pk")
    return [
        Step(
            card.due_on,
            card.title,
            card.project.name,
            reverse("boards:card", args=[card.pk]),
            card.due_on is not None and card.due_on < on,
        )
        for card in rows[:STEPS_MAX]
    ]


def _pay(own: list[Statement]) -> tuple[str, str, str, str] | None:
    """The latest statement: period, earned, its address, and where one asks what if."""
    if not own:
        return None
    latest = own[0]
    return (
        pay_words.period_name(latest.period),
        formats.money(latest.earned, latest.currency),
        reverse("incentives:statement", args=[latest.pk]),
        reverse("incentives:statement-what-if", args=[latest.pk]),
    )
