"""The company's story from its first day with Paceline to today, told by the product's actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, transaction

from paceline.org.models import Person, Role
from paceline.web.demo import crowd, figures, founding, goals, next_year, pay, trade, web_shop
from paceline.web.demo.calendar import Calendar
from paceline.web.demo.stage import Stage
from paceline.web.demo.teams import (
    cross_border,
    customers,
    replies,
    sequences,
    shanghai,
    taipei,
    work,
)


@dataclass(frozen=True, slots=True)
class Door:
    """Somebody to sign in as, and what they may do there."""

    role: Role
    person: Person


@transaction.atomic
def tell(
    as_of: date,
    folder: Path,
    say: Callable[[str], None],
    *,
    scale: float = 1.0,
    customers: int = 0,
) -> Stage:
    """Bring the whole company in as of a day, or nothing; its files are left in ``folder``.

    ``scale`` is the part of its order lines that are brought in; at 0 there are its people alone.
    So many ``customers`` come on top of those who bought them.
    """
    stage = Stage(Calendar(as_of), folder, say, scale)
    founding.found(stage)
    if scale:
        _tell_of_pay_and_customers(stage)
    if customers:
        if not scale:
            trade.bring_in_rates(stage)
        crowd.bring_in(stage, customers)
    return stage


def _tell_of_pay_and_customers(stage: Stage) -> None:
    shanghai.name_attributes(stage)
    trade.bring_in_rates(stage)
    trade.bring_in_history(stage)
    _take_stock()
    pay.set_quotas(stage)
    taipei.bring_in_figures(stage)
    taipei.bring_in_team_goal(stage)
    shanghai.bring_in_targets(stage)
    cross_border.bring_in_regions(stage)
    shanghai.bring_in_leaves(stage)
    cross_border.bring_in_owners(stage)
    pay.write_plans(stage)
    cross_border.bring_in_guarantee(stage)
    pay.change_a_quota(stage)
    pay.catch_up(stage)
    trade.bring_in_news(stage)
    pay.pay_the_last_quarter(stage)
    customers.bring_in(stage)
    replies.bring_in(stage)
    sequences.bring_in(stage)
    work.begin_boards(stage)
    web_shop.open_shop(stage)
    goals.bring_in(stage)
    work.serve_goals(stage)
    next_year.plan_quotas(stage)
    figures.look_at_them(stage)


def _take_stock() -> None:
    """Inside one transaction the database would still plan its queries for empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def doors(on: date) -> list[Door]:
    """One person for each role who works there on a day and has a way in."""
    found = []
    for role in Role:
        person = (
            Person.objects.employed_on(on)
            .filter(role_grants__role=role, role_grants__starts_on__lte=on, user__isnull=False)
            .exclude(role_grants__ends_before__lte=on)
            .order_by("pk")
            .first()
        )
        if person is not None:
            found.append(Door(role, person))
    return found
