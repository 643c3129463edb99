"""Edits change the clause they name and nothing else in the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paceline.engine.plan import edit

TEXT = """\
# What resellers earn.
paceline: 1   # the language
plan: reseller
name: {en: Reseller, zh-Hant: 經銷}
policies:
  boundary: upper               # the upper tier
credits:
- id: own
  kind: direct
components:
  # Most of the pay.
  - id: commission
    rates:
      reading: slice
      tiers:
        - {from: 0%, rate: 2%}  # below quota
        - {from: 100%, rate: 4%}   # above

    cap: 50000.00

  # Once a quarter.
  - id: bonus
    when: 'category != "Shipping"'
    pays: {amount: 1000.00}
"""
TIERS = ("components", 0, "rates", "tiers")


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_value_changes_and_its_comment_stays() -> None:
    after = edit.set_value(TEXT, (*TIERS, 1, "rate"), "5%")
    assert changed_lines(TEXT, after) == (
        ["        - {from: 100%, rate: 4%}   # above"],
        ["        - {from: 100%, rate: 5%}   # above"],
    )
    after = edit.set_value(TEXT, ("policies", "boundary"), "lower")
    assert "  boundary: lower               # the upper tier\n" in after


def test_quotes_stay_and_come_where_needed() -> None:
    after = edit.set_value(TEXT, ("components", 1, "when"), "category = 'It''s'")
    assert edit.read(after)["components"][1]["when"] == "category = 'It''s'"  # type: ignore[index]
    for words in ("a: b", "# no comment", "- x", "yes, [no]", " blank ", "", "a\nb", "%5", "null"):
        after = edit.set_value(TEXT, ("name", "en"), words)
        assert edit.read(after)["name"] == {"en": words, "zh-Hant": "經銷"}  # type: ignore[index]


def test_a_missing_key_is_added_to_its_own_mapping() -> None:
    after = edit.set_value(TEXT, ("components", 1, "cap"), "900.00")
    assert after.endswith("    pays: {amount: 1000.00}\n    cap: 900.00\n")
    after = edit.set_value(TEXT, ("name", "zh-Hans"), "经销")
    assert "name: {en: Reseller, zh-Hant: 經銷, zh-Hans: 经销}\n" in after
    after = edit.set_value(TEXT, ("components", 0, "floor"), "1.00")
    assert "    cap: 50000.00\n    floor: 1.00\n\n  # Once a quarter.\n" in after


def test_members_are_inserted_in_the_style_of_their_list() -> None:
    after = edit.insert(TEXT, TIERS, 2, {"from": "120%", "rate": "6%"})
    assert "   # above\n        - {from: 120%, rate: 6%}\n" in after
    after = edit.insert(TEXT, TIERS, 0, {"from": "120%", "rate": "6%"})
    assert (
        "      tiers:\n        - {from: 120%, rate: 6%}\n        - {from: 0%, rate: 2%}  # below"
        in after
    )
    member = {"id": "new", "name": {"en": "New"}, "kind": "bonus", "pays": {"amount": "5.00"}}
    after = edit.insert(TEXT, ("components",), 1, member)
    assert (
        "\n  - id: new\n    name: {en: New}\n    kind: bonus\n    pays: {amount: 5.00}\n" in after
    )
    assert [part["id"] for part in edit.read(after)["components"]] == [  # type: ignore[index]
        "commission",
        "new",
        "bonus",
    ]
    after = edit.insert(TEXT, ("credits",), 1, {"id": "team", "kind": "rollup", "of": "own"})
    assert "  kind: direct\n- id: team\n  kind: rollup\n  of: own\ncomponents:" in after


def test_a_member_moves_with_the_comment_above_it() -> None:
    after = edit.move(TEXT, ("components",), 1, 0)
    assert after.index("# Once a quarter.\n  - id: bonus") < after.index(
        "# Most of the pay.\n  - id: comm"
    )
    assert edit.move(after, ("components",), 0, 1) == TEXT
    after = edit.move(TEXT, TIERS, 0, 1)
    assert after.index("rate: 4%}   # above") < after.index("rate: 2%}  # below quota")


def test_a_member_goes_with_its_comment_and_nothing_else() -> None:
    after = edit.remove(TEXT, ("components", 1))
    assert changed_lines(TEXT, after) == (
        [
            "  # Once a quarter.",
            "  - id: bonus",
            "    when: 'category != \"Shipping\"'",
            "    pays: {amount: 1000.00}",
        ],
        [],
    )
    after = edit.remove(TEXT, ("components", 0, "cap"))
    assert changed_lines(TEXT, after) == (["    cap: 50000.00"], [])
    after = edit.remove(TEXT, ("name", "zh-Hant"))
    assert "name: {en: Reseller}\n" in after


def test_the_last_member_leaves_an_empty_list_that_takes_a_new_one() -> None:
    after = edit.remove(TEXT, ("credits", 0))
    assert "credits: []\ncomponents:" in after
    after = edit.insert(after, ("credits",), 0, {"id": "own", "kind": "direct"})
    assert edit.read(after)["credits"] == [{"id": "own", "kind": "direct"}]  # type: ignore[index]


def test_a_scalar_gives_way_to_a_mapping_and_back() -> None:
    after = edit.set_value(TEXT, ("plan",), {"en": "One", "zh-Hans": "一"})
    assert "plan: {en: One, zh-Hans: 一}\nname:" in after
    rates = {"reading": "whole", "on": "amount", "tiers": [{"from": "0", "rate": "1%"}]}
    after = edit.set_value(TEXT, ("components", 0, "rates"), rates)
    assert edit.read(after)["components"][0]["rates"] == rates  # type: ignore[index]
    assert "    cap: 50000.00\n" in after
    after = edit.set_value(after, ("components", 0, "rates"), "none")
    assert "    rates: none" in after


def test_a_key_takes_another_name_and_keeps_its_value_and_comment() -> None:
    text = "attributes: {campaign: text, tax: money}  # two\nname: X\n"
    renamed = edit.rename(text, ("attributes", "tax"), "vat")
    assert renamed == "attributes: {campaign: text, vat: money}  # two\nname: X\n"
    with pytest.raises(edit.PlaceUnknown):
        edit.rename(text, ("attributes", "tax"), "campaign")
    with pytest.raises(edit.PlaceUnknown):
        edit.rename(text, ("attributes", "none"), "other")


def test_an_unknown_place_is_refused() -> None:
    for path in (("components", 7, "id"), ("nowhere", "x"), ("plan", "x")):
        with pytest.raises(edit.PlaceUnknown):
            edit.set_value(TEXT, path, "1")
    with pytest.raises(edit.PlaceUnknown):
        edit.remove(TEXT, ("policies", "rounding"))


@settings(deadline=None)
@given(st.text(st.characters().filter(str.isprintable), max_size=40))
def test_any_text_reads_back_as_it_was_set(words: str) -> None:
    after = edit.set_value(TEXT, ("plan",), words)
    assert edit.read(after) == {**edit.read(TEXT), "plan": words}  # type: ignore[dict-item]
    after = edit.set_value(TEXT, ("name", "en"), words)
    assert edit.read(after)["name"] == {"en": words, "zh-Hant": "經銷"}  # type: ignore[index]
