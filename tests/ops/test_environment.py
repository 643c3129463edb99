"""Setting up installs only what changed, and says plainly what a machine lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from requirements import environment


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A project folder of its own; commands are noted instead of run."""
    commands: list[list[str]] = []
    (tmp_path / "requirements").mkdir()
    (tmp_path / "var" / "venv").mkdir(parents=True)
    for name in ("run", "dev", "node"):
        (tmp_path / "requirements" / f"{name}.lock").write_text(f"{name}==1\n")
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "node_modules").mkdir()
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    monkeypatch.setattr(environment, "LOCKS", tmp_path / "requirements")
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / "var" / "venv")
    monkeypatch.setattr(environment, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(environment, "run", commands.append)
    monkeypatch.setattr(environment, "npm_command", lambda: ["npm"])
    return commands


def test_a_lock_is_installed_once_until_it_changes(machine: list[list[str]]) -> None:
    environment.install("run")
    environment.install("run")
    assert len(machine) == 1
    assert "--require-hashes" in machine[0]
    (environment.LOCKS / "run.lock").write_text("run==2\n")
    environment.install("run")
    assert len(machine) == 2


def test_the_development_lock_holds_the_running_one(machine: list[list[str]]) -> None:
    environment.install("dev")
    environment.install("run")
    assert [command[-1] for command in machine] == [str(environment.LOCKS / "dev.lock")]


def test_a_failed_installation_is_tried_again(
    machine: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str]) -> None:
        raise subprocess.CalledProcessError(1, command)

    with monkeypatch.context() as patch, pytest.raises(subprocess.CalledProcessError):
        patch.setattr(environment, "run", fail)
        environment.install("run")
    environment.install("run")
    assert len(machine) == 1


def test_front_end_packages_are_fetched_once_until_their_lock_changes(
    machine: list[list[str]],
) -> None:
    environment.fetch_packages()
    environment.fetch_packages()
    assert [command[:2] for command in machine] == [["npm", "ci"]]
    (environment.PROJECT / "package-lock.json").write_text('{"name": "x"}')
    environment.fetch_packages()
    assert len(machine) == 2


def test_without_venv_the_message_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        environment.require_venv()
