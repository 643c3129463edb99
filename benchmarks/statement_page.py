"""How fast a statement opens, down to its lines, in a company of the demonstration's size.

    var/venv/bin/python benchmarks/statement_page.py [lines]

Four quarters of about 120 payees are run and released; then the page of a payee, and the lines of
the tier they are in, are asked for by the payee's own signed-in browser (Django's test client: the
whole request with session, rights and templates, without the network). Opening lines is measured
for the first reader, when the engine traces the payee from the run's kept files, and for every
later one. The baselines, in the same process: the statement's rows by plain SQL without any page,
and the payee's lines out of the same Parquet files by DuckDB. A database of its own is made and
removed again.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.test"
os.environ["PACELINE_TEST_DB"] = "benchmark_statement_page"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import duckdb
import lasting

LINES = 200_000
PAYEES = 118  # and the two sellers of the cast
TEAM = 10  # of them report to the lead, who is paid on some 5,000 lines a quarter
QUARTERS = ("2025Q3", "2025Q4", "2026Q1", "2026Q2")
FROM, UNTIL = date(2025, 7, 1), date(2026, 7, 1)
TIMES = 60

STATEMENT = """
SELECT s.*, c.*, t.* FROM incentives_statement s
JOIN incentives_statementcomponent c ON c.statement_id = s.id
LEFT JOIN incentives_statementtier t ON t.component_id = c.id WHERE s.id = %s
"""


def build(lines: int) -> Any:
    """The cast and 118 more sellers, a year of lines and quotas, two approved plans."""
    from paceline.goals.models import Quota
    from paceline.incentives.calculation.periods import calendar_period
    from paceline.org.models import Employment, Person, PositionHolding, ReportingLine
    from tests.incentives.pay import conftest as pay
    from tests.world import build_world

    world = build_world()
    people = Person.objects.bulk_create(
        Person(number=f"B{n:03}", name=f"Seller {n}") for n in range(PAYEES)
    )
    days = {"starts_on": world.founded}
    terms = {"country": "TW", "currency": "USD", **days}
    Employment.objects.bulk_create(Employment(person=one, **terms) for one in people)
    PositionHolding.objects.bulk_create(
        PositionHolding(person=one, position=world.seller, **days) for one in people
    )
    ReportingLine.objects.bulk_create(
        ReportingLine(person=one, manager=world.marco, **days) for one in people[:TEAM]
    )
    sellers = [world.priya, world.omar, *people]
    periods = [calendar_period(key) for key in QUARTERS]
    Quota.objects.bulk_create(
        Quota(
            person=one,
            measure="sales",
            amount=Decimal(lines // len(sellers) * 60),
            currency="USD",
            starts_on=period.starts_on,
            ends_before=period.ends_before,
            set_at=world.now,
        )
        for one in sellers
        for period in periods
    )
    write_lines(sellers, lines)
    pay.approve(pay.SELLER, world, to=world.seller, since=FROM)
    pay.approve(pay.OVERRIDE, world, to=world.lead, since=FROM)
    return world


def write_lines(sellers: list[Any], lines: int) -> None:
    """Orders spread evenly over people and days."""
    from paceline.orders.models import MonthRevision, OrderLine

    span = (UNTIL - FROM).days
    OrderLine.objects.bulk_create(
        (
            OrderLine(
                source="shop",
                order_number=f"SO{n:07}",
                line_number="1",
                person=sellers[n % len(sellers)],
                ordered_on=date.fromordinal(FROM.toordinal() + n // len(sellers) % span),
                quantity=Decimal(1),
                amount=Decimal(n * 7919 % 50_000 + 100).scaleb(-2),
                currency="USD",
            )
            for n in range(lines)
        ),
        batch_size=5_000,
    )
    months = OrderLine.objects.dates("ordered_on", "month")
    MonthRevision.objects.bulk_create(MonthRevision(month=month) for month in months)


def run_and_release(world: Any) -> list[Any]:
    """Every quarter calculated and released; the last run comes last."""
    from paceline.incentives.actions import runs, statements
    from paceline.incentives.models import Run

    made = []
    for key in QUARTERS:
        run = runs.request_run(period_key=key, by=world.dana, at=world.now, on=world.today)
        started = perf_counter()
        runs.calculate_run(run=run, at=world.now)
        took = perf_counter() - started
        run = Run.objects.get(pk=run.pk)
        chosen = list(run.statements.values_list("pk", flat=True))
        statements.release_statements(run=run, statements=chosen, by=world.dana, at=world.now)
        print(f"  run {key}: {len(chosen)} statements in {took:.2f} s")
        made.append(run)
    return made


def measure(call: Callable[[], Any], times: int = TIMES) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after three calls that do not count."""
    for _warm in range(3):
        call()
    taken = []
    for _time in range(times):
        started = perf_counter()
        call()
        taken.append((perf_counter() - started) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def count_queries(call: Callable[[], Any]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        call()
    return len(found)


def report(name: str, times: tuple[float, float], queries: int | None = None) -> None:
    asked = "" if queries is None else f"   {queries} queries"
    print(f"{name:<44} median {times[0]:7.1f} ms   p95 {times[1]:7.1f} ms{asked}")


def bench(lines: int) -> None:
    from django.conf import settings
    from django.db import connection
    from django.urls import reverse

    from paceline.files.queries import path_of
    from tests.world import sign_in

    shutil.rmtree(Path(settings.MEDIA_ROOT) / "traces", ignore_errors=True)
    print(f"{lines:,} order lines, {PAYEES + 2} sellers, {len(QUARTERS)} quarters")
    world = build(lines)
    run = run_and_release(world)[-1]
    statement = run.statements.get(payee=world.priya)
    component = statement.components.get()
    tier = component.tiers.order_by("-earned").first()
    page = reverse("incentives:statement", args=[statement.pk])
    opened = reverse("incentives:statement-lines", args=[statement.pk, component.pk, tier.tier])
    client = sign_in(world.priya)
    fragment = {"HX-Request": "true"}

    def plain_sql() -> None:
        with connection.cursor() as cursor:
            cursor.execute(STATEMENT, [statement.pk])
            cursor.fetchall()

    files = [
        str(path_of(one.file))
        for one in run.inputs.filter(table="order_lines").select_related("file")
    ]
    duck = duckdb.connect()

    def plain_lines() -> None:
        duck.execute(
            "SELECT * FROM read_parquet(?) WHERE payee_id = ? ORDER BY ordered_on, line_id",
            [files, world.priya.number],
        ).fetchall()

    def show() -> None:
        assert client.get(page).status_code == 200

    def show_lines() -> None:
        assert client.get(opened, headers=fragment).status_code == 200

    def show_lines_first() -> None:
        shutil.rmtree(Path(settings.MEDIA_ROOT) / "traces", ignore_errors=True)
        show_lines()

    report("baseline: the statement's rows by plain SQL", measure(plain_sql))
    report("statement page", measure(show), count_queries(show))
    report("baseline: the payee's lines by DuckDB", measure(plain_lines))
    report("lines of a tier, first reader (traced)", measure(show_lines_first, 20))
    report("lines of a tier, later readers", measure(show_lines), count_queries(show_lines))
    bench_lead(run, world)


def bench_lead(run: Any, world: Any) -> None:
    """The same for a lead, who is paid on the lines of a whole team."""
    from django.conf import settings
    from django.urls import reverse

    from paceline.incentives.calculation.trace import traced
    from tests.world import sign_in

    lead = run.statements.get(payee=world.marco)
    part = lead.components.get()
    tier = part.tiers.order_by("-earned").first()
    opened = reverse("incentives:statement-lines", args=[lead.pk, part.pk, tier.tier])
    traces = reverse("incentives:statement-traces", args=[lead.pk])
    client = sign_in(world.marco)
    fragment = {"HX-Request": "true"}

    def forget() -> None:
        shutil.rmtree(Path(settings.MEDIA_ROOT) / "traces", ignore_errors=True)

    def show_lines() -> None:
        assert client.get(opened, headers=fragment).status_code == 200

    def show_lines_first() -> None:
        forget()
        show_lines()

    def trace_ahead() -> None:
        forget()
        assert client.get(traces, headers=fragment).status_code == 204

    print(f"a lead with {traced(lead, part.version).num_rows:,} lines")
    report("lines of a tier, first reader (traced)", measure(show_lines_first, 20))
    report("the trace that the page asks for ahead", measure(trace_ahead, 20))
    report("lines of a tier, after it", measure(show_lines), count_queries(show_lines))


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
