"""The form over the text: fields and buttons change what they name, and comments stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from paceline.incentives import plan_templates, problems
from paceline.incentives.calculation import documents
from paceline.incentives.forms.plan import document
from paceline.incentives.forms.plan.document import changed_by_button, changed_by_fields, read_form
from tests.incentives.plans.conftest import SOURCE
from tests.incentives.plans.widened import WIDENED

TIERS = "components.0.rates.tiers"
FOLDER = Path(plan_templates.__file__).parent


def lines_changed(before: str, after: str) -> list[str]:
    old = before.splitlines()
    return [line.strip() for line in after.splitlines() if line not in old]


def field_values(source: str) -> dict[str, str]:
    form = read_form(source)
    assert form is not None
    return {field.name: field.value for field in form.fields()}


def test_the_form_shows_every_value_of_the_text() -> None:
    values = field_values(SOURCE)
    assert values["name.zh-Hant"] == "業務抽成"
    assert values[f"{TIERS}.1.rate"] == "4%"
    assert values["components.0.cap"] == "50000.00"
    assert values["components.1@when"] == "attainment"
    assert values["policies.accumulation_order"] == "ordered_on, line_id"
    assert values["credits.1.levels"] == "1"


def test_unchanged_fields_change_nothing() -> None:
    assert changed_by_fields(SOURCE, SOURCE, field_values(SOURCE)) == SOURCE


def test_a_changed_field_changes_its_line_alone() -> None:
    after = changed_by_fields(SOURCE, SOURCE, {f"{TIERS}.1.rate": "5%"})
    assert lines_changed(SOURCE, after) == ["- {from: 100%, rate: 5%}   # above quota"]
    after = changed_by_fields(
        SOURCE, SOURCE, {"components.0.cap": "", "policies.boundary": "lower"}
    )
    assert "cap:" not in after
    assert "  boundary: lower   # 100 % exactly" in after
    assert after.startswith("# What a seller earns on their own sales.\n")


def test_what_was_edited_in_the_text_meanwhile_stays() -> None:
    by_hand = SOURCE.replace("rate: 2%", "rate: 3%")
    after = changed_by_fields(SOURCE, by_hand, {**field_values(SOURCE), f"{TIERS}.1.rate": "5%"})
    assert "rate: 3%}  # up to quota" in after
    assert "rate: 5%}   # above quota" in after


@pytest.mark.parametrize(
    "operation",
    [
        f"add {TIERS} tier",
        "add components commission",
        "add components bonus",
        "add measures measure",
        "add quotas quota",
        "add credits direct",
        "add credits rollup",
        f"down {TIERS}.0",
        "up components.1",
        "remove components.1",
        "languages purpose",
        "languages components.1.name",
        "languages measures.0.label",
    ],
)
def test_every_button_leaves_a_text_that_reads(operation: str) -> None:
    after = changed_by_button(SOURCE, operation)
    assert after != SOURCE
    found = {problem.code for problem in documents.check(after)}
    assert found <= {"tiers_start_above_zero", "tiers_unordered"}
    assert read_form(after) is not None


@pytest.mark.parametrize(
    "operation", ["", "remove", "remove components.9", "up nowhere.1", "add x y", "drop a", "add"]
)
def test_a_button_that_fits_nothing_changes_nothing(operation: str) -> None:
    assert changed_by_button(SOURCE, operation) == SOURCE


@pytest.mark.parametrize(
    ("name", "value", "codes"),
    [
        ("components.0@pay", "amount", set()),
        ("components.1@pay", "rates", set()),
        ("components.1@when", "", set()),
        ("components.1@when", "measure", set()),
        ("components.0.rates@on", "amount", {"number_malformed"}),
        ("measures.1@kind", "count", set()),
        ("credits.1@kind", "direct", set()),
    ],
)
def test_a_choice_changes_the_clauses_that_belong_to_it(
    name: str, value: str, codes: set[str]
) -> None:
    after = changed_by_fields(SOURCE, SOURCE, {name: value})
    assert field_values(after)[name] == value
    assert {problem.code for problem in documents.check(after)} == codes


def test_a_measure_lists_its_credits() -> None:
    after = changed_by_fields(SOURCE, SOURCE, {"measures.0.credits": "own-sales, team-sales"})
    assert lines_changed(SOURCE, after) == ["credits: [own-sales, team-sales]"]


LABELLED = ["credits.1", "measures.0", "quotas.0"]


@pytest.mark.parametrize("place", LABELLED)
def test_a_label_is_said_renamed_and_taken_out_again(place: str) -> None:
    name = f"{place}.label"
    assert field_values(SOURCE)[name] == ""
    said = changed_by_fields(SOURCE, SOURCE, {name: "Own shop: all of it"})
    assert lines_changed(SOURCE, said) == ["label: 'Own shop: all of it'"]
    assert documents.check(said) == ()
    renamed = changed_by_fields(said, said, {name: "All sales"})
    assert lines_changed(SOURCE, renamed) == ["label: 'All sales'"], "quoted as before"
    assert changed_by_fields(renamed, renamed, {name: ""}) == SOURCE


@pytest.mark.parametrize("place", LABELLED)
def test_a_label_is_said_in_each_language_and_taken_out_again(place: str) -> None:
    name = f"{place}.label"
    one = changed_by_button(SOURCE, f"languages {name}")
    shown = field_values(one)
    assert name not in shown
    words = {"credits.1": "team sales", "measures.0": "sales", "quotas.0": "sales quota"}[place]
    assert shown[f"{name}.en"] == words, "it begins with what readers saw without a label"
    three = changed_by_fields(
        one, one, {f"{name}.en": "Sales", f"{name}.zh-Hant": "業績", f"{name}.zh-Hans": "销售"}
    )
    assert lines_changed(SOURCE, three) == ["label: {en: Sales, zh-Hant: 業績, zh-Hans: 销售}"]
    assert documents.check(three) == ()
    assert changed_by_fields(three, three, field_values(three)) == three
    without = changed_by_fields(three, three, {f"{name}.{key}": "" for key in ("en", "zh-Hant")})
    assert lines_changed(SOURCE, without) == ["label: {zh-Hans: 销售}"]
    assert changed_by_fields(without, without, {f"{name}.zh-Hans": ""}) == SOURCE


def test_labels_in_members_of_one_line_leave_the_rest_of_the_line() -> None:
    block = "  - id: sales-quota\n    measure: sales\n    name: sales\n"
    source = SOURCE.replace(
        block, "  - {id: sales-quota, measure: sales, name: sales}  # from the import\n"
    )
    after = changed_by_fields(source, source, {"quotas.0.label": "目標, 本季"})
    assert lines_changed(source, after) == [
        "- {id: sales-quota, measure: sales, name: sales, label: '目標, 本季'}  # from the import"
    ]
    assert field_values(after)["quotas.0.label"] == "目標, 本季"
    assert changed_by_fields(after, after, {"quotas.0.label": ""}) == source


def test_a_text_said_by_language_in_blocks_keeps_its_shape() -> None:
    source = SOURCE.replace(
        "    credits: own-sales\n",
        "    credits: own-sales\n    label:  # read aloud\n      en: Sales\n      zh-Hant: 業績\n",
    )
    after = changed_by_fields(source, source, {"measures.0.label.zh-Hant": "銷售"})
    assert lines_changed(source, after) == ["zh-Hant: 銷售"]


def test_problems_stand_beside_their_fields() -> None:
    source = SOURCE.replace("rate: 4%", "rate: four").replace("cap: 50000.00", "cap: -1")
    source = source.replace("  boundary: upper ", "  # boundary: upper ")
    source = source.replace("    kind: rollup\n", "    kind: rollup\n    label: [Team]\n")
    form = read_form(source, problems.plain_problems(documents.check(source)))
    assert form is not None
    beside = {field.name: field.problems for field in form.fields() if field.problems}
    assert set(beside) == {f"{TIERS}.1.rate", "policies.boundary", "credits.1.label"}
    assert form.problems == []


def test_what_cannot_be_a_form_stays_text() -> None:
    assert read_form("a: [") is None
    assert read_form("- a list") is None
    assert read_form(SOURCE + "#" * document.CHARACTERS_MAX) is None
    assert changed_by_fields("a: [", "b: [", {"name": "x"}) == "b: ["
    assert changed_by_button("a: [", "add components bonus") == "a: ["


def test_a_text_with_nothing_in_it_can_be_built_up_by_the_form() -> None:
    source = "paceline: 1\n"
    for button in ("credits direct", "measures measure", "quotas quota", "components commission"):
        source = changed_by_button(source, f"add {button}")
    posted = {
        "name": "A plan", "currency": "TWD", "period": "month", "policies.boundary": "upper",
        "policies.rounding.mode": "half-up", "policies.rounding.stage": "component",
        "policies.accumulation": "period", "policies.accumulation_order": "ordered_on, line_id",
        "policies.hierarchy_date": "order-date", "policies.exchange.date": "order-date",
        "policies.exchange.rate": "average", "policies.anchor": "booking",
        "policies.splits": "exactly-100",
    }  # fmt: skip
    source = changed_by_fields(source, source, posted)
    assert [problem.params.get("key") for problem in documents.check(source)] == ["plan"]


@pytest.mark.parametrize("name", list(WIDENED))
def test_the_form_keeps_what_it_does_not_show(name: str) -> None:
    """Posting a form as it was drawn changes no letter."""
    source = WIDENED[name]
    form = read_form(source)
    assert form is not None
    posted = {one.name: one.value for one in form.fields()}
    assert changed_by_fields(source, source, posted) == source
    assert form.left() == []


@pytest.mark.parametrize(
    "value", ["target_share", "formula", "scorecard", "pool", "contest", "amount", "rates"]
)
def test_every_way_of_paying_begins_as_a_plan_that_reads(value: str) -> None:
    source = SOURCE.replace("currency: USD", "currency: USD\ntarget_incentive: {amount: 6000}", 1)
    after = changed_by_fields(source, source, {"components.1@pay": value})
    assert documents.check(after) == ()
    assert documents.load(after).components[0] == documents.load(source).components[0]


@pytest.mark.parametrize("value", ["distinct", "min", "max", "ratio", "formula", "figure", "count"])
def test_every_kind_of_measure_begins_with_what_it_needs(value: str) -> None:
    after = changed_by_fields(SOURCE, SOURCE, {"measures.1@kind": value})
    assert documents.check(after) == () or value in {"ratio", "formula"}
    assert documents.load(after).measures[1].kind == value


def test_a_second_direct_rule_states_which_of_them_takes_a_line() -> None:
    after = changed_by_button(SOURCE, "add credits direct")
    assert documents.load(after).policies.precedence == "all"
    form = read_form(after)
    assert form is not None
    assert "policies.precedence" in {one.name for one in form.fields()}


def test_a_pool_is_shared_by_coalitions_in_a_table_or_stated_here_and_back() -> None:
    source = (FOLDER / "host-pool" / "plan.yaml").read_text(encoding="utf-8")
    shares = "components.1.pool@shares"
    text = changed_by_fields(source, source, {shares: "table"})
    assert "shapley: pool" in text
    text = changed_by_fields(text, text, {shares: "stated"})
    assert "{of: payee, value: 100.00}" in text
    text = changed_by_fields(text, text, {"components.1.pool.shapley.0.of": "ana, ben"})
    assert "{of: [ana, ben], value: 100.00}" in text
    assert field_values(text)["components.1.pool.shapley.0.of"] == "ana, ben"
    text = changed_by_fields(text, text, {shares: "table"})
    assert "shapley: pool" in text
    assert "[ana, ben]" not in text
    text = changed_by_fields(text, text, {shares: "weights"})
    assert "shapley" not in text


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("1,000,000", "1000000"),
        ("１，２３４，５６７．５０", "1234567.50"),
        ("12,345.67", "12345.67"),
        ("1,00,000", "1,00,000"),
        ("0,500", "0,500"),
        ("1,5", "1,5"),
        ("1.000,50", "1.000,50"),
        ("1,0000", "1,0000"),
    ],
)
def test_an_amount_is_taken_with_commas_between_its_thousands_alone(
    typed: str, written: str
) -> None:
    """What could be something else stays as it was typed, and is told to be no number."""
    after = changed_by_fields(SOURCE, SOURCE, {"components.0.cap": typed})
    assert field_values(after)["components.0.cap"] == written
    assert bool(documents.check(after)) == ("," in written)
    tier = changed_by_fields(SOURCE, SOURCE, {f"{TIERS}.1.from": typed})
    assert field_values(tier)[f"{TIERS}.1.from"] == written
