"""The files around the code agree with the code and with one another."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from paceline.cli import app

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = PROJECT / "requirements"
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)(?:\[[^]]+\])?==(?P<version>\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    text = (LOCKS / name).read_text(encoding="utf-8")
    return {match["name"]: match["version"] for match in PIN.finditer(text)}


def test_running_and_developing_use_the_same_versions() -> None:
    running, developing = pins("run.lock"), pins("dev.lock")
    assert running
    assert running.items() <= developing.items()
    assert "pytest" not in running


@pytest.mark.parametrize("name", ["run.lock", "dev.lock", "node.lock"])
def test_every_python_package_has_hashes(name: str) -> None:
    entries = re.split(
        r"^(?=[a-z])", (LOCKS / name).read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert all("--hash=sha256:" in entry for entry in entries if entry.strip())
    assert "://" not in (LOCKS / name).read_text(encoding="utf-8")


def test_every_front_end_package_is_pinned_and_hashed() -> None:
    wanted = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    packages = {path: entry for path, entry in locked.items() if path}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())


def test_the_units_start_commands_that_exist() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    started = {
        word
        for unit in (PROJECT / "deploy").glob("*.service")
        for word in re.findall(r"bin/paceline (\S+)", unit.read_text(encoding="utf-8"))
    }
    assert started == {"serve", "worker", "migrate", "assets"}
    assert started <= set(commands)


def test_every_setting_of_the_example_and_the_manual_is_read() -> None:
    settings = "".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "paceline/settings").glob("*.py")
    )
    read = set(re.findall(r'(?:secret|flag|names)\("(\w+)"', settings))
    example = (PROJECT / "deploy/paceline.env.example").read_text(encoding="utf-8")
    given = {name.removesuffix("_FILE") for name in re.findall(r"^(\w+)=", example, re.MULTILINE)}
    manual = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    table = manual.split("### Settings")[1].split("### Services")[0]
    named = {name for row in table.splitlines() if row.startswith("| `")
             for name in re.findall(r"`([A-Z_]{6,})`", row.split("|")[1])}  # fmt: skip
    assert given <= read
    assert named == read


def test_the_scripts_are_sound_and_executable() -> None:
    for script in (PROJECT / ".ci/run", PROJECT / ".ci/check"):
        assert os.access(script, os.X_OK)
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_the_licence_is_whole() -> None:
    text = (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
