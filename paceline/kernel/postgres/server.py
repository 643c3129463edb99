"""Starting, preparing and stopping the private server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from paceline.kernel.postgres.binaries import Binaries, find_binaries
from paceline.kernel.postgres.lease import leased, one_at_a_time
from paceline.kernel.postgres.placement import Placement, place, prepare, reachable
from paceline.kernel.postgres.process import clear_remains, server_pid
from paceline.kernel.postgres.secrets import kept_secret

ADMIN = "postgres"
OWNER = "paceline"
DATABASE = "paceline"
# Recovery after a crash replays the log since the last checkpoint; on a slow disk it takes minutes.
WAIT_SECONDS = 600
PROJECT = Path(__file__).resolve().parents[3]

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
# The tests' server holds nothing that must outlive a crash. Its databases hold rows of transactions
# that never commit: gathered beside a running test, statistics call a table empty that the test has
# just filled, and its queries take minutes. The tests sweep for themselves.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


class ServerBroken(Exception):
    """The private server could not be made, started or stopped; its last words are included."""


@dataclass(frozen=True)
class Server:
    """A running private server."""

    placement: Placement
    major: int

    def url(self, database: str = DATABASE, role: str = OWNER) -> str:
        """The address of ``database`` for a role, the password included."""
        return _url(self.placement, role, database)


def default_folder() -> Path:
    return _var() / "postgres"


def tests_folder() -> Path:
    """The server of the test suite: quick, and good for nothing that must be kept."""
    return _var() / "postgres-tests"


def _var() -> Path:
    return Path(os.environ.get("PACELINE_VAR") or PROJECT / "var")


def database_url(folder: Path | None = None) -> str:
    """The address of Paceline's database, without starting anything.

    ``DATABASE_URL`` if it is set, else the private server's; the latter answers only while someone
    holds :func:`database_running` or :func:`running_server`.
    """
    return os.environ.get("DATABASE_URL") or _url(
        place(folder or default_folder()), OWNER, DATABASE
    )


@contextmanager
def database_running(folder: Path | None = None) -> Iterator[None]:
    """Hold the private server, unless ``DATABASE_URL`` names one of the company's own."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        yield
        return
    with running_server(folder):
        yield


@contextmanager
def running_server(folder: Path | None = None) -> Iterator[Server]:
    """A server that runs inside the ``with``; started if needed, stopped by its last holder."""
    placement = place(folder or default_folder())
    held: list[Server] = []
    with leased(
        placement.folder,
        start=lambda: held.append(ensure_running(placement.folder)),
        stop=lambda: stop(placement.folder),
    ):
        yield held[0]


def ensure_running(folder: Path | None = None) -> Server:
    """Start the server if it does not run and wait until it answers, recovery included.

    Holds no lease: somebody must call :func:`stop`, or hold :func:`running_server` later.
    Raises :class:`ServerBroken` and the errors of finding programs and places.
    """
    placement = place(folder or default_folder())
    with one_at_a_time(placement.folder):
        prepare(placement)
        binaries = reachable(find_binaries(placement.data_major), placement)
        if placement.data_major is None:
            _create(placement, binaries)
        if server_pid(placement.data) is None:
            _start(placement, binaries)
        _prepare_database(placement)
    return Server(placement, binaries.major)


def stop(folder: Path | None = None) -> None:
    """Stop the server if it runs, and wait until it is gone."""
    placement = place(folder or default_folder())
    with one_at_a_time(placement.folder):
        if server_pid(placement.data) is None:
            return
        binaries = reachable(find_binaries(placement.data_major), placement)
        _control(placement, binaries, "stop", "-m", "fast")


def renew_database(folder: Path | None = None) -> None:
    """Replace Paceline's database on the running private server by an empty one."""
    placement = place(folder or default_folder())
    with one_at_a_time(placement.folder):
        with psycopg.connect(_url(placement, ADMIN, ADMIN), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(DATABASE))
            )
        _prepare_database(placement)


def is_running(folder: Path | None = None) -> bool:
    return server_pid(place(folder or default_folder()).data) is not None


def _url(placement: Placement, role: str, database: str) -> str:
    password = quote(kept_secret(placement.folder / f"{role}-password"), safe="")
    options = urlencode({"host": str(placement.sockets)})
    return f"postgresql://{role}:{password}@/{quote(database, safe='')}?{options}"


def _create(placement: Placement, binaries: Binaries) -> None:
    """Make an empty cluster beside its final place and move it there when it is whole."""
    draft = placement.home / "data.new"
    password = placement.home / "password.new"
    password.write_text(kept_secret(placement.folder / f"{ADMIN}-password"), encoding="ascii")
    if placement.account.switch:
        os.chown(password, placement.account.uid, placement.account.gid)
    password.chmod(0o600)
    said = ""
    try:
        for locale in _locales(binaries.major):
            shutil.rmtree(draft, ignore_errors=True)
            answer = placement.account.run(
                [
                    binaries.program("initdb"),
                    f"--pgdata={draft}",
                    f"--username={ADMIN}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--data-checksums",
                    *locale,
                ],
                cwd=placement.home,
            )
            said = answer.stdout
            if answer.returncode == 0:
                break
        else:
            raise ServerBroken(f"initdb failed in {placement.home}:\n{said}")
    finally:
        password.unlink()
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude = 'paceline.conf'\n")
    draft.rename(placement.data)


def _locales(major: int) -> Iterator[list[str]]:
    """Locales to try in turn. LC_CTYPE=C alone would leave lower('À') as it is, so none is that."""
    yield ["--locale=C.UTF-8"]
    if major >= 17:
        yield ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    yield ["--locale=en_US.UTF-8"]
    yield ["--locale=C", "--locale-provider=icu", "--icu-locale=und"]


def _start(placement: Placement, binaries: Binaries) -> None:
    clear_remains(placement.data, placement.sockets)
    throwaway = THROWAWAY if placement.folder == tests_folder().resolve() else {}
    settings = {**SETTINGS, **throwaway, "unix_socket_directories": str(placement.sockets)}
    lines = [
        f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()
    ]
    conf = placement.data / "paceline.conf"
    conf.write_text("\n".join([*lines, ""]), encoding="utf-8")
    if placement.account.switch:
        os.chown(conf, placement.account.uid, placement.account.gid)
    _control(placement, binaries, "start", f"--log={placement.log}")


def _control(placement: Placement, binaries: Binaries, verb: str, *more: str) -> None:
    """Run ``pg_ctl``. Its output goes nowhere it could keep open: the server inherits it."""
    command = [binaries.program("pg_ctl"), verb, f"--pgdata={placement.data}"]
    answer = placement.account.run(
        [*command, "--wait", f"--timeout={WAIT_SECONDS}", "--silent", *more], cwd=placement.home
    )
    if answer.returncode != 0:
        log = placement.log.read_text("utf-8", "replace") if placement.log.exists() else ""
        last_words = "\n".join(log.splitlines()[-20:])
        raise ServerBroken(f"pg_ctl {verb} failed.\n{answer.stdout}\n{last_words}".strip())


def _prepare_database(placement: Placement) -> None:
    """Create the owner role and its database where they lack, and try the locale."""
    password = kept_secret(placement.folder / f"{OWNER}-password")
    with psycopg.connect(_url(placement, ADMIN, ADMIN), autocommit=True) as connection:
        if not _exists(connection, "pg_roles", "rolname", OWNER):
            # CREATEDB, because the test suite makes databases of its own.
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                    sql.Identifier(OWNER), sql.Literal(password)
                )
            )
        if not _exists(connection, "pg_database", "datname", DATABASE):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )
        row = connection.execute("SELECT lower('À') = 'à' AND 'à' ~ '^\\w$'").fetchone()
        if row != (True,):
            raise ServerBroken(
                "The private database does not know letters beyond ASCII (LC_CTYPE=C), so searches "
                f"would find too little. Move {placement.home} away to make it anew."
            )


def _exists(connection: psycopg.Connection, table: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    return connection.execute(query, [name]).fetchone() is not None
