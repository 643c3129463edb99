"""What the linter finds in a plan alone, with exact amounts, and what it leaves alone."""

from __future__ import annotations

import dataclasses
import time
from decimal import Decimal

import pytest

from paceline import engine
from paceline.engine.lint import CHECKS, Finding
from paceline.engine.lint.messages import MENDS, STUDIES

PLAN = """\
paceline: 1
plan: seller
name: Seller
currency: {currency}
period: quarter
policies:
  boundary: upper
  rounding: {{mode: half-up, stage: component}}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: order-date
  exchange: {{date: order-date, rate: average}}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  precedence: all
  splits: exactly-100
{rest}
"""
CLAUSES = """\
credits:
  - {id: own-sales, kind: direct}
measures:
  - {id: sales, kind: sum, of: amount, credits: own-sales}
quotas:
  - {id: sales-quota, measure: sales, name: sales}
components:
"""
COMMISSION = """\
  - id: commission
    name: Commission
    kind: commission
    measure: sales
    rates: {rates}
"""
BONUS = """\
  - id: bonus
    name: Bonus
    kind: bonus
    pays: {amount: 1000.00}
    when: {attainment: sales-quota, at_least: 100%}
"""
BANDS = (
    "{reading: READ, on: amount, tiers:"
    " [{from: 0, rate: 5%}, {from: 500000, rate: 8%}, {from: 1000000, rate: 10%}]}"
)


def plan_of(*components: str, clauses: str = CLAUSES, currency: str = "USD") -> engine.Plan:
    return engine.load_plan(PLAN.format(currency=currency, rest=clauses + "".join(components)))


def rated(rates: str, more: str = "") -> str:
    return COMMISSION.format(rates=rates) + (f"    {more}\n" if more else "")


def tiers(reading: str, *bounds: str, on: str = "amount") -> str:
    quota = ", quota: sales-quota" if on == "attainment" else ""
    listed = ", ".join(f"{{from: {b.split('=')[0]}, rate: {b.split('=')[1]}}}" for b in bounds)
    return f"{{reading: {reading}, on: {on}{quota}, tiers: [{listed}]}}"


def seen(plan: engine.Plan) -> list[Finding]:
    """All that was found, without what could not be looked at."""
    return [one for one in engine.lint(plan) if one.severity != "unseen"]


def codes(plan: engine.Plan) -> list[str]:
    return [one.code for one in seen(plan)]


def test_whole_amount_bands_jump_by_exactly_one_and_a_half_and_two() -> None:
    """5 %, 8 % and 10 % of everything, from 50万 and 100万 on: 1.5万 and 2.0万."""
    found = seen(plan_of(rated(BANDS.replace("READ", "whole")), currency="CNY"))
    jumps = [(one.clause, one.amounts["at"], one.amounts["jump"]) for one in found[:2]]
    assert jumps == [
        ("components/commission/rates/tiers/2", Decimal(500_000), Decimal("15000.00")),
        ("components/commission/rates/tiers/3", Decimal(1_000_000), Decimal("20000.00")),
    ]
    assert [(one.code, one.severity) for one in found] == [
        ("cliff", "serious"),
        ("cliff", "serious"),
        ("retroactive_tiers", "warning"),
    ]
    assert found[0].amounts["below"] == Decimal("25000.00")
    assert found[0].amounts["above"] == Decimal("40000.00")
    assert found[2].amounts["whole"] == Decimal("100000.00")
    assert found[2].amounts["sliced"] == Decimal("65000.00")


@pytest.mark.parametrize("currency", ["JPY", "USD", "KWD"])
def test_small_bands_jump_alike_in_every_currency(currency: str) -> None:
    bands = tiers("whole", "0=5%", "50=8%", "100=10%")
    found = seen(plan_of(rated(bands), currency=currency))
    sizes = [one.amounts["jump"] for one in found if one.code == "cliff"]
    expected = [Decimal("1.5"), Decimal("2.0")] if currency != "JPY" else [Decimal(2)] * 2
    # A yen has no half: just below 50 it is 2, at 50 it is 4.
    assert sizes == expected


def test_the_same_bands_read_slice_by_slice_are_left_alone() -> None:
    assert codes(plan_of(rated(BANDS.replace("READ", "slice")))) == []


def test_the_side_of_a_boundary_decides_where_the_jump_is() -> None:
    plan = plan_of(rated(tiers("whole", "0=5%", "1000=8%")))
    lower = engine.load_plan(plan.text.replace("boundary: upper", "boundary: lower"))
    [upper_found] = [one for one in seen(plan) if one.code == "cliff"]
    [lower_found] = [one for one in seen(lower) if one.code == "cliff"]
    assert (upper_found.params["reached"], lower_found.params["reached"]) == ("on", "above")
    assert upper_found.amounts["jump"] == lower_found.amounts["jump"] == Decimal("30.00")
    assert upper_found.key != lower_found.key


def test_a_rate_that_drops_on_the_whole_amount_lowers_pay() -> None:
    [fall] = [one for one in seen(plan_of(rated(tiers("whole", "0=8%", "1000=5%"))))
              if one.code == "pay_falls"]  # fmt: skip
    assert fall.severity == "serious"
    assert (fall.amounts["jump"], fall.amounts["below"], fall.amounts["above"]) == (
        Decimal("30.00"), Decimal("80.00"), Decimal("50.00"),
    )  # fmt: skip


def test_a_bonus_is_a_warned_jump_and_a_gated_commission_a_serious_one() -> None:
    [bonus] = seen(plan_of(BONUS))
    assert (bonus.code, bonus.severity) == ("bonus_cliff", "warning")
    assert bonus.clause == "components/bonus/when"
    assert bonus.amounts["jump"] == Decimal("1000.00")
    assert (bonus.amounts["at_share"], bonus.params["quota"]) == (Decimal(1), "assumed")
    gated = plan_of(rated(tiers("slice", "0=2%"), "when: {measure: sales, at_least: 50000}"))
    assert [(one.code, one.severity) for one in seen(gated)] == [
        ("cliff", "serious"),
        ("dead_zone", "warning"),
    ]
    assert seen(gated)[0].amounts["jump"] == Decimal("1000.00")
    assert seen(gated)[1].amounts["to"] == Decimal(50_000)


def test_dead_and_flat_zones_have_their_bounds_and_mends() -> None:
    plan = plan_of(rated(tiers("slice", "0%=0%", "60%=4%", "100%=0%", on="attainment")))
    dead, flat = seen(plan)
    assert (dead.code, dead.amounts["to"], dead.amounts["to_share"]) == (
        "dead_zone", Decimal(60_000), Decimal("0.6"),
    )  # fmt: skip
    assert (flat.code, flat.amounts["from"], flat.amounts["earned"]) == (
        "flat_zone", Decimal(100_000), Decimal("1600.00"),
    )  # fmt: skip
    assert dead.mend is not None
    assert dead.mend.code in MENDS
    plan = engine.load_plan(engine.apply_mend(plan.text, dead.mend))
    [flat] = seen(plan)
    assert flat.mend is not None
    assert flat.mend.code in MENDS
    plan = engine.load_plan(engine.apply_mend(plan.text, flat.mend))
    assert seen(plan) == []
    assert [(tier.lower, tier.rate) for tier in plan.components[0].rates.tiers] == [  # type: ignore[union-attr]
        (Decimal(0), Decimal("0.04"))
    ]


def test_a_zone_in_which_another_component_pays_is_none() -> None:
    accelerator = tiers("slice", "0=0%", "50000=2%")
    base = rated(tiers("slice", "0=3%"))
    top = rated(accelerator).replace("id: commission", "id: accelerator")
    assert codes(plan_of(rated(accelerator))) == ["dead_zone"]
    assert codes(plan_of(base, top)) == []


def test_a_cap_says_where_it_begins_and_a_floor_is_no_dead_zone() -> None:
    plan = plan_of(rated(tiers("slice", "0=2%", "100000=4%"), "cap: 5000.00"))
    [cap] = seen(plan)
    assert (cap.code, cap.severity, cap.clause) == (
        "cap_in_reach", "note", "components/commission/cap",
    )  # fmt: skip
    assert cap.amounts == {"cap": Decimal("5000.00"), "at": Decimal(175_000)}
    assert cap.mend is not None
    assert codes(engine.load_plan(engine.apply_mend(plan.text, cap.mend))) == []
    assert codes(plan_of(rated(tiers("slice", "0=2%"), "floor: 500.00"))) == []


def test_what_pays_nothing_at_all_is_serious() -> None:
    [nothing] = seen(plan_of(rated(tiers("slice", "0=0%"))))
    assert (nothing.code, nothing.severity) == ("pays_nothing", "serious")


CREDITS = """\
credits:
{rules}
measures:
  - {{id: sales, kind: sum, of: amount, credits: [{ids}]}}
quotas:
  - {{id: sales-quota, measure: sales, name: sales}}
components:
"""


def ruled(*conditions: str | None) -> engine.Plan:
    rules, ids = [], []
    for place, condition in enumerate(conditions):
        when = f", when: '{condition}'" if condition else ""
        rules.append(f"  - {{id: rule-{place}, kind: direct{when}}}")
        ids.append(f"rule-{place}")
    clauses = CREDITS.format(rules="\n".join(rules), ids=", ".join(ids))
    return plan_of(rated(tiers("slice", "0=2%")), clauses=clauses)


@pytest.mark.parametrize(
    "condition",
    [
        'category = "a" and category = "b"',
        'channel in ("web", "shop") and not (channel = "web" or channel != "web")',
        "amount > 100 USD and amount <= 100 USD",
        "ordered_on < 2024-01-01 and 2024-06-01 <= ordered_on",
        "false or (quantity > 5 and quantity < 3)",
        'category = "a" and category not in ("a", "b")',
        "amount * 50% > cost and not (amount * 50% > cost)",
    ],
)
def test_rules_that_no_line_can_meet_are_found(condition: str) -> None:
    found = [one for one in seen(ruled(None, condition)) if one.code == "rule_never_matches"]
    assert [(one.clause, one.severity) for one in found] == [("credits/rule-1/when", "serious")]
    assert found[0].mend is not None
    mended = engine.load_plan(engine.apply_mend(ruled(None, condition).text, found[0].mend))
    assert [credit.id for credit in mended.credits] == ["rule-0"]
    assert seen(mended) == []


@pytest.mark.parametrize(
    "condition",
    [
        'category = "a" or category = "b"',
        "amount > 100 USD and cost < 50 USD",
        "amount >= 100 USD and amount <= 100 USD",
        'category != "a" and category != "b"',
        "amount * 50% > cost and cost > amount * 90%",  # it cannot, but that is not shown
    ],
)
def test_rules_that_may_match_are_left_alone(condition: str) -> None:
    assert [code for code in codes(ruled(condition)) if code != "one_currency"] == []


@pytest.mark.parametrize(
    ("conditions", "shadowed"),
    [
        ((None, 'category = "a"'), "rule-1"),
        (('category = "a"', None), "rule-0"),
        (('channel = "web"', 'channel = "web" and amount > 5 USD'), "rule-1"),
        (("amount > 5 USD", "amount > 7 USD"), "rule-1"),
        (('channel = "web"', 'channel = "web"'), "rule-1"),
        (('channel in ("a", "b")', 'channel = "b"'), "rule-1"),
        (('channel = "web"', 'channel = "shop"'), ""),
        (("amount > 7 USD", "amount < 9 USD"), ""),
        (('channel = "web"', 'category = "x"'), ""),
    ],
)
def test_shadowed_rules_are_found_and_others_not(
    conditions: tuple[str | None, ...], shadowed: str
) -> None:
    found = [one for one in seen(ruled(*conditions)) if one.code != "one_currency"]
    assert [one.params["credit"] for one in found] == ([shadowed] if shadowed else [])
    assert all(one.code == "rule_shadowed" for one in found)


def test_a_rule_that_another_measure_or_a_roll_up_needs_is_not_shadowed() -> None:
    clauses = """\
credits:
  - {id: all, kind: direct}
  - {id: web, kind: direct, when: 'channel = "web"'}
  - {id: team, kind: rollup, of: web, levels: 1}
measures:
  - {id: sales, kind: sum, of: amount, credits: [all, web]}
  - {id: team-sales, kind: sum, of: amount, credits: team}
components:
"""
    assert codes(plan_of(rated(tiers("slice", "0=2%")), clauses=clauses)) == []


def test_components_that_pull_apart_are_found() -> None:
    clauses = """\
credits:
  - {id: own-sales, kind: direct}
measures:
  - {id: sales, kind: sum, of: amount, credits: own-sales}
  - {id: margin, kind: sum, of: "amount - given(cost, 0)", credits: own-sales}
  - {id: spent, kind: sum, of: "given(cost, 0)", credits: own-sales}
  - {id: unsold, kind: sum, of: "0 - amount", credits: own-sales}
components:
"""

    def paid(measure: str) -> str:
        text = rated(tiers("slice", "0=2%")).replace("measure: sales", f"measure: {measure}")
        return text.replace("id: commission", f"id: on-{measure}")

    [found] = seen(plan_of(paid("margin"), paid("spent"), clauses=clauses))
    assert (found.code, found.params["column"]) == ("components_opposed", "cost")
    assert found.evidence == ()  # no study is cited for what follows from the formulas
    [found] = seen(plan_of(paid("sales"), paid("unsold"), clauses=clauses))
    assert found.params["column"] == "amount"
    assert codes(plan_of(paid("sales"), paid("margin"), clauses=clauses)) == []


def test_what_needs_history_is_said_aloud_without_it() -> None:
    plan = plan_of(rated(tiers("slice", "0%=2%", "100%=4%", on="attainment")))
    unseen = [one for one in engine.lint(plan) if one.severity == "unseen"]
    assert {(one.params["check"], one.params["reason"]) for one in unseen} == {
        ("people", "history"),
        ("quotas", "history"),
        ("margin", "history"),
    }
    assert {str(one.params["check"]) for one in unseen} <= set(CHECKS)
    empty = {one.params["reason"] for one in engine.lint(plan, engine.History())}
    assert empty == {"measure", "periods", "cost"}


def test_a_kind_that_is_not_known_is_not_looked_at_and_said_so() -> None:
    plan = plan_of(rated(BANDS.replace("READ", "whole")))
    strange = dataclasses.replace(plan.components[0], kind="contest")
    found = engine.lint(dataclasses.replace(plan, components=(strange,)))
    assert [(one.code, one.params["check"], one.params["reason"]) for one in found] == [
        ("not_looked_at", "pay_curve", "kind"),
        ("not_looked_at", "quotas", "history"),
    ]
    rates = plan.components[0].rates
    assert rates is not None
    other = dataclasses.replace(rates, reading="interpolated")  # type: ignore[arg-type]
    strange = dataclasses.replace(plan.components[0], rates=other)
    found = engine.lint(dataclasses.replace(plan, components=(strange,)))
    assert [one.params["reason"] for one in found] == ["rates", "history"]


def test_gaps_overlaps_and_missing_policies_are_no_plan_at_all() -> None:
    """Sections 0–1000 and 1001–2000 say nothing about 1000.50: refused, never silently nothing."""
    sections = "[{from: 0, to: 1000, rate: 5%}, {from: 1001, to: 2000, rate: 8%}]"
    gap = f"{{reading: slice, on: amount, tiers: {sections}}}"
    text = PLAN.format(currency="USD", rest=CLAUSES + rated(gap))
    problems = {one.code: one for one in engine.check_plan(text)}
    assert set(problems) == {"tier_gap", "tier_ends"}
    ends, starts = (Decimal(problems["tier_gap"].params[key]) for key in ("ends", "starts"))
    assert ends < Decimal("1000.50") < starts
    assert problems["tier_gap"].path == "components/commission/rates/tiers/1"
    assert "nothing is said about values from 1000 to 1001" in problems["tier_gap"].message
    with pytest.raises(engine.PlanInvalid):
        engine.load_plan(text)
    over = text.replace("from: 1001", "from: 900").replace(", to: 2000", "")
    assert [one.code for one in engine.check_plan(over)] == ["tier_overlap"]
    missing = plan_of(rated(BANDS.replace("READ", "slice"))).text.replace("  boundary: upper\n", "")
    [problem] = engine.check_plan(missing)
    assert (problem.code, problem.params["choices"]) == ("policy_missing", "upper or lower")


def test_a_key_stays_while_its_cause_stays() -> None:
    plan = plan_of(rated(tiers("whole", "0=5%", "1000=8%")), BONUS)
    renamed = engine.load_plan(plan.text.replace("name: Bonus", "name: Quarter bonus"))
    other = engine.load_plan(plan.text.replace("rate: 8%", "rate: 9%"))
    keys = {one.code: one.key for one in seen(plan)}
    assert {one.code: one.key for one in seen(renamed)} == keys
    changed = {one.code: one.key for one in seen(other)}
    assert changed["cliff"] != keys["cliff"]
    assert changed["bonus_cliff"] == keys["bonus_cliff"]


def test_every_study_that_is_cited_has_a_name() -> None:
    plans = (
        plan_of(rated(BANDS.replace("READ", "whole"), "cap: 90000.00"), BONUS),
        plan_of(rated(tiers("slice", "0=0%", "50000=2%"))),
    )
    cited = {key for plan in plans for one in engine.lint(plan) for key in one.evidence}
    assert cited
    assert cited <= set(STUDIES)


def test_large_plans_are_looked_at_within_a_second_or_said_not_to_be() -> None:
    bounds = [f"{place * 100}={place % 7 + 1}%" for place in range(500)]
    broad = plan_of(rated(tiers("whole", *bounds)))
    chain = " or ".join(f'category = "{place}"' for place in range(70))
    many = ruled(*(f'({chain}) and product != "{place}"' for place in range(60)))
    for plan, expected in ((broad, ("pay_curve", "many")), (many, ("overlaps", "rules"))):
        begun = time.thread_time()
        found = engine.lint(plan)
        assert time.thread_time() - begun < 1
        assert expected in {
            (one.params["check"], one.params["reason"]) for one in found if one.severity == "unseen"
        }
    fifty = plan_of(rated(tiers("whole", *bounds[:50])))
    assert codes(fifty).count("cliff") + codes(fifty).count("pay_falls") == 49


def test_a_cap_of_nothing_pays_nothing() -> None:
    plan = plan_of(rated(tiers("slice", "0=2%"), "cap: 0"))
    assert codes(plan) == ["pays_nothing"]
