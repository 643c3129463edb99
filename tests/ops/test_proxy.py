"""The documented proxy, really standing before the product: what it passes on, and how fast."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from paceline.live import events
from tests.ops.processes import free_port, wait_until
from tests.ops.workers import running
from tests.world import World, build_world, sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx on this machine"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine"),
]
DOCUMENTED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
TEN_GIGABYTES = 10 * 1024**3


class Site:
    """The product behind the proxy: one port for the web process, two for the proxy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inner, self.plain, self.secure = (free_port() for _ in range(3))
        self.certificate = folder / "fullchain.pem"

    def ask(self, method: str, path: str, **headers: str) -> HTTPResponse:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        asking = HTTPSConnection("localhost", self.secure, timeout=30, context=trusted)
        asking.putrequest(method, path)
        for name, value in headers.items():
            asking.putheader(name.replace("_", "-"), value)
        asking.endheaders()
        return asking.getresponse()

    def configuration(self) -> str:
        """The documented one, with this test's ports, certificate and name."""
        text = DOCUMENTED.read_text(encoding="utf-8")
        for old, new in (
            ("server 127.0.0.1:8000;", f"server 127.0.0.1:{self.inner};"),
            ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.secure} ssl"),
            ("/etc/letsencrypt/live/pay.example.com", str(self.folder)),
            ("pay.example.com", "localhost"),
        ):
            assert old in text, f"the documented configuration no longer says {old}"
            text = text.replace(old, new)
        here = self.folder
        paths = "".join(
            f"{kind}_temp_path {here}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"daemon off; worker_processes 1; pid {here}/nginx.pid; error_log {here}/error.log;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{paths}{text}\n}}\n"
        )


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def proxy(site: Site) -> Iterator[None]:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(site.folder / "privkey.pem"), "-out", str(site.certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    site.folder.joinpath("nginx.conf").write_text(site.configuration(), encoding="utf-8")
    with site.folder.joinpath("nginx.log").open("wb") as log:
        process = subprocess.Popen(
            ["nginx", "-p", str(site.folder), "-c", str(site.folder / "nginx.conf")],
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(lambda: answers(site.secure) or process.poll() is not None)
            assert process.poll() is None, site.folder.joinpath("nginx.log").read_text()
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def behind_the_proxy(folder: Path) -> Iterator[Site]:
    one = Site(folder)
    serving = running(
        "serve",
        "--port",
        str(one.inner),
        log=folder / "web.log",
        BEHIND_PROXY="1",
        TRUSTED_PROXIES="1",
    )
    with serving, proxy(one):
        wait_until(lambda: answers(one.inner), within=120)
        yield one


def test_the_documented_proxy_passes_on_what_it_should(tmp_path: Path) -> None:
    """All of it at one start: that takes longer than the questions."""
    company = build_world()
    with behind_the_proxy(tmp_path) as site:
        pages_arrive_over_tls_and_plain_requests_are_sent_there(site)
        what_is_too_large_is_refused_by_the_product_in_the_readers_words(site, company)
        what_a_client_claims_about_itself_is_not_passed_on(site, company)
        events_arrive_at_once(site, company)


def cookie(world: World) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={sign_in(world.dana).session.session_key}"


def pages_arrive_over_tls_and_plain_requests_are_sent_there(site: Site) -> None:
    plain = HTTPConnection("127.0.0.1", site.plain, timeout=30)
    plain.request("GET", "/account/login/", headers={"Host": "localhost"})
    answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, "https://localhost/account/login/")
    answer = site.ask("GET", "/account/login/")
    assert answer.status == 200
    assert b'name="login"' in answer.read()


def events_arrive_at_once(site: Site, company: World) -> None:
    """Held back by the proxy they would come when its buffer is full, or never."""
    topic = f"person:{company.dana.pk}"
    stream = site.ask("GET", f"/live/events?topics={topic}", Cookie=cookie(company))
    assert stream.status == 200
    read: list[bytes] = []
    connected = threading.Event()

    def follow() -> None:
        for line in iter(stream.readline, b""):
            read.append(line)
            if line == b": connected\n":
                connected.set()
            if line.startswith(b"data"):
                return

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    assert connected.wait(60), "not even the beginning arrived"
    events.append(connection, topic, kind="notification", ref="7")
    reader.join(timeout=60)
    assert not reader.is_alive(), "the event was held back"
    assert b'"ref": "7"' in read[-1]


def what_is_too_large_is_refused_by_the_product_in_the_readers_words(
    site: Site, company: World
) -> None:
    answer = site.ask(
        "POST",
        "/imports/new",
        Cookie=cookie(company),
        Content_Length=str(TEN_GIGABYTES),
        Content_Type="multipart/form-data; boundary=cut",
    )
    assert answer.status == 413
    assert "The file is too large." in answer.read().decode()


def what_a_client_claims_about_itself_is_not_passed_on(site: Site, company: World) -> None:
    """The address that limits and the trail go by is the one that the proxy saw."""
    answer = site.ask(
        "GET",
        "/account/security",
        Cookie=cookie(company),
        X_Forwarded_For="203.0.113.9",
        X_Forwarded_Proto="http",
    )
    assert answer.status == 200, "not redirected to itself: the proxy said https"
    assert "203.0.113.9" not in answer.read().decode()
