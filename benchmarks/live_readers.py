"""A thousand open pages on one web process while fifty things a second happen.

    var/venv/bin/python benchmarks/live_readers.py                     1,000 readers, 50 a second
    var/venv/bin/python benchmarks/live_readers.py --readers 200

Every page follows the same topic, so every event goes to every page: the hardest case. The web
process, the writer and the readers are three processes of this machine, over loopback. Time runs
from just before an event is appended to when a reader has its bytes. The baseline beside it is a
bare asyncio server that writes the same lines from memory to as many sockets: no table, no wake, no
rights, and one write for each event and socket.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"
os.environ["PACELINE_TEST_DB"] = "benchmark_live"

PROJECT = Path(__file__).resolve().parents[1]
REF = re.compile(rb'"ref": "b(\d+)"')
TOPIC = "person:1"
ASKED_P99 = 0.5


class Page(asyncio.Protocol):
    """One reader: asks for the stream, and notes when which event came."""

    def __init__(self, cookie: str, arrivals: list[tuple[int, float]], ready: list[int]) -> None:
        self._cookie, self._arrivals, self._ready = cookie, arrivals, ready
        self._rest = b""
        self.seen: list[int] = []
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        asking = (
            f"GET /live/events?topics={TOPIC} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: {self._cookie}\r\nAccept: text/event-stream\r\n\r\n"
        )
        transport.write(asking.encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        data = self._rest + data
        cut = data.rfind(b"\n\n") + 2
        self._rest = data[cut:] if cut > 1 else data
        if cut < 2:
            return
        if not self._is_open:
            self._is_open = True
            self._ready.append(1)
        for found in REF.findall(data[:cut]):
            number = int(found)
            self.seen.append(number)
            self._arrivals.append((number, now))


def read(port: int, cookie: str, readers: int, total: int, told: Connection) -> None:
    """Open the pages, say so, and report what came to each when it is over."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        arrivals: list[tuple[int, float]] = []
        ready: list[int] = []
        pages = []
        for place in range(readers):
            _transport, page = await loop.create_connection(
                lambda: Page(cookie, arrivals, ready), "127.0.0.1", port
            )
            pages.append(page)
            while len(ready) < place - 40:  # a few at a time, as people come
                await asyncio.sleep(0.01)
        while len(ready) < readers:
            await asyncio.sleep(0.05)
        told.send("ready")
        while not told.poll():
            await asyncio.sleep(0.1)
        told.recv()
        deadline = time.monotonic() + 20
        while len(arrivals) < readers * total and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        in_order = all(page.seen == sorted(page.seen) for page in pages)
        whole = sum(len(set(page.seen)) == total for page in pages)
        told.send((arrivals, in_order, whole))

    asyncio.run(story())


def measure(
    port: int, cookie: str, given: argparse.Namespace, tell: Callable[[int], None]
) -> dict[str, float]:
    """Seconds from telling to arrival over all readers."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    total = given.rate * given.seconds
    reading = context.Process(target=read, args=(port, cookie, given.readers, total, theirs))
    began = time.monotonic()
    reading.start()
    assert ours.recv() == "ready"
    opened = time.monotonic() - began
    told: dict[int, float] = {}
    start = time.monotonic() + 0.5
    for number in range(total):
        time.sleep(max(0.0, start + number / given.rate - time.monotonic()))
        told[number] = time.monotonic()
        tell(number)
    spent = time.monotonic() - start
    ours.send("over")
    arrivals, in_order, whole = ours.recv()
    reading.join(30)
    late = sorted(when - told[number] for number, when in arrivals)
    assert late, "nothing arrived"
    return {
        "opened": opened,
        "rate": total / spent,
        "wanted": given.readers * total,
        "arrived": len(late),
        "whole": whole,
        "in_order": float(in_order),
        "p50": late[len(late) // 2],
        "p99": late[len(late) * 99 // 100],
        "max": late[-1],
    }


def bare(given: argparse.Namespace) -> dict[str, float]:
    """The same lines written from memory by the smallest server there is."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    serving = context.Process(target=serve_bare, args=(theirs,))
    serving.start()
    try:
        return measure(ours.recv(), "x=y", given, ours.send)
    finally:
        serving.terminate()
        serving.join(10)


def serve_bare(told: Connection) -> None:
    async def story() -> None:
        writers: set[asyncio.StreamWriter] = set()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n: connected\n\n")
            writers.add(writer)

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])

        def write() -> None:
            number = told.recv()
            line = f'id: 1-{number}\ndata: {{"topic": "{TOPIC}", "ref": "b{number}"}}\n\n'.encode()
            for writer in writers:
                writer.write(line)

        asyncio.get_running_loop().add_reader(told.fileno(), write)
        await server.serve_forever()

    asyncio.run(story())


def product(given: argparse.Namespace) -> tuple[dict[str, float], int, float]:
    """The web process of the product on a database of its own; also its MiB and its seconds."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from tests.ops.site import Site

    made = setup_databases(verbosity=0, interactive=False)
    site = Site(Path("/dev/null"))
    try:
        cookie = signed_in()
        site.start()
        from paceline.live import events

        connection.close()
        found = measure(
            site.port,
            cookie,
            given,
            lambda number: events.append(connection, TOPIC, kind="notification", ref=f"b{number}"),
        )
        pid = site._process.pid  # type: ignore[union-attr]
        return found, *used_by(pid)
    finally:
        site.close()
        connection.close()
        teardown_databases(made, verbosity=0)


def used_by(pid: int) -> tuple[int, float]:
    """Resident MiB at most, and processor seconds, of a process."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024  # type: ignore[index]
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return peak, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def signed_in() -> str:
    """The cookie of the one person of the empty company."""
    from django.conf import settings

    from paceline.accounts.models import User
    from paceline.org.models import Employment, Person
    from tests.world import NOW, sign_in

    user = User.objects.create_user("lin@example.com", "a-long-password", joined_at=NOW)
    person = Person.objects.create(pk=1, number="L1", name="Lin", user=user)
    Employment.objects.create(
        person=person, country="TW", currency="TWD", starts_on=NOW.date().replace(year=2020)
    )
    value = sign_in(person).cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={value}"


def show(name: str, found: dict[str, float]) -> None:
    print(
        f"{name}: {found['rate']:.0f} events a second; {found['arrived']:,.0f} of"
        f" {found['wanted']:,.0f} arrived, whole for {found['whole']:.0f} readers,"
        f" in order: {'yes' if found['in_order'] else 'NO'};"
        f" p50 {found['p50'] * 1000:.0f} ms, p99 {found['p99'] * 1000:.0f} ms,"
        f" max {found['max'] * 1000:.0f} ms; opened in {found['opened']:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=20)
    given = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (min(hard, max(soft, given.readers * 2 + 200)), hard)
    )

    baseline = bare(given)
    show("bare asyncio server", baseline)

    import django
    import lasting

    with lasting.database_running():
        django.setup()
        found, peak, seconds = product(given)
    show("paceline serve", found)
    print(f"one web process: {peak} MiB at most, {seconds:.1f} s of processor time")
    print(
        f"p99 {found['p99'] * 1000:.0f} ms, asked {ASKED_P99 * 1000:.0f} ms;"
        f" {found['p99'] / baseline['p99']:.1f} × the bare server's"
    )
    lost = found["wanted"] - found["arrived"]
    print(f"lost: {lost:.0f}")
    if lost or found["p99"] > ASKED_P99 or not found["in_order"]:
        sys.exit("The mark is missed.")


if __name__ == "__main__":
    main()
