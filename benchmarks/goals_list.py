"""How long the pages of goals take among five thousand of them.

    var/venv/bin/python benchmarks/goals_list.py [goals]

The people are those of `crowd.py`; the goals, a check-in and an agreement each, are made in one
transaction that is taken back. Printed are medians of processor time (this thread's, and of the
server's process for it) and of the clock, queries and bytes. The baseline is the page that is not
found.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from crm_pages import measure, readers
from crowd import crowd_running

GOALS, TIMES = 5_000, 9
PAGES = (
    "/there-is-no-such-page", "/goals/list", "/goals/list?goals-sort=owner",
    "/goals/list?goals-sort=-name&goals-page=60", "/goals/list?goals-is-state=open",
    "/goals/list?goals-is-state=agreed", "/goals/list?goals-q=77", "/goals/", "/goals/mine",
    "/goals/alignment",
)  # fmt: skip


def fill(count: int) -> None:
    from django.utils import timezone

    from paceline.goals.models import Agreement, CheckIn, Goal, GoalPeriod
    from paceline.org.models import Person, Team

    at, today = timezone.now(), timezone.localdate()
    people, teams = list(Person.objects.order_by("pk")), list(Team.objects.order_by("pk"))
    periods = [
        GoalPeriod.objects.create(
            name=f"{today.year} {number}", starts_on=date(today.year, 3 * number - 2, 1),
            ends_before=date(today.year + number // 4, 3 * number % 12 + 1, 1), created_at=at,
        )
        for number in (1, 2, 3, 4)
    ]  # fmt: skip

    def goal(number: int) -> Any:
        level = ("company", "team", "person", "person", "person")[number % 5]
        owner = people[number * 7 % len(people)]
        return Goal(
            period=periods[3 - number % 4], level=level, owner=owner, name=f"Goal {number}",
            team=None if level == "company" else teams[number % len(teams)], rank=number,
            unit="count", start_value=Decimal(0), target=Decimal(100), direction="up",
            weight=Decimal(20), created_by=owner, created_at=at, changed_at=at,
        )  # fmt: skip

    goals = Goal.objects.bulk_create([goal(number) for number in range(count)], batch_size=500)
    for place, one in enumerate(goals):
        one.parent = goals[place // 6] if place >= 30 else None
    Goal.objects.bulk_update(goals, ["parent"], batch_size=500)
    said = CheckIn.objects.bulk_create(
        [CheckIn(goal=one, on=one.period.starts_on + timedelta(days=20), value=Decimal(40), at=at,
                 by=one.owner, confidence="sure") for one in goals],
        batch_size=500,
    )  # fmt: skip
    for one, check_in in zip(goals, said, strict=True):
        one.last_check_in = check_in
    Goal.objects.bulk_update(goals, ["last_check_in"], batch_size=500)
    Agreement.objects.bulk_create(
        [Agreement(goal=one, terms=1, side="owner", person=one.owner, at=at)
         for one in goals if one.rank % 3],
        batch_size=500,
    )  # fmt: skip


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else GOALS
    with crowd_running():
        from django.db import connection, transaction

        with transaction.atomic():
            fill(count)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE goals_goal, goals_agreement, goals_checkin")
            for role, _person, client in readers():
                if role not in {"seller", "executive"}:
                    continue
                print(f"{role}\n whole   here server  clock queries  KB")
                for path in PAGES:
                    one = measure(client, role, path, TIMES)
                    if one is None:
                        print(f"   answered otherwise: {path}")
                        continue
                    print(
                        f"{one.whole:6.0f} {one.processor:6.0f} {one.server:6.0f} {one.clock:6.0f}"
                        f" {one.queries:7} {one.size / 1024:4.0f}  {path}",
                        flush=True,
                    )
            transaction.set_rollback(True)


if __name__ == "__main__":
    main()
