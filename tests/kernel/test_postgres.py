"""The private PostgreSQL: started once, shared, never confused with another process."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from paceline.kernel import postgres
from paceline.kernel.postgres import placement, process
from tests.kernel.conftest import FolderMaker
from tests.ops.processes import is_alive, wait_until

HOLD = """
import sys, time
from pathlib import Path
from paceline.kernel import postgres
with postgres.running_server(Path(sys.argv[1])):
    print("holding", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, private_folder: FolderMaker) -> Path:
    """A cluster that the tests below share, none of them the suite's own."""
    return private_folder(tmp_path_factory.mktemp("private"))


def pid_of(folder: Path) -> int:
    pid = process.server_pid(placement.place(folder).data)
    assert pid is not None
    return pid


def ask(server: postgres.Server, question: str) -> object:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def test_it_runs_only_while_it_is_held(folder: Path) -> None:
    with postgres.running_server(folder) as server:
        assert ask(server, "SELECT current_user::text") == "paceline"
        assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        pid = pid_of(folder)
    assert not postgres.is_running(folder)
    wait_until(lambda: not is_alive(pid))


def test_letters_beyond_ascii_have_upper_and_lower_case(folder: Path) -> None:
    with postgres.running_server(folder) as server:
        assert ask(server, "SELECT lower('ÀÉÖ')") == "àéö"
        assert ask(server, "SHOW server_encoding") == "UTF8"


def test_it_listens_nowhere_but_in_its_closed_folder(folder: Path) -> None:
    with postgres.running_server(folder) as server:
        assert ask(server, "SHOW listen_addresses") == ""
        sockets = server.placement.sockets
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.placement.home.stat().st_mode) == 0o700


def test_a_wrong_password_is_refused_and_the_right_one_is_kept_closed(folder: Path) -> None:
    with postgres.running_server(folder) as server:
        password = (server.placement.folder / "paceline-password").read_text()
        wrong = server.url().replace(password, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        files = list(server.placement.folder.glob("*-password"))
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_address_is_known_before_the_server_runs(folder: Path) -> None:
    before = postgres.database_url(folder)
    assert not postgres.is_running(folder)
    with postgres.running_server(folder) as server:
        assert server.url() == before


def test_the_last_holder_stops_it_and_no_one_before(folder: Path) -> None:
    with postgres.running_server(folder) as outer:
        first = pid_of(folder)
        with postgres.running_server(folder):
            assert pid_of(folder) == first
        assert ask(outer, "SELECT 1") == 1
    assert not postgres.is_running(folder)


def test_a_killed_holder_gives_its_lease_back(folder: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    orphan = pid_of(folder)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert pid_of(folder) == orphan  # nobody was left to stop it
    with postgres.running_server(folder):
        assert pid_of(folder) == orphan
    assert not postgres.is_running(folder)


def test_data_survive_a_crash_of_the_server(folder: Path) -> None:
    with postgres.running_server(folder) as server:
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE kept (amount numeric(20, 4))")
            connection.execute("INSERT INTO kept VALUES (12345.6789)")
        pid = pid_of(folder)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: process.server_pid(server.placement.data) is None)
        again = postgres.ensure_running(folder)
        assert str(ask(again, "SELECT amount FROM kept")) == "12345.6789"


def test_a_pid_file_that_names_a_stranger_neither_stops_the_start_nor_the_stranger(
    folder: Path,
) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with postgres.running_server(folder) as server:
            data = server.placement.data
            left = (data / "postmaster.pid").read_text()
        stale = left.replace(left.split("\n", 1)[0], str(stranger.pid), 1)
        (data / "postmaster.pid").write_text(stale)
        if server.placement.account.switch:
            os.chown(data / "postmaster.pid", server.placement.account.uid, -1)

        assert not postgres.is_running(folder)
        postgres.stop(folder)
        assert stranger.poll() is None

        with postgres.running_server(folder) as server:
            assert ask(server, "SELECT 1") == 1
            assert pid_of(folder) != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_folder_too_long_for_a_socket_gets_a_short_one(
    tmp_path: Path, private_folder: FolderMaker
) -> None:
    deep = tmp_path / ("long-" * 20)
    with postgres.running_server(private_folder(deep)) as server:
        assert len(str(server.placement.sockets / placement.SOCKET_NAME)) <= 103
        assert ask(server, "SELECT 1") == 1


def test_a_strangers_folder_in_the_place_of_ours_is_refused(
    tmp_path: Path, private_folder: FolderMaker
) -> None:
    folder = private_folder(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (folder).mkdir()
    planned = placement.place(folder)
    if planned.home.parent == folder.resolve():
        planned.home.symlink_to(elsewhere)
        with pytest.raises(placement.FolderNotOurs):
            postgres.ensure_running(folder)
        assert list(elsewhere.iterdir()) == []
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755


def test_an_interrupted_first_start_leaves_nothing_half_made(
    tmp_path: Path, private_folder: FolderMaker
) -> None:
    folder = private_folder(tmp_path)
    planned = placement.place(folder)
    placement.prepare(planned)
    half = planned.home / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n")
    with postgres.running_server(folder) as server:
        assert ask(server, "SELECT 1") == 1
    assert not half.exists()


def test_programs_of_another_version_than_the_data_are_not_used(
    tmp_path: Path, private_folder: FolderMaker
) -> None:
    folder = private_folder(tmp_path)
    planned = placement.place(folder)
    placement.prepare(planned)
    planned.data.mkdir()
    (planned.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(postgres.PostgresMissing, match="PostgreSQL 9"):
        postgres.ensure_running(folder)


def test_a_named_address_is_used_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/paceline")
    monkeypatch.setenv("PACELINE_VAR", str(tmp_path))
    with postgres.database_running():
        assert postgres.database_url() == "postgresql://db.example/paceline"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    first = postgres.kept_secret(path)
    assert len(first) == 43
    assert postgres.kept_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as someone else")
def test_called_by_root_it_runs_as_a_plain_user(folder: Path) -> None:
    with postgres.running_server(folder) as server:
        pid = pid_of(folder)
        assert Path(f"/proc/{pid}").stat().st_uid == server.placement.account.uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that others cannot enter")
def test_a_folder_only_root_may_enter_keeps_its_rights(
    tmp_path: Path, private_folder: FolderMaker
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with postgres.running_server(private_folder(closed)) as server:
        assert ask(server, "SELECT 1") == 1
        assert closed.resolve() not in server.placement.home.parents
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
