"""A whole installation on one machine, for trying the product: ``make demo``.

One process watches: it holds the private PostgreSQL, prepares the database in a child, then starts
web and worker and stops everything when it is told to, or when one of them ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command

from paceline.kernel import locales, postgres
from paceline.kernel.processes import Children, own_command, stopping_in_order

HOST = "127.0.0.1"
PORTS_TRIED = 50
READY_WITHIN = 120.0
BEGUN, WHOLE = "begun", "whole"
PROJECT = Path(__file__).resolve().parents[2]


class NotReady(Exception):
    """A part of the trial ended or did not answer in time; the message says which and why."""


def run_trial(port: int) -> int:
    """Run until interrupted; returns the exit code."""
    folder = postgres.default_folder().parent
    begun = time.monotonic()
    try:
        with stopping_in_order(), alone(folder) as here, postgres.database_running():
            _begin_anew_if_interrupted()
            with Children() as children, _saying_so():
                taken = _take_port(port)
                _run_prepare(children, taken)
                address = _start(children, taken, folder / "log")
                here.write_text(f"{os.getpid()} {address}", encoding="ascii")
                seconds = time.monotonic() - begun
                _say(f"\nPaceline is ready at {address} (after {seconds:.0f} s).")
                _say(f"Its logs are in {folder / 'log'}. Ctrl-C stops everything.")
                _watch(children, folder / "log")
    except KeyboardInterrupt:
        _say("\nStopped.")
        return 0
    except (NotReady, postgres.ServerBroken, postgres.PostgresMissing) as fact:
        _say(f"\n{fact}")
        return 1
    return 1


@contextmanager
def _saying_so() -> Iterator[None]:
    """Answer Ctrl-C at once: what a job has half done may take some seconds to end."""
    try:
        yield
    except KeyboardInterrupt:
        _say("\nStopping …")
        raise


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """Hold the folder for this trial: a second one would begin its company anew under the first.

    Gives the file in which a trial says what it is. Raises :class:`NotReady` where one runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    here = folder / "trial"
    with here.open("a+", encoding="ascii") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            number, _, address = here.read_text(encoding="ascii").partition(" ")
            where = f"at {address}" if address else "and is being set up"
            raise NotReady(
                f"The demonstration of {folder} runs already {where} (process {number}). Stop it "
                "with Ctrl-C, or name another folder with PACELINE_VAR for a second one."
            ) from None
        here.write_text(str(os.getpid()), encoding="ascii")
        yield here


def prepare() -> None:
    """Bring database, catalogues, assets and the company up to date; Django is set up already.

    At the first start the tables are made beside the rest, by a process of their own: a company is
    drawn up meanwhile, and brought in once they are there.
    """
    if _company_state() == WHOLE:
        with _step("database"):
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
        _prepare_files()
        call_command("demo_company")
        return
    log = postgres.default_folder().parent / "log" / "database.log"
    with Children() as children:
        children.start("database", own_command("migrate"), log=log)
        _prepare_files()
        _load_company(lambda: _finish_database(children, log))


def _finish_database(children: Children, log: Path) -> None:
    with _step("database"):
        if children.finish("database") != 0:
            raise CommandError(f"The tables were not made:\n{_last_lines(log)}")


def _prepare_files() -> None:
    with _step("languages"):
        locales.compile_catalogues()
    with _step("assets"):
        _gather_assets()


def _company_state() -> str:
    company = _company_mark()
    return company.read_text(encoding="ascii") if company.exists() else ""


def _load_company(wait_for_tables: Callable[[], None]) -> None:
    """Bring the company in, leaving a mark for as long as it is there in part only."""
    company = _company_mark()

    def begin() -> None:
        wait_for_tables()
        company.parent.mkdir(parents=True, exist_ok=True)
        company.write_text(BEGUN, encoding="ascii")

    try:
        call_command("demo_company", wait_for_tables=begin)
    except CommandError:
        # Refused before anything was changed: what is in the database is somebody's own.
        company.unlink(missing_ok=True)
        raise
    company.write_text(WHOLE, encoding="ascii")


def _company_mark() -> Path:
    return postgres.default_folder() / "company"


def _begin_anew_if_interrupted() -> None:
    """Empty a database whose company was cut short, so that this start can load all of it."""
    company = _company_mark()
    if _company_state() != BEGUN:
        return
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        raise NotReady(
            "The last set-up was interrupted. Empty the database that DATABASE_URL names and "
            f"remove {company}, then start again."
        )
    _say("The last set-up was interrupted; beginning anew.")
    postgres.renew_database()
    company.unlink()


def _run_prepare(children: Children, port: int) -> None:
    # The company's plans are our own: nothing has to be kept from using too much, and a process
    # for each of some fifty calculations would take longer than they do. Each is made once: sums
    # kept month by month for the next one would cost more than twice what they are kept of.
    once = {"CALCULATION_CONFINED": "0", "CALCULATION_SUMS_MIB": "0"}
    site = {"PACELINE_DEMO_SITE": f"http://{HOST}:{port}"}
    children.start("set-up", own_command("prepare"), environment=once | site)
    code = children.finish("set-up")
    if code != 0:
        raise NotReady(f"Setting up failed (exit code {code}).")


def _take_port(wanted: int) -> int:
    """Before the set-up, whose mails and links say where this trial answers."""
    port = _free_port(wanted)
    if port != wanted:
        _say(f"Port {wanted} is taken; using {port}.")
    return port


def _start(children: Children, port: int, logs: Path) -> str:
    """Start web and worker; the address at which the web answers."""
    children.start("web", own_command("serve", f"--port={port}"), log=logs / "web.log")
    children.start("worker", own_command("worker"), log=logs / "worker.log")
    _wait_until_ready(children, port, logs)
    return f"http://{HOST}:{port}/"


def _free_port(first: int) -> int:
    """The first port from ``first`` on that nobody listens on. Raises :class:`NotReady`."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise NotReady(f"Every port from {first} to {first + PORTS_TRIED - 1} is taken.")


def _wait_until_ready(children: Children, port: int, logs: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        _raise_if_ended(children, logs)
        if _answers(port):
            return
        time.sleep(0.1)
    raise NotReady(f"No answer on port {port} within {READY_WITHIN:.0f} s; see {logs}.")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _watch(children: Children, logs: Path) -> None:
    while True:
        _raise_if_ended(children, logs)
        time.sleep(0.5)


def _raise_if_ended(children: Children, logs: Path) -> None:
    for name, code in children.ended().items():
        last = _last_lines(logs / f"{name}.log")
        raise NotReady(f"The {name} process ended (exit code {code}):\n{last}")


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])


def _gather_assets() -> None:
    """Collect static files again if any of them changed since the last time."""
    stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
    state = _assets_state()
    if stamp.exists() and stamp.read_text(encoding="ascii") == state:
        return
    shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(state, encoding="ascii")


def _assets_state() -> str:
    """A hash that changes with the files: our own by name, size and time, packages by version."""
    state = hashlib.sha256()
    lock = PROJECT / "node_modules" / ".package-lock.json"
    if lock.exists():
        state.update(lock.read_bytes())
    for path in sorted(PROJECT.joinpath("paceline").glob("*/static/**/*")):
        if path.is_file():
            found = path.stat()
            state.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    state.update(os.fsencode(sys.prefix))
    return state.hexdigest()


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Say what was done and how long it took, on one line."""
    begun = time.monotonic()
    yield
    _say(f"{name:<12}{time.monotonic() - begun:6.1f} s")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the terminal is this module's page
