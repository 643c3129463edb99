"""Every kind of finding about grids, scorecards, pools and contests in words, in each language."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import translation

from paceline import engine
from paceline.engine.lint import History
from paceline.incentives.finding_words import plain_findings
from tests.engine.test_lint_kinds import GRID, card, past, plan_of, race

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
                assert one.text.rstrip()[-1] in ".。"
                assert one.advice or one.mend or one.code == "contest_ties_cost"
            assert not any("%(" in one for one in found.unseen)
    assert said >= {
        *("grid_cliff", "grid_falls", "score_jump", "score_turns", "gate_closed"),
        *("gate_unreached", "pool_fixed", "pool_free_ride", "pool_alone", "pool_idle"),
        *("contest_few_winners", "contest_ranked", "contest_no_floor", "contest_ties_cost"),
        *("contest_luck", "contest_no_handicap"),
    }
    if language == "en":
        plan = plan_of(GRID)
        first = plain_findings(plan, engine.lint(plan)).found[0]
        assert first.text == (
            "Where attainment of quota reaches 100% pay jumps by up to $2,000.00, from $2,000.00 to"
            " $4,000.00; so in 1 of 2 cells along this line. The amounts assume a quota of"
            " $100,000.00."
        )
