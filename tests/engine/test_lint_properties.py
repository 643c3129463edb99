"""What must hold of every plan, tried on generated ones."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from paceline import engine
from paceline.engine.lint.subject import UNIT
from paceline.engine.payout import pay_out
from tests.engine.test_lint import plan_of, rated, tiers

RATES = st.decimals(Decimal(0), Decimal(30), places=2, allow_nan=False)
POSITIVE = st.decimals(Decimal("0.5"), Decimal(30), places=2, allow_nan=False)
BOUNDS = st.lists(st.integers(1, 900_000), min_size=0, max_size=4, unique=True).map(sorted)


@st.composite
def plans(
    draw: st.DrawFn,
    reading: str = "",
    rates: st.SearchStrategy[Decimal] = RATES,
    *,
    limited: bool = True,
) -> engine.Plan:
    bounds = [0, *draw(BOUNDS)]
    on = draw(st.sampled_from(["amount", "attainment"]))
    unit = "%" if on == "attainment" else ""
    steps = [Decimal(bound).scaleb(-4) if unit else Decimal(bound) for bound in bounds]
    listed = [f"{step:f}{unit}={draw(rates):f}%" for step in steps]
    chosen = reading or draw(st.sampled_from(["slice", "whole"]))
    more = ""
    if limited and draw(st.booleans()):
        more = f"cap: {draw(st.integers(1, 50_000))}"
    text = plan_of(rated(tiers(chosen, *listed, on=on), more)).text
    mode = draw(st.sampled_from(["half-up", "half-even", "down"]))
    side = draw(st.sampled_from(["upper", "lower"]))
    text = text.replace("mode: half-up", f"mode: {mode}").replace(
        "boundary: upper", f"boundary: {side}"
    )
    return engine.load_plan(text)


@given(plans())
def test_every_reported_jump_is_the_measured_one(plan: engine.Plan) -> None:
    component = plan.components[0]
    for one in engine.lint(plan):
        if "jump" not in one.amounts:
            continue
        at, quota = one.amounts["at"], one.amounts.get("quota", Decimal(100_000))
        sides = (at - UNIT, at) if one.params["reached"] == "on" else (at, at + UNIT)
        below, above = (pay_out(plan, component, side, quota).earned for side in sides)
        assert (one.amounts["below"], one.amounts["above"]) == (below, above)
        assert one.amounts["jump"] == abs(above - below)
        assert (one.code == "pay_falls") == (above < below)


@given(plans())
def test_no_jump_is_left_out(plan: engine.Plan) -> None:
    """Walk the bounds by hand: what jumps by more than a cent is reported there."""
    component = plan.components[0]
    rates = component.rates
    assert rates is not None
    quota = Decimal(100_000)
    reported = {one.amounts["at"] for one in engine.lint(plan) if "jump" in one.amounts}
    for tier in rates.tiers[1:]:
        at = tier.lower * quota if rates.on == "attainment" else tier.lower
        paid = [pay_out(plan, component, at + step, quota).earned for step in (-UNIT, 0, UNIT)]
        jumps = any(abs(b - a) > Decimal("0.01") for a, b in pairwise(paid))
        assert jumps == (at in reported)


@given(plans(reading="slice", rates=POSITIVE, limited=False))
def test_slices_at_positive_rates_have_no_cliff_and_no_dead_zone(plan: engine.Plan) -> None:
    assert [one.code for one in engine.lint(plan) if one.severity != "unseen"] == []


@given(plans(), st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_pay_between_reported_falls_never_falls(plan: engine.Plan, a: int, b: int) -> None:
    component, quota = plan.components[0], Decimal(100_000)
    low, high = sorted((Decimal(a), Decimal(b)))
    before, after = (pay_out(plan, component, value, quota).earned for value in (low, high))
    if after < before:
        falls = [one.amounts["at"] for one in engine.lint(plan) if one.code == "pay_falls"]
        assert any(low <= at <= high for at in falls)


@settings(max_examples=settings.default.max_examples // 4)  # each mend is read twice
@given(plans())
def test_every_mend_gives_a_plan_without_its_finding(plan: engine.Plan) -> None:
    for one in engine.lint(plan):
        if one.mend is not None:
            mended = engine.load_plan(engine.apply_mend(plan.text, one.mend))
            assert one.key not in {other.key for other in engine.lint(mended)}
