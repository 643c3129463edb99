"""Owners of territories and accounts: by hand, by file, and on their way to the run."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from paceline.imports import actions as imports
from paceline.imports.kinds import UndoRefused
from paceline.kernel.models import AuditEntry
from paceline.orders import actions
from paceline.orders.actions import Holding
from paceline.orders.models import Owner, OwnerKind
from paceline.orders.queries import owners_table
from paceline.org.models import Person
from tests.orders.conftest import Bring
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
HEADER = "Column,Key,Owner,Share,First day,Last day\n"
JULY = (date(2026, 7, 1), date(2026, 8, 1))


def own(world: World, person: Person, share: str, since: date, until: date | None = None) -> Owner:
    holding = Holding(OwnerKind.TERRITORY, "North", Decimal(share), since, until)
    return actions.set_owner(person=person, holding=holding, reason="new", by=world.dana, at=NOW)


def read() -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in owners_table(*JULY).to_pylist()]


def test_owners_never_own_more_than_the_whole(world: World) -> None:
    first = own(world, world.priya, "0.6", date(2026, 1, 1))
    own(world, world.omar, "0.4", date(2026, 3, 1), date(2026, 6, 1))
    with pytest.raises(actions.OwnersExceed) as refused:
        own(world, world.marco, "0.4", date(2026, 2, 1))
    assert refused.value.day == date(2026, 3, 1)
    with pytest.raises(actions.OwnerOverlaps):
        own(world, world.priya, "0.1", date(2026, 5, 1))
    with pytest.raises(actions.OwnerUnchanged):
        own(world, world.priya, "0.6", date(2026, 1, 1))
    assert Owner.objects.count() == 2
    own(world, world.priya, "0.5", date(2026, 1, 1), date(2026, 7, 11))
    first.refresh_from_db()
    assert (first.share, first.ends_before) == (Decimal("0.5"), date(2026, 7, 11))
    last = AuditEntry.objects.filter(action="owner_set").order_by("id").last()
    assert last.reason == "new"
    assert read() == [
        (
            "territory",
            "North",
            world.priya.number,
            Decimal("0.5"),
            date(2026, 1, 1),
            date(2026, 7, 11),
        )
    ]


def test_a_file_says_the_same_twice_changes_once_and_is_undone(world: World, bring: Bring) -> None:
    p, o = world.priya.number, world.omar.number
    text = "類型,名稱,員工編號,比例,開始日期,結束日期\n"
    text += f"地區,北部,{p},60%,2026-01-01,\n地區,北部,{o},40%,2026-01-01,2026-07-15\n"
    text += f"客戶,Aster,{o},100%,2026-07-10,\n"
    first = bring("owners", text)
    assert [first.totals[name] for name in ("new", "changed", "same")] == [3, 0, 0]
    assert {row[:4] for row in read()} == {
        ("territory", "北部", p, Decimal("0.6")),
        ("territory", "北部", o, Decimal("0.4")),
        ("customer", "Aster", o, Decimal(1)),
    }
    assert [row[5] for row in read() if row[2] == o and row[0] == "territory"] == [
        date(2026, 7, 16)
    ]
    again = bring("owners", text)
    assert [again.totals[name] for name in ("new", "changed", "same")] == [0, 0, 3]
    changed = bring("owners", text.replace("60%", "55%"))
    assert [changed.totals[name] for name in ("new", "changed", "same")] == [0, 1, 2]
    with pytest.raises(UndoRefused):
        imports.undo(source=first, reason="wrong", by=world.dana, at=NOW)
    imports.undo(source=changed, reason="wrong", by=world.dana, at=NOW)
    assert ("territory", "北部", p, Decimal("0.6")) in {row[:4] for row in read()}
    imports.undo(source=first, reason="wrong", by=world.dana, at=NOW)
    assert not Owner.objects.exists()


def test_bad_lines_are_named(world: World, checked: Bring) -> None:
    own(world, world.priya, "0.6", date(2026, 1, 1), date(2026, 7, 1))
    p, o = world.priya.number, world.omar.number
    rows = (
        f"planet,Mars,{p},100%,2026-01-01,",
        "territory,North,nobody,10%,2026-01-01,",
        f"territory,North,{o},50%,2026-06-30,",
        f"territory,North,{p},10%,2026-05-01,2026-05-31",
        f"territory,West,{p},110%,2026-01-01,",
        f"territory,East,{p},10%,2026-02-01,2026-01-01",
        f"territory,South,{p},10%,someday,",
        f"channel,web,{p},10%,2026-01-01,",
        f"channel,web,{p},20%,2026-01-01,",
        f"channel,shop,{p},,2026-01-01,",
    )
    source = checked("owners", HEADER + "\n".join(rows) + "\n")
    assert {(one.row, one.column, one.code) for one in source.problems.all()} >= {
        (2, "kind", "not_a_choice"),
        (3, "payee", "person_unknown"),
        (4, "share", "owners_exceed"),
        (5, "starts_on", "owner_overlaps"),
        (6, "share", "share_out_of_range"),
        (7, "last_day", "ends_before_start"),
        (8, "starts_on", "not_a_day"),
        (9, "starts_on", "key_repeated"),
        (10, "starts_on", "key_repeated"),
    }
    assert source.totals["accepted"] == 1
    assert Owner.objects.count() == 1


def test_pages_show_and_set_owners(world: World, client_for, django_assert_max_num_queries) -> None:
    own(world, world.omar, "0.4", date(2026, 3, 1))
    client = client_for(world.dana)
    client.get(reverse("orders:owners"))
    with django_assert_max_num_queries(15):
        assert "North" in client.get(reverse("orders:owners")).content.decode()
    form = {
        "kind": "territory", "key": "North", "person": world.priya.pk, "share": "61",
        "starts_on": "2026-04-01", "reason": "joined",
    }  # fmt: skip
    assert client.post(reverse("orders:owner_new"), form).status_code == 422
    assert client.post(reverse("orders:owner_new"), {**form, "share": "60"}).status_code == 303
    assert {row[:4] for row in read()} == {
        ("territory", "North", world.omar.number, Decimal("0.4")),
        ("territory", "North", world.priya.number, Decimal("0.6")),
    }
    mine = client_for(world.priya).get(reverse("orders:owners")).content.decode()
    assert world.omar.name not in mine
