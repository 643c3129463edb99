"""Questions about what was sold: exact answers, and never more than the reader may see."""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict

from paceline.insights import actions
from paceline.insights.asked import NotAsked, asked
from paceline.insights.charts import chart_of
from paceline.insights.dimensions import Span
from paceline.insights.queries import answers, largest, sales
from paceline.insights.queries.answers import Answer, MeasureForbidden, answer
from paceline.insights.queries.desk import Desk
from paceline.insights.views import explorer
from paceline.orders.models import OrderLine
from paceline.org import actions as org
from paceline.org.models import Person
from tests.insights.conftest import bring
from tests.world import FOUNDED, NOW, TODAY, World

pytestmark = pytest.mark.django_db

Q2 = "&from=2026-04-01&to=2026-06-30"
HALF = "&from=2026-01-01&to=2026-07-31"


def ask(person: Person, query: str, on: date = TODAY) -> Answer:
    shelf = actions.bring_up_to_date(at=NOW)
    with closing(Desk(person, TODAY, shelf)) as desk:
        return answer(desk, asked(QueryDict(query), on))


def told(person: Person, query: str) -> dict[Any, Decimal | None]:
    found = ask(person, query)
    places: dict[Any, Decimal | None] = {}
    for row in found.rows:
        key: Any = (row.bucket, row.key) if row.bucket and row.key is not None else row.key
        places[row.bucket if key is None else key] = row.value
    return places


def test_measures_of_sales_are_exact(sold: World) -> None:
    dana = sold.dana
    assert told(dana, f"measure=net_sales&split=person{Q2}") == {"E001": 400, "E003": 200}
    assert ask(dana, f"measure=net_sales{Q2}").total.value == 600
    assert ask(dana, f"measure=gross_sales{Q2}").total.value == 650
    assert ask(dana, f"measure=returns{Q2}").total.value == 50
    assert ask(dana, f"measure=return_rate{Q2}").total.value == Decimal("0.07692308")
    assert ask(dana, f"measure=orders{Q2}").total.value == 3
    assert told(dana, f"measure=orders&split=product{Q2}") == {"Lamp": 2, "Chair": 1, "Desk": 1}
    assert ask(dana, f"measure=orders&split=product{Q2}").total.value == 3
    assert told(dana, f"measure=orders&split=category{Q2}") == {"Home": 3}
    assert ask(dana, f"measure=units{Q2}").total.value == 4
    assert ask(dana, f"measure=customer_value{Q2}").total.value == 200  # 600 of three customers
    by_person = told(dana, f"measure=customer_value&split=person{Q2}")
    assert by_person == {"E001": 200, "E003": 200}  # 400 of two, 200 of one
    # Neither the cost of the desk nor that of a part that came back is known.
    assert ask(dana, f"measure=margin{Q2}").total.value == 40 + 20 + 110
    assert told(dana, f"measure=net_sales&over=month{Q2}") == {
        date(2026, 5, 1): 600,
        date(2026, 6, 1): 0,
    }
    by_channel = told(dana, f"measure=net_sales&over=quarter&split=channel&only-person=E001{HALF}")
    assert by_channel == {
        (date(2026, 4, 1), "Shop"): 350,
        (date(2026, 4, 1), "Chat"): 50,
        (date(2026, 7, 1), "Shop"): 51,
    }
    assert told(dana, f"measure=attainment&split=person{Q2}") == {
        "E001": Decimal("0.4"),
        "E003": Decimal("0.4"),
    }
    assert ask(dana, f"measure=attainment{Q2}").total.value == Decimal("0.4")
    may = ask(dana, "measure=attainment&from=2026-05-01&to=2026-05-31")
    quota = Decimal("340.6593") + Decimal(
        "170.3297"
    )  # 31 of 91 days of each, less what fell before
    assert may.total.value == (600 / quota).quantize(Decimal("0.00000001"))
    by_month = told(dana, f"measure=quota&over=month&only-person=E001{Q2}")
    assert sum(by_month.values()) == 1000


def test_customers_are_new_once(sold: World) -> None:
    dana = sold.dana
    assert ask(dana, f"measure=customers{Q2}").total.value == 3
    assert ask(dana, f"measure=new_customers{Q2}").total.value == 2  # Acme bought in February
    assert ask(dana, f"measure=repeat_customers{Q2}").total.value == 1
    by_month = told(dana, f"measure=repeat_customers&over=month{HALF}")
    assert by_month == {
        date(2026, 2, 1): 0,
        date(2026, 5, 1): 1,
        date(2026, 6, 1): 0,
        date(2026, 7, 1): 2,
    }
    assert told(dana, f"measure=net_sales&split=customer{Q2}") == {
        "Acme": 350,
        "Beta": 50,
        "Gamma": 200,
    }


def test_money_is_converted_by_the_mean_of_the_month_or_left_out(
    sold: World, tmp_path: Path
) -> None:
    july = "measure=net_sales&from=2026-07-01&to=2026-07-31"
    assert ask(sold.dana, july).total.value == Decimal("51") + 10 + Decimal("115")
    assert ask(sold.dana, f"{july}&split=currency").left_out == {}
    in_euro = ask(sold.dana, f"{july}&in=EUR")
    assert in_euro.currency == "EUR"
    assert in_euro.total.value is not None
    assert in_euro.total.value.quantize(Decimal("0.01")) == Decimal("153.04")
    other = "Order,Line,Order date,Payee,Amount,Currency\nJ,1,2026-07-05,E001,900,JPY\n"
    bring(sold, "order_lines", other, tmp_path)
    found = ask(sold.dana, july)
    assert found.total.value == 176
    assert found.left_out == {"JPY": 1}
    assert ask(sold.dana, f"{july}&split=customer").left_out == {"JPY": 1}


def test_only_changed_months_are_made_again(sold: World, tmp_path: Path, settings: Any) -> None:
    settings.INSIGHTS_CUBES = tmp_path / "cubes"  # files of others would be removed from it
    first = actions.bring_up_to_date(at=NOW).digests
    more = "Order,Line,Order date,Payee,Amount,Currency\nA9,1,2026-06-11,E001,5.00,USD\n"
    bring(sold, "order_lines", more, tmp_path)
    second = actions.bring_up_to_date(at=NOW).digests
    assert {month for month in first if first[month] != second[month]} == {date(2026, 6, 1)}
    assert ask(sold.dana, f"measure=net_sales{Q2}").total.value == 605
    assert actions.catch_up(at=NOW) == 0
    assert ask(sold.dana, f"measure=net_sales{Q2}").total.value == 605


def test_readers_see_their_own_part(sold: World) -> None:
    question = f"measure=net_sales&split=person{HALF}"
    assert told(sold.priya, question) == {"E001": 451}
    assert told(sold.omar, question) == {"E003": 315}
    # Fred's sale lies on a day when he was below Marco.
    assert told(sold.marco, question) == {"E001": 451, "E011": 40}
    assert told(sold.erik, question) == {"E001": 451, "E003": 315, "E011": 40, "": 10}
    assert told(sold.ines, question) == told(sold.erik, question)
    assert told(sold.priya, f"measure=quota&split=person{Q2}") == {"E001": 1000}
    assert told(sold.marco, f"measure=attainment&split=team{Q2}") == {"north": Decimal("0.4")}
    for person in (sold.hana, sold.ada):
        with pytest.raises(MeasureForbidden):
            ask(person, question)


def test_a_member_reads_the_total_of_a_team_that_is_large_enough(sold: World) -> None:
    total = f"measure=net_sales&only-team=north{HALF}"
    assert ask(sold.priya, total).total.value == 451  # three belong to it: her own part alone
    for number in range(2):
        person = org.add_person(
            number=f"N{number}", name=f"New {number}", email="", by=None, at=NOW
        )
        org.move_to_team(team=sold.north, person=person, starts_on=FOUNDED, by=None, at=NOW)
    assert ask(sold.priya, total).total.value == 491
    assert told(sold.priya, f"{total}&over=month")[date(2026, 2, 1)] == 40
    assert told(sold.priya, f"{total}&split=person") == {"E001": 451}
    assert ask(sold.priya, f"{total}&only-product=Lamp").total.value == 151
    assert ask(sold.omar, total).total.value == 0


def test_wrong_questions_are_refused(sold: World) -> None:
    for query, code in (
        ("measure=nothing", "unknown"),
        ("split=weather", "unknown"),
        ("only-weather=rain", "unknown"),
        ("measure=earned&split=product", "split_unfit"),
        ("measure=earned&only-product=Lamp", "only_unfit"),
        ("measure=earned&over=day", "pay_too_fine"),
        ("from=2026-02-30&to=2026-03-01", "no_day"),
        ("from=2026-03-01&to=2026-02-01", "backwards"),
        ("from=1990-03-01&to=2026-02-01", "too_long"),
        ("over=day&from=2020-01-01&to=2026-02-01", "too_fine"),
        ("only-team=gone", "team_gone"),
        ("in=XXX", "unknown"),
    ):
        with pytest.raises(NotAsked) as error:
            ask(sold.dana, query)
        assert error.value.code == code, query
    assert ask(sold.dana, "from=2020-01-01&to=2020-02-01").is_empty
    assert OrderLine.objects.count() == 9


def test_days_that_are_not_over_are_compared_with_as_many(sold: World) -> None:
    """A quarter of which fifteen days are gone stands beside fifteen days, not beside ninety."""

    def beside(query: str) -> tuple[Span | None, Decimal | None]:
        found = ask(sold.dana, query)
        other = found.question.compared
        return other and Span(other.span.starts_on, other.span.ends_before), found.total.before

    quarter = "measure=net_sales&from=2026-07-01&to=2026-09-30"
    assert date(2026, 7, 15) == TODAY
    spring = Span(date(2026, 3, 31), date(2026, 4, 15))
    assert beside(f"{quarter}&compare=previous") == (spring, 0)
    assert beside("measure=net_sales&span=this_year&compare=year") == (
        Span(date(2025, 1, 1), date(2025, 7, 16)), 0,
    )  # fmt: skip
    month = "measure=net_sales&from=2026-05-25&to=2026-08-31&over=month&compare=previous"
    assert [(row.bucket, row.before) for row in ask(sold.dana, month).rows if row.before] == []
    # What is over is compared whole, and so are quotas, which are set for whole periods.
    assert beside(f"measure=net_sales&compare=previous{Q2}")[0] == Span(
        date(2025, 12, 31), date(2026, 4, 1)
    )
    assert beside("measure=quota&span=this_quarter&compare=previous")[1] == 1500


def test_of_many_the_largest_are_told_whole(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the measure itself and not by a part of it; over time with all days, the rest together."""
    # Beside the days before: whoever is shown, whether they were among the largest then or not.
    beside = "measure=net_sales&split=customer&compare=previous&from=2026-07-01&to=2026-08-31"

    later = date(2026, 9, 1)

    def compared() -> list[tuple[Any, ...]]:
        return [(row.key, row.value, row.before) for row in ask(sold.dana, beside, later).rows]

    gamma = ("Gamma", 115, 200)
    rest = [("Acme", 51, 350), ("Delta", 10, None), ("Beta", None, 50)]
    assert compared() == [gamma, *rest]
    monkeypatch.setattr(sales, "CUSTOMERS_MOST", 1)
    assert compared() == [gamma]
    june = "measure=net_sales&split=customer&from=2026-06-01&to=2026-06-30"
    assert told(sold.dana, june) == {"Beta": 50}  # what Acme returned is more than anybody else's
    assert told(sold.dana, f"{june}&over=week") == {(date(2026, 6, 8), "Beta"): 50}
    assert told(sold.dana, f"measure=net_sales&split=customer&only-product=Lamp{Q2}") == {
        "Acme": 50
    }
    monkeypatch.setattr(answers, "ROWS_MAX", 3)
    monkeypatch.setattr(largest, "KEYS_LEAST", 1)
    found = ask(sold.dana, f"measure=net_sales&split=person&over=month{HALF}")
    assert {(row.bucket, row.key): row.value for row in found.rows} == {
        (date(2026, 5, 1), "E001"): 400, (date(2026, 6, 1), "E001"): 0,
        (date(2026, 7, 1), "E001"): 51,
    }  # fmt: skip
    assert found.cut_off
    assert found.rest is not None
    assert found.rest.count == 3
    assert found.rest.values == {
        date(2026, 2, 1): 40, date(2026, 5, 1): 200, date(2026, 7, 1): 125,
    }  # fmt: skip
    with closing(Desk(sold.dana, TODAY, actions.bring_up_to_date(at=NOW))) as desk:
        drawn = chart_of(desk, found)
    assert drawn is not None
    assert [list(one.values) for one in drawn.series][1] == [0, 40, 0, 0, 200, 0, 125]
    assert drawn.series[1].name == "3 others"


@pytest.mark.parametrize("measure", ["net_sales", "orders", "return_rate", "order_value"])
@pytest.mark.parametrize("split", ["person", "product", "team"])
def test_the_largest_by_day_and_the_others_are_the_whole(
    sold: World, monkeypatch: pytest.MonkeyPatch, measure: str, split: str
) -> None:
    query = f"measure={measure}&split={split}&over=day&compare=previous{HALF}"
    for person in (sold.dana, sold.marco, sold.priya):
        whole = ask(person, query)
        assert whole.rest is None
        monkeypatch.setattr(answers, "ROWS_MAX", 3)
        monkeypatch.setattr(largest, "KEYS_LEAST", 2)
        part = ask(person, query)
        monkeypatch.undo()
        assert part.total == whole.total
        assert part.left_out == whole.left_out
        keys = {row.key for row in part.rows}
        everybody = {row.key for row in whole.rows}
        own = [row for row in whole.rows if row.key in keys]
        assert {(row.bucket, row.key): (row.value, row.before) for row in part.rows} == {
            (row.bucket, row.key): (row.value, row.before) for row in own
        }
        assert (part.rest is None) == (len(everybody) <= 2)
        if part.rest is None:
            continue
        assert part.cut_off
        assert part.rest.count == len(everybody) - 2
        sums: dict[date | None, Decimal] = {}
        for row in whole.rows:
            if row.key not in keys and row.value is not None:
                sums[row.bucket] = sums.get(row.bucket, Decimal(0)) + row.value
        assert part.rest.values == (sums if part.question.measure.adds_up else {})


def test_a_file_holds_what_the_page_has_no_room_for(
    sold: World, monkeypatch: pytest.MonkeyPatch, client_for
) -> None:
    address = f"/insights/explore?measure=net_sales&split=person&over=day{HALF}"
    monkeypatch.setattr(answers, "ROWS_MAX", 3)
    monkeypatch.setattr(largest, "KEYS_LEAST", 1)
    client = client_for(sold.dana)
    html = client.get(address).content.decode()
    assert "One by one the 1 largest; 3 others together. The file has all." in html

    def rows() -> list[list[str]]:
        parts = client.get(f"{address}&export=csv").streaming_content
        return list(csv.reader(b"".join(parts).decode("utf-8-sig").splitlines()))

    assert {row[1] for row in rows()[1:]} >= {"Priya Nair", "Omar Haddad"}
    assert sum(Decimal(row[2]) for row in rows()[1:]) == ask(sold.dana, address[18:]).total.value
    monkeypatch.setattr(explorer, "FILE_ROWS_MAX", 3)
    assert {row[1] for row in rows()[1:]} == {"Priya Nair", "3 others"}
    assert sum(Decimal(row[2]) for row in rows()[1:]) == ask(sold.dana, address[18:]).total.value
