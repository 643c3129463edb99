"""One folding for the index and for what is asked."""

from __future__ import annotations

import pytest

from paceline.search.folding import TERMS_MAX, fold, question, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("客戶", "客户"),
        ("臺北銷售部", "台北销售部"),
        ("裡", "裏"),
        ("ＰＲＩＹＡ　Ｎａｉｒ", "priya nair"),
        ("Zoë Ångström", "zoe angstrom"),
        ("Straße", "STRASSE"),
        ("Łódź Øre Đỗ", "lodz ore do"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("İstanbul", "istanbul"),
        ("ﬁrma №7", "firma no7"),
    ],
)
def test_both_ways_of_writing_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_part_folds_as_in_the_whole() -> None:
    """乾 becomes 干 in some words and stays in others; here it does not depend on neighbours."""
    for whole in ("乾隆皇帝", "乾燥機", "干部", "皇后", "後來"):
        for place in range(len(whole)):
            assert fold(whole[place]) == fold(whole)[place]


def test_chinese_is_cut_into_characters_and_pairs_and_the_rest_into_words() -> None:
    assert terms(["林文心", "Lin Wen-hsin", "E-017"]) == sorted(
        ["林", "文", "心", "林文", "文心", "lin", "wen", "hsin", "e", "017"]
    )
    assert terms(["台北A組"]) == sorted(["台", "北", "台北", "a", "组"])
    assert terms(["", "—·!", "\0"]) == []


def test_what_is_asked_names_pairs_beginnings_and_pieces() -> None:
    asked = question("客戶經理 li")
    assert asked.terms == ("客户", "户经", "经理")
    assert asked.pieces == ("客户经理",)
    assert asked.beginnings == ("li",)
    assert question("戶").terms == ("户",)
    assert question("l").terms == ("l",)
    assert not question(" -- ' & | ! : * ( ) \\ ")


def test_a_huge_text_is_bounded() -> None:
    assert len(terms(["".join(chr(0x4E00 + place) for place in range(9000))])) <= TERMS_MAX
    assert len(fold("x" * 1_000_000)) == 4000
