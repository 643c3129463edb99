"""Figures by hand, by file, and on their pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse

from paceline.goals import actions
from paceline.goals.actions import Entry
from paceline.goals.models import Figure, FigureKind, Unit
from paceline.goals.queries import figures_table
from paceline.imports import actions as imports
from paceline.imports.kinds import UndoRefused
from paceline.imports.models import Import
from paceline.kernel.models import AuditEntry
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
JULY = (date(2026, 7, 1), date(2026, 8, 1))
LAST = date(2026, 7, 31)


@pytest.fixture
def kinds(world: World) -> dict[str, FigureKind]:
    known = (
        ("conversion", "詢問成交率", Unit.PERCENT),
        ("first-reply", "First reply", Unit.QUANTITY),
        ("target-pay", "Target pay", Unit.MONEY),
    )
    return {
        name: actions.add_figure_kind(name=name, label=label, unit=unit, by=world.dana, at=NOW)
        for name, label, unit in known
    }


def enter(world: World, kind: FigureKind, value: str | None, reason: str = "") -> list[Figure]:
    entry = Entry(world.priya, kind, LAST, None if value is None else Decimal(value))
    return actions.enter_figures(entries=[entry], reason=reason, by=world.dana, at=NOW)


def read() -> list[tuple[str, str, date, Decimal]]:
    return [tuple(row.values()) for row in figures_table(*JULY).to_pylist()]


def bring(world: World, folder: Path, text: str) -> Import:
    path = folder / "figures.csv"
    path.write_text(text, "utf-8")
    return imports.import_file(kind="figures", path=path, name="f.csv", by=world.dana, at=NOW)


def test_a_change_needs_a_reason_and_keeps_what_was_said(
    world: World, kinds: dict[str, FigureKind]
) -> None:
    (first,) = enter(world, kinds["first-reply"], "18")
    with pytest.raises(actions.ReasonMissing):
        enter(world, kinds["first-reply"], "17", "  ")
    assert Figure.objects.get().value == 18
    assert enter(world, kinds["first-reply"], "18.0") == []
    (second,) = enter(world, kinds["first-reply"], "17.25", "recount")
    first.refresh_from_db()
    assert first.replaced_by == second
    assert read() == [("first-reply", world.priya.number, LAST, Decimal("17.2500000000"))]
    told = AuditEntry.objects.filter(action="figure_entered").order_by("id").last()
    assert told.reason == "recount"
    enter(world, kinds["first-reply"], None, "not hers")
    assert read() == []
    assert Figure.objects.count() == 3


def test_a_name_is_known_once(world: World, kinds: dict[str, FigureKind]) -> None:
    for name, label in (
        ("first-reply", "Other"),
        ("other", "first REPLY"),
        ("other", "Conversion"),
    ):
        with pytest.raises(actions.FigureKindKnown):
            actions.add_figure_kind(name=name, label=label, unit=Unit.MONEY, by=world.dana, at=NOW)
    assert FigureKind.objects.count() == 3


def test_a_file_says_the_same_twice_changes_once_and_is_undone(
    world: World, kinds: dict[str, FigureKind], tmp_path: Path
) -> None:
    p, o = world.priya.number, world.omar.number
    text = (
        "員工編號,指標,月份,數值\n"
        f"{p},詢問成交率,2026-07,58%\n{p},first-reply,2026-07,18\n{o},conversion,2026-07,0.605\n"
        f'{o},Target pay,2026-07,"12,000.50"\n'
    )
    first = bring(world, tmp_path, text)
    assert [first.totals[name] for name in ("new", "changed", "same")] == [4, 0, 0]
    assert read() == [
        ("conversion", name, LAST, value)
        for name, value in sorted([(p, Decimal("0.58")), (o, Decimal("0.605"))])
    ] + [("first-reply", p, LAST, Decimal(18)), ("target-pay", o, LAST, Decimal("12000.50"))]
    again = bring(world, tmp_path, text)
    assert [again.totals[name] for name in ("new", "changed", "same")] == [0, 0, 4]
    changed = bring(world, tmp_path, text.replace("58%", "５９.５％"))
    assert [changed.totals[name] for name in ("new", "changed", "same")] == [0, 1, 3]
    assert ("conversion", p, LAST, Decimal("0.595")) in read()
    with pytest.raises(UndoRefused) as refused:
        imports.undo(source=first, reason="wrong", by=world.dana, at=NOW)
    assert refused.value.problem.code == "figure_replaced_since"
    imports.undo(source=changed, reason="wrong", by=world.dana, at=NOW)
    assert ("conversion", p, LAST, Decimal("0.58")) in read()
    imports.undo(source=first, reason="wrong", by=world.dana, at=NOW)
    assert not Figure.objects.exists()


def test_bad_lines_are_named(world: World, kinds: dict[str, FigureKind], tmp_path: Path) -> None:
    p = world.priya.number
    rows = (
        f"{p},speed,2026-07,,1",
        "nobody,first-reply,2026-07,,1",
        f"{p},first-reply,July,,1",
        f"{p},first-reply,,,1",
        f"{p},first-reply,,2026-07-31,many",
        f"{p},conversion,2026-07,,58",
        f"{p},first-reply,2026-06,,3%",
        f"{p},first-reply,2026-05,,123456789",
        f"{p},first-reply,2026-04,,0.00000000001",
        f"{p},target-pay,2026-07,,1",
        f"{p},Target pay,,2026-07-31,2",
        f"{p},target-pay,,2026-07-30,2",
    )
    text = "Payee,Figure,Period,Date,Value\n" + "\n".join(rows) + "\n"
    source = imports.upload(
        kind="figures", content=text.encode(), name="f.csv", by=world.dana, at=NOW
    )
    source = imports.check(source=source, by=world.dana, at=NOW)
    assert {(one.row, one.column, one.code) for one in source.problems.all()} == {
        (2, "figure", "figure_unknown"),
        (3, "payee", "person_unknown"),
        (4, "period", "not_a_period"),
        (5, "period", "day_missing"),
        (6, "value", "not_a_number"),
        (7, "value", "percent_unclear"),
        (8, "value", "percent_unexpected"),
        (9, "value", "figure_out_of_range"),
        (10, "value", "too_many_places"),
        (11, "counts_on", "key_repeated"),
        (12, "counts_on", "key_repeated"),
    }
    assert source.totals["accepted"] == 1
    assert not Figure.objects.exists()


def test_a_team_is_typed_into_a_grid(
    world: World, kinds: dict[str, FigureKind], client_for, django_assert_max_num_queries
) -> None:
    client = client_for(world.dana)
    team = world.priya.team_memberships.get().team
    address = reverse("goals:figures_enter")
    asked = {"team": team.pk, "period": "2026-07"}
    client.get(address, asked)
    with django_assert_max_num_queries(15):
        shown = client.get(address, asked)
    assert world.priya.name in shown.content.decode()
    rate, reply = kinds["conversion"], kinds["first-reply"]
    names = {kind: f"v{world.priya.pk}-{kind.pk}" for kind in (rate, reply)}
    typed = {**asked, "kind": [rate.pk, reply.pk], names[rate]: "58.5", names[reply]: "18"}
    assert client.post(address, {**typed, "seen": 0}).status_code == 303
    assert read() == [
        ("conversion", world.priya.number, LAST, Decimal("0.585")),
        ("first-reply", world.priya.number, LAST, Decimal(18)),
    ]
    # Whoever still sees the empty grid does not write over it.
    answer = client.post(address, {**typed, names[rate]: "60", "seen": 0, "reason": "late"})
    assert answer.status_code == 422
    seen = Figure.objects.order_by("-pk").first().pk
    answer = client.post(address, {**typed, names[rate]: "60", "seen": seen})
    assert answer.status_code == 422  # no reason
    answer = client.post(address, {**typed, names[rate]: "much", "seen": seen, "reason": "x"})
    assert answer.status_code == 422
    assert [row[3] for row in read()] == [Decimal("0.585"), Decimal(18)]
    answer = client.post(address, {**typed, names[rate]: "60", "seen": seen, "reason": "late"})
    assert answer.status_code == 303
    assert [row[3] for row in read()] == [Decimal("0.6"), Decimal(18)]
    figure = Figure.objects.standing().get(kind=rate)
    shown = client.get(reverse("goals:figure", args=[figure.pk])).content.decode()
    assert "late" in shown
    assert "58.5" in shown
    assert world.dana.name in shown


def test_everyone_reads_their_own(world: World, kinds: dict[str, FigureKind], client_for) -> None:
    enter(world, kinds["first-reply"], "18")
    enter_omar = Entry(world.omar, kinds["first-reply"], LAST, Decimal(77))
    actions.enter_figures(entries=[enter_omar], reason="", by=world.dana, at=NOW)
    mine = client_for(world.priya).get(reverse("goals:figures")).content.decode()
    assert world.omar.name not in mine
    assert client_for(world.priya).post(reverse("goals:figures_enter"), {}).status_code == 403


def test_pages_ask_few_queries(
    world: World, kinds: dict[str, FigureKind], client_for, django_assert_max_num_queries
) -> None:
    for day in range(1, 21):
        entry = Entry(world.priya, kinds["first-reply"], date(2026, 7, day), Decimal(day))
        actions.enter_figures(entries=[entry], reason="", by=world.dana, at=NOW)
    client = client_for(world.dana)
    client.get(reverse("goals:figures"))
    with django_assert_max_num_queries(15):
        assert client.get(reverse("goals:figures")).status_code == 200
