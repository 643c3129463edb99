"""What it costs to export every order line as CSV and XLSX: time, memory, and how others wait.

    var/venv/bin/python benchmarks/export_lines.py [lines]

The page's own request is answered by the whole application, part by part, as a server would ask for
it; the network is left out. Each export runs in a process of its own: how much its memory grew
at the highest is read from the system, as is the longest time in which the event loop, and so
everybody else's page, stood still. The baseline, in the same run, is PostgreSQL's own COPY of the
same columns to CSV. A database of its own is made and removed again.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"
os.environ["PACELINE_TEST_DB"] = "benchmark_export_lines"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import lasting

LINES = 200_000
COPY = """
COPY (
  SELECT l.ordered_on, l.order_number, l.line_number, p.name, l.customer, l.product, l.channel,
         l.territory, l.quantity, l.amount, l.currency, l.kind, l.imported_by_id
  FROM orders_orderline l LEFT JOIN org_person p ON p.id = l.person_id
  ORDER BY l.ordered_on DESC, l.id DESC
) TO STDOUT (FORMAT csv, HEADER)
"""


def build(lines: int) -> Any:
    """The cast, and order lines spread over two years."""
    from paceline.orders.models import OrderLine
    from tests.world import build_world

    world = build_world()
    first = date(2024, 7, 1).toordinal()
    sellers = [world.priya, world.omar, None]
    OrderLine.objects.bulk_create(
        (
            OrderLine(
                source="shop",
                order_number=f"SO{n:07}",
                line_number=str(n % 4 + 1),
                person=sellers[n % 3],
                ordered_on=date.fromordinal(first + n % 730),
                customer=f"C{n % 7919:05}",
                product=f"\u96fb\u52d5\u727f\u5237 {n % 311:03}",
                category="care",
                channel="shop",
                territory="TW-N",
                quantity=Decimal(n % 5 + 1),
                amount=Decimal(n * 7919 % 50_000 + 100).scaleb(-2),
                currency="TWD",
            )
            for n in range(lines)
        ),
        batch_size=5_000,
    )
    return world


def baseline() -> tuple[float, int]:
    from django.db import connection

    size = 0
    begun = perf_counter()
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for part in copy:
            size += len(part)
    return perf_counter() - begun, size


async def ask(cookie: str, kind: str) -> dict[str, float]:
    """One export through the application, as an ASGI server asks for it."""
    from paceline.asgi import application

    headers = [(b"host", b"testserver"), (b"cookie", cookie.encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": "/orders/lines", "raw_path": b"/orders/lines", "root_path": "",
        "query_string": f"lines-export={kind}".encode(), "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip
    sent: list[tuple[float, int]] = []
    status = 0
    stood = 0.0
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message.get("body"):
            sent.append((perf_counter(), len(message["body"])))

    async def tick() -> None:
        nonlocal stood
        while True:
            before = perf_counter()
            await asyncio.sleep(0.005)
            stood = max(stood, perf_counter() - before - 0.005)

    watching = asyncio.create_task(tick())
    begun = perf_counter()
    await application(scope, receive, send)  # type: ignore[arg-type]
    took = perf_counter() - begun
    watching.cancel()
    assert status == 200, status
    moments = [begun, *(moment for moment, _size in sent)]
    return {
        "seconds": took,
        "first": moments[1] - begun,
        "longest": max((b - a for a, b in pairwise(moments[1:])), default=0.0),
        "bytes": sum(size for _moment, size in sent),
        "stood": stood,
    }


def peak_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def export(cookie: str, kind: str, answers: Any) -> None:
    """In a process of its own: what the export took, and by how much memory grew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = peak_kib()
    found = asyncio.run(ask(cookie, kind))
    answers.put({**found, "grown": (peak_kib() - before) / 1024})


def bench(lines: int) -> None:
    from django.conf import settings
    from django.db import connections

    from tests.world import sign_in

    world = build(lines)
    name = settings.SESSION_COOKIE_NAME
    cookie = f"{name}={sign_in(world.dana).cookies[name].value}"
    baseline()
    seconds, size = baseline()
    print(f"{lines:,} order lines")
    print(f"baseline: COPY to CSV   {seconds:6.2f} s   {size / 1e6:6.1f} MB")
    processes = multiprocessing.get_context("fork")
    for kind in ("csv", "xlsx"):
        connections.close_all()
        answers = processes.Queue()
        child = processes.Process(target=export, args=(cookie, kind, answers))
        child.start()
        child.join()
        found = answers.get(timeout=10)
        print(
            f"export {kind:<5}            {found['seconds']:6.2f} s"
            f"   {found['bytes'] / 1e6:6.1f} MB   {found['seconds'] / seconds:5.1f} x"
        )
        print(
            f"  first byte {found['first']:.2f} s, longest part {found['longest'] * 1000:.0f} ms,"
            f" memory grew {found['grown']:.0f} MiB,"
            f" the loop stood still at most {found['stood'] * 1000:.0f} ms"
        )


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with lasting.database_running():
        django.setup()
        from django.test.runner import DiscoverRunner
        from django.test.utils import setup_test_environment

        setup_test_environment(debug=False)
        runner = DiscoverRunner(verbosity=0, interactive=False)
        made = runner.setup_databases()
        try:
            bench(lines)
        finally:
            runner.teardown_databases(made)


if __name__ == "__main__":
    main()
