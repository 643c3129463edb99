"""The command starts quickly for the engine and says what it cannot do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer._click.exceptions import ClickException

from paceline.cli import app
from paceline.web import shell_help, shell_mistakes

PROJECT = Path(__file__).resolve().parents[2]


def paceline(*words: str, speaking: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "paceline.cli", *words],
        cwd=PROJECT,
        env={**os.environ, "LC_ALL": speaking},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command() -> None:
    answer = paceline("--help")
    assert answer.returncode == 0
    for command in ("demo", "serve", "worker", "migrate", "locale", "calculate", "check-plan"):
        assert command in answer.stdout


def test_the_engines_commands_load_no_django() -> None:
    code = (
        "import sys; sys.argv = ['paceline', 'check-plan', '--help']\n"
        "from paceline.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "assert not any(name.split('.')[0] == 'django' for name in sys.modules)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr


def test_help_speaks_the_language_of_the_shell() -> None:
    told = paceline("calculate", "--help", speaking="zh_TW.UTF-8").stdout
    for words in (
        "用法：paceline calculate [選項]",
        "引數",
        "期間，例如 2020Q2。 [必填]",
        "[預設：parquet]",
    ):
        assert words in told
    assert "Usage" not in told
    assert "Show this message" not in told
    assert "[选项] 命令 [参数]..." in paceline("--help", speaking="zh_CN.UTF-8").stdout
    named = paceline("check-plan", "--locale", "zh-hans", "--help", speaking="zh_TW.UTF-8").stdout
    assert "检查方案文件，并列出所有错误。" in named
    english = paceline("check-plan", "--locale=en", "--help", speaking="zh_TW.UTF-8").stdout
    assert "Usage: paceline check-plan [OPTIONS]" in english


def test_mistakes_in_a_command_are_told_in_the_language_of_the_shell() -> None:
    """Each with the code 2, as in English, and with where to read on."""
    told = paceline("calculate", speaking="zh_TW.UTF-8")
    assert told.returncode == 2
    for words in (
        "用法：paceline calculate [選項]",
        "「paceline calculate --help」",
        "缺少引數 plan",
    ):
        assert words in told.stderr
    for english in ("Missing", "Usage", "Try", "Error"):
        assert english not in told.stderr
    assert "没有 chek 这个命令" in paceline("chek", speaking="zh_CN.UTF-8").stderr
    named = paceline("check-plan", "x", "--lnt", "--locale=zh-hans", speaking="C.UTF-8")
    assert "没有 --lnt 这个选项。可用的有：--lint" in named.stderr
    absent = paceline("check-plan", "absent.yaml", speaking="zh_TW.UTF-8")
    assert (absent.returncode, absent.stdout) == (2, "")
    assert "Missing argument 'plan'." in paceline("calculate").stderr


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (["check-plan"], "The argument plan is missing."),
        (["calculate", "x"], "The option --tables is missing."),
        (["check-plan", "x", "y"], "This is too much: y"),
        (["check-plan", "x", "--tables"], "The option --tables needs a value."),
        (["check-plan", "x", "--lint=1"], "The option --lint takes no value."),
        (["check-plan", "x", "--locale", "fr"], "fr is no value of --locale. Choose "),
        (["serve", "--port", "a"], "--port takes a whole number."),
        (["serve", "--prt", "8"], "There is no option --prt. Possible: --port"),
        (["chek"], "There is no command chek."),
    ],
)
def test_the_mistakes_are_those_that_the_library_makes_today(
    words: list[str], mistake: str
) -> None:
    """A library that words them otherwise would leave them in English in silence."""
    with pytest.raises(ClickException) as refused:
        typer.main.get_command(app)(words, prog_name="paceline", standalone_mode=False)
    assert shell_mistakes.in_words(refused.value.format_message()).startswith(mistake)


def test_every_help_of_a_command_has_its_words() -> None:
    told: set[str] = set()
    waiting: list[Any] = [typer.main.get_command(app)]
    while waiting:
        command = waiting.pop()
        told |= {one.help for one in (command, *command.params) if getattr(one, "help", None)}
        waiting += getattr(command, "commands", {}).values()
    assert told == set(shell_help.HELP)


def test_an_unknown_command_is_refused() -> None:
    assert paceline("pay-everyone").returncode == 2
