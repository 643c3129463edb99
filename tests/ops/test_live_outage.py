"""Open pages lose nothing when the web process or the database is killed and comes back.

A killed database may lose the last hints, never a fact; every page is then told to read everything
again. The database of this story is a server of its own: the others are in use.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import ConnectionHandler
from django.db.backends.base.base import BaseDatabaseWrapper

from paceline.kernel import postgres
from paceline.kernel.postgres import placement
from paceline.live import events
from paceline.settings.environment import database
from tests.ops.processes import wait_until
from tests.ops.site import FollowingPage, Site
from tests.ops.workers import PROJECT

MAKE = """
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from datetime import date
from paceline.accounts.models import User
from paceline.kernel.migrating import migrate_if_empty
from paceline.org.models import Employment, Person
migrate_if_empty()
user = User.objects.create_user("lin@example.com", "a-long-password", joined_at=timezone.now())
person = Person.objects.create(number="L1", name="Lin", user=user)
Employment.objects.create(person=person, country="TW", currency="TWD", starts_on=date(2020, 1, 1))
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print("MADE", person.pk, f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
"""


@dataclass
class Company:
    """A database server of its own with one person, and the web process before it."""

    folder: Path
    url: str
    site: Site
    topic: str
    cookie: str
    blocker: Any

    def tell(self, first: int, last: int) -> list[str]:
        """Append events with these numbers; returns them."""
        writing = connected(self.url)
        numbers = [str(number) for number in range(first, last + 1)]
        with self.blocker.unblock():  # it guards the test's own database, which is not used here
            for number in numbers:
                events.append(writing, self.topic, kind="notification", ref=number)
            writing.close()
        return numbers

    def crash_database(self) -> None:
        where = placement.place(self.folder)
        binaries = postgres.find_binaries(where.data_major)
        command = [binaries.program("pg_ctl"), "stop", f"--pgdata={where.data}", "-m", "immediate"]
        answer = where.account.run(command, cwd=where.home)
        assert answer.returncode == 0, answer.stdout


def connected(url: str) -> BaseDatabaseWrapper:
    return ConnectionHandler({"default": database(url)})["default"]  # type: ignore[return-value]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("server")
    folder.parent.chmod(0o755)
    with postgres.running_server(folder) as server:
        environment = {"DATABASE_URL": server.url()}
        answer = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", MAKE],
            cwd=PROJECT,
            env={**workers_environment(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        _word, person, cookie = answer.stdout[answer.stdout.index("MADE") :].split()
        site = Site(folder / "web.log", **environment)
        site.start()
        yield Company(folder, server.url(), site, f"person:{person}", cookie, django_db_blocker)
        site.close()


def workers_environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "paceline.settings.test"}


@pytest.fixture
def page(company: Company) -> Iterator[FollowingPage]:
    one = FollowingPage(company.site.port, company.cookie, company.topic)
    wait_until(lambda: 200 in one.statuses)
    yield one
    one.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="starts a server of its own")
def test_a_killed_web_process_loses_nothing(company: Company, page: FollowingPage) -> None:
    told = company.tell(1, 10)
    wait_until(lambda: len(page.heard) >= 10)
    company.site.kill()
    told += company.tell(11, 40)
    company.site.start()
    wait_until(lambda: len(page.heard) >= 40)
    told += company.tell(41, 45)
    wait_until(lambda: len(page.heard) >= 45)
    assert page.heard == told, "each once and in order"
    assert page.resets == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="starts a server of its own")
def test_a_killed_database_loses_nothing(company: Company, page: FollowingPage) -> None:
    told = company.tell(101, 110)
    wait_until(lambda: "110" in page.heard)
    company.crash_database()
    refused = len(page.statuses)
    second = FollowingPage(company.site.port, company.cookie, company.topic)
    wait_until(lambda: 503 in second.statuses)
    assert 500 not in second.statuses, "a page gives up at an error, and comes back after 503"
    postgres.ensure_running(company.folder)
    told += company.tell(111, 115)
    wait_until(lambda: bool(page.resets) and 200 in second.statuses)
    told += company.tell(116, 120)
    wait_until(lambda: "120" in page.heard and "120" in second.heard)
    second.close()
    assert refused >= 1
    # What was told before the reset is read again by the page; what came after is heard in order.
    after_reset = page.heard[page.resets[-1] :]
    assert after_reset[-5:] == told[-5:]
    assert set(page.heard[: page.resets[0]]) >= set(told[:10])
