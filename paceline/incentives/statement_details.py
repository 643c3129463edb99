"""What explains a scorecard, a pool or a contest on a statement: its figures, each with its clause.

A payee sees their own figures, those of their team as sums, and their own rank; nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.incentives import wording
from paceline.incentives.calculation.coalitions import Pool, additions_of, average_of
from paceline.incentives.calculation.documents import Component, Plan
from paceline.incentives.models import StatementDetail
from paceline.kernel import formats
from paceline.kernel.formats import listed
from paceline.org.models import Person


@dataclass(frozen=True, slots=True)
class DetailRow:
    """One row: what it is about, its figures, and the path of its clause."""

    label: str
    cells: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Details:
    """A quiet table. Without a ``head`` each row is a figure under its name."""

    head: tuple[str, ...]
    rows: tuple[DetailRow, ...]


def details_of(
    plan: Plan, component: Component, kept: Sequence[StatementDetail], payee: Person
) -> Details | None:
    """The table of a component; None where tiers or an amount say all there is."""
    values = {(one.item, one.figure): one.value for one in kept}
    if not values:
        return None
    if component.scorecard is not None:
        return _scorecard(plan, component, values)
    if component.pool is not None:
        return _pool(plan, component, values, payee)
    return _contest(plan, component, values) if component.contest is not None else None


Values = dict[tuple[str, str], Decimal | None]


def _shown(plan: Plan, kind: str, value: Decimal | None) -> str:
    return formats.NOTHING if value is None else wording.in_type(plan, kind, value)


def _scorecard(plan: Plan, component: Component, values: Values) -> Details:
    card = component.scorecard
    rows = []
    for indicator in card.indicators if card is not None else ():
        own = {figure: values.get((indicator.id, figure)) for figure in _INDICATOR}
        rows.append(
            DetailRow(
                wording.indicator_named(indicator),
                (
                    _shown(plan, indicator.value.type, own["value"]),
                    formats.percent(own["score"]),
                    formats.rate(indicator.weight),
                    wording.in_unit(plan, component.unit, own["amount"] or Decimal(0)),
                ),
                indicator.clause,
            )
        )
    head = (_("Indicator"), _("Value"), _("Score"), _("Weight"), _("Amount"))
    return Details(head, tuple(rows))


_INDICATOR = ("value", "score", "amount")


def _pool(plan: Plan, component: Component, values: Values, payee: Person) -> Details:
    pool = component.pool
    assert pool is not None  # noqa: S101 -- the caller looked
    amount = values.get(("pool", "amount")) or Decimal(0)
    share, kind = f"{pool.clause}/shapley", "quantity"
    if pool.share is not None:
        share, kind = f"{pool.clause}/share", pool.share.type
    rows = (
        (_("The team's amount"), wording.in_unit(plan, component.unit, amount), pool.clause),
        (_("Own weight"), _shown(plan, kind, values.get(("pool", "weight"))), share),
        (_("All weights of the team"), _shown(plan, kind, values.get(("pool", "weights"))), share),
    )
    shown = [DetailRow(label, (cell,), path) for label, cell, path in rows]
    return Details((), (*shown, *_additions(pool, payee)))


def _additions(pool: Pool, payee: Person) -> Iterator[DetailRow]:
    """What the payee adds to each coalition whose value the plan states; with many of them, what
    they add on average as the first, the second and so on to come.
    """
    found = additions_of(pool, payee.number)
    path = f"{pool.clause}/shapley"
    if len(found) <= COALITIONS_SHOWN:
        numbers = set().union(*(one.to for one in found))
        people = Person.objects.filter(number__in=numbers) if numbers else Person.objects.none()
        names = dict(people.values_list("number", "name"))
        for one in found:
            label = _("Comes first")
            if one.to:
                others = (names.get(number, number) for number in sorted(one.to))
                label = _("Comes to %(names)s") % {"names": listed(others)}
            cell = _("adds %(value)s in %(orders)s of %(all)s orders of coming") % {
                "value": formats.number(one.adds),
                "orders": one.orders,
                "all": one.of,
            }
            yield DetailRow(label, (cell,), path)
        return
    for place in range(max(len(one.to) for one in found) + 1):
        alike = [one for one in found if len(one.to) == place]
        label = _("Comes as number %(place)s") % {"place": place + 1}
        value = formats.number(average_of(alike))
        yield DetailRow(label, (_("adds %(value)s on average") % {"value": value},), path)


COALITIONS_SHOWN = 16


def _contest(plan: Plan, component: Component, values: Values) -> Details:
    contest = component.contest
    assert contest is not None  # noqa: S101 -- the caller looked
    score = values.get(("contest", "score"))
    if score is None:
        text = _("takes no part")
        return Details((), (DetailRow(_("Score"), (text,), contest.clause),))
    rows = [DetailRow(_("Score"), (_shown(plan, contest.score.type, score),), contest.clause)]
    rank, tied = values.get(("contest", "rank")), int(values.get(("contest", "tied")) or 1)
    # Nobody is told that they are near the end: a rank is shown where there is a prize for it.
    if rank is not None and rank <= len(contest.prizes):
        place = formats.number(rank)
        rows.append(DetailRow(_("Rank"), (place,), f"{contest.clause}/prizes"))
        if tied > 1:
            text = ngettext("with %(count)s other", "with %(count)s others", tied - 1) % {
                "count": tied - 1
            }
            rows.append(DetailRow(_("Equal scores"), (text,), f"{contest.clause}/ties"))
    else:
        text = _("no prize this time")
        rows.append(DetailRow(_("Rank"), (text,), f"{contest.clause}/prizes"))
    return Details((), tuple(rows))
