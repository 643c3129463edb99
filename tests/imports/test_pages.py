"""The pages that lead a file to its end."""

from __future__ import annotations

import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from paceline.imports.models import Import
from paceline.orders.models import OrderLine
from tests.imports.files import LINES
from tests.world import World

pytestmark = pytest.mark.django_db


def upload(client: Client, kind: str, text: str | bytes) -> Import:
    data = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("lines.csv", data, "text/csv")
    answer = client.post(reverse("imports:new"), {"kind": kind, "file": file})
    assert answer.status_code == 303, answer.content.decode()
    return Import.objects.latest("id")


def mapping_of(source: Import) -> dict[str, str]:
    data = {}
    for name, one in source.mapping.items():
        choice = "counted" if one["counted"] else "constant" if one["constant"] else ""
        data[f"from-{name}"] = str(one["column"]) if one["column"] is not None else choice
        data[f"constant-{name}"] = one["constant"]
    return data


def test_a_file_goes_all_the_way(world: World, client_for, run_jobs) -> None:
    client = client_for(world.dana)
    source = upload(client, "order_lines", LINES.format(priya=world.priya.number))
    address = reverse("imports:import", args=[source.pk])
    page = client.get(address)
    assert "Where each value comes from" in page.content.decode()
    client.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    page = client.get(address).content.decode()
    assert "Import 2 lines" in page
    assert "Nobody has the number, address or name “nobody”" in page
    client.post(reverse("imports:commit", args=[source.pk]))
    client.post(reverse("imports:commit", args=[source.pk]))
    assert run_jobs() == 1
    assert OrderLine.objects.count() == 2
    page = client.get(address).content.decode()
    assert "2 lines are new" in page
    rejected = b"".join(client.get(reverse("imports:rejected", args=[source.pk])))
    assert "nobody" in rejected.decode("utf-8-sig")
    client.post(reverse("imports:undo", args=[source.pk]), {"reason": "wrong month"})
    assert OrderLine.objects.count() == 0


def test_rejected_lines_can_be_opened_mended_and_sent_again(world: World, client_for) -> None:
    """Nothing in them runs in a spreadsheet, amounts stay numbers, and sent again they are read
    as they were.
    """
    client = client_for(world.dana)
    order = '=HYPERLINK(""http://x"",""y"")'
    text = f'order,line,date,payee,amount,currency\n"{order}",1,2026-07-03,+who,-12.50,USD\n'
    source = upload(client, "order_lines", text)
    client.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    sent = b"".join(client.get(reverse("imports:rejected", args=[source.pk]))).decode("utf-8-sig")
    row = next(csv.reader(sent.splitlines()[1:]))
    assert row[:5] == ['\'=HYPERLINK("http://x","y")', "1", "2026-07-03", "'+who", "-12.50"]


def test_pages_ask_few_queries(world: World, client_for, django_assert_max_num_queries) -> None:
    client = client_for(world.dana)
    source = upload(client, "order_lines", LINES.format(priya=world.priya.number))
    addresses = [reverse("imports:list"), reverse("imports:new")]
    addresses.append(reverse("imports:import", args=[source.pk]))
    for address in addresses:
        with django_assert_max_num_queries(15):
            assert client.get(address).status_code == 200
    client.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    with django_assert_max_num_queries(15):
        assert client.get(addresses[-1]).status_code == 200


def test_a_header_can_be_denied_and_another_delimiter_chosen(world: World, client_for) -> None:
    client = client_for(world.dana)
    source = upload(client, "teams", "code,name\na,A;B\n")
    assert source.layout["columns"] == ["code", "name"]
    address = reverse("imports:layout", args=[source.pk])
    client.post(address, {"encoding": "utf-8", "delimiter": ","})
    source.refresh_from_db()
    assert (source.layout["has_header"], source.layout["columns"]) == (False, ["1", "2"])
    client.post(address, {"encoding": "utf-8", "delimiter": ";", "has_header": "on"})
    source.refresh_from_db()
    assert source.layout["delimiter"] == ";"
    assert source.layout["columns"] == ["code,name"]


def test_a_file_that_cannot_be_read_says_why(world: World, client_for) -> None:
    client = client_for(world.dana)
    source = upload(client, "teams", "code,name\na\x00,A\n")
    client.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    page = client.get(reverse("imports:import", args=[source.pk])).content.decode()
    assert "Line 2 holds a zero byte" in page


def test_the_list_says_which_file_cannot_be_read(world: World, client_for) -> None:
    client = client_for(world.dana)
    upload(client, "order_lines", "")
    assert "Cannot be read like this" in client.get(reverse("imports:list")).content.decode()


def test_what_was_cancelled_is_said_until_somebody_goes_on(
    world: World, client_for, run_jobs
) -> None:
    client = client_for(world.dana)
    source = upload(client, "order_lines", LINES.format(priya=world.priya.number))
    client.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    client.post(reverse("imports:commit", args=[source.pk]))
    source.refresh_from_db()
    client.post(reverse("live:cancel", args=[source.progress_id]))
    assert run_jobs() == 1
    address = reverse("imports:import", args=[source.pk])
    assert "It was cancelled. Nothing was changed." in client.get(address).content.decode()
    assert not OrderLine.objects.exists()
    client.post(reverse("imports:mapping", args=[source.pk]), mapping_of(source))
    assert "It was cancelled" not in client.get(address).content.decode()
