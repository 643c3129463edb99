"""What holds for every settlement, over generated periods in a row."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from paceline import engine
from paceline.engine.money import DIGITS

from . import slow_settlement as slow
from .settling import Payroll, Row, owed, paid, settlement_plan

MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]
CURRENCIES = ["USD", "JPY", "KWD"]
SOLD_ON = date(2024, 1, 10)
GAINS = ("opening", "earned", "adjusted", "limited", "draws", "forgiven")
LOSSES = ("paid", "held", "forfeited", "clawed_back", "closing")

FEWER = settings(max_examples=max(60, settings().max_examples // 3))
units = st.one_of(st.sampled_from([0, 1, 99_999, 100_000, 100_001]), st.integers(0, 300_000))
signed = st.one_of(units, st.integers(-200_000, 300_000))


def money(amount: int, currency: str = "USD") -> Decimal:
    return Decimal(amount).scaleb(-DIGITS[currency])


@st.composite
def draw_terms(draw: st.DrawFn) -> slow.Terms:
    return slow.Terms(
        draw(st.sampled_from(["recoverable", "non-recoverable", "forgiven"])),
        draw(units),
        draw(st.integers(1, 5)),
        draw(st.integers(1, 7)),
        draw(st.integers(0, 100)),
        draw(st.none() | units),
    )


def draw_clause(terms: slow.Terms, currency: str = "USD") -> Row:
    clause: Row = {
        "id": "d",
        "kind": terms.kind,
        "amount": str(money(terms.amount, currency)),
        "first_period": MONTHS[0],
        "last_period": MONTHS[terms.last - 1],
    }
    if terms.kind != "non-recoverable":
        limit = "none" if terms.limit is None else str(money(terms.limit, currency))
        recovery = {"from": MONTHS[terms.recovers - 1], "share": f"{terms.percent}%"}
        clause |= {"recovery": recovery, "limit": limit}
    return clause


@FEWER
@forall(draw_terms(), st.lists(units, min_size=1, max_size=8), st.sampled_from(CURRENCIES))
def test_draws_are_as_the_slow_calculator_finds(
    terms: slow.Terms, earned: list[int], currency: str
) -> None:
    plan = settlement_plan({"draws": [draw_clause(terms, currency)]}, currency=currency)
    payroll, total = Payroll(), 0
    for month, amount, wanted in zip(MONTHS, earned, slow.draws(terms, earned), strict=False):
        done = payroll.settle(plan, month, {"ana": {"commission": money(amount, currency)}})
        assert paid(done) == {"ana": money(wanted.paid, currency)}
        assert owed(done) == -money(wanted.owed, currency)
        (account,) = done.rows("conservation")
        assert account["forgiven"] == money(wanted.forgiven, currency)
        gift = wanted.drawn if terms.kind == "non-recoverable" else 0
        assert account["draws"] == money(gift, currency)
        total += wanted.paid - amount - gift - wanted.forgiven
        # Paid is earned and what is owed: the invariant of D1.
        assert money(total, currency) == -owed(done)


@FEWER
@forall(
    st.integers(0, 1_000_000),
    st.integers(0, 100),
    st.integers(1, 100_000),
    st.lists(st.integers(-500, 60_000), min_size=1, max_size=6),
    st.sampled_from(CURRENCIES),
)
def test_splits_are_as_the_slow_calculator_finds(
    earned: int, percent: int, amount: int, received: list[int], currency: str
) -> None:
    parts = [
        {"share": f"{100 - percent}%", "on": "booking"},
        {"share": f"{percent}%", "on": "cash"},
    ]
    payout = {
        "id": "p",
        "component": "commission",
        "parts": parts,
        "leaving": {"good": "keeps", "bad": "keeps"},
    }
    plan = settlement_plan({"payout": [payout]}, currency=currency)
    whole = money(earned, currency)
    line = {"line_id": "L", "payee_id": "ana", "component": "commission", "earned": whole}
    lines = [line | {"occurred_on": "2024-01-05", "line_amount": amount}]
    received = [max(received[0], 0), *received[1:]]
    payroll, receipts, total = Payroll(), list[Row](), Decimal(0)
    wanted = slow.on_cash(earned, percent, amount, received)
    for place, (month, receipt) in enumerate(zip(MONTHS, received, strict=False)):
        row = {"receipt_id": month, "line_id": "L", "received_on": f"{month}-20"}
        receipts.append(row | {"amount": receipt})
        booked = {"ana": {"commission": whole}} if place == 0 else {}
        tables = {"line_earnings": lines, "receipts": receipts}
        done = payroll.settle(plan, month, booked, tables)
        paid_now = paid(done).get("ana", Decimal(0))
        assert paid_now == money(wanted[place], currency)
        total += paid_now
        assert total + owed(done) == whole


@st.composite
def clauses(draw: st.DrawFn) -> Row:
    """Several features at once, on components `commission` and `bonus`."""
    clause: Row = {"below_zero": draw(st.sampled_from(["carry-forward", "collect"]))}
    if draw(st.booleans()):
        clause["draws"] = [draw_clause(draw(draw_terms()))]
    if draw(st.booleans()):
        amount = str(money(draw(units)))
        span = {"first_period": MONTHS[0], "last_period": MONTHS[2]}
        clause["guarantees"] = [{"id": "g", "amount": amount, **span}]
    limits = [
        {"id": f"l{place}", "kind": kind, "on": on, "per": per, "amount": str(money(draw(units)))}
        for place, (kind, on, per) in enumerate(
            [
                ("cap", "commission", "year"),
                ("cap", "statement", "period"),
                ("cap", "statement", "year"),
                ("floor", "statement", "period"),
            ]
        )
        if draw(st.booleans())
    ]
    if draw(st.booleans()):
        clause["payout"] = [
            {
                "id": "p",
                "component": "bonus",
                "parts": [
                    {"share": "33.3333%", "on": "booking"},
                    {"share": "33.3333%", "on": "later", "months": 1},
                    {"share": "33.3334%", "on": "vesting", "months": 2},
                ],
                "leaving": {"good": "keeps", "bad": "keeps"},
            }
        ]
    rule = {"id": "c", "on": "return", "within_days": "none", "amount": "full"}
    clause["clawbacks"] = [{**rule, "recover_at_most": f"{draw(st.integers(0, 100))}%"}]
    return {**clause, "limits": limits} if limits else clause


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Row, dict[str, list[Row]]]]:
    """Earnings and tables, period by period."""
    found = []
    events: list[Row] = []
    lines = [
        {
            "line_id": f"L{place}",
            "payee_id": name,
            "component": "commission",
            "occurred_on": "2024-01-03",
            "earned": money(draw(units)),
        }
        for place, name in enumerate(["ana", "ben", "ana"])
    ]
    for month in MONTHS[: draw(st.integers(1, 5))]:
        earned = {
            name: {"commission": money(draw(signed)), "bonus": money(draw(signed))}
            for name in ("ana", "ben")
        }
        if draw(st.booleans()):
            row = {"event_id": month, "line_id": draw(st.sampled_from(["L0", "L1", "L2"]))}
            share = draw(st.sampled_from(["0.3", "0.5", "1"]))
            events.append(row | {"kind": "return", "happened_on": f"{month}-11", "share": share})
        holds = [
            {
                "hold_id": f"{month}-{place}",
                "payee_id": draw(st.sampled_from(["ana", "ben"])),
                "component": draw(st.sampled_from([None, "commission", "bonus"])),
                "line_id": draw(st.sampled_from([None, None, "L0"])),
                "starts_on": "2024-01-01",
                "reason": "audit",
            }
            for place in range(draw(st.integers(0, 3)))
        ]
        found.append(
            (earned, {"line_earnings": lines, "line_events": list(events), "holds": holds})
        )
    return found


def run(plan: engine.Plan, history: Any) -> list[engine.Settlement]:
    payroll = Payroll()
    return [
        payroll.settle(plan, month, earned, tables)
        for month, (earned, tables) in zip(MONTHS, history, strict=False)
    ]


@FEWER
@forall(clauses(), histories())
def test_nothing_is_lost_and_nothing_appears(clause: Row, history: Any) -> None:
    plan = settlement_plan(clause, ["commission", "bonus"])
    before = Decimal(0)
    for (earned, _), done in zip(history, run(plan, history), strict=True):
        (account,) = done.rows("conservation")
        assert sum(account[name] for name in GAINS) == sum(account[name] for name in LOSSES)
        whole = sum((a for parts in earned.values() for a in parts.values()), Decimal(0))
        assert (account["earned"], account["opening"]) == (whole, before)
        before = owed(done)
        assert account["closing"] + account["held"] == before
        assert account["paid"] == sum(paid(done).values(), Decimal(0))
        entries = done.rows("payables")
        due = [row["amount"] for row in entries if row["account"] == "due"]
        assert sum(due, Decimal(0)) == account["paid"]
        if clause["below_zero"] == "carry-forward":
            assert min(paid(done).values()) >= 0
        assert all(row["amount"] < 0 for row in done.rows("balances") if row["account"] == "draw")
        assert all(row["clause"] for row in entries)


@FEWER
@forall(clauses(), histories(), st.randoms())
def test_the_order_of_rows_does_not_matter(clause: Row, history: Any, chance: Any) -> None:
    plan = settlement_plan(clause, ["commission", "bonus"])
    shuffled = [
        (earned, {name: chance.sample(rows, len(rows)) for name, rows in tables.items()})
        for earned, tables in history
    ]
    for one, other in zip(run(plan, history), run(plan, shuffled), strict=True):
        assert one.tables() == other.tables()
        # Hashes of tables handed over in memory do not depend on their order either.
        assert one.fingerprint == other.fingerprint


@FEWER
@forall(draw_terms(), st.lists(signed, min_size=1, max_size=8))
def test_pay_is_never_below_a_running_draw(terms: slow.Terms, earned: list[int]) -> None:
    terms.limit = None
    payroll = Payroll()
    plan = settlement_plan({"draws": [draw_clause(terms)]})
    for place, (month, amount) in enumerate(zip(MONTHS, earned, strict=False), start=1):
        done = payroll.settle(plan, month, {"ana": {"commission": money(amount)}})
        least = money(terms.amount) if place <= terms.last else Decimal(0)
        assert paid(done)["ana"] >= least


@FEWER
@forall(
    draw_terms(),
    st.lists(st.tuples(units, st.integers(0, 100)), min_size=1, max_size=6),
    units,
)
def test_splitting_earnings_into_components_changes_no_sum(
    terms: slow.Terms, earned: list[tuple[int, int]], cap: int
) -> None:
    limit = {"id": "l", "kind": "cap", "on": "statement", "per": "year", "amount": str(money(cap))}
    clause = {"draws": [draw_clause(terms)], "limits": [limit]}
    plan = settlement_plan(clause, ["commission", "bonus"])
    whole, split = Payroll(), Payroll()
    for month, (amount, percent) in zip(MONTHS, earned, strict=False):
        part = amount * percent // 100
        one = whole.settle(plan, month, {"ana": {"commission": money(amount), "bonus": 0}})
        parts = {"commission": money(part), "bonus": money(amount - part)}
        other = split.settle(plan, month, {"ana": parts})
        assert (paid(one), owed(one)) == (paid(other), owed(other))


@FEWER
@forall(histories())
def test_a_hold_changes_when_and_not_how_much(history: Any) -> None:
    """Without anything to deduct, what is paid with holds and after them is what was earned."""
    plan = settlement_plan({"below_zero": "collect"}, ["commission", "bonus"])
    free = [(earned, {}) for earned, _ in history]
    held = [(earned, {"holds": t["holds"], "line_earnings": t["line_earnings"]})
            for earned, t in history]  # fmt: skip
    ends = ({"ana": {}, "ben": {}}, {})
    one, other = run(plan, [*free, ends]), run(plan, [*held, ends])
    for name in ("ana", "ben"):
        sums = [sum(paid(done).get(name, Decimal(0)) for done in runs) for runs in (one, other)]
        assert sums[0] == sums[1]
    assert owed(other[-1]) == 0


@st.composite
def failed_sales(draw: st.DrawFn, bonus: int) -> list[slow.Failed]:
    """Up to four, each re-rated from where the one before it left the components."""
    levels = (draw(units), bonus)
    found: list[slow.Failed] = []
    for month in sorted(draw(st.lists(st.integers(2, 4), max_size=4))):
        after = (draw(units), draw(st.integers(0, max(bonus, 1) * 2)))
        both = zip(levels, after, strict=True)
        commission, extra = ((before, then) for before, then in both)
        day = date(2024, month, 1) + timedelta(draw(st.integers(0, 27)))
        found.append(slow.Failed(month, (day - SOLD_ON).days, commission, extra))
        levels = after
    return sorted(found, key=lambda one: one.days)


@settings(max_examples=max(15, settings().max_examples // 12))
@forall(
    st.data(), st.lists(units, min_size=4, max_size=4), st.integers(0, 50_000),
    st.sampled_from([30, 60, 200]), st.integers(0, 100),
)  # fmt: skip
def test_re_rated_clawbacks_are_as_the_slow_calculator_finds(
    data: st.DataObject, earned: list[int], half: int, within: int, percent: int
) -> None:
    """Whether or not the line earned something by itself."""
    failed = data.draw(failed_sales(half * 2), label="failed")
    clawback = {"id": "r", "on": "return", "within_days": within, "amount": "re-rated"}
    put_off = [{"share": "50%", "on": "booking"}, {"share": "50%", "on": "later", "months": 24}]
    leaving = {"good": "keeps", "bad": "keeps"}
    clause = {
        "clawbacks": [clawback | {"recover_at_most": f"{percent}%"}],
        "payout": [{"id": "half", "component": "bonus", "parts": put_off, "leaving": leaving}],
    }
    plan, payroll = settlement_plan(clause, ["commission", "bonus"]), Payroll()
    line = {"line_id": "L", "payee_id": "ana", "component": "commission", "occurred_on": SOLD_ON}
    lines = [line | {"earned": money(data.draw(st.sampled_from([0, 5]), label="on the line"))}]
    wanted = slow.re_rated(earned, half * 2, failed, within, percent)
    for place, (month, amount) in enumerate(zip(MONTHS, earned, strict=False)):
        events, rated = list[Row](), list[Row]()
        for number, one in enumerate(failed):
            event = {"event_id": f"E{number}"}
            if one.month <= place + 1:
                day = SOLD_ON + timedelta(one.days)
                events.append(event | {"line_id": "L", "kind": "return", "happened_on": day})
                for name, (before, after) in (("commission", one.commission), ("bonus", one.bonus)):
                    row = {"payee_id": "ana", "component": name, "before": money(before)}
                    rated.append(event | row | {"after": money(after)})
        booked = {"commission": money(amount), "bonus": money(half * 2 if place == 0 else 0)}
        tables = {"line_earnings": lines, "line_events": events, "rerated_earnings": rated}
        done = payroll.settle(plan, month, {"ana": booked}, tables)
        taken = [(row["component"], row["amount"]) for row in done.rows("earlier_clawbacks")]
        assert sorted(taken) == sorted((name, money(less)) for name, less in wanted[place].taken)
        assert paid(done) == {"ana": money(wanted[place].paid)}
        held = {"deferred": Decimal(0), "clawback": Decimal(0)}
        for row in done.rows("balances"):
            held[row["account"]] += row["amount"]
        assert held == {
            "deferred": money(wanted[place].deferred),
            "clawback": -money(wanted[place].owed),
        }
