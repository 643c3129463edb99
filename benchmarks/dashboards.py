"""Whole dashboards over ten million order lines: every chart of a page with its table.

    make demo                                       # once, so that the company is there
    var/venv/bin/python benchmarks/dashboards.py [LINES] [--rounds N] [--charts | --explorer]

The lines are those of ``insights.py`` (made once below var/benchmarks), dealt out to the people,
teams and quotas of the demonstration company as they were on a day of these lines; what is changed
for that in its database is rolled back. Each page is drawn for somebody of its role, of all and
narrowed to the largest team, and opens its files anew. With ``--explorer`` an executive asks by
form instead: by day over four hundred days and by week over two years. Printed are milliseconds of
the processor and the clock, the least of some rounds, and the queries. The baseline in the same run
is the bare GROUP BY of the same lines by month.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "paceline.settings.demo"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import lasting

TODAY = date(2025, 12, 20)
FIRST_AFTER = date(2026, 1, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=int, nargs="?", default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--charts", action="store_true", help="also each chart alone")
    parser.add_argument("--explorer", action="store_true", help="only questions by day")
    given = parser.parse_args()
    with lasting.database_running():
        django.setup()
        from django.db import transaction

        with transaction.atomic():
            measure(given)
            transaction.set_rollback(True)


def measure(given: argparse.Namespace) -> None:
    import insights
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from paceline.insights.charts.catalogue import DEFAULTS
    from paceline.insights.charts.frame import Frame
    from paceline.insights.charts.tiles import default_tiles
    from paceline.insights.cubes import FAR, Lines
    from paceline.insights.cubes.making import open_database
    from paceline.insights.queries.desk import Desk
    from paceline.insights.queries.shelf import Shelf
    from paceline.org.models import Person, Role, Team

    folder = insights.FOLDER / f"lines-{given.lines}"
    cubes = insights.FOLDER / f"cubes-{given.lines}"
    digests = insights.made(folder, cubes, given.lines)
    for place, person in enumerate(Person.objects.order_by("pk")[: insights.PEOPLE]):
        Person.objects.filter(pk=person.pk).update(number=f"E{place:04}")
    teams = list(Team.objects.order_by("pk").values_list("code", "parent"))
    codes = [code for code, _parent in teams]
    members = [
        (codes[n // 10 % len(codes)], f"E{n:04}", date(2020, 1, 1), FAR)
        for n in range(insights.PEOPLE)
    ]

    class Dealt(Desk):
        """A reader's desk over the generated lines."""

        @cached_property
        def lines(self) -> Lines:
            return Lines(cubes, digests, members)

    def drawn(reader: Person, keys: Any, frame: Frame) -> Any:
        with closing(Dealt(reader, TODAY, Shelf(digests, ()))) as desk:
            return default_tiles(desk, keys, frame)

    def bare() -> None:
        with closing(open_database([folder], memory=insights.MEMORY)) as duck:
            duck.execute(
                "SELECT date_trunc('month', ordered_on), currency, sum(amount)"
                " FROM read_parquet(?) GROUP BY ALL",
                [[str(path) for path in sorted(folder.glob("*.parquet"))]],
            ).fetchall()

    base = insights.timed(bare, given.rounds)
    print(f"bare GROUP BY of the lines: {insights.told(base)}")
    if given.explorer:
        ask_by_day(given, base, lambda reader: Dealt(reader, TODAY, Shelf(digests, ())))
        return
    top = next(code for code, parent in teams if parent is None)
    for name, role in (
        (Role.EXECUTIVE, Role.EXECUTIVE), ("operations", Role.EXECUTIVE),
        (Role.FINANCE, Role.FINANCE), (Role.COMPENSATION, Role.COMPENSATION),
    ):  # fmt: skip
        reader = next(one for one in Person.objects.order_by("pk") if one.has_role(role))
        for said, frame in (("all", Frame()), (top, Frame(team=top))):
            keys = DEFAULTS[name]
            with CaptureQueriesContext(connection) as queries:
                drawn(reader, keys, frame)
            found = insights.timed(lambda f=frame, k=keys, r=reader: drawn(r, k, f), given.rounds)
            print(f"{name:14}{said:12}{insights.told(found)}{found[0] / base[0]:6.2f} x"
                  f"  {len(queries)} queries", flush=True)  # fmt: skip
            for key in keys if given.charts else ():
                alone = insights.timed(
                    lambda f=frame, k=key, r=reader: drawn(r, (k,), f), given.rounds
                )
                print(f"    {key:22}{insights.told(alone)}", flush=True)


def ask_by_day(given: argparse.Namespace, base: tuple[float, float], desk_of: Any) -> None:
    import insights

    from paceline.insights.asked import Question
    from paceline.insights.charts import chart_of, rows_of
    from paceline.insights.dimensions import Span
    from paceline.insights.measures import MEASURES
    from paceline.insights.queries.answers import FILE_ROWS_MAX, answer
    from paceline.org.models import Person, Role

    reader = next(one for one in Person.objects.order_by("pk") if one.has_role(Role.EXECUTIVE))
    days, years = Span(date(2024, 11, 1), date(2025, 12, 1)), Span(date(2024, 1, 1), FIRST_AFTER)

    def asked(question: Question, most: int | None) -> None:
        with closing(desk_of(reader)) as desk:
            found = answer(desk, question, most=most)
            if most is None:
                chart_of(desk, found)
                rows_of(desk, found, most=200)

    for key in ("net_sales", "orders", "margin_rate"):
        for split in ("person", "product", "team", "channel", "customer"):
            if split not in MEASURES[key].splits:
                continue
            for over, span in (("day", days), ("week", years)):
                question = Question(MEASURES[key], span, over=over, split=split)
                page = insights.timed(lambda q=question: asked(q, None), given.rounds)
                file = insights.timed(lambda q=question: asked(q, FILE_ROWS_MAX), 1)
                said = f"{key:12} by {split:9} by {over:5}"
                told = f"page{insights.told(page)}{page[1] / base[1]:6.2f} x"
                print(f"{said}{told}   file{insights.told(file)}", flush=True)


if __name__ == "__main__":
    main()
