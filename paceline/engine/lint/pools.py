"""Findings about pools: sizes that follow no result, shares that reward nothing one does, pools of
one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from paceline.engine.formula.interpret import interpret
from paceline.engine.formula.tree import names_in
from paceline.engine.lint.findings import Edit, Finding, Mend
from paceline.engine.lint.history import History
from paceline.engine.lint.mends import tried
from paceline.engine.lint.shared import constant, found, measures_in, reads_earnings, share
from paceline.engine.money import round_to
from paceline.engine.plan.games import said, weights
from paceline.engine.plan.model import Component, Plan, Pool
from paceline.engine.plan.scope import word

MORE = Decimal(1_000)  # of the measure: what one more of it brings to the pool is told for so much
TEAM = 5  # the size of a team that is assumed where none is known


def pools(plan: Plan, component: Component, history: History | None) -> Iterator[Finding]:
    """All that is found about a component's pool."""
    pool = component.pool
    assert pool is not None  # noqa: S101 -- the caller chose a pool
    yield from _fixed(plan, component, pool)
    yield from _free_riding(plan, component, pool, history)
    yield from _alone(plan, component, pool, history)
    yield from _players(plan, component, pool)


def _fixed(plan: Plan, component: Component, pool: Pool) -> Iterator[Finding]:
    """The same amount, whatever the team achieves."""
    amount = constant(plan, pool.amount)
    if amount is None:
        return
    yield found(
        plan, component, "pool_fixed", "warning", f"{pool.clause}/amount", {"pool": amount},
        evidence=("friebel-2017",), basis=(pool.amount.text,),
    )  # fmt: skip


def _free_riding(
    plan: Plan, component: Component, pool: Pool, history: History | None
) -> Iterator[Finding]:
    """Everybody has the same share, whatever they do themselves: of what one adds, the others get
    the larger part.
    """
    rule = pool.share
    if rule is None or names_in(rule.root):
        return
    size = _team_size(history)
    amounts: dict[str, Decimal] = {"part": share(Decimal(1), Decimal(size or TEAM))}
    gain = _gain(plan, pool)
    if gain is not None:
        amounts |= {"more": MORE, "pool": gain}
        cut = share(gain, Decimal(size or TEAM))
        amounts["own"] = round_to(cut, plan.digits, plan.policies.rounding_mode)
    params: dict[str, str | int] = {
        "members": size or TEAM,
        "team": "known" if size else "assumed",
        "gains": int(gain is not None),
    }
    yield found(
        plan, component, "pool_free_ride", "warning", f"{pool.clause}/share", amounts, params,
        evidence=("friebel-2017", "chan-2014"), mend=_by_contribution(plan, pool),
        basis=(rule.text, pool.amount.text),
    )  # fmt: skip


def _gain(plan: Plan, pool: Pool) -> Decimal | None:
    """What 1,000 more of its only measure add to the pool, where it hangs on one sum of money."""
    names = names_in(pool.amount.root)
    sums = [one for one in plan.measures if word(one.id) in names and one.is_summed]
    if len(sums) != 1 or names != {word(sums[0].id)} or not sums[0].is_money:
        return None
    name = word(sums[0].id)
    low, high = (
        Decimal(interpret(pool.amount.root, {name: value}))  # type: ignore[arg-type]
        for value in (MORE * 1000, MORE * 1001)
    )
    return round_to(high - low, plan.digits, plan.policies.rounding_mode)


def _by_contribution(plan: Plan, pool: Pool) -> Mend | None:
    """Share it out by the sum that fills it."""
    read = [one for one in measures_in(plan, pool.amount) if one.is_summed]
    if len(read) != 1:
        return None
    return tried(plan, "by_contribution", Edit(f"{pool.clause}/share", word(read[0].id)))


def _team_size(history: History | None) -> int | None:
    """The size of the team in the middle of those known that have several members."""
    sizes = sorted(Counter(team for _, team in history.teams).values()) if history else []
    sizes = [size for size in sizes if size > 1]
    return sizes[(len(sizes) - 1) // 2] if sizes else None


def _alone(
    plan: Plan, component: Component, pool: Pool, history: History | None
) -> Iterator[Finding]:
    """Teams of one: their pool is a bonus of one person's own."""
    if history is None:
        return
    members: dict[str, list[str]] = {}
    for payee, team in history.teams:
        members.setdefault(team, []).append(payee)
    alone = tuple(sorted(names[0] for names in members.values() if len(names) == 1))
    if not alone:
        return
    params: dict[str, str | int] = {"teams": len(alone), "known": len(members)}
    yield found(
        plan, component, "pool_alone", "warning", pool.clause, {}, params,
        people=alone, evidence=("friebel-2017",),
    )  # fmt: skip


def _players(plan: Plan, component: Component, pool: Pool) -> Iterator[Finding]:
    """Stated values under which somebody adds nothing, or one has it all."""
    if not pool.stated:
        return
    parts = weights(dict(pool.stated))
    total = sum(parts.values())
    idle = tuple(sorted(name for name, part in parts.items() if not part))
    if len(parts) == 1 or (total and len(parts) - len(idle) == 1):
        yield found(
            plan, component, "pool_alone", "warning", f"{pool.clause}/shapley", {},
            {"teams": 1, "known": 1},
            people=tuple(sorted(name for name, part in parts.items() if part)),
            evidence=("friebel-2017",), basis=tuple(sorted(parts)),
        )  # fmt: skip
    elif idle:
        yield found(
            plan, component, "pool_idle", "warning", f"{pool.clause}/shapley", {},
            {"idle": len(idle), "names": said(idle), "known": len(parts)},
            people=idle, basis=idle,
        )  # fmt: skip


def reads_others(pool: Pool) -> bool:
    """Whether the pool's size hangs on what other components earned."""
    return reads_earnings(pool.amount)
