"""How fast every page of the demonstration company answers, as each role meets it.

    make demo                                       # once, so that the company is there
    var/venv/bin/python benchmarks/pages.py [times]

Each role meets its pages as a reader does: from the home page along the links, three of each
kind of page at most, but for those that hand over a file. Each is then asked for again and again
through the whole application (Django's test client: session, rights, templates, without the
network). What was loaded before is left out of the search for garbage, as in the product's own web
process (``paceline/asgi.py``). Printed are the median and the 95th percentile of wall time, the
median of processor time in this process, which a busy machine disturbs less, and the queries; above
150 ms or 15 queries a page is marked. The baseline, in the same run, is the page that is not found:
all that every page costs. The database of `make demo` is read; nothing in it changes but sessions.
"""

from __future__ import annotations

import gc
import os
import re
import statistics
import sys
from collections import Counter, deque
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any
from urllib.parse import urljoin, urlsplit

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.demo"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import lasting

TIMES = 9
SAME_KIND = 3
MS_MAX, QUERIES_MAX = 150, 15
LINK = re.compile(r'href="(/[^"#]*)"')
FRAGMENT = re.compile(r'hx-get="(/[^"#]*)"')


@dataclass(frozen=True)
class Measured:
    role: str
    path: str
    kind: str
    median: float
    p95: float
    processor: float
    queries: int
    size: int

    @property
    def is_over(self) -> bool:
        return self.median > MS_MAX or self.queries > QUERIES_MAX


def pages_of(client: Any) -> dict[str, str]:
    """Paths by which a reader reaches pages and parts of pages, with the name of each's kind."""
    from django.urls import Resolver404, resolve

    found: dict[str, str] = {}
    kinds: Counter[str] = Counter()
    waiting = deque([("/", "page")])
    seen = {"/"}
    while waiting:
        path, sort = waiting.popleft()
        try:
            kind = f"{resolve(urlsplit(path).path).view_name} {sort}"
        except Resolver404:
            continue
        if "export=" in path or kinds[kind] >= SAME_KIND or "live" in kind:
            continue
        headers = {"HX-Request": "true"} if sort == "part" else {}
        answer = client.get(path, headers=headers)
        if answer.streaming or not answer.get("Content-Type", "").startswith("text/html"):
            continue
        if answer.status_code != 200:
            continue
        kinds[kind] += 1
        found[path] = kind
        text = answer.content.decode()
        for expression, next_sort in ((LINK, "page"), (FRAGMENT, "part")):
            for link in expression.findall(text):
                target = urljoin(path, unescape(link))
                if target not in seen and not target.startswith("/static/"):
                    seen.add(target)
                    waiting.append((target, next_sort))
    return found


def measure(client: Any, role: str, path: str, kind: str, times: int) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    headers = {"HX-Request": "true"} if kind.endswith("part") else {}
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, headers=headers)
        asked = len(queries)
    taken, worked = [], []
    for _time in range(times):
        begun, busy = perf_counter(), thread_time()
        client.get(path, headers=headers)
        taken.append((perf_counter() - begun) * 1000)
        worked.append((thread_time() - busy) * 1000)
    return Measured(
        role,
        path,
        kind,
        statistics.median(taken),
        statistics.quantiles(taken, n=20)[-1],
        statistics.median(worked),
        asked,
        len(answer.content),
    )


def readers() -> list[tuple[str, Any]]:
    """One person of each role, signed in by the demonstration's one click."""
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from paceline.org import queries

    found = []
    for role, people in queries.demo_people(timezone.localdate(), ""):
        client = Client()
        client.post(reverse("org:demo_session", args=[people[0].person.pk]))
        found.append((str(role), client))
    return found


def bench(times: int) -> int:
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    over = 0
    for role, client in readers():
        paths = pages_of(client)
        gc.collect()
        gc.freeze()
        empty = measure(client, role, "/there-is-no-such-page", "nothing", times)
        found = [measure(client, role, *one, times) for one in paths.items()]
        found.sort(key=lambda one: -one.median)
        middle = statistics.median(one.median for one in found)
        over += sum(one.is_over for one in found)
        print(
            f"\n{role}: {len(found)} pages and parts, median {middle:.0f} ms;"
            f" baseline {empty.median:.0f} ms, {empty.queries} queries"
        )
        for one in found:
            if one.is_over or one in found[:8]:
                print(
                    f"{'!' if one.is_over else ' '} {one.median:6.0f} ms  p95 {one.p95:6.0f}"
                    f"  processor {one.processor:5.0f}  {one.queries:3} queries"
                    f"  {one.size / 1024:5.0f} KB  {one.path[:70]}  ({one.kind})"
                )
    print(f"\n{over} above {MS_MAX} ms or {QUERIES_MAX} queries")
    return over


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    with lasting.database_running():
        django.setup()
        bench(times)


if __name__ == "__main__":
    main()
