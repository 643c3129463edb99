"""Pure parts: hours of work, conditions of rules, and who is chosen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from paceline.leads.choosing import Asked, Candidate, Why, choose, failed_condition
from paceline.leads.hours import OFFICE, Hours, WeekInvalid, checked_week, parse_day, write_day
from paceline.leads.models import Method, RoutingRule

TAIPEI, BERLIN = ZoneInfo("Asia/Taipei"), ZoneInfo("Europe/Berlin")
OFFICE_HOURS = Hours(OFFICE, TAIPEI, frozenset({date(2026, 7, 17)}))


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]


def test_hours_count_work_only() -> None:
    wednesday = local(TAIPEI, 2026, 7, 15, 17, 30)
    assert OFFICE_HOURS.are_open(wednesday)
    assert not OFFICE_HOURS.are_open(local(TAIPEI, 2026, 7, 15, 18, 0)), "the end is not in"
    assert not OFFICE_HOURS.are_open(local(TAIPEI, 2026, 7, 17, 10, 0)), "a holiday"
    # Thirty minutes on Wednesday, thirty on Thursday.
    due = OFFICE_HOURS.after(wednesday, timedelta(hours=1))
    assert due == local(TAIPEI, 2026, 7, 16, 9, 30)
    assert OFFICE_HOURS.between(wednesday, due) == timedelta(hours=1)
    # Friday is closed, so ten hours end on Monday.
    assert OFFICE_HOURS.after(wednesday, timedelta(hours=10)) == local(TAIPEI, 2026, 7, 20, 9, 30)
    assert OFFICE_HOURS.between(due, wednesday) == timedelta(0)
    saturday = local(TAIPEI, 2026, 7, 18, 12, 0)
    assert OFFICE_HOURS.after(saturday, timedelta(minutes=1)) == local(TAIPEI, 2026, 7, 20, 9, 1)
    assert Hours([[]] * 7, TAIPEI).after(saturday, timedelta(minutes=1)) is None


def test_hours_over_a_night_and_a_change_of_clocks() -> None:
    """Berlin goes back on 25 October 2026 at three: that night has an hour more."""
    night = Hours([*([[]] * 5), [[1320, 1440]], [[0, 360]]], BERLIN)
    start, end = local(BERLIN, 2026, 10, 24, 22, 0), local(BERLIN, 2026, 10, 25, 6, 0)
    assert night.between(start, end) == timedelta(hours=9)
    assert night.after(start, timedelta(hours=9)) == end


def test_a_week_as_it_is_written() -> None:
    assert parse_day("9-12, 13:00–18:30") == [[540, 720], [780, 1110]]
    assert write_day([[540, 720], [780, 1440]]) == "09:00-12:00, 13:00-24:00"
    for wrong in ("9", "25-26", "9:70-10", "a-b"):
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            parse_day(wrong)
    with pytest.raises(WeekInvalid) as problem:
        checked_week([[], [[540, 720], [700, 800]], [], [], [], [], []])
    assert problem.value.day == 1


def test_conditions_of_a_rule() -> None:
    rule = RoutingRule(
        languages=["zh"], countries=["TW"], territories=["North  Taiwan"], sources=["form"],
        interests=["耳機", "speaker"],
    )  # fmt: skip
    asked = Asked(["zh-Hant"], "TW", "north taiwan", "form", "无线耳机")
    assert failed_condition(rule, asked) == "", "either script, any spacing"
    assert failed_condition(RoutingRule(), Asked()) == "", "no condition asks nothing"
    wrong = {
        "languages": Asked(["en"], "TW", "north taiwan", "form", "speaker"),
        "countries": Asked(["zh-Hant"], "JP", "north taiwan", "form", "speaker"),
        "territories": Asked(["zh-Hant"], "TW", "", "form", "speaker"),
        "sources": Asked(["zh-Hant"], "TW", "north taiwan", "chat", "speaker"),
        "interests": Asked(["zh-Hant"], "TW", "north taiwan", "form", "cable"),
    }
    assert {name: failed_condition(rule, one) for name, one in wrong.items()} == {
        name: name for name in wrong
    }


def test_in_turn_passes_over_whoever_cannot() -> None:
    people = [
        Candidate(1),
        Candidate(2, is_away=True),
        Candidate(3, is_here=False),
        Candidate(4, is_at_work=False),
        Candidate(5, sells=False),
        Candidate(6, had_it=True),
    ]
    found = choose(Method.ROUND_ROBIN, people, at_work_only=True, last=1)
    assert found.person == 1, "nobody else can, so the turn comes round"
    assert found.reasons == {
        1: Why.CHOSEN, 2: Why.AWAY, 3: Why.LEFT, 4: Why.OFF, 5: Why.NO_SELLER, 6: Why.HAD_IT,
    }  # fmt: skip
    assert choose(Method.ROUND_ROBIN, people, at_work_only=False, last=1).person == 4
    assert choose(Method.ROUND_ROBIN, people, at_work_only=False, last=99).person == 1
    assert choose(Method.FIXED, people[1:], at_work_only=False, last=None).person == 4
    nobody = choose(Method.ROUND_ROBIN, people[1:3], at_work_only=False, last=None)
    assert nobody.person is None
    assert nobody.reasons == {2: Why.AWAY, 3: Why.LEFT}


def test_least_busy_counts_stated_work() -> None:
    early, late = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)
    people = [
        Candidate(1, load=Decimal("2.5"), given_at=early),
        Candidate(2, load=Decimal("2"), given_at=late),
        Candidate(3, load=Decimal("2"), given_at=early),
        Candidate(4, load=Decimal("3")),
    ]
    found = choose(Method.LEAST_BUSY, people, at_work_only=False, last=None)
    assert found.person == 3, "of two with as much, whoever has waited longer"
    assert found.reasons == {
        1: Why.BUSIER, 2: Why.AS_BUSY, 3: Why.CHOSEN, 4: Why.BUSIER,
    }  # fmt: skip
    new = [*people, Candidate(5, load=Decimal("2"))]
    assert choose(Method.LEAST_BUSY, new, at_work_only=False, last=None).person == 5
