"""The command starts quickly for the engine and says what it cannot do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def paceline(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "paceline.cli", *words],
        cwd=PROJECT,
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


def test_an_unknown_command_is_refused() -> None:
    assert paceline("pay-everyone").returncode == 2
