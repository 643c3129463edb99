"""Ready projects to begin from, in the language of whoever begins: lists, labels, cards, dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.boards.models import Colour


@dataclass(frozen=True, slots=True)
class Sketch:
    """A card to be, due so many days after the day of the project; before it when negative."""

    title: str
    days: int | None = None
    place: int = 0
    labels: tuple[int, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A project to be. ``day`` says in words which day its dates are counted from."""

    key: str
    name: str
    about: str
    day: str
    lists: tuple[str, ...]
    labels: tuple[tuple[str, Colour], ...]
    cards: tuple[Sketch, ...]


def _lists() -> tuple[str, ...]:
    return (
        pgettext("name of a list", "To do"),
        pgettext("name of a list", "Doing"),
        _("To be checked"),
        pgettext("name of a list", "Done"),
    )


def _launch() -> Blueprint:
    return Blueprint(
        key="launch",
        name=_("Campaign launch"),
        about=_("From the idea to the first sales of a campaign."),
        day=_("Day of the launch"),
        lists=_lists(),
        labels=(
            (_("Creative"), Colour.PURPLE),
            (_("Prices"), Colour.AMBER),
            (_("Shop"), Colour.BLUE),
            (_("Customer service"), Colour.TEAL),
        ),
        cards=(
            Sketch(_("Agree on the goal, the budget and the target customers"), -30),
            Sketch(_("Choose products and check stock"), -25, labels=(2,)),
            Sketch(_("Settle prices, coupons and shipping"), -21, labels=(1,), items=(
                _("Margin of every offer"), _("Rules of coupons"), _("Free shipping from"))),
            Sketch(_("Write texts and make pictures"), -18, labels=(0,), items=(
                _("Banner"), _("Product pages"), _("Social media"))),
            Sketch(_("Book advertising and live streams"), -14, labels=(0,)),
            Sketch(_("Brief customer service"), -7, labels=(3,), items=(
                _("Questions and answers"), _("Shifts"))),
            Sketch(_("Test the whole order, from the page to the parcel"), -3, labels=(2,)),
            Sketch(_("Go live"), 0),
            Sketch(_("Look at the first day: sales, returns, questions"), 1),
            Sketch(_("Look back: what to keep, what to change"), 14),
        ),
    )  # fmt: skip


def _onboarding() -> Blueprint:
    return Blueprint(
        key="onboarding",
        name=_("Onboarding"),
        about=_("The first three months of a new colleague."),
        day=_("First day of work"),
        lists=_lists(),
        labels=(
            (_("Access"), Colour.BLUE),
            (_("Products"), Colour.GREEN),
            (_("Customers"), Colour.TEAL),
        ),
        cards=(
            Sketch(_("Prepare desk, computer and accounts"), -5, labels=(0,)),
            Sketch(_("Welcome, and meet the team"), 0),
            Sketch(_("Explain how pay and bonuses are calculated"), 1),
            Sketch(_("Learn the products"), 5, labels=(1,), items=(
                _("Read the product pages"), _("Try the best sellers"))),
            Sketch(_("Sit beside an experienced colleague"), 5, labels=(2,)),
            Sketch(_("Answer first customers with help"), 10, labels=(2,)),
            Sketch(_("Talk after the first month"), 30),
            Sketch(_("Agree on goals for the quarter"), 30),
            Sketch(_("Talk at the end of probation"), 85),
        ),
    )  # fmt: skip


def _double_eleven() -> Blueprint:
    return Blueprint(
        key="double_eleven",
        name=_("11.11 preparation"),
        about=_("The busiest weeks of the year, counted back from the great day."),
        day=_("The great day"),
        lists=_lists(),
        labels=(
            (_("Stock"), Colour.AMBER),
            (_("Marketing"), Colour.PURPLE),
            (_("Customer service"), Colour.TEAL),
            (_("Logistics"), Colour.BLUE),
        ),
        cards=(
            Sketch(_("Set goals and quotas for the season"), -60),
            Sketch(_("Forecast and order stock"), -55, labels=(0,)),
            Sketch(_("Register for the activities of the platforms"), -45, labels=(1,)),
            Sketch(_("Plan presale, deposits and final payments"), -35, labels=(1,)),
            Sketch(_("Plan the live streams"), -30, labels=(1,), items=(
                _("Hosts"), _("Products by hour"), _("Rehearsal"))),
            Sketch(_("Agree on shifts and extra hands"), -21, labels=(2,)),
            Sketch(_("Agree on parcels a day with the carriers"), -21, labels=(3,)),
            Sketch(_("Write quick replies"), -14, labels=(2,)),
            Sketch(_("Rehearse the peak hour"), -7),
            Sketch(_("The great day"), 0),
            Sketch(_("Ship everything that was promised"), 3, labels=(3,)),
            Sketch(_("Handle returns and complaints"), 14, labels=(2,)),
            Sketch(_("Look back: what to keep, what to change"), 21),
        ),
    )  # fmt: skip


def _content() -> Blueprint:
    return Blueprint(
        key="content",
        name=_("Content calendar"),
        about=_("What is published when, from the idea to the figures."),
        day=_("First day"),
        lists=(_("Ideas"), _("Being written"), _("To be checked"), _("Planned"), _("Published")),
        labels=(
            (_("Article"), Colour.BLUE),
            (_("Short video"), Colour.RED),
            (_("Live stream"), Colour.PURPLE),
            (_("Newsletter"), Colour.GREEN),
        ),
        cards=(
            Sketch(_("Collect questions that customers ask"), 1),
            Sketch(_("Short video: unpacking the best seller"), 3, 1, (1,), (
                _("Script"), _("Filming"), _("Subtitles"))),
            Sketch(_("Article: how to choose the right size"), 5, 1, (0,)),
            Sketch(_("Live stream: new products of the week"), 7, 0, (2,)),
            Sketch(_("Newsletter of the week"), 7, 0, (3,)),
            Sketch(_("Customer story"), 12, 0, (0,)),
            Sketch(_("Look at the figures of the month"), 28),
        ),
    )  # fmt: skip


_MAKERS: Sequence[Callable[[], Blueprint]] = (_launch, _onboarding, _double_eleven, _content)


def blueprints() -> list[Blueprint]:
    """All of them in the reader's language."""
    return [make() for make in _MAKERS]


def blueprint(key: str) -> Blueprint | None:
    return next((one for one in blueprints() if one.key == key), None)
