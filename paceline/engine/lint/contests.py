"""Findings about contests: too few winners, prizes for luck or for an easier territory, prizes for
nothing, ties that cost.

A contest without a rule for ties never gets here: such a text is no plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal

from paceline.engine.formula.tree import names_in
from paceline.engine.lint.findings import Edit, Finding, Mend, Severity
from paceline.engine.lint.history import History
from paceline.engine.lint.mends import tried
from paceline.engine.lint.shared import Past, found, measures_in, past_of, plainly, read_past
from paceline.engine.lint.subject import order_size
from paceline.engine.money import EXACT
from paceline.engine.plan.model import Component, Contest, Plan, Quota
from paceline.engine.plan.scope import word

ZERO, ONE = Decimal(0), Decimal(1)
OF_THREE = 3  # of three who compete one should win
WINNERS = 3  # that are suggested where nobody knows how many compete


def contests(plan: Plan, component: Component, history: History | None) -> Iterator[Finding]:
    """All that is found about a component's contest."""
    contest = component.contest
    assert contest is not None  # noqa: S101 -- the caller chose a contest
    past = past_of(plan, history, names_in(contest.score.root))
    number = _competing(past)
    yield from _winners(plan, component, contest, number)
    yield from _ranked(plan, component, contest)
    yield from _floor(plan, component, contest)
    yield from _ties(plan, component, contest, number)
    yield from _luck(plan, component, contest, history, past)
    yield from _handicap(plan, component, contest, history)


def _competing(past: tuple[Past, ...]) -> int:
    """How many competed in the last period that is known; 0 when nobody knows."""
    last = past[-1].period if past else ""
    return len({one.payee for one in past if one.period == last})


def _enough(number: int) -> int:
    """One in three of those who compete, rounded up."""
    third = EXACT.divide(Decimal(number), Decimal(OF_THREE))
    return int(third.to_integral_value(ROUND_CEILING)) if number else WINNERS


def _winners(plan: Plan, component: Component, contest: Contest, number: int) -> Iterator[Finding]:
    """One winner among many, or fewer than one in three of those known."""
    prizes = [one for one in contest.prizes if one > 0]
    total = sum(prizes, ZERO)
    enough = _enough(number)
    if not prizes or len(prizes) >= enough or (number and number <= OF_THREE):
        return
    severity: Severity = "serious" if len(prizes) == 1 else "warning"
    if len(prizes) > 1 and not number:
        return
    amounts = {"prizes": total, "each": _parts(plan, component, total, enough)[0]}
    params: dict[str, str | int] = {
        "winners": len(prizes),
        "competing": number,
        "enough": enough,
        "among": contest.among,
    }
    yield found(
        plan, component, "contest_few_winners", severity, f"{contest.clause}/prizes", amounts,
        params, evidence=("lim-2009", "kalra-shi-2001"),
        mend=_equal(plan, component, contest, enough, "more_winners"),
        basis=(str(len(prizes)), contest.among),
    )  # fmt: skip


def _ranked(plan: Plan, component: Component, contest: Contest) -> Iterator[Finding]:
    """Prizes that fall from rank to rank."""
    prizes = [one for one in contest.prizes if one > 0]
    if len(prizes) < 2 or prizes[0] == prizes[-1]:
        return
    amounts = {"first": prizes[0], "last": prizes[-1], "prizes": sum(prizes, ZERO)}
    yield found(
        plan, component, "contest_ranked", "note", f"{contest.clause}/prizes", amounts,
        {"winners": len(prizes)}, evidence=("lim-2009", "bandiera-2013"),
        mend=_equal(plan, component, contest, len(prizes), "equal_prizes"),
        basis=tuple(map(plainly, prizes)),
    )  # fmt: skip


def _parts(plan: Plan, component: Component, total: Decimal, count: int) -> list[Decimal]:
    """A sum in so many whole coins; what is left goes to the first."""
    digits = plan.digits if component.unit == "money" else 4
    each, rest = divmod(int(total.scaleb(digits)), count)
    return [Decimal(each + (place < rest)).scaleb(-digits) for place in range(count)]


def _equal(
    plan: Plan, component: Component, contest: Contest, count: int, code: str
) -> Mend | None:
    """The same sum as so many equal prizes."""
    total = sum((one for one in contest.prizes if one > 0), ZERO)
    prizes = tuple(f"{one:f}" for one in _parts(plan, component, total, count))
    return tried(plan, code, Edit(f"{contest.clause}/prizes", prizes))


def _floor(plan: Plan, component: Component, contest: Contest) -> Iterator[Finding]:
    """Who did nothing may win when few take part."""
    if component.when is not None or (contest.at_least is not None and contest.at_least > 0):
        return
    amounts = {"last": contest.prizes[-1], "first": contest.prizes[0]}
    yield found(
        plan, component, "contest_no_floor", "warning", contest.clause, amounts,
        {"winners": len(contest.prizes)}, evidence=("chung-narayandas",),
        basis=(contest.score.text,),
    )  # fmt: skip


def _ties(plan: Plan, component: Component, contest: Contest, number: int) -> Iterator[Finding]:
    """Everybody with the first score gets the first prize: what that may cost at most."""
    if contest.ties != "each" or number < 2:
        return
    stated, most = sum(contest.prizes, ZERO), contest.prizes[0] * number
    if most <= stated:
        return
    yield found(
        plan, component, "contest_ties_cost", "note", f"{contest.clause}/ties",
        {"prizes": stated, "most": most, "first": contest.prizes[0]}, {"competing": number},
        mend=tried(plan, "shared_ties", Edit(f"{contest.clause}/ties", "shared")),
        basis=(plainly(contest.prizes[0]),),
    )  # fmt: skip


def _luck(
    plan: Plan,
    component: Component,
    contest: Contest,
    history: History | None,
    past: tuple[Past, ...],
) -> Iterator[Finding]:
    """A score that one order makes, or prizes that one order decided."""
    read = measures_in(plan, contest.score)
    single = [one for one in read if one.kind in {"min", "max"}]
    clause = f"{contest.clause}/score"
    if single:
        yield found(
            plan, component, "contest_luck", "warning", clause, {},
            {"measure": single[0].id, "cause": "single"},
            evidence=("kalra-shi-2001",), basis=(contest.score.text,),
        )  # fmt: skip
        return
    plain = [one for one in read if contest.score.text.strip() == word(one.id)]
    order = order_size(plan, plain[0], history) if plain and history is not None else None
    if order is None:
        return
    gaps, people = _close(contest, past, order)
    periods = len({one.period for one in past})
    if not gaps or len(gaps) * 2 < periods:
        return
    amounts = {"order": order, "gap": min(gaps)}
    params: dict[str, str | int] = {
        "measure": plain[0].id,
        "cause": "close",
        "close": len(gaps),
        "periods": periods,
        "is_money": int(plain[0].is_money),
    }
    yield found(
        plan, component, "contest_luck", "warning", clause, amounts, params,
        people=people, evidence=("kalra-shi-2001", "larkin-2014"), basis=(contest.score.text,),
    )  # fmt: skip


def _close(
    contest: Contest, past: tuple[Past, ...], order: Decimal
) -> tuple[list[Decimal], tuple[str, ...]]:
    """The gaps, below one order, between the last winner and the first without a prize; and who
    missed one so.
    """
    by_period: dict[str, list[tuple[Decimal, str]]] = {}
    for one, value in read_past(contest.score, past):
        if isinstance(value, Decimal):
            by_period.setdefault(one.period, []).append((value, one.payee))
    gaps, people = [], set()
    for scores in by_period.values():
        scores.sort(reverse=True)
        if len(scores) > len(contest.prizes):
            winner, loser = scores[len(contest.prizes) - 1], scores[len(contest.prizes)]
            if winner[0] - loser[0] < order:
                gaps.append(winner[0] - loser[0])
                people.add(loser[1])
    return gaps, tuple(sorted(people))


def _handicap(
    plan: Plan, component: Component, contest: Contest, history: History | None
) -> Iterator[Finding]:
    """The score does not look at the quota, though quotas differ."""
    names = names_in(contest.score.root)
    if any(name.endswith((".attainment", ".target")) for name in names):
        return
    quota = _quota_of(plan, contest)
    if quota is None or history is None:
        return
    known = {one.payee: one.amount for one in (*history.targets, *history.coming)
             if one.quota == quota.name and one.amount > 0}  # fmt: skip
    if len(set(known.values())) < 2:
        return
    amounts = {"least": min(known.values()), "most": max(known.values())}
    params: dict[str, str | int] = {
        "quota": quota.id,
        "known": len(known),
        "is_money": int(plan.measure(quota.measure).is_money),
    }
    yield found(
        plan, component, "contest_no_handicap", "serious", f"{contest.clause}/score", amounts,
        params, people=tuple(sorted(name for name, one in known.items() if one == amounts["most"])),
        evidence=("syam-2013",),
        mend=tried(plan, "by_attainment", Edit(f"{contest.clause}/score",
                                               f"{word(quota.id)}.attainment")),
        basis=(contest.score.text, quota.id),
    )  # fmt: skip


def _quota_of(plan: Plan, contest: Contest) -> Quota | None:
    """A quota of what the score is made of."""
    read = {one.id for one in measures_in(plan, contest.score)}
    return next((one for one in plan.quotas if one.measure in read), None)


def knows_scores(plan: Plan, component: Component, history: History | None) -> bool:
    """Whether scores of past periods are known."""
    contest = component.contest
    assert contest is not None  # noqa: S101
    return bool(past_of(plan, history, names_in(contest.score.root)))
