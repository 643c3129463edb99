"""How goals stand: exact figures, no division by nothing, and forecasts that say how sure."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from paceline.goals.progress import Point, Status, Track, stand

FROM, UNTIL = date(2026, 7, 1), date(2026, 10, 9)  # a hundred days


def _track(
    start: str,
    target: str,
    *points: tuple[int, str],
    level: bool = False,
    counts: bool = False,
    rises: bool | None = None,
) -> Track:
    s, z = Decimal(start), Decimal(target)
    made = [Point(FROM + timedelta(days=day - 1), Decimal(value)) for day, value in points]
    return Track(FROM, UNTIL, s, z, z >= s if rises is None else rises, level, made, counts)


def _on(day: int) -> date:
    return FROM + timedelta(days=day - 1)


def test_pace_gap_and_progress() -> None:
    found = stand(_track("0", "1000", (40, "300")), _on(50))
    assert (found.progress, found.elapsed, found.paced) == (
        Decimal("0.3000"), Decimal("0.5"), Decimal("500.0000"),
    )  # fmt: skip
    assert (found.gap, found.days_left) == (Decimal(700), 50)
    assert (found.pace, found.pace_needed) == (Decimal("52.5000"), Decimal("98.0000"))
    assert found.status == Status.BEHIND
    assert found.forecast is not None
    assert (found.forecast.value, found.forecast.low) == (Decimal("750.0000"), None)
    assert stand(_track("0", "1000", (50, "450")), _on(50)).status == Status.ON_PACE
    assert stand(_track("0", "1000", (50, "449")), _on(50)).status == Status.AT_RISK
    assert stand(_track("0", "1000", (50, "349")), _on(50)).status == Status.BEHIND
    assert stand(_track("0", "1000", (50, "1000")), _on(50)).status == Status.REACHED
    # Downwards: forty complaints to none.
    down = stand(_track("40", "0", (50, "30")), _on(50))
    assert (down.progress, down.gap, down.pace_needed) == (
        Decimal("0.2500"), Decimal(30), Decimal("-4.2000"),
    )  # fmt: skip


def test_nothing_is_divided_by_nothing() -> None:
    held = stand(_track("0", "0", (10, "2")), _on(10))
    assert (held.progress, held.status) == (None, Status.ON_PACE)
    assert stand(_track("0", "0", (100, "2")), _on(100)).status == Status.REACHED
    kept = _track("5", "5", (10, "4"))
    assert (stand(kept, _on(10)).progress, stand(kept, _on(10)).status) == (None, Status.BEHIND)
    before = stand(_track("0", "10"), FROM - timedelta(days=9))
    assert (before.elapsed, before.value, before.status) == (0, None, Status.UNKNOWN)
    over = stand(_track("0", "10", (100, "9")), UNTIL + timedelta(days=40))
    assert (over.days_left, over.elapsed, over.pace_needed) == (0, 1, None)
    assert over.forecast is not None
    assert over.forecast.value == 9
    worse = stand(_track("0", "10", (10, "-5")), _on(10))
    assert (worse.progress, worse.status) == (Decimal("-0.5000"), Status.BEHIND)


def test_a_target_of_nothing_that_is_typed() -> None:
    """Open complaints are brought down from five to none; what is typed is how many there are."""
    going = stand(_track("5", "0", (50, "1")), _on(50))
    assert (going.progress, going.gap, going.paced) == (Decimal("0.8000"), 1, Decimal("2.5000"))
    assert (going.pace, going.pace_needed) == (Decimal("-0.5600"), Decimal("-0.1400"))
    assert going.status == Status.ON_PACE
    assert going.forecast is not None
    assert going.forecast.value == 0  # not three less than none
    assert stand(_track("5", "0", (50, "0")), _on(50)).status == Status.REACHED
    assert stand(_track("5", "0", (50, "5")), _on(50)).status == Status.BEHIND
    worse = stand(_track("5", "0", (50, "7")), _on(50))
    assert (worse.progress, worse.status) == (Decimal("-0.4000"), Status.BEHIND)
    # From none to none: held or not.
    none = stand(_track("0", "0", (50, "0"), rises=False), _on(50))
    assert (none.progress, none.gap, none.status) == (None, 0, Status.ON_PACE)
    assert none.forecast is not None
    assert none.forecast.value == 0
    assert stand(_track("0", "0", (100, "0"), rises=False), _on(100)).status == Status.REACHED
    one = stand(_track("0", "0", (50, "1"), rises=False), _on(50))
    assert (one.progress, one.gap, one.status) == (None, 1, Status.BEHIND)
    # A loss is brought up to nothing.
    loss = stand(_track("-100", "0", (50, "-40")), _on(50))
    assert (loss.progress, loss.gap, loss.status) == (Decimal("0.6000"), 40, Status.ON_PACE)
    assert loss.forecast is not None
    assert loss.forecast.value == Decimal("20.0000")


def test_a_count_that_is_to_stay_low_is_a_limit() -> None:
    """Five complaints last quarter, none or two at most in this one: they are counted from none."""
    fine = stand(_track("5", "2", (50, "1"), counts=True), _on(50))
    assert (fine.progress, fine.gap, fine.room, fine.paced) == (None, 0, 1, Decimal("1.0000"))
    assert (fine.pace, fine.pace_needed) == (Decimal("0.1400"), None)
    assert fine.status == Status.ON_PACE
    assert fine.forecast is not None
    assert fine.forecast.value == Decimal("2.0000")
    fast = stand(_track("5", "2", (50, "2"), counts=True), _on(50))
    assert (fast.room, fast.gap, fast.status) == (0, 0, Status.AT_RISK)
    over = stand(_track("5", "2", (50, "3"), counts=True), _on(50))
    assert (over.room, over.gap, over.status) == (0, 1, Status.BEHIND)
    end = stand(_track("5", "2", (100, "2"), counts=True), _on(100))
    assert (end.status, end.days_left) == (Status.REACHED, 0)
    for start in ("5", "0"):
        none = stand(_track(start, "0", (10, "0"), counts=True, rises=False), _on(10))
        assert (none.progress, none.gap, none.room, none.paced) == (None, 0, 0, 0)
        assert none.status == Status.ON_PACE  # and reached when the period is over, not before
        assert none.forecast is not None
        assert none.forecast.value == 0
        one = stand(_track(start, "0", (10, "1"), counts=True, rises=False), _on(10))
        assert (one.gap, one.room, one.status) == (1, 0, Status.BEHIND)
        assert one.forecast is not None
        assert one.forecast.value == Decimal("10.0000")
    # A count upwards begins at nothing, too: what there was before is what it is compared with.
    more = stand(_track("800", "1000", (50, "450"), counts=True), _on(50))
    assert (more.progress, more.paced, more.pace) == (
        Decimal("0.4500"),
        Decimal("500.0000"),
        Decimal("63.0000"),
    )
    assert more.status == Status.ON_PACE
    assert more.forecast is not None
    assert more.forecast.value == Decimal("900.0000")
    again = stand(_track("800", "800", (50, "450"), counts=True), _on(50))
    assert (again.progress, again.status) == (Decimal("0.5625"), Status.ON_PACE)
    up = stand(_track("0", "1000", (50, "450"), counts=True), _on(50))
    assert (up.progress, up.room, up.status) == (Decimal("0.4500"), None, Status.ON_PACE)


def test_forecast_with_an_interval() -> None:
    """Four weeks of 10: 100, 140, 60, 100. Drift 10 a day; residuals 0, 40, -40, 0."""
    points = ((10, "100"), (20, "240"), (30, "300"), (40, "400"))
    found = stand(_track("0", "1000", *points), _on(40)).forecast
    assert found is not None
    # s² = (40² + 40²)/10/3 = 106.6667; var = s² · 60 · (1 + 60/40) = 16000; t(3) = 1.638
    assert found.value == Decimal("1000.0000")
    assert (found.low, found.high) == (Decimal("792.8076"), Decimal("1207.1924"))
    level = stand(_track("0.05", "0.03", (7, "0.04"), (14, "0.02"), (21, "0.03"), level=True),
                  _on(21))  # fmt: skip
    assert level.forecast is not None
    # mean 0.03, s 0.01, t(2) = 1.886, half = 1.886 · 0.01 · √(4/3) = 0.021778
    assert level.forecast.value == Decimal("0.0300")
    assert (level.forecast.low, level.forecast.high) == (Decimal("0.0082"), Decimal("0.0518"))
    assert (level.status, level.pace_needed, level.paced) == (
        Status.ON_PACE, None, Decimal("0.03"),
    )  # fmt: skip
