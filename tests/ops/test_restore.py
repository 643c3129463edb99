"""A back-up, restored into an empty database, is the product again: sign in, read a statement."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from psycopg import sql

from paceline.kernel import postgres
from tests.incentives.pay.conftest import build_quarter
from tests.ops.processes import wait_until
from tests.ops.workers import address_of, environment, running
from tests.world import PASSWORD, build_world

pytestmark = pytest.mark.django_db(transaction=True)

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "paceline-backup.service"
ADDRESS = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


def program(name: str) -> str:
    """One of PostgreSQL's own programs beside the server's; the wheel has them not all."""
    found = shutil.which(postgres.find_binaries().program(name)) or shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine")
    return found


def run(name: str, *words: str) -> None:
    known = connection.settings_dict
    subprocess.run(
        [program(name), *words],
        check=True,
        env={
            **os.environ,
            "PGHOST": known["HOST"],
            "PGPORT": str(known["PORT"]),
            "PGUSER": known["USER"],
            "PGPASSWORD": known["PASSWORD"],
        },
    )


@contextmanager
def empty_database(name: str) -> Iterator[None]:
    known = connection.get_connection_params()
    where = {key: known[key] for key in ("host", "port", "user", "password") if key in known}
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    make = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
    with psycopg.connect(**where, dbname="postgres", autocommit=True) as server:
        server.execute(drop)
        server.execute(make)
        try:
            yield
        finally:
            server.execute(drop)


def sign_in_with_password(site: str, email: str) -> OpenerDirector:
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))
    with browser.open(f"{site}/account/login/", timeout=30) as page:
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.read())
    assert token
    form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token[1].decode()}
    sent = Request(f"{site}/account/login/", urlencode(form).encode())  # noqa: S310 - our own
    with browser.open(sent, timeout=30) as page:
        assert page.status == 200
    assert settings.SESSION_COOKIE_NAME in {cookie.name for cookie in jar}
    return browser


def test_a_restored_copy_shows_statements_down_to_their_lines(tmp_path: Path) -> None:
    quarter = build_quarter(build_world())
    statement = quarter.release(quarter.run(), "priya")[0]
    component = statement.components.get()
    copy = f"{connection.settings_dict['NAME']}_restored"
    dump = str(tmp_path / "paceline.dump")
    wanted = "pg_dump --format=custom"
    assert wanted in UNIT.read_text(encoding="utf-8"), "this test follows the unit"

    run("pg_dump", "--format=custom", f"--file={dump}", connection.settings_dict["NAME"])
    media = tmp_path / "media"
    shutil.copytree(settings.MEDIA_ROOT, media)
    with empty_database(copy):
        run("pg_restore", "--exit-on-error", f"--dbname={copy}", dump)
        place = {"DATABASE_URL": address_of(copy), "PACELINE_TEST_MEDIA": str(media)}
        checked = subprocess.run(
            [sys.executable, "-m", "paceline.cli", "manage", "check_files"],
            env={**environment(), **place},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "files are as they were stored" in checked.stdout, checked.stderr
        log = tmp_path / "web.log"
        with running("serve", "--port", "0", log=log, **place):
            wait_until(lambda: ADDRESS.search(log.read_text()) is not None, within=60)
            found = ADDRESS.search(log.read_text())
            assert found
            browser = sign_in_with_password(found[1], quarter.world.priya.user.email)  # type: ignore[union-attr]
            with browser.open(
                found[1] + reverse("incentives:statement", args=[statement.pk]), timeout=30
            ) as page:
                assert "$2,760.00" in page.read().decode()
            lines = reverse("incentives:statement-lines", args=[statement.pk, component.pk, 1])
            with browser.open(found[1] + lines, timeout=30) as page:
                shown = page.read().decode()
            assert "A1" in shown, "the run's own files came back with it"
            assert "$60,000.00" in shown
