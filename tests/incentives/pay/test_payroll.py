"""The payroll file: once under one id, exact to the digit, harmless to spreadsheets."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from paceline.files.queries import open_file
from paceline.incentives.actions import payroll, statements
from paceline.incentives.models import (
    PayPeriod,
    PayrollEntry,
    PayrollExport,
    ShortfallTreatment,
)
from paceline.org.models import Person
from tests.incentives.pay.conftest import EARNED, PERIOD, Quarter, build_quarter, pay_by_hand
from tests.incentives.pay.exporting import decide, make, rows_of
from tests.incentives.pay.permissions import EXPORT
from tests.world import build_world

OTHER = UUID("0b0fc9d0-6c59-4b3c-8d8e-3b7c1a0b8c11")


def test_the_file_has_count_total_and_hash(quarter: Quarter) -> None:
    quarter.release(quarter.run())
    export = make(quarter)
    assert export.count == len(EARNED)
    assert export.totals == {"USD": "4730.00"}
    rows = rows_of(export)
    assert {row["employee_number"]: Decimal(row["amount"]) for row in rows} == {
        quarter.world.cast[name].number: earned for name, earned in EARNED.items()
    }
    assert {row["export_id"] for row in rows} == {str(EXPORT)}
    with open_file(export.csv_file) as file:
        assert hashlib.sha256(file.read()).hexdigest() == export.csv_file.digest
    with open_file(export.xlsx_file) as file:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(file.read())).get_sheet_by_index(0)
    assert [row[5] for row in sheet.to_python()[1:]] == [2760.0, 595.0, 1100.0, 275.0]


def test_the_same_id_is_the_same_file(quarter: Quarter) -> None:
    quarter.release(quarter.run())
    assert make(quarter) == make(quarter)
    assert PayrollExport.objects.count() == 1
    assert PayrollEntry.objects.count() == len(EARNED)


def test_each_release_is_handed_over_once(quarter: Quarter) -> None:
    run = quarter.run()
    quarter.release(run, "priya")
    make(quarter)
    with pytest.raises(payroll.NothingToExport):
        make(quarter, OTHER)
    quarter.release(run, "omar")
    second = make(quarter, OTHER)
    assert [row["name"] for row in rows_of(second)] == [quarter.world.omar.name]
    assert PayrollExport.objects.count() == 2


def test_an_id_of_another_period_is_refused(quarter: Quarter) -> None:
    quarter.release(quarter.run(), "priya")
    make(quarter)
    other = PayPeriod.objects.create(
        key="2026Q3", starts_on=quarter.period.ends_before, ends_before="2026-10-01"
    )
    world = quarter.world
    with pytest.raises(payroll.ExportIdTaken):
        payroll.export_payroll(period=other, export_id=EXPORT, by=world.ines, at=world.now)


def test_cells_are_harmless_and_numbers_stay_numbers(quarter: Quarter) -> None:
    world, run = quarter.world, quarter.run()
    Person.objects.filter(pk=world.hana.pk).update(name="=HYPERLINK(1)")
    world.hana.refresh_from_db()
    dollars = pay_by_hand(world, run, world.hana, "-120.50", "USD")
    yen = pay_by_hand(world, run, world.priya, "-1234", "JPY")
    decide(quarter, ShortfallTreatment.COLLECT, dollars, yen)
    export = make(quarter)
    cells = {row["employee_number"]: (row["name"], row["amount"]) for row in rows_of(export)}
    assert cells[world.hana.number] == ("'=HYPERLINK(1)", "-120.50")
    assert cells[world.priya.number] == ("Priya Nair", "-1234")
    assert export.totals == {"JPY": "-1234", "USD": "-120.50"}


def test_an_amount_with_too_many_digits_is_not_paid(quarter: Quarter) -> None:
    world, run = quarter.world, quarter.run()
    pay_by_hand(world, run, world.priya, "10.50", "JPY")
    with pytest.raises(payroll.AmountNotPayable):
        make(quarter)
    assert not PayrollExport.objects.exists()


def test_finance_exports_from_the_preview_and_downloads_the_same_bytes(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    quarter.release(quarter.run())
    client = client_for(quarter.world.ines)
    preview = client.get(reverse("incentives:payroll-preview", args=[PERIOD]))
    export_id = preview.context["export_id"]
    assert str(export_id) in preview.content.decode()
    address = reverse("incentives:payroll-create", args=[PERIOD])
    answers = [client.post(address, form_of(preview)) for _click in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert PayrollExport.objects.count() == 1
    download = reverse("incentives:payroll-download", args=[export_id, "csv"])
    first, second = (b"".join(client.get(download).streaming_content) for _again in range(2))
    assert first == second
    assert hashlib.sha256(first).hexdigest() == PayrollExport.objects.get().csv_file.digest


def form_of(preview: Any) -> dict[str, str]:
    """What the preview's button sends."""
    shown = preview.content.decode()
    sent = {name: str(preview.context[name]) for name in ("export_id", "seen")}
    assert all(f'name="{name}" value="{value}"' in shown for name, value in sent.items())
    return sent


def test_whoever_comes_second_is_told_who_was_first(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    world = quarter.world
    quarter.release(quarter.run())
    client = client_for(world.ines)
    address = reverse("incentives:payroll-preview", args=[PERIOD])
    first, second = (form_of(client.get(address)) for _window in range(2))
    create = reverse("incentives:payroll-create", args=[PERIOD])
    client.post(create, first)
    refused = client.post(create, second, follow=True)
    shown = refused.content.decode()
    assert "No second file was made: Inês Duarte handed over everything" in shown
    file = PayrollExport.objects.get()
    there = reverse("incentives:payroll-file", args=[first["export_id"]])
    assert refused.redirect_chain == [(there, 303)]
    assert file.csv_file.digest in shown
    assert PayrollEntry.objects.count() == len(EARNED)


def test_what_nobody_saw_is_not_handed_over(
    quarter: Quarter, client_for: Callable[..., Client]
) -> None:
    """Released or withdrawn between the preview and the click."""
    world, run = quarter.world, quarter.run()
    (priya,) = quarter.release(run, "priya")
    client = client_for(world.ines)
    preview = reverse("incentives:payroll-preview", args=[PERIOD])
    create = reverse("incentives:payroll-create", args=[PERIOD])
    seen = form_of(client.get(preview))
    quarter.release(run, "omar")
    told = client.post(create, seen, follow=True)
    assert "No file was made: statements were released or withdrawn" in told.content.decode()
    seen = form_of(told)
    statements.withdraw_release(release=priya.release, by=world.dana, at=world.now, reason="No")
    client.post(create, seen)
    assert client.post(create, {"export_id": seen["export_id"]}).status_code == 303
    assert not PayrollExport.objects.exists()
    client.post(create, form_of(client.get(preview)))
    assert [row["name"] for row in rows_of(PayrollExport.objects.get())] == [world.omar.name]


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_make_one_file() -> None:
    world = build_world()
    quarter = build_quarter(world)
    quarter.release(quarter.run())
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def hand_over(export_id: UUID) -> None:
        try:
            together.wait()
            make(quarter, export_id)
            outcomes.append("made")
        except payroll.NothingToExport:
            outcomes.append("refused")
        finally:
            connection.close()

    clicks = [threading.Thread(target=hand_over, args=[one]) for one in (EXPORT, OTHER)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert sorted(outcomes) == ["made", "refused"]
    assert PayrollExport.objects.count() == 1
    assert PayrollEntry.objects.count() == len(EARNED)


@pytest.mark.parametrize("sent", ["", "soon", "1"])
def test_an_export_without_a_usable_id_makes_nothing(
    quarter: Quarter, client_for: Callable[..., object], sent: str
) -> None:
    quarter.release(quarter.run(), "priya")
    client = client_for(quarter.world.ines)
    client.post(reverse("incentives:payroll-create", args=[PERIOD]), {"export_id": sent})
    assert not PayrollExport.objects.exists()
