"""A plan that cannot be used is refused with a place and a remedy, quickly, whatever the text."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from paceline import engine
from paceline.engine.formula.grammar import parse_formula
from paceline.engine.tables import LINE_ATTRIBUTES

PLAN = """\
paceline: 1
plan: reseller-commission
name: {en: Reseller commission, zh-Hant: 經銷抽成}
currency: USD
period: quarter
policies:
  boundary: upper
  rounding: {mode: half-up, stage: component}
  accumulation: period
  accumulation_order: [ordered_on, line_id]
  hierarchy_date: order-date
  exchange: {date: order-date, rate: average}
  anchor: booking
  returns: own-day
  retroactivity: carry-forward
  splits: exactly-100
credits:
  - {id: own-sales, kind: direct, when: 'category != "Shipping"'}
  - {id: team-sales, kind: rollup, of: own-sales, levels: 1}
measures:
  - {id: sales, kind: sum, of: amount, credits: own-sales}
quotas:
  - {id: sales-quota, measure: sales, name: sales}
components:
  - id: commission
    name: Commission
    kind: commission
    measure: sales
    rates:
      reading: slice
      on: attainment
      quota: sales-quota
      tiers:
        - {from: 0%, rate: 2%}
        - {from: 100%, rate: 4%}
    cap: 50000.00
  - id: bonus
    name: Bonus
    kind: bonus
    pays: {amount: 1000.00}
    when: {attainment: sales-quota, at_least: 100%}
"""


def change(old: str, new: str) -> str:
    assert PLAN.count(old) >= 1
    return PLAN.replace(old, new, 1)


def test_the_plan_is_read_into_clauses() -> None:
    plan = engine.load_plan(PLAN)
    assert plan.slug == "reseller-commission"
    assert [component.clause for component in plan.components] == [
        "components/commission",
        "components/bonus",
    ]
    rates = plan.component("commission").rates
    assert rates is not None
    assert [(str(tier.lower), tier.clause) for tier in rates.tiers] == [
        ("0.00", "components/commission/rates/tiers/1"),
        ("1.00", "components/commission/rates/tiers/2"),
    ]


@pytest.mark.parametrize("part", ["sales", "later", "own"])
def test_a_measure_draws_on_those_above_it_only(part: str) -> None:
    """Nothing is left out in silence: not itself, not one below."""
    line = "  - {id: sales, kind: sum, of: amount, credits: own-sales}\n"
    own = f"  - {{id: own, kind: ratio, of: {part}, over: sales}}\n"
    later = "  - {id: later, kind: sum, of: amount, credits: own-sales}\n"
    text = change(line, line + own + later)
    if part == "sales":
        assert engine.load_plan(text).measures[1].parts == ("sales", "sales")
        return
    with pytest.raises(engine.PlanInvalid) as refusal:
        engine.load_plan(text)
    (problem,) = refusal.value.problems
    assert (problem.code, problem.path) == ("measure_not_above", "measures/own/of")


def test_comments_and_layout_do_not_change_the_hash_but_meaning_does() -> None:
    same = "# a note\n" + PLAN.replace(
        "{mode: half-up, stage: component}", "\n    mode: half-up\n    stage: component"
    )
    assert engine.load_plan(same).hash == engine.load_plan(PLAN).hash
    assert engine.load_plan(change("rate: 2%", "rate: 3%")).hash != engine.load_plan(PLAN).hash


REFUSED = [
    ("kind: commission\n", "kind: commision\n", "choice_unknown", "components/commission/kind"),
    ("    cap: 50000.00", "    capp: 50000.00", "key_unknown", "components/commission"),
    ("currency: USD", "currency: USX", "currency_unknown", "currency"),
    ("period: quarter", "period: fortnight", "choice_unknown", "period"),
    ("  boundary: upper\n", "", "policy_missing", "policies"),
    ("  exchange: {date: order-date, rate: average}\n", "", "policy_missing", "policies"),
    ("[ordered_on, line_id]", "[ordered_on]", "order_not_total", "policies/accumulation_order"),
    ("of: own-sales, levels", "of: ownsales, levels", "reference_unknown", "credits/team-sales/of"),
    ("levels: 1", "levels: 0", "level_malformed", "credits/team-sales/levels"),
    (
        "{from: 0%, rate: 2%}",
        "{from: 10%, rate: 2%}",
        "tiers_start_above_zero",
        "components/commission/rates/tiers/1",
    ),
    (
        "{from: 0%, rate: 2%}",
        "{from: 0%, to: 90%, rate: 2%}",
        "tier_gap",
        "components/commission/rates/tiers/1",
    ),
    (
        "{from: 0%, rate: 2%}",
        "{from: 0%, to: 110%, rate: 2%}",
        "tier_overlap",
        "components/commission/rates/tiers/1",
    ),
    (
        "{from: 100%, rate: 4%}",
        "{from: 0%, rate: 4%}",
        "tiers_unordered",
        "components/commission/rates/tiers/2",
    ),
    (
        "{from: 100%, rate: 4%}",
        "{from: 100%, to: 200%, rate: 4%}",
        "tier_ends",
        "components/commission/rates/tiers/2",
    ),
    ("rate: 2%", "rate: -2%", "percent_negative", "components/commission/rates/tiers/1/rate"),
    ("rate: 2%", "rate: 0.02", "percent_malformed", "components/commission/rates/tiers/1/rate"),
    ("rate: 2%", "rate: .nan", "percent_malformed", "components/commission/rates/tiers/1/rate"),
    ("50000.00", ".inf", "number_malformed", "components/commission/cap"),
    ("50000.00", "NaN", "number_malformed", "components/commission/cap"),
    ("50000.00", "1e400", "number_malformed", "components/commission/cap"),
    ("50000.00", "9" * 3000, "number_malformed", "components/commission/cap"),
    ("50000.00", "", "value_missing", "components/commission/cap"),
    ("50000.00", "50,000.00", "number_malformed", "components/commission/cap"),
    (
        "    cap: 50000.00",
        "    cap: 1.00\n    floor: 2.00",
        "floor_above_cap",
        "components/commission",
    ),
    ("    measure: sales\n", "", "key_missing", "components/commission"),
    ("      quota: sales-quota\n", "", "key_missing", "components/commission/rates"),
    ("of: amount", "of: amonut", "name_unknown", "measures/sales/of"),
    ("of: amount", "of: category", "formula_type", "measures/sales/of"),
    (
        "accumulation: period",
        "accumulation: transaction",
        "attainment_needs_period",
        "components/commission/rates",
    ),
    ("paceline: 1", "paceline: 2", "choice_unknown", "paceline"),
    ("plan: reseller-commission", "plan: Reseller Commission!", "id_malformed", "plan"),
    ("  - id: bonus", "  - id: commission", "id_repeated", "components/commission"),
    ("    pays: {amount: 1000.00}\n", "", "pay_unclear", "components/bonus"),
]


@pytest.mark.parametrize(
    ("old", "new", "code", "path"), REFUSED, ids=[row[2] + "-" + row[1][:20] for row in REFUSED]
)
def test_each_fault_is_named_with_its_place(old: str, new: str, code: str, path: str) -> None:
    problems = engine.check_plan(change(old, new), name="plan.yaml")
    found = [(problem.code, problem.path) for problem in problems]
    assert (code, path) in found
    first = problems[found.index((code, path))]
    assert first.line is not None
    assert str(first).startswith(f"plan.yaml:{first.line}:{first.column}: {path}: ")
    with pytest.raises(engine.PlanInvalid):
        engine.load_plan(change(old, new))


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    (problem,) = engine.check_plan(change("    cap: 50000.00", "    caps: 50000.00"))
    assert problem.params["nearest"] == "cap"
    assert "did you mean cap?" in problem.message
    assert problem.line == 36


def test_a_missing_policy_lists_its_choices() -> None:
    (problem,) = engine.check_plan(change("  boundary: upper\n", ""))
    assert problem.params == {"policy": "boundary", "choices": "upper or lower"}


def test_every_fault_is_listed_at_once() -> None:
    text = (
        change("currency: USD", "currency: ???")
        .replace("period: quarter", "period: term")
        .replace("of: amount", "of: 1 +")
    )
    codes = {problem.code for problem in engine.check_plan(text)}
    assert codes == {"currency_unknown", "choice_unknown", "formula_malformed"}


HOSTILE = {
    "empty": "",
    "not a mapping": "- 1\n- 2\n",
    "a scalar": "hello",
    "deep brackets": "[" * 10_000,
    "deep braces": "{a: " * 10_000,
    "deep lines": "\n".join(" " * depth + "a:" for depth in range(2_000)),
    "aliases": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "tags": "a: !!python/object/apply:os.system [id]\n",
    "two documents": PLAN + "---\n" + PLAN,
    "key twice": PLAN + "plan: other\n",
    "too long": PLAN + "# " + "x" * 1_000_000,
    "one long word": "a: " + "x" * 100_000,
    "many keys": "\n".join(f"key{number}: 1" for number in range(30_000)),
    "tabs": "paceline:\n\t- 1",
    "control": "paceline: \x00",
    "lone surrogate": "paceline: \ud800",
    "broken quotes": 'name: "open',
    "complex key": "? [a, b]\n: c",
    "many rules": PLAN.replace(
        "measures:",
        "\n".join(f"  - {{id: rule-{number}, kind: direct}}" for number in range(10_000))
        + "\nmeasures:",
    ),
    "long formula": change("amount, credits", "'" + "amount + " * 1_000_00 + "amount', credits"),
    "deep formula": change(
        "amount, credits", "'" + "(" * 500 + "amount" + ")" * 500 + "', credits"
    ),
    "many nots": change('category != "Shipping"', "not " * 450 + "true"),
    "merge key": "base: {a: 1}\n<<: {b: 2}\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_documents_are_refused_within_a_second(text: str) -> None:
    started = time.thread_time()
    problems = engine.check_plan(text)
    assert time.thread_time() - started < 1
    assert problems
    assert all(problem.code and problem.message for problem in problems)


@settings(max_examples=150)
@given(st.text(max_size=300))
def test_no_text_raises_anything_else(text: str) -> None:
    for document in (
        text,
        PLAN.replace("reseller-commission", text),
        PLAN.replace("own-sales, levels", text),
    ):
        try:
            engine.load_plan(document)
        except engine.PlanInvalid:
            continue


@settings(max_examples=150)
@given(
    st.integers(0, len(PLAN) - 1),
    st.integers(0, 30),
    st.sampled_from(["", "{", "]", ":", "%", "-", "9", "\n", "'"]),
)
def test_a_damaged_plan_is_refused_or_read(start: int, length: int, inserted: str) -> None:
    damaged = PLAN[:start] + inserted + PLAN[start + length :]
    assert all(problem.code for problem in engine.check_plan(damaged))


def test_the_published_schema_is_the_engines_and_takes_the_plan() -> None:
    published = Path(__file__).parents[2] / "docs" / "plan.schema.json"
    assert json.loads(published.read_text("utf-8")) == engine.plan_schema()
    document = YAML(typ="safe", pure=True).load(PLAN)
    jsonschema.Draft202012Validator.check_schema(engine.plan_schema())
    jsonschema.validate(document, engine.plan_schema())
    del document["policies"]["boundary"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, engine.plan_schema())


CARD = """pays: {amount: 1000.00}"""
STEPS = {
    "{from: 0, rate: 0%}, {from: 5, rate: 50%}": [],
    "{from: 0, to: 5, rate: 0%}, {from: 5, rate: 50%}": [],
    "{from: 0, amount: 50}": ["steps/1", "steps/1"],
    "{from: 0, target_share: 50%}": ["steps/1", "steps/1"],
    "{from: 0, rate: 50%, marginal: yes}": ["steps/1"],
    "{from: 0, rate: [50%, 60%]}": ["steps/1/rate"],
    "[50%], {from: 0, rate: 50%, cap: 1}": ["steps/1", "steps/2"],
    "50%": ["steps/1"],
}


@pytest.mark.parametrize("steps", STEPS)
def test_the_schema_takes_the_steps_of_a_scorecard_that_the_language_takes(steps: str) -> None:
    """A step gives a score: an amount of 50 was read as a score of 5,000 %."""
    indicator = f"{{id: i, weight: 100%, value: sales, steps: [{steps}]}}"
    text = change(CARD, f"scorecard: {{target: 6000 USD, indicators: [{indicator}]}}")
    path = "components/bonus/scorecard/indicators/i/"
    problems = engine.check_plan(text)
    assert [one.path.removeprefix(path) for one in problems] == STEPS[steps]
    validator = jsonschema.Draft202012Validator(engine.plan_schema())
    assert validator.is_valid(YAML(typ="safe", pure=True).load(text)) == (not STEPS[steps])


def test_the_documented_plan_and_formulas_can_be_used() -> None:
    text = (Path(__file__).parents[2] / "docs" / "plan-language.md").read_text("utf-8")
    shown = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    assert engine.check_plan(shown.group(1)) == ()
    formulas = re.findall(r"^\| `([^`]+)` \| [a-z]", text.partition("| formula |")[2], re.MULTILINE)
    assert len(formulas) == 5
    for formula in formulas:
        parse_formula(formula, LINE_ATTRIBUTES)


@pytest.mark.parametrize(
    ("written", "instead", "path", "nearest"),
    [
        ("cap: 50000.00", "kap: 50000.00", "components/commission", "cap"),
        ("kind: commission\n", "kind: commision\n", "components/commission/kind", "commission"),
        ("boundary: upper", "boundary: uper", "policies/boundary", "upper"),
        ("of: own-sales, levels", "of: ownsales, levels", "credits/team-sales/of", "own-sales"),
        (
            "[ordered_on, line_id]",
            "[order_on, line_id]",
            "policies/accumulation_order",
            "ordered_on",
        ),
        ("category !=", "categry !=", "credits/own-sales/when", "category"),
    ],
)
def test_every_unknown_word_is_refused_with_the_nearest_known_one(
    written: str, instead: str, path: str, nearest: str
) -> None:
    text = PLAN.replace(written, instead, 1)
    assert text != PLAN
    found = [one for one in engine.check_plan(text, name="plan.yaml") if one.path == path]
    assert [one.params["nearest"] for one in found] == [nearest]
    assert str(found[0]).startswith("plan.yaml:")
    assert f"did you mean {nearest}?" in found[0].message


def test_without_policies_each_is_told_with_its_choices() -> None:
    """Not only that the section is missing: whoever begins a plan reads what to decide."""
    before, rest = PLAN.split("policies:\n")
    text = before + rest[rest.index("credits:\n") :]
    told = [one for one in engine.check_plan(text) if one.code == "policy_missing"]
    assert [one.params["policy"] for one in told] == [
        "boundary",
        "accumulation",
        "accumulation_order",
        "hierarchy_date",
        "anchor",
        "returns",
        "retroactivity",
        "splits",
        "rounding",
        "exchange",
    ]
    assert told[0].params["choices"] == "upper or lower"
    assert {one.path for one in told} == {"policies"}
    two = text.replace("measures:", "  - {id: more, kind: direct}\nmeasures:", 1)
    told = [one for one in engine.check_plan(two) if one.params.get("policy") == "precedence"]
    assert [one.params["choices"] for one in told] == ["all or listed or most-specific"]


def test_everything_that_is_missing_or_wrong_in_one_place_is_listed_at_once() -> None:
    text = PLAN
    for line in ("  boundary: upper\n", "  returns: own-day\n", "period: quarter\n"):
        text = text.replace(line, "", 1)
    text = text.replace("currency: USD\n", "", 1)
    heads = {one.params["key"] for one in engine.check_plan(text) if one.code == "key_missing"}
    assert heads == {"currency", "period"}
    text = change("  boundary: upper\n", "").replace("  returns: own-day\n", "", 1)
    text = text.replace("anchor: booking", "anchor: bookings").replace("mode: half-up", "mode: up")
    told = {(one.code, one.path, one.params.get("policy")) for one in engine.check_plan(text)}
    assert told == {
        ("policy_missing", "policies", "boundary"),
        ("policy_missing", "policies", "returns"),
        ("choice_unknown", "policies/anchor", None),
        ("choice_unknown", "policies/rounding/mode", None),
    }


@pytest.mark.parametrize(
    ("old", "new", "policy", "choices"),
    [
        (", stage: component", "", "rounding/stage", "component or tier or line"),
        ("mode: half-up, ", "", "rounding/mode", "half-up or half-even or down"),
        ("date: order-date, ", "", "exchange/date", "order-date or anchor-date or period-end"),
        (", rate: average", "", "exchange/rate", "a rate type"),
    ],
)
def test_half_a_policy_is_refused_with_the_choices_of_the_other_half(
    old: str, new: str, policy: str, choices: str
) -> None:
    (problem,) = engine.check_plan(change(old, new))
    assert (problem.code, problem.params) == (
        "policy_missing",
        {"policy": policy, "choices": choices},
    )


def test_a_formula_that_needs_what_stands_below_is_told_so() -> None:
    line = "  - {id: sales, kind: sum, of: amount, credits: own-sales}\n"
    circle = (
        "  - {id: one, kind: formula, of: 'sales + the_other'}\n"
        "  - {id: the-other, kind: formula, of: 'sales + one'}\n"
    )
    (problem,) = engine.check_plan(change(line, line + circle))
    assert (problem.code, problem.path) == ("measure_not_above", "measures/one/of")
    assert problem.params == {"name": "the-other"}


def test_one_mistake_is_not_told_again_by_formulas_that_need_the_clause() -> None:
    bonus = "    pays: {amount: 1000.00}\n"
    text = change(bonus, "    pays: {formula: 'commission.earned * 10%'}\n")
    (problem,) = engine.check_plan(text.replace("rate: 4%", "rate: four"))
    assert problem.code == "percent_malformed"
