"""The systemd units are such that systemd takes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    units = [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")]
    assert len(units) == 5
    for unit in units:
        text = unit.read_text(encoding="utf-8")
        # Where it is installed the program is there; here systemd would miss it.
        text = text.replace("/opt/paceline/var/venv/bin/paceline", "/bin/true")
        tmp_path.joinpath(unit.name).write_text(text, encoding="utf-8")
    answer = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in answer.stderr.splitlines() if "paceline" in line]
    assert (answer.returncode, said) == (0, [])
