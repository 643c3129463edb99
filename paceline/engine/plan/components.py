"""Components: what pays, on what, under which conditions, between which limits."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, cast

from paceline.engine.formula.tree import Formula
from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.games import FAULTS, faults
from paceline.engine.plan.model import (
    Component,
    Condition,
    Contest,
    Indicator,
    Multiplier,
    Pool,
    Scorecard,
    Tier,
)
from paceline.engine.plan.policies import WINDOWS
from paceline.engine.plan.scope import Scope, reference_to
from paceline.engine.plan.tiers import read_rates, read_tiers

KINDS = (
    "commission",
    "bonus",
    "override",
    "spiff",
    "scorecard",
    "pool",
    "contest",
    "award",
    "retention",
)
FORMS = ("rates", "pays", "scorecard", "pool", "contest")
LIMITS = ("when", "times", "cap", "floor", "unit")
UNITS = ("money", "points", "leave-days", "certificate")
MAX_PRIZES = 100


def read_component(clause: Clause, scope: Scope) -> Component:
    """One component: it says in exactly one way what it pays."""
    clause.keys(["id", "name", "kind"], ["measure", "accumulation", *FORMS, *LIMITS])
    name = clause.child("id").identifier()
    title = clause.child("name").text()
    kind = clause.child("kind").choice(KINDS)
    forms = [form for form in FORMS if clause.has(form)]
    if len(forms) != 1:
        raise clause.refuse(
            "pay_unclear",
            f"a component pays in exactly one of these ways: {', '.join(FORMS)}",
            choices=", ".join(FORMS),
        )
    (form,) = forms
    needs = ["measure"] if form == "rates" else []
    may = ["accumulation"] if form == "rates" else []
    clause.keys(["id", "name", "kind", *needs, form], [*may, *LIMITS])
    condition = read_condition(clause.child("when"), scope) if clause.has("when") else None
    paid = _PAID[form](clause, scope)
    floor, cap = clause.limits()
    fixed: dict[str, Any] = {"measure": None, "rates": None, "amount": None}
    return Component(
        id=name,
        name=title,
        kind=kind,
        when=condition,
        cap=cap,
        floor=floor,
        clause=clause.path,
        multipliers=_multipliers(clause.child("times"), scope) if clause.has("times") else (),
        unit=clause.child("unit").choice(UNITS) if clause.has("unit") else "money",
        **(fixed | paid),
    )


def _rates(clause: Clause, scope: Scope) -> dict[str, Any]:
    measure = reference_to(clause.child("measure"), scope.measures, "measure")
    window = None
    if clause.has("accumulation"):
        window = clause.child("accumulation").choice([*WINDOWS, "period"])
    rates = read_rates(clause.child("rates"), measure, scope, window or scope.window)
    bounded = rates.floor is not None or rates.cap is not None
    if bounded and not scope.is_shorter(window or scope.window):
        raise clause.child("rates").refuse(
            "bounds_need_stretches",
            "`each` bounds what every stretch earns; accumulate something shorter than the "
            "period, such as transaction, or use cap and floor of the component",
        )
    if scope.is_shorter(window or scope.window) or rates.imported is not None:
        for part in (measure.id, *rates.read_by):
            _require_parts(clause, part, scope)
    elif scope.is_longer(window or scope.window):
        # What stays the same from before the period to its end would never earn anything.
        _require_parts(clause, measure.id, scope)
    return {"measure": measure.id, "rates": rates, "accumulation": window}


def _require_parts(clause: Clause, name: str, scope: Scope) -> None:
    """In a window other than the period a measure must be made of what its lines add up to."""
    measure = next(one for one in scope.measures if one.id == name)
    if measure.kind == "figure" or measure.is_keyed or measure.window is not None:
        raise clause.refuse(
            "measure_has_no_parts",
            f"{measure.id} is not added up from the lines of the period; its window is the period",
            measure=measure.id,
        )
    for part in measure.parts:
        _require_parts(clause, part, scope)


def _pays(clause: Clause, scope: Scope) -> dict[str, Any]:
    pays = clause.child("pays")
    pays.keys([], ["amount", "target_share", "formula"])
    stated = [key for key in ("amount", "target_share", "formula") if pays.has(key)]
    if not stated:
        pays.keys(["amount"])
    if len(stated) > 1:
        raise pays.refuse("pay_stated_twice", "it pays one of amount, target_share, formula")
    if pays.has("amount"):
        return {"amount": pays.child("amount").amount()}
    if pays.has("formula"):
        return {"formula": scope.formula(pays, "formula", ["money"])}
    if scope.target is None:
        raise pays.refuse(
            "target_incentive_missing",
            "a share of the target incentive needs `target_incentive` at the head of the plan",
        )
    return {"target_share": pays.child("target_share").percent()}


def read_condition(clause: Clause, scope: Scope) -> Condition:
    """`{attainment: quota, at_least: 80%}`, `{measure: …, at_least: …}`, or a formula."""
    if not hasattr(clause.node, "entries"):
        formula = scope.formula(clause, "", ["boolean"])
        return Condition("formula", "", Decimal(0), clause.path, formula)
    clause.keys(["at_least"], ["attainment", "measure"])
    if clause.has("attainment") == clause.has("measure"):
        raise clause.refuse(
            "condition_unclear", "a condition names either an attainment or a measure"
        )
    least = clause.child("at_least")
    if clause.has("attainment"):
        quota = reference_to(clause.child("attainment"), scope.quotas, "quota")
        return Condition("attainment", quota.id, least.percent(), clause.path)
    measure = reference_to(clause.child("measure"), scope.measures, "measure")
    value = least.percent() if measure.type == "percent" else least.amount()
    return Condition("measure", measure.id, value, clause.path)


def _multipliers(clause: Clause, scope: Scope) -> tuple[Multiplier, ...]:
    found = []
    for _, item in clause.members():
        item.keys(["by"], ["when"])
        when = read_condition(item.child("when"), scope) if item.has("when") else None
        found.append(Multiplier(scope.formula(item, "by", ["percent"]), when, item.path))
    return tuple(found)


def _scorecard(clause: Clause, scope: Scope) -> dict[str, Any]:
    """A target and weighted indicators; the weights add up to 100 %."""
    card = clause.child("scorecard")
    card.keys(["target", "indicators"])
    target = scope.formula(card, "target", ["money"])
    listed = card.child("indicators")
    found: list[Indicator] = []
    failed = False
    for _, item in listed.members():
        try:
            found.append(_indicator(item, scope))
        except Unreadable:
            failed = True
    if failed:
        raise Unreadable
    total = sum((indicator.weight for indicator in found), Decimal(0))
    if total != 1:
        raise listed.refuse(
            "weights_incomplete",
            f"the weights add up to {total * 100:f}%, not to 100%",
            total=f"{total * 100:f}%",
        )
    return {"scorecard": Scorecard(target, tuple(found), card.path)}


def _indicator(clause: Clause, scope: Scope) -> Indicator:
    clause.keys(["id", "weight", "value"], ["steps", "gate", "label"])
    value = scope.formula(clause, "value", ["percent", "quantity", "money"])
    steps: tuple[Tier, ...] = ()
    if clause.has("steps"):
        steps = _steps(clause.child("steps"), by_share=value.type == "percent")
    elif value.type != "percent":
        raise clause.refuse(
            "score_needs_steps", f"a value of type {value.type} needs steps to become a score"
        )
    gate = scope.formula(clause, "gate", ["boolean"]) if clause.has("gate") else None
    return Indicator(
        clause.child("id").identifier(),
        clause.child("weight").percent(),
        value,
        steps,
        gate,
        clause.path,
        clause.label(),
    )


def _steps(clause: Clause, *, by_share: bool) -> tuple[Tier, ...]:
    """Tiers whose rate is a score: they pay neither amounts nor shares of a target, and none of
    them is marginal.
    """
    known = len(clause.problems)
    for _, item in clause.members():
        with suppress(Unreadable):  # all members are told at once
            item.keys(["from", "rate"], ["to"])
    if len(clause.problems) > known:
        raise Unreadable
    steps, _ = read_tiers(clause, by_share=by_share, percent=True, reading="whole")
    return steps


def _pool(clause: Clause, scope: Scope) -> dict[str, Any]:
    pool = clause.child("pool")
    pool.keys(["amount"], ["share", "shapley"])
    if pool.has("share") == pool.has("shapley"):
        raise pool.refuse(
            "pool_share_unclear",
            "a pool is shared out by weights, in `share`, or by the values of coalitions, in "
            "`shapley`",
        )
    amount = scope.formula(pool, "amount", ["money"])
    if pool.has("shapley"):
        return {"pool": _by_value(pool, amount)}
    share = scope.formula(pool, "share", ["percent", "quantity", "money"])
    return {"pool": Pool(amount, share, pool.path)}


def _by_value(clause: Clause, amount: Formula) -> Pool:
    """Shared out by Shapley values: the name of rows in the table of coalitions, or the values of
    all coalitions.
    """
    stated = clause.child("shapley")
    if not hasattr(stated.node, "items"):
        return Pool(amount, None, clause.path, stated.scalar())
    found: list[tuple[frozenset[str], Decimal]] = []
    for _, item in stated.members():
        item.keys(["of", "value"])
        found.append((frozenset(item.child("of").words()), item.child("value").amount()))
    wrong = list(faults(found))
    for code, coalition in wrong:
        stated.refuse(code, f"{FAULTS[code]}: {coalition}", detail=coalition)
    if wrong:
        raise Unreadable
    return Pool(amount, None, clause.path, stated=tuple(found))


def _contest(clause: Clause, scope: Scope) -> dict[str, Any]:
    contest = clause.child("contest")
    contest.keys(["score", "prizes", "ties", "among"], ["at_least"])
    score = scope.formula(contest, "score", ["percent", "quantity", "money"])
    prizes = [prize.amount() for _, prize in contest.child("prizes").members()]
    if not 1 <= len(prizes) <= MAX_PRIZES:
        raise contest.refuse("prizes_missing", "a contest has one prize at least")
    if any(later > earlier for earlier, later in pairwise(prizes)):
        raise contest.child("prizes").refuse(
            "prizes_unordered", "a later prize cannot be higher than an earlier one"
        )
    least = None
    if contest.has("at_least"):
        bound = contest.child("at_least")
        least = bound.percent() if score.type == "percent" else bound.amount()
    return {
        "contest": Contest(
            score,
            tuple(prizes),
            cast("Literal['each', 'shared']", contest.child("ties").choice(["each", "shared"])),
            cast("Literal['plan', 'team']", contest.child("among").choice(["plan", "team"])),
            least,
            contest.path,
        )
    }


_PAID = {
    "rates": _rates,
    "pays": _pays,
    "scorecard": _scorecard,
    "pool": _pool,
    "contest": _contest,
}
