"""The company's story from its first day with Paceline to today, told by the product's actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol

from django.db import connection, transaction

from paceline.kernel import findable
from paceline.org.models import Person, Role
from paceline.web.demo import crowd, figures, founding, goals, next_year, pay, trade, web_shop
from paceline.web.demo.calendar import Calendar
from paceline.web.demo.stage import Stage
from paceline.web.demo.teams import (
    brought,
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


Chapter = Callable[[Stage], object]


def draw_up(as_of: date, folder: Path, say: Callable[[str], None], *, scale: float = 1.0) -> Stage:
    """Make the company up as of a day. Nothing is read or written yet; its files will be left in
    ``folder``.

    ``scale`` is the part of its order lines that are brought in; at 0 there are its people alone.
    """
    return Stage(Calendar(as_of), folder, say, scale)


class Beside(Protocol):
    """Another process that brings in what customers and boards are about, while this one pays."""

    def begin(self) -> None:
        """What it stands on is there."""
        ...

    def end(self) -> None:
        """Wait until it is done. Raises whatever it takes to say that it was not."""
        ...


def tell(stage: Stage, *, customers: int = 0, beside: Beside | None = None) -> Stage:
    """Bring the company in, and so many ``customers`` on top of those who bought.

    Every chapter is kept by itself: of a story that breaks off a part stays, and whoever tells it
    has to see to that. Without a process ``beside`` this one tells all of it; the company is the
    same.
    """
    _live_through(stage, [founding.found])
    if stage.scale:
        _live_through(stage, BEGINNING)
        if beside is not None:
            beside.begin()
        else:
            tell_of_desks(stage)
        _live_through(stage, PAY)
        if beside is not None:
            beside.end()
        _live_through(stage, END)
    elif customers:
        _live_through(stage, [trade.bring_in_rates])
    if customers:
        _live_through(stage, [partial(crowd.bring_in, customers=customers)])
    return stage


def tell_of_desks(stage: Stage) -> None:
    """What the teams do with their customers and on their boards. Pay reads nothing of it."""
    _live_through(stage, DESKS)


def _live_through(stage: Stage, chapters: Iterable[Chapter]) -> None:
    for chapter in chapters:
        with transaction.atomic(), findable.together():
            chapter(stage)


def _take_stock(_stage: Stage) -> None:
    """What comes next reads lines that came a second ago, before the database has counted them."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


BEGINNING: tuple[Chapter, ...] = (
    shanghai.name_attributes,
    trade.bring_in_rates,
    trade.bring_in_history,
    _take_stock,
    pay.set_quotas,
    taipei.bring_in_figures,
    taipei.bring_in_team_goal,
    taipei.bring_in_premiums,
    shanghai.bring_in_targets,
    cross_border.bring_in_regions,
    shanghai.bring_in_leaves,
    cross_border.bring_in_owners,
    pay.write_plans,
    cross_border.bring_in_guarantee,
    pay.change_a_quota,
)
PAY: tuple[Chapter, ...] = (pay.catch_up, trade.bring_in_news, pay.pay_the_last_quarter)
DESKS: tuple[Chapter, ...] = (
    customers.bring_in,
    replies.bring_in,
    sequences.bring_in,
    work.begin_boards,
    brought.bring_board,
)
END: tuple[Chapter, ...] = (
    customers.share_deals,
    web_shop.open_shop,
    goals.bring_in,
    work.serve_goals,
    next_year.plan_quotas,
    figures.look_at_them,
)


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
