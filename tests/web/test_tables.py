"""Tables: sort, search, filter, page, total, export, remember; on lists and on the database."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory
from python_calamine import CalamineWorkbook

from paceline.kernel import tables
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.models import Person

ROWS = [
    {"name": "Ida", "team": "North", "earned": Decimal("10.50"), "currency": "USD"},
    {"name": "Bo", "team": "South", "earned": Decimal("-3"), "currency": "JPY"},
    {"name": "=1+1", "team": "North", "earned": Decimal("4.25"), "currency": "USD"},
    {"name": "Ann", "team": "South", "earned": None, "currency": "USD"},
]


def _request(session: SessionStore | None = None, **query: str) -> HttpRequest:
    request = RequestFactory().get("/things", query)
    request.session = session or SessionStore()  # type: ignore[assignment]
    return request


def _table(request: HttpRequest, rows: Any = ROWS, **options: Any) -> Table:
    columns = [
        Column("name", "Name", sort="name", search=True),
        Column("team", "Team", sort="team"),
        Column("earned", "Earned", sort="earned", kind="money", currency="currency", total=True),
    ]
    filters = [Filter("team", "Team", [("North", "North"), ("South", "South")])]
    return Table(
        request, rows=rows, name="things", columns=columns, filters=filters, caption="x", **options
    )


def _names(table: Table) -> list[str]:
    return [row.cells[0].text for row in table.body]


def test_sorts_both_ways_with_nothing_last():
    up = _table(_request(**{"things-sort": "earned"}))
    down = _table(_request(**{"things-sort": "-earned"}))
    assert _names(up) == ["Bo", "=1+1", "Ida", "Ann"]
    assert _names(down) == ["Ida", "=1+1", "Bo", "Ann"]
    assert up.headings[2].direction == "ascending"
    assert "things-sort=-earned" in up.headings[2].url


def test_numbers_in_text_sort_as_numbers():
    rows = [{"line": line} for line in ("10", "2", "1", "A10", "A9", None, "1.10", "1.9")]
    columns = [Column("line", "Line", sort="line", by_number=True)]
    wanted = ["1", "1.9", "1.10", "2", "10", "A9", "A10"]
    for sort, names in (("line", wanted), ("-line", wanted[::-1])):
        table = Table(_request(**{"things-sort": sort}), rows=rows, name="things", columns=columns)
        assert [row.cells[0].text for row in table.body] == [*names, "–"]


def test_searches_and_filters_and_totals_what_was_found():
    assert _names(_table(_request(**{"things-q": "an"}))) == ["Ann"]
    north = _table(_request(**{"things-is-team": "North"}))
    assert _names(north) == ["Ida", "=1+1"]
    assert [total.texts for total in north.totals] == [[], [], ["$14.75"]]
    assert _table(_request()).totals[2].texts == ["-¥3", "$14.75"]


def test_an_unknown_order_or_page_changes_nothing():
    table = _table(_request(**{"things-sort": "secret", "things-page": "999"}))
    assert _names(table) == ["Ida", "Bo", "=1+1", "Ann"]
    assert table.page == 1


def test_what_it_is_to_be_narrowed_by_and_is_no_more_is_told_instead_of_showing_everything():
    session = SessionStore()
    asked = {"things-is-team": "East", "things-is-colour": "red"}
    table = _table(_request(session, **asked))
    assert _names(table) == []
    assert table.gone == ["colour: red", "Team: East"]
    body = render_to_string("web/components/table.html", {"table": table})
    assert "Team: East" in body
    assert 'href="/things?things-sort="' in body
    assert not _table(_request(session)).gone, "it is not remembered"
    # A value that rows still bear finds them, and says that it is offered no more.
    team = Filter("team", "Team", [("North", "North")], former=lambda value: f"{value} (closed)")
    known = Table(_request(**{"things-is-team": "South"}), rows=ROWS, name="things",
                  columns=[Column("name", "Name")], filters=[team])  # fmt: skip
    assert _names(known) == ["Bo", "Ann"]
    assert known.filter_fields[0]["former"] == "South (closed)"
    assert not known.gone


def test_pages():
    many = [{"name": f"n{place:03}", "team": "North"} for place in range(60)]
    table = _table(_request(**{"things-page": "3", "things-size": "25"}), many)
    assert (table.first, table.last, table.count, table.pages) == (51, 60, 60, 3)
    assert _names(table)[0] == "n050"
    assert not table.next_url
    assert "things-page=2" in table.previous_url


def test_remembers_sort_and_filter_but_not_page_and_search():
    session = SessionStore()
    _table(
        _request(session, **{"things-sort": "-name", "things-is-team": "South", "things-q": "a"})
    )
    assert _names(_table(_request(session))) == ["Bo", "Ann"]
    cleared = _table(_request(session, **{"things-sort": ""}))
    assert len(_names(cleared)) == 4


def test_csv_is_harmless_and_keeps_numbers():
    request = _request(**{"things-export": "csv", "things-sort": "name"})
    table = _table(request)
    assert table.wants_export
    text = b"".join(table.export()).decode("utf-8-sig").splitlines()
    assert text[0] == "Name,Team,Earned,Earned: currency"
    assert text[1] == "'=1+1,North,4.25,USD"
    assert "Bo,South,-3,JPY" in text


KEPT = [
    {"name": "Taipei", "amount": Decimal("1234.5000"), "currency": "TWD"},
    {"name": "Tokyo", "amount": Decimal("1234.0000"), "currency": "JPY"},
    {"name": "Kuwait", "amount": Decimal("0.5000"), "currency": "KWD"},
    {"name": "price", "amount": Decimal("2024.9940"), "currency": "USD"},
    {"name": "none", "amount": None, "currency": "USD"},
    {"name": "count", "amount": Decimal("3.0000"), "currency": ""},
]


@pytest.mark.parametrize("kind", ["money", "amount"])
def test_files_write_amounts_in_the_digits_of_their_currency_and_round_none(kind):
    def exported(form: str) -> Any:
        request = _request(**{"things-export": form})
        columns = [Column("name", "Name"), Column("amount", "A", kind=kind, currency="currency")]
        return b"".join(Table(request, rows=KEPT, name="things", columns=columns).export())

    lines = exported("csv").decode("utf-8-sig").splitlines()[1:]
    amounts = ["1234.50", "1234", "0.500", "2024.994", "", "3.0000"]
    assert [line.split(",")[1] for line in lines] == amounts
    with ZipFile(io.BytesIO(exported("xlsx"))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    cells = re.findall(r'<c r="B\d+"(?: s="(\d)")?><v>([^<]*)</v>', sheet)
    assert [figure for _style, figure in cells] == [one for one in amounts if one]
    formats = dict(re.findall(r'numFmtId="(\d+)" formatCode="([^"]*)"', styles))
    used = re.findall(r'<xf (?:numFmtId="(\d+)")?', styles.partition("<cellXfs")[2])
    shown = [formats.get(used[int(style)], "") if style else "" for style, _figure in cells]
    assert shown == ["0.00", "0", "0.000", "0.000", ""]


def test_a_file_that_is_cut_off_says_so(monkeypatch):
    monkeypatch.setattr(tables, "CSV_ROWS_MAX", 4)
    request = _request(**{"things-export": "csv", "things-sort": "name"})
    assert len(b"".join(_table(request).export()).splitlines()) == 5
    monkeypatch.setattr(tables, "CSV_ROWS_MAX", 3)
    text = b"".join(_table(request).export()).decode().splitlines()
    assert len(text) == 5
    assert text[-1] == "Cut off here: there are more than 3 rows."


def test_xlsx_stores_text_as_text():
    answer = _table(_request(**{"things-export": "xlsx", "things-sort": "name"})).export()
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[1] == ["=1+1", "North", 4.25, "USD"]


@pytest.mark.django_db
def test_numbers_in_text_sort_as_numbers_in_the_database(world):
    people = list(Person.objects.order_by("pk")[:5])
    numbers = ["T10", "T9", "T123456789012345", "T1", "T9-2"]
    for person, number in zip(people, numbers, strict=True):
        Person.objects.filter(pk=person.pk).update(number=number)
    columns = [Column("number", "Number", sort="number", by_number=True)]
    rows = Person.objects.filter(pk__in=[one.pk for one in people])
    for sort, step in (("number", 1), ("-number", -1)):
        table = Table(_request(**{"things-sort": sort}), rows=rows, name="things", columns=columns)
        wanted = ["T1", "T9", "T9-2", "T10", "T123456789012345"][::step]
        assert [row.cells[0].text for row in table.body] == wanted


@pytest.mark.django_db
def test_the_database_is_asked_twice(world, django_assert_num_queries):
    columns = [
        Column("name", "Name", sort="name", search=True),
        Column("number", "No.", sort="number"),
    ]
    with django_assert_num_queries(2):
        table = Table(_request(**{"people-q": "marco"}), Person.objects.all(), "people", columns)
    assert [row.cells[0].text for row in table.body] == ["Marco Bianchi"]
    asked = {"people-q": "a", "people-sort": "-number", "people-size": "25"}
    with django_assert_num_queries(2):
        known = Table(_request(**asked), Person.objects.all(), "people", columns, count_max=6)
    found = Person.objects.filter(name__icontains="a")
    assert known.count == 6 < found.count()
    assert known.has_more_than_counted
    assert [row.cells[1].text for row in known.body] == [
        one.number for one in found.order_by("-number")[:7]
    ]
    with django_assert_num_queries(2):
        capped = Table(_request(), Person.objects.all(), "people", columns, count_max=5)
    assert capped.count == 5
    assert capped.has_more_than_counted
