"""Leave of absence: by hand and by file, and who may know what of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from paceline.imports import actions as imports
from paceline.imports.models import Import
from paceline.kernel.audit import AuditEntry
from paceline.org import actions
from paceline.org.models import Leave, LeaveKind, Person
from paceline.org.queries import leaves_table
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (5, 6, 7, 8))
UNPAID, PAID = LeaveKind.UNPAID, LeaveKind.PAID


def away(
    world: World, person: Person, since: date, until: date | None, kind: LeaveKind = UNPAID
) -> Leave:
    return actions.enter_leave(
        person=person, kind=kind, starts_on=since, ends_before=until, by=world.hana, at=NOW,
        reason="Parental leave",
    )  # fmt: skip


def read(kinds: frozenset[LeaveKind] = frozenset(LeaveKind)) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in leaves_table(JULY, AUGUST, kinds).to_pylist()]


def test_leaves_never_overlap_and_end_with_the_employment(world: World) -> None:
    leave = away(world, world.priya, JUNE, AUGUST)
    assert away(world, world.priya, JUNE, AUGUST) == leave
    with pytest.raises(actions.Overlaps):
        away(world, world.priya, JULY, None, PAID)
    with pytest.raises(actions.NotEmployed):
        away(world, world.fred, JULY, AUGUST)
    with pytest.raises(IntegrityError), transaction.atomic():
        Leave.objects.create(person=world.priya, kind=PAID, starts_on=JULY)
    away(world, world.omar, JULY, None, PAID)
    p, o = world.priya.number, world.omar.number
    assert read() == [(p, JUNE, AUGUST), (o, JULY, None)]
    assert read(frozenset({UNPAID})) == [(p, JUNE, AUGUST)]
    actions.change_leave(
        leave=leave, kind=PAID, starts_on=MAY, ends_before=JULY, by=world.hana, at=NOW
    )
    assert read() == [(o, JULY, None)]
    actions.end_employment(person=world.omar, ends_before=AUGUST, by=world.hana, at=NOW)
    assert read() == [(o, JULY, AUGUST)]
    # The trail tells days and reasons; of which kind a leave is, fewer may know.
    for entry in AuditEntry.objects.filter(action__startswith="leave_"):
        assert "paid" not in f"{entry.before} {entry.after}"


def test_a_lead_sees_that_somebody_is_away_and_hr_of_which_kind(
    world: World, client_for, django_assert_max_num_queries
) -> None:
    leave = away(world, world.priya, JULY, None)
    address = reverse("org:person", args=[world.priya.pk])
    words = {"hana": True, "priya": True, "marco": False, "dana": False, "ines": False}
    for name, knows in words.items():
        text = client_for(world.cast[name]).get(address).content.decode()
        assert "on leave today" in text, name
        assert ("Unpaid" in text) is knows, name
    for name in ("omar", "sofia", "wen"):
        text = client_for(world.cast[name]).get(address).content.decode()
        assert ("on leave today" in text) is (name == "wen"), name
        assert "Unpaid" not in text
    client = client_for(world.hana)
    for name, shown in (("hana", True), ("marco", False)):
        reader = client_for(world.cast[name])
        with django_assert_max_num_queries(15):
            page = reader.get(reverse("org:leaves"))
        assert ("Unpaid" in page.content.decode()) is shown
        assert world.priya.name in page.content.decode()
    form = {"kind": "paid", "starts_on": "2026-07-20", "last_day": "2026-08-02"}
    assert client.post(reverse("org:leave_new", args=[world.priya.pk]), form).status_code == 422
    assert client.post(reverse("org:leave_new", args=[world.hana.pk]), form).status_code == 403
    assert client.post(reverse("org:leave_change", args=[leave.pk]), form).status_code == 303
    leave.refresh_from_db()
    assert (leave.kind, leave.starts_on, leave.last_day) == (
        "paid", date(2026, 7, 20), date(2026, 8, 2),
    )  # fmt: skip
    withdraw = reverse("org:leave_withdraw", args=[leave.pk])
    assert client.post(withdraw, {"reason": ""}).status_code == 422
    assert client.post(withdraw, {"reason": "Entered twice"}).status_code == 303
    assert not Leave.objects.exists()


def bring(world: World, folder: Path, text: str, by: Person) -> Import:
    path = folder / "leaves.csv"
    path.write_text(text, "utf-8")
    return imports.import_file(kind="leaves", path=path, name="l.csv", by=by, at=NOW)


def test_a_file_of_leaves_is_hrs_alone(world: World, tmp_path: Path, client_for) -> None:
    text = "員工編號,開始日期,結束日期,假別\n"
    text += f"{world.priya.number},2026-07-01,2026-07-15,留職停薪\n"
    text += f"{world.omar.number},2026-07-10,,給薪\n"
    first = bring(world, tmp_path, text, world.hana)
    assert [first.totals[name] for name in ("new", "changed", "same")] == [2, 0, 0]
    assert read(frozenset({UNPAID})) == [(world.priya.number, JULY, date(2026, 7, 16))]
    again = bring(world, tmp_path, text.replace("2026-07-15", "2026-07-31"), world.hana)
    assert [again.totals[name] for name in ("new", "changed", "same")] == [0, 1, 1]
    own = f"person,from,to,kind\n{world.hana.number},2026-07-01,,paid\n"
    with pytest.raises(imports.ImportRefused) as refused:
        bring(world, tmp_path, own, world.hana)
    assert {one.code for one in refused.value.problems} == {"own_leave"}
    for person, status in ((world.hana, 200), (world.dana, 404), (world.ines, 404)):
        page = client_for(person).get(reverse("imports:import", args=[first.pk]))
        assert page.status_code == status
    imports.undo(source=again, reason="wrong", by=world.hana, at=NOW)
    assert Leave.objects.get(person=world.priya).last_day == date(2026, 7, 15)
    imports.undo(source=first, reason="wrong", by=world.hana, at=NOW)
    assert not Leave.objects.exists()
