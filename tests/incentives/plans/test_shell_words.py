"""The engine’s commands speak the language that a shell is set to, in the words of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from typer.testing import CliRunner

from paceline.cli import app
from paceline.engine import remedies
from paceline.engine.csv_faults import FAULTS
from paceline.engine.voice import SAID, Language, language_of
from paceline.incentives import shell_words

TEMPLATE = Path("paceline/incentives/plan_templates/accelerator/plan.yaml")
SHELLS = {"en": "en_GB.UTF-8", "zh-hant": "zh_TW.UTF-8", "zh-hans": "zh_CN.UTF-8"}

FINE = {
    "en": "plan.yaml: the plan can be used.",
    "zh-hant": "plan.yaml：這份辦法可以使用。",
    "zh-hans": "plan.yaml：此方案可以使用。",
}
CURRENCY = {
    "en": "bad.yaml:9:11: currency: XXZ is no active currency of ISO 4217",
    "zh-hant": "bad.yaml:9:11: currency: XXZ 不是使用中的幣別（ISO 4217）。",
    "zh-hans": "bad.yaml:9:11: currency: XXZ 不是使用中的币种（ISO 4217）。",
}
COLUMN = {
    "en": (
        "tables/order_lines.csv: order_lines has no column payee_id\n"
        "    mend: Add the column, or correct its name.\n"
    ),
    "zh-hant": (
        "tables/order_lines.csv: order_lines 沒有欄位 payee_id\n"
        "    修正方法：請補上這個欄位，或更正欄位名稱。\n"
    ),
    "zh-hans": (
        "tables/order_lines.csv: order_lines 没有列 payee_id\n"
        "    修正方法：请补上该列，或更正列名。\n"
    ),
}
COUNTS = {
    "en": "0 serious, 0 warnings, 1 notes, 3 not looked at",
    "zh-hant": "嚴重 0 項，值得斟酌 0 項，備註 1 項，未檢查 3 項",
    "zh-hans": "严重 0 项，值得斟酌 0 项，备注 1 项，未检查 3 项",
}
FOLDER = {
    "en": "nowhere: there is no such folder\n",
    "zh-hant": "nowhere：沒有這個資料夾\n",
    "zh-hans": "nowhere：没有这个文件夹\n",
}
PERIOD = {
    "en": "'2024X1' is no period; write 2020, 2020H1, 2020Q2, 2020-06 or, of weeks, "
    "2020-02-02W13\n",
    "zh-hant": "「2024X1」不是期間；請寫 2020、2020H1、2020Q2、2020-06，"
    "週制年度則如 2020-02-02W13\n",
    "zh-hans": "“2024X1”不是期间；请写 2020、2020H1、2020Q2、2020-06，周制年度则如 2020-02-02W13\n",
}
WEEKS = {
    "en": "7 weeks are no period .* the nearest has 6",
    "zh-hant": "沒有 7 週的期間，最接近的是 6 週",
    "zh-hans": "没有 7 周的期间，最接近的是 6 周",
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    text = TEMPLATE.read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    Path("plan.yaml").write_text(text, "utf-8")
    Path("bad.yaml").write_text(text.replace("currency: USD", "currency: XXZ", 1), "utf-8")
    Path("tables").mkdir()
    Path("tables/order_lines.csv").write_text("line_id,ordered_on\n", "utf-8")
    with translation.override(translation.get_language()):  # a command sets its own
        yield


def told(shell: str, *arguments: str) -> tuple[int, str]:
    done = CliRunner(env={"LC_ALL": shell}).invoke(app, list(arguments))
    return done.exit_code, done.output


def calculated(shell: str, *, tables: str = "tables", period: str = "2024Q1") -> tuple[int, str]:
    places = ("--tables", tables, "--out", "results")
    return told(shell, "calculate", "plan.yaml", "--period", period, *places)


@pytest.mark.parametrize("language", SHELLS)
def test_a_plan_is_checked_in_the_language_of_the_shell(language: str) -> None:
    shell = SHELLS[language]
    assert told(shell, "check-plan", "plan.yaml") == (0, f"{FINE[language]}\n")
    assert told(shell, "check-plan", "bad.yaml") == (1, f"{CURRENCY[language]}\n")
    # The option goes before what the shell is set to.
    other = SHELLS["zh-hans" if language == "en" else "en"]
    assert told(other, "check-plan", "plan.yaml", "--locale", language)[1] == f"{FINE[language]}\n"


@pytest.mark.parametrize("language", SHELLS)
def test_findings_are_told_in_the_language_of_the_shell(language: str) -> None:
    code, output = told(SHELLS[language], "check-plan", "plan.yaml", "--lint")
    lines = output.splitlines()
    assert (code, lines[0], lines[-1]) == (0, FINE[language], COUNTS[language])
    assert "components/commission/cap" in lines[1]
    assert "790%" in lines[1]


@pytest.mark.parametrize("language", SHELLS)
def test_refused_tables_are_told_in_the_language_of_the_shell(language: str) -> None:
    shell = SHELLS[language]
    code, output = calculated(shell)
    assert code == 1
    assert output.startswith(COLUMN[language])
    assert calculated(shell, tables="nowhere") == (2, FOLDER[language])
    assert calculated(shell, period="2024X1") == (2, PERIOD[language])
    code, output = calculated(shell, period="2024-02-04W7")
    assert code == 2
    assert re.search(WEEKS[language], output)
    assert not Path("results").exists()


def test_a_language_that_is_not_spoken_is_refused() -> None:
    code, output = told("C", "check-plan", "plan.yaml", "--locale", "fr")
    assert code == 2
    assert "zh-hant" in output


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-hant"),
        ({"LANG": "zh_HK"}, "zh-hant"),
        ({"LANG": "zh-Hant"}, "zh-hant"),
        ({"LANG": "zh_CN.GB18030"}, "zh-hans"),
        ({"LANG": "zh_SG@pinyin"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8"}, "zh-hant"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8", "LC_ALL": "C"}, "en"),
    ],
)
def test_the_language_of_a_shell(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) is Language(language)


def test_every_sentence_of_the_commands_has_its_words() -> None:
    assert {name: str(text) for name, text in shell_words.SAID.items()} == SAID


def test_every_fault_of_a_cell_has_its_words() -> None:
    assert {name: str(text) for name, text in shell_words.FAULTS.items()} == FAULTS
    assert shell_words.FAULTS_OF_CELLS == remedies.FAULTS_OF_CELLS
    assert str(shell_words.CELL) == remedies.CELL


CELL = {
    "en": "this row has 3 fields, the header has 2; put texts with commas into double quotes",
    "zh-hant": "這一行有 3 欄，標題列有 2 欄；含逗號的文字請用雙引號括起來",
    "zh-hans": "这一行有 3 列，标题行有 2 列；含逗号的文字请用双引号括起来",
}
MEND_OF_CELL = {
    "en": "Correct the value",
    "zh-hant": "請更正這個值",
    "zh-hans": "请更正这个值",
}
DAY = {
    "en": "ordered_on: '1.4.24' is no day of the years 1 to 9999; write it as 2026-11-11",
    "zh-hant": "ordered_on：「1.4.24」不是 1 至 9999 年間的日期；請寫成 2026-11-11",
    "zh-hans": "ordered_on：“1.4.24”不是 1 至 9999 年间的日期；请写成 2026-11-11",
}


@pytest.mark.parametrize("language", SHELLS)
def test_a_cell_that_cannot_be_read_is_told_in_the_language_of_the_shell(language: str) -> None:
    for row, words in (("L1,2024-01-01,x", CELL), ("L1,1.4.24", DAY)):
        Path("tables/order_lines.csv").write_text(f"line_id,ordered_on\n{row}\n", "utf-8")
        code, output = calculated(SHELLS[language])
        assert code == 1
        assert output.startswith(f"tables/order_lines.csv:2: order_lines: {words[language]}\n")
        # A wrong cell is corrected; nobody has to write the whole file anew for it.
        assert (MEND_OF_CELL[language] in output) is (words is DAY)
        assert "Parquet" not in output
