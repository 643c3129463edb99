"""Every kind of finding about grids, scorecards, pools and contests in words, in each language."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import translation

from paceline import engine
from paceline.engine.lint import History, rates_of
from paceline.incentives.finding_words import plain_findings
from paceline.incentives.finding_words.figures import further_rows
from tests.engine.test_lint_kinds import GRID, card, past, plan_of, race
from tests.engine.test_lint_rate_rows import D, line
from tests.engine.test_rate_tables import PEN, given, plan_with

SALES = [(name, "1", str(place)) for place, name in enumerate("abcdefghij")]
TURNING = "[{from: 0, rate: 0%}, {from: 30, rate: 100%}, {from: 60, rate: 50%}]"
POOL = "kind: pool, pool: {amount: 'sales * 10%', share: 1}"
IDLE = (
    "kind: pool, pool: {amount: 5000 USD, shapley: [{of: ana, value: 1}, {of: ben, value: 1},"
    " {of: cho, value: 0}, {of: [ana, ben], value: 2}, {of: [ana, cho], value: 1},"
    " {of: [ben, cho], value: 1}, {of: [ana, ben, cho], value: 2}]}"
)
BY_MARGIN = (
    "kind: commission, measure: sales, rates: {reading: whole, on: measure, by: margin,"
    " tiers: [{from: 0%, rate: 3%}, {from: 10%, rate: 5%}]}"
)
TEAMS = [("ana", "east", ""), ("ben", "west", ""), ("cho", "west", "")]
LOW = [("ana", "1", "0.4"), ("ben", "1", "0.3")]
CASES: list[tuple[str, History | None]] = [
    (GRID, None),
    (BY_MARGIN, None),
    (BY_MARGIN.replace("rate: 5%", "rate: 500%"), None),
    (card(steps=TURNING), past(card(), rating=LOW)),
    (card("rating > 90% and rating < 50%"), None),
    (POOL, past(POOL, teams=TEAMS)),
    (POOL, None),
    (IDLE, None),
    (race(), None),
    (race(prizes="[600, 400, 200]"), past(race(), sales=SALES)),
    (race(), past(race(), sales=SALES, quota=[("a", "1", "100"), ("b", "1", "400")])),
    (race("largest", "[100, 100, 100]"), None),
]


def test_findings_in_rows_are_said_in_words() -> None:
    whole = plan_with("whole")
    rows = [
        {"product": "pen", "from": 0, "rate": "0.05"},
        {"product": "pen", "from": 50, "rate": "0.08"},
        {"product": "ink", "from": 0, "rate": "0.1"},
        {"product": "ink", "from": 50, "rate": "-0.1"},
    ]
    slices = [
        {"product": "pen", "from": place, "rate": rate} for place, rate in enumerate([0, 1, 0])
    ]
    lines = (line("ana", "pen", 40, cost=D(10)), line("ana", "tin", 40, cost=D(39)))
    past_lines = History(lines=lines)
    gap = [
        {"product": "pen", "from": 0, "to": 1000, "rate": 1},
        {"product": "pen", "from": 1001, "rate": 2},
    ]
    capped = engine.load_plan(whole.text.replace("name: Pay", "name: Pay\n  cap: 1"))
    limits = "name: Pay\n  cap: 9\n  floor: 1\n  when: {measure: sales, at_least: 2}"
    bounded = engine.load_plan(plan_with().text.replace("name: Pay", limits))
    rising = [{"product": "pen", "from": 0, "rate": "0.1"}, {"from": 0, "rate": "0.2"}]
    cases = [
        (whole, rows, past_lines), (plan_with(), slices, past_lines), (plan_with(), gap, None),
        (plan_with(), [{"from": 0, "rate": 0}, {**PEN, "from": 0, "rate": 1}], past_lines),
        (capped, rows, past_lines), (bounded, rising, None),
    ]  # fmt: skip
    said: dict[str, set[str]] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for plan, rows_of_case, history in cases:
                rates = rates_of(plan, given(plan, rows_of_case))
                shown = plain_findings(plan, engine.lint(plan, history, rates))
                for one in shown.found:
                    said.setdefault(one.code, set()).add(one.text)
                    assert "%(" not in one.text + one.advice + one.mend
                    assert one.text.rstrip()[-1] in ".。"
                    assert one.title != one.code
                assert not any("%(" in one for one in shown.unseen)
    kinds = "refused cliff fall negative nothing dead_zone flat_zone above_margin unreached no_row"
    kinds += " gate capped floored"
    assert {*(f"rates_{kind}" for kind in kinds.split()), "cap_in_reach"} <= said.keys()
    few = {code: texts for code, texts in said.items() if len(texts) < len(settings.LANGUAGES)}
    assert few == {}
    assert (
        "Where row 4 (pen · any) begins, at $50.00, pay jumps by $1.50, from $2.50 to $4.00."
        in said["rates_cliff"]
    )
    assert further_rows("5 (pen · *), 7 (a, b · 2026-01-01)") == (
        "5 (pen · any), 7 (a, b · from Jan 1, 2026 on)"
    )


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_finding_is_said_in_words(language: str) -> None:
    said: set[str] = set()
    with translation.override(language):
        for component, history in CASES:
            plan = plan_of(component)
            found = plain_findings(plan, engine.lint(plan, history))
            for one in found.found:
                said.add(one.code)
                assert one.title != one.code
                assert "%(" not in one.text + one.advice + one.mend
                assert "%%" not in one.title + one.text + one.advice + one.mend
                assert one.text.rstrip()[-1] in ".。"
                assert one.advice or one.mend or one.code == "contest_ties_cost"
            assert not any("%(" in one for one in found.unseen)
    assert said >= {
        *("grid_cliff", "grid_falls", "score_jump", "score_turns", "gate_closed"),
        *("gate_unreached", "pool_fixed", "pool_free_ride", "pool_alone", "pool_idle"),
        *("contest_few_winners", "contest_ranked", "contest_no_floor", "contest_ties_cost"),
        *("contest_luck", "contest_no_handicap", "missing_as_zero", "rate_above_whole"),
    }
    if language == "en":
        plan = plan_of(GRID)
        first = plain_findings(plan, engine.lint(plan)).found[0]
        assert first.text == (
            "Where attainment of quota reaches 100% pay jumps by up to $2,000.00, from $2,000.00 to"
            " $4,000.00; so in 1 of 2 cells along this line. The amounts assume a quota of"
            " $100,000.00."
        )
