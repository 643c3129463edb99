"""The clause `settlement` is read strictly: what is used states all its policies."""

from __future__ import annotations

import copy
import io
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from paceline import engine

from .test_cases import BASE, merge, plan_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "plan-language.md"
COMPONENT = {
    "id": "commission",
    "name": "Commission",
    "kind": "commission",
    "measure": "sales",
    "rates": {"reading": "slice", "on": "amount", "tiers": [{"from": "0", "rate": "10%"}]},
}
POINTS = {
    "id": "points",
    "name": "Points",
    "kind": "award",
    "pays": {"amount": 5},
    "unit": "points",
}
HEAD = ("pay_date", "below_zero", "retroactivity", "rule_packs", "eligibility", "payment")


def documented() -> dict[str, Any]:
    """The clause that the language's page shows."""
    text = DOCUMENT.read_text("utf-8").partition("\n## Settlement\n")[2]
    shown = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    clause: dict[str, Any] = YAML(typ="safe", pure=True).load(shown.group(1))["settlement"]
    return clause


def with_clause(clause: Any) -> dict[str, Any]:
    return {"components": [COMPONENT, POINTS], "settlement": clause}


def problems(clause: Any) -> set[tuple[str, str]]:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(merge(BASE, with_clause(clause)), stream)
    return {(one.code, one.path) for one in engine.check_plan(stream.getvalue())}


def change(place: str, value: Any) -> Any:
    """The documented clause with one value set, or taken out for None."""
    clause = copy.deepcopy(documented())
    *way, last = [int(key) if key.isdigit() else key for key in place.split("/")]
    inner: Any = clause
    for key in way:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return clause


def test_the_documented_clause_can_be_used_and_fits_the_schema() -> None:
    plan = plan_of(with_clause(documented()))
    assert plan.settlement is not None
    assert [draw.id for draw in plan.settlement.draws] == ["start"]
    jsonschema.validate(merge(BASE, with_clause(documented())), engine.plan_schema())
    assert plan_of({"components": [COMPONENT]}).settlement is None


@pytest.mark.parametrize("key", HEAD)
def test_a_policy_left_out_is_refused_with_its_choices(key: str) -> None:
    assert problems(change(key, None)) == {("policy_missing", f"settlement/{key}")}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(merge(BASE, with_clause(change(key, None))), engine.plan_schema())


def test_every_policy_left_out_is_listed() -> None:
    found = problems({"below_zero": "collect"})
    assert found == {("policy_missing", f"settlement/{key}") for key in HEAD if key != "below_zero"}


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("eligibility/leave", "settlement/eligibility/leave"),
        ("payment/exchange", "settlement/payment/exchange"),
        ("payment/exchange/quote", "settlement/payment/exchange/quote"),
        ("payment/rounding/stage", "settlement/payment/rounding/stage"),
        ("payout/0/leaving", "settlement/payout/half-on-cash/leaving"),
        ("payout/0/leaving/bad", "settlement/payout/half-on-cash/leaving/bad"),
        ("draws/0/recovery", "settlement/draws/start/recovery"),
        ("draws/0/recovery/share", "settlement/draws/start/recovery/share"),
        ("draws/0/limit", "settlement/draws/start/limit"),
        ("draws/0/last_period", "settlement/draws/start/last_period"),
        ("guarantees/0/amount", "settlement/guarantees/first-quarter/amount"),
        ("clawbacks/0/within_days", "settlement/clawbacks/gone-early/within_days"),
        ("clawbacks/0/recover_at_most", "settlement/clawbacks/gone-early/recover_at_most"),
        ("limits/0/per", "settlement/limits/most-a-year/per"),
    ],
)
def test_a_feature_that_is_used_states_all_of_it(place: str, path: str) -> None:
    assert problems(change(place, None)) == {("policy_missing", path)}


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ("below_zero", "forget", "choice_unknown"),
        ("surprise", 1, "key_unknown"),
        ("pay_date", {"days_after_period": -1}, "whole_number_expected"),
        ("limits/0/on", "points", "reference_unknown"),
        ("limits/0", {"id": "f", "kind": "floor", "on": "statement", "per": "year", "amount": 1},
         "floor_per_year"),
        ("payout/0/component", "bonus", "reference_unknown"),
        ("payout/0/parts/0/share", "40%", "shares_incomplete"),
        ("payout/0/parts/0", {"share": "50%", "on": "vesting"}, "key_missing"),
        ("payout/0/leaving/bad", "pro-rata", "pro_rata_without_date"),
        ("draws/0/last_period", "2025Q1", "periods_reversed"),
        ("draws/0/first_period", "soon", "period_malformed"),
        ("draws/0/recovery/share", "101%", "share_above_all"),
        ("draws/0/amount", -5, "amount_negative"),
        ("clawbacks/0/within_days", "none", "days_missing"),
        ("payment/currency", "plan", "exchange_unused"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(place: str, value: Any, code: str) -> None:
    assert code in {found for found, _ in problems(change(place, value))}


def test_one_component_is_paid_out_one_way_and_one_event_has_one_clause() -> None:
    clause = documented()
    clause["payout"].append({**documented()["payout"][0], "id": "again"})
    clause["clawbacks"].append({**documented()["clawbacks"][0], "id": "again"})
    assert ("stated_twice", "settlement/payout") in problems(clause)
    del clause["payout"][1]
    assert ("stated_twice", "settlement/clawbacks") in problems(clause)
    assert ("mapping_expected", "settlement") in problems("none")
