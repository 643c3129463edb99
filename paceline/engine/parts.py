"""What a scorecard, a pool or a contest is made of for one payee: its own figures, each with its
clause, and what was missing to more.

Nothing of anybody else is told but sums: of a pool its size and all weights together, of a contest
the payee's own score and rank, and how many are level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from paceline.engine.formula.interpret import interpret
from paceline.engine.money import EXACT
from paceline.engine.plan.games import additions, said
from paceline.engine.plan.model import Component, Contest, Indicator, Plan, Pool, Scorecard

Figures = Mapping[tuple[str, str], Decimal | None]  # by item and name, as a run keeps them


@dataclass(frozen=True)
class Piece:
    """One part: `kind` is indicator, share, addition or rank; `amount` is what it comes to in the
    component's unit, None where it is no amount.
    """

    kind: str
    subject: str
    amount: Decimal | None
    clause: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lack:
    """What was not reached: a code, its clause, the amount missing and the figures behind it."""

    reason: str
    subject: str
    clause: str
    missing: Decimal | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


def pieces(component: Component, figures: Figures, payee_id: str) -> tuple[Piece, ...]:
    """The parts of a component, in the order of the plan."""
    if component.scorecard is not None:
        return tuple(_indicators(component.scorecard, figures))
    if component.pool is not None:
        return tuple(_share(component.pool, figures, payee_id))
    if component.contest is not None:
        return (_rank(component.contest, figures),)
    return ()


def lacks(
    plan: Plan, component: Component, figures: Figures, known: Mapping[str, Decimal | None]
) -> tuple[Lack, ...]:
    """What the payee did not reach in the parts of a component; `known` are the payee's figures by
    the names that formulas use.
    """
    if component.scorecard is not None:
        found = (
            lack
            for indicator in component.scorecard.indicators
            for lack in _next_step(plan, indicator, figures)
        )
        return tuple(found)
    if component.pool is not None:
        return tuple(_no_share(component.pool, figures))
    if component.contest is not None:
        return tuple(_no_prize(component.contest, figures, known))
    return ()


def _indicators(card: Scorecard, figures: Figures) -> Iterator[Piece]:
    for one in card.indicators:
        own = {name: figures.get((one.id, name)) for name in ("value", "score")}
        amount = figures.get((one.id, "amount"))
        yield Piece("indicator", one.id, amount, one.clause, {**own, "weight": one.weight})


def _share(pool: Pool, figures: Figures, payee_id: str) -> Iterator[Piece]:
    names = ("amount", "weight", "weights")
    inputs = {name: figures.get(("pool", name)) for name in names}
    yield Piece("share", "pool", None, pool.clause, inputs)
    values = dict(pool.stated)
    if not any(payee_id in members for members in values):
        return
    for added in additions(values, payee_id):
        yield Piece(
            "addition",
            said(added.to),
            added.adds,
            f"{pool.clause}/shapley",
            {"orders": added.orders, "of": added.of},
        )


def _rank(contest: Contest, figures: Figures) -> Piece:
    names = ("score", "rank", "tied")
    inputs: dict[str, Any] = {name: figures.get(("contest", name)) for name in names}
    rank = inputs["rank"]
    inputs["prizes"] = len(contest.prizes)
    prize = None
    if rank is not None and rank <= len(contest.prizes):
        prize = contest.prizes[int(rank) - 1]
    else:  # nobody is told that they are near the end
        inputs["rank"] = None
    return Piece("rank", "contest", prize, contest.clause, inputs)


def _next_step(plan: Plan, indicator: Indicator, figures: Figures) -> Iterator[Lack]:
    """The nearest step that scores more than the one that the value reached."""
    value, score = figures.get((indicator.id, "value")), figures.get((indicator.id, "score"))
    if value is None:
        yield Lack("value_missing", indicator.id, indicator.clause)
        return
    better = []
    for step in indicator.steps:
        if score is None or step.rate <= score:
            continue
        if step.lower > value or (step.lower == value and plan.policies.boundary == "lower"):
            better.append((EXACT.subtract(step.lower, value), step))
        elif step.upper is not None:
            better.append((EXACT.subtract(value, step.upper), step))
    if better:
        missing, step = min(better, key=lambda one: one[0])
        up = step.lower >= value
        inputs = {"value": value, "score": step.rate, "up": up, "type": indicator.value.type}
        yield Lack("step_not_reached", indicator.id, step.clause, missing, inputs)


def _no_share(pool: Pool, figures: Figures) -> Iterator[Lack]:
    weight, weights = figures.get(("pool", "weight")), figures.get(("pool", "weights"))
    clause = f"{pool.clause}/{'share' if pool.share is not None else 'shapley'}"
    if not weights:
        yield Lack("no_weights", "pool", clause)
    elif not weight:
        yield Lack("no_weight", "pool", clause)


def _no_prize(
    contest: Contest, figures: Figures, known: Mapping[str, Decimal | None]
) -> Iterator[Lack]:
    score, rank = figures.get(("contest", "score")), figures.get(("contest", "rank"))
    least = contest.at_least
    own = score if score is not None else _read(contest, known)
    if own is None or (score is None and (least is None or own >= least)):
        yield Lack("no_score", "contest", f"{contest.clause}/score")
    elif least is not None and own < least:
        inputs: dict[str, Any] = {"score": own, "at_least": least, "type": contest.score.type}
        missing = EXACT.subtract(least, own)
        yield Lack("score_too_low", "contest", f"{contest.clause}/at_least", missing, inputs)
    elif rank is not None and rank > len(contest.prizes):
        inputs = {"prizes": len(contest.prizes)}
        yield Lack("no_prize_left", "contest", f"{contest.clause}/prizes", inputs=inputs)


def _read(contest: Contest, known: Mapping[str, Decimal | None]) -> Decimal | None:
    """The score of who took no part; None where a figure is missing."""
    try:
        found = interpret(contest.score.root, known)
    except KeyError:
        return None
    return found if isinstance(found, Decimal) else None
