"""Ready plans to begin from: a text each, and a worked example that the engine agrees with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from paceline.kernel import formats

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """Sales (and a quota, where the plan has one) with what they earn, in the plan's currency."""

    sales: Decimal
    earned: Decimal
    quota: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlanTemplate:
    """A ready plan. ``working`` says how the example's amount comes about."""

    key: str
    title: str | Promise
    summary: str | Promise
    example: Example
    working: Callable[[Callable[[str], str]], str]

    @property
    def source(self) -> str:
        return _source(self.key)

    def worked(self) -> str:
        """The example in the reader's language, every figure written out."""
        return self.working(lambda amount: formats.money(Decimal(amount), "USD"))


@cache
def _source(key: str) -> str:
    return (_FOLDER / f"{key}.yaml").read_text(encoding="utf-8")


def _slices(money: Callable[[str], str]) -> str:
    return _(
        "Quota %(quota)s, sales %(sales)s: 2%% of the first %(quota)s is %(a)s, 4%% of %(above)s"
        " above is %(b)s. Earned: %(earned)s."
    ) % {
        "quota": money("100000"),
        "sales": money("120000"),
        "above": money("20000"),
        "a": money("2000"),
        "b": money("800"),
        "earned": money("2800"),
    }


def _accelerator(money: Callable[[str], str]) -> str:
    return _(
        "Quota %(quota)s, sales %(sales)s: 1%% of %(first)s is %(a)s, 3%% of %(second)s is %(b)s,"
        " 6%% of %(third)s is %(c)s. Earned: %(earned)s."
    ) % {
        "quota": money("100000"),
        "sales": money("130000"),
        "first": money("80000"),
        "second": money("20000"),
        "third": money("30000"),
        "a": money("800"),
        "b": money("600"),
        "c": money("1800"),
        "earned": money("3200"),
    }


def _whole(money: Callable[[str], str]) -> str:
    return _(
        "Sales %(sales)s reach the second tier: 2%% of all %(sales)s. Earned: %(earned)s."
        " At %(below)s it would have been 1%%: %(less)s."
    ) % {
        "sales": money("60000"),
        "earned": money("1200"),
        "below": money("49999"),
        "less": money("499.99"),
    }


def _override(money: Callable[[str], str]) -> str:
    return _("The team sells %(sales)s: 0.5%% of that. Earned by the manager: %(earned)s.") % {
        "sales": money("400000"),
        "earned": money("2000"),
    }


def _bonus(money: Callable[[str], str]) -> str:
    return _(
        "Quota %(quota)s, sales %(sales)s: 125%% of quota passes both points, %(a)s and %(b)s."
        " Earned: %(earned)s."
    ) % {
        "quota": money("100000"),
        "sales": money("125000"),
        "a": money("1500"),
        "b": money("1000"),
        "earned": money("2500"),
    }


TEMPLATES: Mapping[str, PlanTemplate] = {
    one.key: one
    for one in (
        PlanTemplate(
            "slice-commission",
            lazy("Commission by slices"),
            lazy("Each slice of sales earns its own rate; above quota the higher one. No jumps."),
            Example(Decimal(120000), Decimal(2800), Decimal(100000)),
            _slices,
        ),
        PlanTemplate(
            "accelerator",
            lazy("Commission with accelerator"),
            lazy("A threshold, a higher rate above quota, a slower one far above it, and a cap."),
            Example(Decimal(130000), Decimal(3200), Decimal(100000)),
            _accelerator,
        ),
        PlanTemplate(
            "whole-amount",
            lazy("Whole-amount tiers"),
            lazy("The rate that is reached applies to everything. Pay jumps at each boundary."),
            Example(Decimal(60000), Decimal(1200)),
            _whole,
        ),
        PlanTemplate(
            "manager-override",
            lazy("Manager override"),
            lazy("A small share of what the people who report to the manager sell."),
            Example(Decimal(400000), Decimal(2000)),
            _override,
        ),
        PlanTemplate(
            "quarterly-bonus",
            lazy("Quarterly bonus"),
            lazy("A fixed amount for reaching quota, and another for passing it by a fifth."),
            Example(Decimal(125000), Decimal(2500), Decimal(100000)),
            _bonus,
        ),
    )
}
