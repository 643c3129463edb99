"""How long a board of 500 cards takes to open among 20,000, the other views of it and of a project
of 2,000 cards, and how long a move takes.

    var/venv/bin/python benchmarks/boards.py

Makes a database of its own, fills it, asks the pages as a browser would, and prints processor time
(this process's, so that other work on the machine counts little), wall time and queries. The
baseline is the list of projects: a page that shows no card.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

CARDS, BOARD, LARGE, PROJECTS, TURNS = 20_000, 500, 2_000, 40, 9
# The month in which the cards are due, so that calendar and timeline are full.
MONTH = "2026-07"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paceline.settings.test")
    import django
    import lasting

    with lasting.database_running():
        django.setup()
        from django.test.runner import DiscoverRunner
        from django.test.utils import setup_test_environment

        setup_test_environment()
        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases()
        try:
            measure()
        finally:
            runner.teardown_databases(databases)


def measure() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.world import build_world, sign_in

    world = build_world()
    board, large, card, lists = fill(world)
    client = sign_in(world.priya)
    pages = {
        "projects (baseline)": "/boards/",
        f"board of {BOARD}": f"/boards/{board.pk}",
        "the same in swimlanes": f"/boards/{board.pk}?lanes=executor",
        "list": f"/boards/{board.pk}/list",
        "table": f"/boards/{board.pk}/table",
        "calendar": f"/boards/{board.pk}/calendar?month={MONTH}",
        "timeline": f"/boards/{board.pk}/timeline?month={MONTH}",
        f"board of {LARGE}": f"/boards/{large.pk}",
        f"list of {LARGE}": f"/boards/{large.pk}/list",
        f"table of {LARGE}": f"/boards/{large.pk}/table",
        f"calendar of {LARGE}": f"/boards/{large.pk}/calendar?month={MONTH}",
        f"timeline of {LARGE}": f"/boards/{large.pk}/timeline?month={MONTH}",
        "my work": "/boards/mine",
        "card": f"/boards/cards/{card.pk}",
    }
    print(f"{'page':26} {'cpu ms':>8} {'wall ms':>8} {'queries':>8} {'KB':>6}")
    for name, url in pages.items():
        client.get(url)
        cpu, wall = [], []
        for _turn in range(TURNS):
            before, clock = time.process_time(), time.perf_counter()
            answer = client.get(url)
            cpu.append((time.process_time() - before) * 1000)
            wall.append((time.perf_counter() - clock) * 1000)
        assert answer.status_code == 200, url
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        size = len(answer.content) // 1024
        print(
            f"{name:26} {statistics.median(cpu):8.0f} {statistics.median(wall):8.0f}"
            f" {len(asked):8} {size:6}"
        )
    moves(world, card, lists)


def fill(world: Any) -> tuple[Any, Any, Any, list[Any]]:
    """One board of 500 cards with what hangs on them, one of 2,000, 38 others with the rest."""
    from datetime import timedelta

    from paceline.boards import actions
    from paceline.boards.models import Card, Checklist, ChecklistItem, Colour, Labelling, Reach
    from tests.world import NOW, TODAY

    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    lists = [actions.NewList(name) for name in ("To do", "Doing", "Checked", "Late", "Ideas")]
    boards = [
        actions.add_project(
            facts={"name": f"Project {n}", "team": world.north, "reach": Reach.TEAM},
            lists=lists,
            **told,
        )
        for n in range(PROJECTS)
    ]
    each = (CARDS - BOARD - LARGE) // (PROJECTS - 2)
    sizes = [BOARD, LARGE, *([each] * (PROJECTS - 2))]
    rows = []
    for place, project in enumerate(boards):
        columns = list(project.lists.order_by("rank"))
        rows += [
            Card(
                project=project,
                list=columns[number % 5],
                rank=number * 1024,
                title=f"Card {number} with a title of usual length",
                created_at=NOW,
                changed_at=NOW,
                executor=(world.priya, world.marco, None)[number % 3],
                due_on=TODAY + timedelta(days=number % 40 - 10) if number % 2 else None,
            )
            for number in range(sizes[place])
        ]
    made = Card.objects.bulk_create(rows, batch_size=2000)
    label = actions.add_label(project=boards[0], name="Urgent", colour=Colour.RED, **told)
    first = made[:BOARD]
    Labelling.objects.bulk_create(Labelling(card=one, label=label) for one in first[::2])
    checks = Checklist.objects.bulk_create(Checklist(card=one, name="Steps") for one in first[::3])
    ChecklistItem.objects.bulk_create(
        ChecklistItem(checklist=one, text=text) for one in checks for text in "abc"
    )
    for card in first[:40]:
        actions.add_comment(card=card, text="Hello", **told)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return boards[0], boards[1], first[0], list(boards[0].lists.order_by("rank"))


def moves(world: Any, card: Any, lists: list[Any]) -> None:
    """A card to and fro between two full lists."""
    from paceline.boards import actions
    from tests.world import NOW

    cpu, wall = [], []
    for turn in range(40):
        before, clock = time.process_time(), time.perf_counter()
        actions.move_card(card=card, to=lists[turn % 2], by=world.priya, at=NOW)
        cpu.append((time.process_time() - before) * 1000)
        wall.append((time.perf_counter() - clock) * 1000)
    print(f"{'a move':26} {statistics.median(cpu):8.1f} {statistics.median(wall):8.1f}")


if __name__ == "__main__":
    main()
