"""How fast the pages about customers answer among a hundred thousand of them, as each role.

    var/venv/bin/python benchmarks/crm_pages.py [--customers N] [--times N] [--only TEXT] [--all]

The database is that of `crowd.py`. Every list is asked plain, sorted by each of its columns in both
directions, narrowed by each of its filters, searched, and at its last page; then boards, records
with a long timeline, duplicates, segments, cohorts, the map of the process, orders that wait,
inquiries, mail, and the palette. Each goes through the whole application (Django's test client:
session, rights, templates, without the network).

Printed are medians and 95th percentiles of processor time (this thread's, and of the server's
process for it as a mean of the readings, because the system counts it in hundredths of a second)
and of the clock, the queries, and the bytes; what is over 200 ms or 20 queries is marked, and
without ``--all`` only that and the slowest are printed. The baseline, in the same run, is the page
that is not found: all that every page costs.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from crowd import CUSTOMERS, crowd_running

TIMES = 7
MS_MAX, QUERIES_MAX, SLOWEST = 200, 20, 6
NAMES = ("company", "contact", "lead", "deal")
PLURALS = {"company": "companies", "contact": "contacts", "lead": "leads", "deal": "deals"}


@dataclass(frozen=True)
class Measured:
    role: str
    path: str
    processor: float
    late: float
    server: float
    clock: float
    queries: int
    size: int

    @property
    def whole(self) -> float:
        return self.processor + self.server

    @property
    def is_over(self) -> bool:
        return self.whole > MS_MAX or self.queries > QUERIES_MAX


def server_ticks() -> float:
    """Milliseconds of processor time of the database's process for this connection."""
    from django.db import connection

    pid = connection.connection.info.backend_pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measure(client: Any, role: str, path: str, times: int) -> Measured | None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
        asked = len(queries)
    if answer.status_code not in {200, 404}:
        return None
    size = len(answer.content)
    taken, worked = [], []
    ticks = server_ticks()
    for _time in range(times):
        begun, busy = perf_counter(), thread_time()
        client.get(path)
        taken.append((perf_counter() - begun) * 1000)
        worked.append((thread_time() - busy) * 1000)
    server = (server_ticks() - ticks) / times
    late = statistics.quantiles(worked, n=20)[-1] if times > 1 else worked[0]
    return Measured(role, path, statistics.median(worked), late, server,
                    statistics.median(taken), asked, size)  # fmt: skip


def list_pages(client: Any, kind: str, text: str) -> list[str]:
    """The list of a kind: plain, by every sort and filter that it offers, searched, at its end."""
    address = f"/crm/{PLURALS[kind]}"
    table = client.get(address).context["table"]
    sort = f"{table.name}-sort"
    found = [f"{address}?{sort}={sign}{one.key}" for one in table.columns if one.sort
             for sign in ("", "-")]  # fmt: skip
    found += [
        f"{address}?{table.name}-is-{one.key}={value}"
        for one in table.filters
        for value in [value for value, _label in one.choices][:3]
    ]
    plain = f"{address}?{sort}="
    return [plain, *found, f"{plain}&{table.name}-q={text}", f"{plain}&{table.name}-q=zzz",
            f"{plain}&{table.name}-page=100000"]  # fmt: skip


def other_pages(person: Any) -> list[str]:
    """Boards, records, and everything else that reads customers."""
    from django.db.models import Count

    from paceline.crm.models import Company, Contact, CustomerOrder, Deal, Pipeline, Segment

    seen = Pipeline.objects.visible_to(person).order_by("pk")[:2]
    found = ["/"]
    for one in seen:
        found += [f"/crm/board/{one.pk}", f"/crm/board/{one.pk}?whose=mine",
                  f"/crm/pipelines/{one.pk}"]  # fmt: skip
        found += [f"/crm/pipelines/{one.pk}/process?days={days}" for days in (30, 90, 365)]
    talked = Contact.objects.visible_to(person).annotate(n=Count("activities")).order_by("-n")
    bought = Company.objects.visible_to(person).order_by("-purchases__orders", "pk")
    bought = bought.filter(purchases__isnull=False)
    found += [f"/crm/contacts/{one.pk}" for one in talked[:2]]
    found += [f"/crm/companies/{one.pk}" for one in bought[:2]]
    found += [f"/crm/deals/{one.pk}" for one in Deal.objects.visible_to(person).order_by("pk")[:2]]
    found += [f"/crm/contacts/{one.pk}/edit" for one in talked[:1]]
    found += ["/crm/segments", "/crm/segments/new", "/crm/cohorts", "/crm/cohorts?kind=contact"]
    for one in Segment.objects.visible_to(person).order_by("pk")[:6]:
        found += [f"/crm/segments/{one.pk}"]
    found += [f"/crm/duplicates?kind={kind}{page}" for kind in NAMES[:3]
              for page in ("", "&page=2", "&page=100000")]  # fmt: skip
    found += ["/crm/orders", "/crm/orders?waiting-sort=amount", "/crm/orders?left=1"]
    orders = CustomerOrder.objects.visible_to(person).filter(waiting__isnull=False)
    found += [f"/crm/orders/{one.pk}" for one in orders[:1]]
    found += ["/crm/tasks", "/crm/fields", "/crm/contacts/new", "/crm/deals/new"]
    found += ["/leads/inquiries", "/leads/inquiries/report?days=90", "/mail/templates"]
    found += [f"/crm/suggest/{plural}?q={text}" for plural in PLURALS.values()
              for text in ("a", "王")]  # fmt: skip
    found += [f"/palette?q={text}" for text in ("王", "志明", "shop", "+886", "a b", "K00012")]
    return found


def readers() -> list[tuple[str, Any, Any]]:
    """A seller, their lead, whoever leads the lead, and an executive."""
    from django.utils import timezone

    from paceline.org.models import Person, ReportingLine, RoleGrant
    from tests.world import sign_in

    today = timezone.localdate()
    granted = RoleGrant.objects.on(today)
    seller = Person.objects.filter(
        pk__in=granted.filter(role="salesperson").values("person"), user__isnull=False
    ).employed_on(today).order_by("pk").first()  # fmt: skip
    lead = ReportingLine.objects.on(today).get(person=seller).manager
    head = ReportingLine.objects.on(today).get(person=lead).manager
    chief = Person.objects.filter(pk__in=granted.filter(role="executive").values("person")).first()
    found = []
    for role, person in (("seller", seller), ("lead", lead), ("head", head), ("executive", chief)):
        client = sign_in(person)
        person.acting_on = today
        found.append((role, person, client))
    return found


def bench(times: int, only: str, roles: list[str], *, everything: bool) -> int:
    over = []
    for role, person, client in readers():
        if roles and role not in roles:
            continue
        empty = measure(client, role, "/there-is-no-such-page", times)
        gc.collect()
        gc.freeze()  # as the web process does once it is loaded
        assert empty is not None
        paths = []
        for kind, text in zip(NAMES, ("星", "王", "王", "×"), strict=True):
            paths += list_pages(client, kind, text)
        paths += other_pages(person)
        asked = (one for one in dict.fromkeys(paths) if only in one)
        found = [one for path in asked if (one := measure(client, role, path, times))]
        found.sort(key=lambda one: -one.whole)
        over += [one for one in found if one.is_over]
        middle = statistics.median(one.whole for one in found) if found else 0
        print(
            f"\n{role}: {len(found)} pages, median {middle:.0f} ms of processor time;"
            f" baseline {empty.whole:.0f} ms, {empty.queries} queries"
        )
        print("   whole   here    p95 server  clock queries  KB")
        for one in found:
            if everything or one.is_over or one in found[:SLOWEST]:
                print(
                    f"{'!' if one.is_over else ' '} {one.whole:6.0f} {one.processor:6.0f}"
                    f" {one.late:6.0f} {one.server:6.0f} {one.clock:6.0f} {one.queries:7}"
                    f" {one.size / 1024:4.0f}  {one.path[:90]}",
                    flush=True,
                )
    print(f"\n{len(over)} above {MS_MAX} ms or {QUERIES_MAX} queries")
    return len(over)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--roles", nargs="*", default=[], help="seller, lead, head, executive")
    parser.add_argument("--all", action="store_true", help="print every page")
    given = parser.parse_args()
    with crowd_running(given.customers):
        from django.test.utils import setup_test_environment

        setup_test_environment()  # so that answers tell what they were drawn from
        if bench(given.times, given.only, given.roles, everything=given.all):
            sys.exit("The mark is missed.")


if __name__ == "__main__":
    main()
