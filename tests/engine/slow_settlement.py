"""Draws and splits once more, row by row and written from docs/settlement.md alone.

Nothing of the settlement is used here: plain loops over periods and whole minor units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Drawn:
    """One period of a draw, in minor units."""

    drawn: int
    recovered: int
    forgiven: int
    paid: int
    owed: int


@dataclass
class Terms:
    """A draw in periods 1 to `last`, recovered from period `recovers` on by `percent`."""

    kind: str
    amount: int
    last: int
    recovers: int
    percent: int
    limit: int | None


def draws(terms: Terms, earned: Sequence[int]) -> list[Drawn]:
    """What S11, S13 and S15 say for earnings that are not below zero."""
    owed, found = 0, []
    for period, due in enumerate(earned, start=1):
        runs = period <= terms.last
        drawn = max(0, terms.amount - due) if runs else 0
        if terms.kind != "non-recoverable" and terms.limit is not None:
            drawn = min(drawn, max(0, terms.limit - owed))
        if terms.kind != "non-recoverable":
            owed += drawn
        pay, recovered, forgiven = due + drawn, 0, 0
        above = pay - (terms.amount if runs else 0)
        if terms.kind != "non-recoverable" and period >= terms.recovers and above > 0:
            share, rest = divmod(above * terms.percent, 100)
            recovered = min(owed, share + (1 if rest * 2 >= 100 else 0))
        owed -= recovered
        if terms.kind == "forgiven" and period >= terms.last:
            forgiven, owed = owed, 0
        found.append(Drawn(drawn, recovered, forgiven, pay - recovered, owed))
    return found


def on_cash(earned: int, percent: int, amount: int, received: Sequence[int]) -> list[int]:
    """What of a line is due in each period: the booked part first, then what receipts make due.

    `received` is what came in in each period; the part on cash is `percent` of the line.
    """
    weights = [100 - percent, percent]
    parts = [earned * weight // 100 for weight in weights]
    rests = [earned * weight % 100 for weight in weights]
    if sum(parts) < earned:
        parts[0 if rests[0] >= rests[1] else 1] += 1
    booked, cash = parts
    due, before, so_far = [], 0, 0
    for period, receipt in enumerate(received):
        so_far += receipt
        whole, rest = divmod(cash * min(so_far, amount), amount)
        reached = max(before, whole + (1 if rest * 2 >= amount else 0))
        due.append(reached - before + (booked if period == 0 else 0))
        before = reached
    return due


@dataclass(frozen=True)
class Failed:
    """A sale that failed in a month, so many days after it; what two components earned before and
    after it, by the re-rating.
    """

    month: int
    days: int
    commission: tuple[int, int]
    bonus: tuple[int, int]


@dataclass
class Reckoned:
    """One month: what was taken back, paid, and left put off and owed."""

    taken: list[tuple[str, int]]
    paid: int
    deferred: int
    owed: int


def re_rated(
    earned: Sequence[int], bonus: int, failed: Sequence[Failed], within: int, percent: int
) -> list[Reckoned]:
    """What S9 and S13 say: a commission in every month, and in the first a bonus of which half is
    put off. What failed takes back the difference, of the bonus first what is put off of it.
    """
    deferred, owed, found = bonus // 2, 0, list[Reckoned]()
    for month, commission in enumerate(earned, start=1):
        due = commission + (bonus - bonus // 2 if month == 1 else 0)
        taken: list[tuple[str, int]] = []
        for one in failed:
            if one.month != month or one.days > within:
                continue
            for name, (before, after) in (("commission", one.commission), ("bonus", one.bonus)):
                less = max(0, before - after)
                if less:
                    taken.append((name, less))
                if name == "bonus":
                    cut = min(deferred, less)
                    deferred -= cut
                    less -= cut
                owed += less
        recovered = min(owed, due * percent // 100)
        owed -= recovered
        found.append(Reckoned(taken, due - recovered, deferred, owed))
    return found
