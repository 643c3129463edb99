"""The command starts quickly for the engine and says what it cannot do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
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


# Starts once and forks for every command, which takes a start of the product each otherwise.
TOGETHER = """
import json, os, sys
import django
from paceline import cli
django.setup()
for number, (words, speaking) in enumerate(json.load(sys.stdin)):
    child = os.fork()
    if child:
        with open(f"{number}.code", "w") as code:
            code.write(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
        continue
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(f"{number}{stream.name}", os.O_WRONLY | os.O_CREAT), stream.fileno())
    os.environ["LC_ALL"] = speaking
    sys.argv[1:] = words
    try:
        cli.main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code or 0)
    os._exit(0)
"""


@dataclass(frozen=True)
class Answer:
    returncode: int
    stdout: str
    stderr: str


def together(folder: Path, *commands: tuple[str, str]) -> list[Answer]:
    """What each of several commands answers in a shell that speaks a language."""
    asked = [(words.split(), speaking) for words, speaking in commands]
    subprocess.run(
        [sys.executable, "-c", TOGETHER],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        Answer(int((folder / f"{number}.code").read_text()), *_written(folder, number))
        for number in range(len(asked))
    ]


def _written(folder: Path, number: int) -> tuple[str, str]:
    out, errors = (folder / f"{number}<{name}>" for name in ("stdout", "stderr"))
    return out.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")


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


def test_help_speaks_the_language_of_the_shell(tmp_path: Path) -> None:
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
    simplified, named, english = together(
        tmp_path,
        ("--help", "zh_CN.UTF-8"),
        ("check-plan --locale zh-hans --help", "zh_TW.UTF-8"),
        ("check-plan --locale=en --help", "zh_TW.UTF-8"),
    )
    assert "[选项] 命令 [参数]..." in simplified.stdout
    assert "检查方案文件，并列出所有错误。" in named.stdout
    assert "Usage: paceline check-plan [OPTIONS]" in english.stdout


def test_mistakes_in_a_command_are_told_in_the_language_of_the_shell(tmp_path: Path) -> None:
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
    unknown, named, absent, plain = together(
        tmp_path,
        ("chek", "zh_CN.UTF-8"),
        ("check-plan x --lnt --locale=zh-hans", "C.UTF-8"),
        ("check-plan absent.yaml", "zh_TW.UTF-8"),
        ("calculate", "C.UTF-8"),
    )
    assert "没有 chek 这个命令" in unknown.stderr
    assert "没有 --lnt 这个选项。可用的有：--lint" in named.stderr
    assert (absent.returncode, absent.stdout) == (2, "")
    assert "Missing argument 'plan'." in plain.stderr


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
