"""The command starts quickly for the engine and says what it cannot do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer

from paceline.cli import app
from paceline.web import shell_help

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
