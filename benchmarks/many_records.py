"""Changing ten thousand customers at once and back, finding doubles among all, merging, export.

    var/venv/bin/python benchmarks/many_records.py [--customers N] [--count N]

The database is that of `crowd.py`; what is changed is taken back. Seconds by the clock, and of the
processors: of this process and of the server's for it. The memory is how much this process grew.
The baseline is one UPDATE of the same rows without rights, history, search and audit.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from crm_pages import readers, server_ticks
from crowd import CUSTOMERS, crowd_running

COUNT, MERGES = 10_000, 20


def clocked(name: str, act: Callable[[], Any]) -> Any:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, busy, server = perf_counter(), process_time(), server_ticks()
    result = act()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    print(
        f"{name:44}{perf_counter() - began:8.1f} s clock{process_time() - busy:8.1f} s here"
        f"{(server_ticks() - server) / 1000:8.1f} s server{grown:7.0f} MB",
        flush=True,
    )
    return result


def changes(head: Any, count: int) -> None:
    """Give, tag and set the customers of whoever leads several teams; then back."""
    from django.db import connection, transaction
    from django.utils import timezone

    from paceline.crm import actions
    from paceline.crm.models import Contact, scope_of

    at = timezone.now()
    rows = Contact.objects.visible_to(head).kept().filter(owner__in=scope_of(head).people)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:count])
    print(f"{len(ids):,} contacts")

    def bare() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE crm_contact SET rating = rating WHERE id = ANY(%s)", [ids])

    clocked("one bare UPDATE", bare)
    for name, what in (
        ("given to one", {"owner": min(scope_of(head).below)}),
        ("tagged", {"tag": "of ten thousand"}),
        ("set to another lifecycle", {"set": {"lifecycle": "lapsed"}}),
    ):
        batch = actions.request_batch(of="contact", ids=ids, what=what, by=head, at=at)
        clocked(name, lambda batch=batch: actions.run_batch(batch=batch, at=at))
        print(f"    {batch.count:,} changed, {batch.skipped:,} left")
        told = clocked(
            "    taken back", lambda batch=batch: actions.undo_batch(batch=batch, by=head, at=at)
        )
        print(f"    {told[0]:,} back, {told[1]:,} stayed")


def doubles(head: Any) -> None:
    """Pairs among all; some of them merged, and apart again."""
    from django.utils import timezone

    from paceline.crm import actions
    from paceline.crm.models import Contact, DuplicatePair

    at = timezone.now()
    for kind in ("company", "contact"):
        found = clocked(
            f"doubles among every {kind}",
            lambda kind=kind: actions.find_duplicates(kind=kind, by=None, at=at),
        )
        print(f"    {found:,} pairs")
    pairs = list(DuplicatePair.objects.visible_to(head).filter(kind="contact")[:MERGES])
    merges: list[Any] = []

    def merge() -> None:
        for pair in pairs:
            first, second = Contact.objects.filter(pk__in=(pair.first, pair.second)).order_by("pk")
            merges.append(
                actions.merge(
                    survivor=first, others=[second], choices={}, by=head, at=at,
                    seen={first.pk: first.version, second.pk: second.version},
                )
            )  # fmt: skip

    clocked(f"{len(pairs)} merges", merge)
    clocked(
        "    apart again",
        lambda: [actions.undo_merge(merged=one, by=head, at=at) for one in reversed(merges)],
    )


def exports(client: Any) -> None:
    for kind in ("companies", "contacts", "deals"):
        for ending in ("csv", "xlsx"):

            def take(kind: str = kind, ending: str = ending) -> int:
                answer = client.get(f"/crm/{kind}?{kind}-export={ending}")
                return sum(len(part) for part in answer.streaming_content)

            size = clocked(f"{kind} as {ending}", take)
            print(f"    {size / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--count", type=int, default=COUNT)
    given = parser.parse_args()
    with crowd_running(given.customers):
        known = {role: (person, client) for role, person, client in readers()}
        head, _client = known["head"]
        changes(head, given.count)
        doubles(head)
        exports(known["executive"][1])


if __name__ == "__main__":
    main()
