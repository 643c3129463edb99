"""Every clause of every plan there is goes through the form: shown, kept, changed alone."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paceline.incentives import plan_templates
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.changes import write
from paceline.incentives.forms.plan.document import (
    PlanForm,
    changed_by_button,
    changed_by_fields,
    read_form,
)
from paceline.incentives.forms.plan.fields import Path, PlanField, PlanList, at
from tests.engine import test_cases, test_settlement
from tests.engine.settling import settlement_plan
from tests.incentives.plans.conftest import SOURCE
from tests.incentives.plans.widened import WIDENED

SETTLEMENT = """\
settlement:
  pay_date: {days_after_period: 10}  # the tenth
  below_zero: collect
  retroactivity: ignore
  rule_packs: by-country
  eligibility: {employed_on: period-end, resignation: pays, probation: forfeits, leave: pro-rata}
  payment:
    currency: payee
    exchange: {rate: payment, date: pay-date, quote: multiply}
    rounding: {mode: half-up, stage: once}
  # Nobody gets more.
  limits:
    - {id: most-a-year, kind: cap, on: commission, per: year, amount: 50000.00}
    - {id: least, kind: floor, on: statement, per: period, amount: 100}
  payout:
    - id: half-on-cash
      component: [commission, bonus]
      parts:
        - {share: 20%, on: booking}
        - {share: 20%, on: cash}
        - {share: 20%, on: return-window, days: 30}
        - {share: 20%, on: later, months: 12}
        - {share: 20%, on: vesting, months: 24}
      leaving: {good: keeps, bad: forfeits}
  draws:
    - id: start  # the first half-year
      kind: recoverable
      amount: 1000.00
      first_period: 2026Q1
      last_period: none
      recovery: {from: 2026Q3, share: 100%}
      limit: 5000
    - {id: gift, kind: non-recoverable, amount: by-payee, first_period: 2026Q1, last_period: 2026Q2}
    - id: help
      kind: forgiven
      amount: by-payee
      first_period: 2026Q1
      last_period: 2026Q4
      recovery: {from: 2026Q1, share: 50%}
      limit: none
  guarantees:
    - {id: first-quarter, amount: by-payee, first_period: 2026Q1, last_period: 2026Q1}
  clawbacks:
    - {id: gone-early, on: churn, within_days: 90, amount: pro-rata, recover_at_most: 50%}
    - {id: returned, on: return, within_days: none, amount: full, recover_at_most: 100%}
"""
SETTLED = SOURCE + SETTLEMENT
DATED = SOURCE.replace("levels: 1\n", "levels: 1\n    hierarchy: region\n").replace(
    SOURCE[SOURCE.index("      reading: slice\n") : SOURCE.index("    cap: 50000.00\n")],
    """\
      reading: slice
      on: amount
      change: carry-on
      dated:
        - before: 2026-08-01
          tiers: [{from: 0, rate: 2%}]
        - from: 2026-08-01  # from August on
          tiers:
            - {from: 0, rate: 3%}
            - {from: 1000, rate: 5%}
""",
)
pytestmark = pytest.mark.django_db  # which tables of rates there are to choose from
USED = ("source", "settled", "dated", *WIDENED)


@cache
def every_plan() -> Mapping[str, str]:
    """The ready plans, the plans of every worked case, and those that use every construct."""
    found = {"source": SOURCE, "settled": SETTLED, "dated": DATED, **WIDENED}
    found |= {key: one.source for key, one in plan_templates.templates().items()}
    for path in test_cases.CASES:
        for number, run in enumerate(test_cases.runs_of(test_cases.load(path))):
            found[f"{path.stem}/{number}"] = run.plan.text
    for path in test_settlement.CASES:
        case = test_settlement.load(path)
        for number, run in enumerate(case["runs"]):
            plan = settlement_plan(
                {**case.get("settlement", {}), **run.get("settlement", {})},
                case.get("components", ["commission"]),
                **case.get("head", {}),
            )
            found[f"{path.stem}/{number}"] = plan.text
    return {name: text for text, name in {text: name for name, text in found.items()}.items()}


@cache
def read(source: str) -> Any:
    """What a text says; kept, because the same plans are compared many times."""
    return edit.read(source)


def form_of(source: str) -> PlanForm:
    form = read_form(source)
    assert form is not None
    return form


def fields_of(source: str) -> dict[str, PlanField]:
    return {one.name: one for one in form_of(source).fields()}


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """The places at which two documents say something else."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            yield from differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, (*path, number))
    elif before != after:
        yield path


@cache
def kinds_of_fields() -> tuple[tuple[str, PlanField], ...]:
    """One field of each kind, such as the rate of a tier, with the plan that it stands in."""
    return tuple(_kinds_of_fields())


def _kinds_of_fields() -> Iterator[tuple[str, PlanField]]:
    seen = set()
    for name in USED:
        for one in fields_of(every_plan()[name]).values():
            kind = re.sub(r"\.[0-9]+", "", one.name)
            if kind not in seen or "@" in kind:
                seen.add(kind)
                yield every_plan()[name], one


def test_every_plan_goes_through_the_form_without_a_letter_changed() -> None:
    assert len(every_plan()) > 120
    for name, source in every_plan().items():
        form = form_of(source)
        names = [one.name for one in form.fields()]
        assert len(set(names)) == len(names), name
        assert len({one.id for one in form.placed()}) == len(list(form.placed())), name
        posted = {one.name: one.value for one in form.fields()}
        assert changed_by_fields(source, source, posted) == source, name
        assert form.left() == [], f"{name}: every clause has its field"


def test_a_typed_value_changes_its_own_clause_and_nothing_else() -> None:
    tried = 0
    for source, one in kinds_of_fields():
        if one.choice:
            continue
        typed = {"choice": "something", "words": "own, other"}.get(one.kind, "7")
        after = changed_by_fields(source, source, {one.name: typed})
        changed = {path[: len(one.path)] for path in differences(*map(read, (source, after)))}
        assert changed == {one.path}, one.name
        lost = [line for line in source.splitlines() if line not in after.splitlines()]
        assert len(lost) <= 1, f"{one.name} changes its line alone"
        shown = fields_of(after)
        assert one.name not in shown or shown[one.name].value == one.read(typed), one.name
        tried += 1
    assert tried > 120


def test_an_optional_value_goes_out_and_comes_back() -> None:
    for source, one in kinds_of_fields():
        if not one.optional or not one.value or one.choice:
            continue
        gone = changed_by_fields(source, source, {one.name: ""})
        (changed,) = differences(read(source), read(gone))
        assert changed == one.path[: len(changed)], one.name
        if one.name in fields_of(gone):
            back = changed_by_fields(gone, gone, {one.name: one.value})
            assert at(read(back), *one.path) == at(read(source), *one.path), one.name


def test_every_choice_can_be_taken_and_is_then_shown() -> None:
    """Whatever is chosen, the text still reads, the choice stands and nothing falls out of the
    form; what changes lies in the mapping that holds the choice."""
    seen = set()
    for source, one in kinds_of_fields():
        kind = re.sub(r"\.[0-9]+", "", one.name)
        if not one.choice or one.kind != "choice":
            continue
        for value, _label in one.choices:
            before = one.value if one.name.endswith(("@pay", "@kind")) else ""
            if (kind, before, value) in seen:
                continue
            seen.add((kind, before, value))
            after = write(source, one, value) if value != one.value else source
            form = form_of(after)
            assert form.left() == [], f"{one.name} {value}"
            (shown,) = [other.value for other in form.fields() if other.name == one.name]
            assert shown == value, f"{one.name} {value}"
            within = {"parts": one.path[:-2], "attributes": ("attributes",)}
            around = next((within[key] for key in one.path if key in within), one.path)
            for path in differences(read(source), read(after)):
                assert path[: len(around)] == around or path == ("policies", "precedence")
    assert len(seen) > 130


START = SOURCE.replace("currency: USD", "currency: USD\ntarget_incentive: {amount: 6000}", 1)


@pytest.mark.parametrize("name", ["source", "settled"])
def test_every_choice_of_a_whole_plan_begins_as_a_whole_plan(name: str) -> None:
    """A choice writes what it needs; the few that only the writer can complete are named."""
    source = {"source": START, "settled": START + SETTLEMENT}[name]
    assert documents.check(source) == ()
    left = {}
    for one in fields_of(source).values():
        for value, _label in one.choices if one.choice else ():
            after = changed_by_fields(source, source, {one.name: value})
            codes = {problem.code for problem in documents.check(after)}
            if codes:
                left[one.name, value] = codes
    expected = {
        # a bound of the other kind is for the writer to say
        ("components.0.rates@on", "amount"): {"number_malformed"},
        ("components.0.rates@on", "measure"): {"number_malformed"},
        # slices of attainment come from no table: reading it whole is for the writer to say
        ("components.0.rates@dated", "table"): {"rate_table_sliced"},
        # what the rest of the plan refers to
        ("measures.0@kind", "ratio"): {"measure_not_above"},
        ("measures.0@kind", "formula"): {"measure_not_above"},
        ("credits.0@kind", "rollup"): {"reference_unknown"},
        # a rate on units is an amount
        ("measures.0@kind", "count"): {"number_malformed"},
        ("measures.0@kind", "distinct"): {"number_malformed"},
        ("measures.0@kind", "figure"): {"number_malformed"},
        # an end, where there is none to begin with
        ("settlement.clawbacks.0@within_days", "none"): {"days_missing"},
        ("settlement.draws.0@kind", "forgiven"): {"end_missing"},
        ("settlement.draws.2@last_period", "none"): {"end_missing"},
    }
    for key, codes in left.items():
        # settlement refers to the component that cannot be read
        assert codes - {"reference_unknown"} <= expected.get(key, set()), key
        assert codes == expected[key] or name == "settled", key


def test_every_button_of_every_list_adds_and_takes_away_again() -> None:
    seen = set()
    for name in USED:
        source = every_plan()[name]
        for one in [one for one in form_of(source).blocks() if isinstance(one, PlanList)]:
            for what, _label in one.additions:
                kind = (re.sub(r"[.][0-9]+", "", one.place), what, bool(one.rows))
                if kind in seen:
                    continue
                seen.add(kind)
                after = changed_by_button(source, f"add {one.place} {what}")
                found = form_of(after).list_at(one.path)
                assert found is not None
                assert len(found.rows) == len(one.rows) + 1, kind
                assert form_of(after).left() == [], kind
                gone = changed_by_button(after, f"remove {found.rows[-1].place}")
                said = at(read(gone), *one.path), at(read(source), *one.path)
                assert said[0] == said[1], kind
                assert changed_by_button(gone, f"remove {found.rows[-1].place}") == gone
    assert len(seen) >= 27


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_typed_is_kept_and_the_text_stays_readable(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(USED))
    source = every_plan()[name]
    fields = [one for one in fields_of(source).values() if not one.choices and one.kind != "words"]
    one = data.draw(st.sampled_from(fields))
    typed = data.draw(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9))
    after = changed_by_fields(source, source, {one.name: typed})
    shown = fields_of(after)
    name = one.name
    assert shown[name].value == one.read(typed) or one.choice == "name"


def test_what_no_field_can_show_is_named_and_kept() -> None:
    source = SOURCE.replace("    kind: rollup\n", "    kind: rollup\n    later: {when: 5}\n")
    source = source.replace("cap: 50000.00", "cap: {upper: 50000.00}")
    form = form_of(source)
    assert form.left() == [
        "Written in the text and kept as it is: cap.",
        "Written in the text and kept as it is: later.",
    ]
    posted = {one.name: one.value for one in form.fields()} | {"components.0.cap": "9"}
    assert changed_by_fields(source, source, posted) == source


def test_two_windows_change_two_clauses_of_one_row() -> None:
    base = SETTLED
    first = changed_by_fields(base, base, {"settlement.draws.0.recovery.share": "40"})
    second = changed_by_fields(base, first, {"settlement.draws.0@limit": "none"})
    draw = at(read(second), "settlement", "draws", 0)
    wanted = copy.deepcopy(at(read(base), "settlement", "draws", 0))
    assert isinstance(wanted, dict)
    wanted["recovery"]["share"] = "40%"
    wanted["limit"] = "none"
    assert draw == wanted
    assert "id: start  # the first half-year" in second


GRID = "components.4.rates"


def test_a_grid_gains_and_loses_a_column_in_every_tier() -> None:
    source = WIDENED["team"]
    more = changed_by_button(source, f"add {GRID}.across.from column")
    rates = at(read(more), "components", 4, "rates")
    assert at(rates, "across", "from") == ["0%", "20%", "30%"]
    assert [at(rates, "tiers", n, "rate") for n in (0, 1)] == [
        ["2%", "3%", "3%"],
        ["4%", "6%", "6%"],
    ]
    assert documents.check(more) == ()
    typed = changed_by_fields(more, more, {f"{GRID}.tiers.1.rate.2": "8%"})
    assert at(read(typed), "components", 4, "rates", "tiers", 1, "rate") == ["4%", "6%", "8%"]
    less = changed_by_button(typed, f"remove {GRID}.across.from.1")
    assert at(read(less), "components", 4, "rates", "tiers", 1, "rate") == ["4%", "8%"]
    assert documents.check(less) == ()
    flat = changed_by_fields(less, less, {f"{GRID}@across": ""})
    assert at(read(flat), "components", 4, "rates", "tiers") == [
        {"from": "0%", "rate": "2%"},
        {"from": "100%", "rate": "4%"},
    ]
    assert documents.check(flat) == ()


def test_a_grid_gains_and_loses_a_dimension_in_every_tier() -> None:
    """What was paid stays: in the new dimension, then in the first column that is left."""
    source = WIDENED["team"]
    rates = ("components", 4, "rates")
    cube = changed_by_fields(source, source, {f"{GRID}@across": "grids"})
    assert at(read(cube), *rates, "across") == [{"by": "margin", "from": ["0%", "20%"]}]
    assert at(read(cube), *rates, "tiers", 1, "rate") == ["4%", "6%"]
    assert documents.check(cube) == ()
    more = changed_by_button(cube, f"add {GRID}.across dimension")
    assert at(read(more), *rates, "tiers", 1, "rate") == [["4%"], ["6%"]]
    wide = changed_by_button(more, f"add {GRID}.across.1.from column")
    wide = changed_by_fields(wide, wide, {f"{GRID}.across.1.by": "sales"})
    wide = changed_by_fields(wide, wide, {f"{GRID}.tiers.1.rate.1.1": "8%"})
    assert at(read(wide), *rates, "tiers", 1, "rate") == [["4%", "4%"], ["6%", "8%"]]
    assert documents.check(wide) == ()
    less = changed_by_button(wide, f"remove {GRID}.across.0.from.0")
    assert at(read(less), *rates, "tiers", 1, "rate") == [["6%", "8%"]]
    fewer = changed_by_button(wide, f"remove {GRID}.across.1")
    assert at(read(fewer), *rates, "tiers", 1, "rate") == ["4%", "6%"]
    assert documents.check(fewer) == ()
    one = changed_by_fields(wide, wide, {f"{GRID}@across": "grid"})
    assert at(read(one), *rates, "across") == {"by": "margin", "from": ["0%", "20%"]}
    assert at(read(one), *rates, "tiers", 1, "rate") == ["4%", "6%"]
    assert documents.check(one) == ()
    flat = changed_by_fields(wide, wide, {f"{GRID}@across": ""})
    assert at(read(flat), *rates, "tiers", 1, "rate") == "4%"
    assert documents.check(flat) == ()


def test_tiers_pay_something_else() -> None:
    after = changed_by_fields(START, START, {"components.0.rates@tiers-pay": "target_share"})
    rates = at(read(after), "components", 0, "rates")
    assert at(rates, "reading") == "whole", "shares are not paid slice by slice"
    assert at(rates, "tiers") == [
        {"from": "0%", "target_share": "2%"},
        {"from": "100%", "target_share": "4%"},
    ]
    assert documents.check(after) == ()


def test_tiers_change_on_a_day_and_no_longer() -> None:
    assert documents.check(DATED) == ()
    before = at(read(SOURCE), "components", 0, "rates", "tiers")
    dated = changed_by_fields(SOURCE, SOURCE, {"components.0.rates@dated": "dated"})
    assert documents.check(dated) == ()
    rates = at(read(dated), "components", 0, "rates")
    assert at(rates, "change") == "carry-on"
    assert at(rates, "dated") == [{"tiers": before}, {"from": "2026-07-01", "tiers": before}]
    assert at(rates, "tiers") is None
    place = "components.0.rates.dated"
    third = changed_by_button(dated, f"add {place} tiers")
    assert documents.check(third) == (), "it began on the day of the one before"
    assert at(read(third), "components", 0, "rates", "dated", 2, "from") == "2026-08-01"
    third = changed_by_fields(third, third, {f"{place}.2.from": "2026-09-01"})
    assert documents.check(third) == ()
    paid = changed_by_fields(third, third, {"components.0.rates@tiers-pay": "amount"})
    assert [at(read(paid), "components", 0, "rates", "dated", n, "tiers", 1) for n in (0, 2)]
    assert "rate:" not in paid.split("dated:")[1].split("cap:")[0]
    again = changed_by_fields(third, third, {"components.0.rates@dated": "one"})
    assert at(read(again), "components", 0, "rates") == {
        **(at(read(SOURCE), "components", 0, "rates") or {}),  # type: ignore[dict-item]
    }
    assert documents.check(again) == ()


def test_percentages_and_full_width_digits_are_written_as_the_plan_writes_them() -> None:
    after = changed_by_fields(
        SETTLED,
        SETTLED,
        {
            "settlement.clawbacks.0.recover_at_most": "４５",
            "settlement.limits.1.amount": "２５０．５",
            "settlement.draws.0.recovery.share": "all",
        },
    )
    settled = at(read(after), "settlement")
    assert at(settled, "clawbacks", 0, "recover_at_most") == "45%"
    assert at(settled, "limits", 1, "amount") == "250.5"
    assert at(settled, "draws", 0, "recovery", "share") == "all", "what is no number stays"


def test_a_column_of_the_plan_is_named_typed_and_taken_out() -> None:
    one = changed_by_button(SOURCE, "add attributes column")
    named = changed_by_fields(one, one, {"attributes.0@name": "campaign"})
    typed = changed_by_fields(named, named, {"attributes.0@type": "money"})
    assert at(read(typed), "attributes") == {"campaign": "money"}
    assert documents.check(typed) == ()
    assert changed_by_fields(typed, typed, {"attributes.0@name": ""}) == typed
    assert changed_by_button(typed, "remove attributes.0") == SOURCE


def test_the_names_that_a_formula_may_use_are_listed() -> None:
    fields = fields_of(WIDENED["team"])
    names = fields["components.5.when"].names
    assert "sales_quota.attainment" in names
    assert "card.earned" in names
    assert "kicked.earned" not in names, "a component does not see itself"
    assert "host_id" in fields["credits.1.share"].names
    assert list(fields["measures.15.of"].names)[-1] == "margin"
