"""A storm: 10,000 deliveries of 500 events, shuffled, against each event once in its order.

    var/venv/bin/python benchmarks/shop_storm.py [events] [times]

Every delivery goes through the address of a shop with its signature, and is read by a job. The
baseline is the least that a receiver has to do: the same bodies inserted by their ids, one
transaction each, ``ON CONFLICT DO NOTHING``. Processor time of this process is compared, because
the wall clock belongs to whatever else the machine does. A database of its own is made for it and
removed again.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"
os.environ["PACELINE_TEST_DB"] = "benchmark_shop_storm"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import lasting

EVENTS, TIMES = 500, 20
ANSWER_SECONDS_MAX = 1


def main(count: int, times: int) -> None:
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from paceline.kernel import jobs
    from paceline.kernel.standard_webhooks import signature
    from paceline.orders.shops.models import Delivery, Outcome
    from tests.conftest import flush_as_owner
    from tests.shops.test_storms import end_state, events

    connection.creation.create_test_db(verbosity=0, serialize=False, autoclobber=True)
    try:
        random = Random(1)  # noqa: S311 - a made-up storm
        told = events(count // 5 + 1, random)[:count]
        key, secret = _a_shop()
        client, address = Client(), reverse("shops:receive", args=[key])

        def post(name: str, message: dict[str, Any]) -> float:
            body, now = json.dumps(message).encode(), str(int(datetime.now(UTC).timestamp()))
            headers = {"webhook-id": name, "webhook-timestamp": now,
                       "webhook-signature": signature(secret, name, now, body)}  # fmt: skip
            started = perf_counter()
            answer = client.post(address, body, content_type="application/json", headers=headers)
            assert answer.status_code == 200, answer.status_code
            return perf_counter() - started

        for name, message in told:
            post(name, message)
        jobs.run_waiting()
        calm = end_state()
        flush_as_owner(connection.ops, _emptying(connection))

        key, secret = _a_shop()
        address = reverse("shops:receive", args=[key])
        storm = told * times
        random.shuffle(storm)
        started, answers = process_time(), []
        for name, message in storm:
            answers.append(post(name, message))
        received = process_time() - started
        started = process_time()
        ran = jobs.run_waiting()
        read = process_time() - started
        assert end_state() == calm, "the end is another one"
        assert Delivery.objects.count() == Outcome.objects.count() == ran == len(told)
        baseline = _bare(storm)
        answers.sort()
        print(
            f"{len(storm):,} deliveries of {len(told)} events → {ran} effects, the same end state"
        )
        print(f"  answered          {received:7.1f} s of processor time, "
              f"{len(storm) / received:,.0f} a second")  # fmt: skip
        print(f"  an answer took    median {answers[len(answers) // 2] * 1000:.1f} ms, "
              f"p99 {answers[len(answers) * 99 // 100] * 1000:.1f} ms, "
              f"longest {answers[-1] * 1000:.0f} ms (at most {ANSWER_SECONDS_MAX} s)")  # fmt: skip
        print(f"  read by jobs      {read:7.1f} s, {read / ran * 1000:.1f} ms each")
        print(f"  bare inserts      {baseline:7.1f} s")
        print(f"  ratio             {(received + read) / baseline:7.1f}")
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def _a_shop() -> tuple[str, str]:
    from paceline.orders.shops import actions
    from paceline.orders.shops.models import ShopKind
    from paceline.org import actions as org

    at = datetime(2026, 7, 15, 4, tzinfo=UTC)
    by = org.add_person(number="M", name="Manager", by=None, at=at)
    new = actions.NewShop(ShopKind.WEBHOOK, "Tea", "tea", "USD", "Asia/Taipei")
    shop, secret = actions.add_shop(new=new, by=by, at=at)
    return shop.key, secret


def _emptying(connection: Any) -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    from django.core.management.color import no_style

    return connection.ops.sql_flush(no_style(), tables, reset_sequences=False, allow_cascade=True)


def _bare(storm: list[tuple[str, dict[str, Any]]]) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (id text PRIMARY KEY, body bytea)")
        started = process_time()
        for name, message in storm:
            cursor.execute(
                "INSERT INTO bare VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [name, json.dumps(message).encode()],
            )
        return process_time() - started


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    with lasting.database_running():
        django.setup()
        main(given[0] if given else EVENTS, given[1] if len(given) > 1 else TIMES)
