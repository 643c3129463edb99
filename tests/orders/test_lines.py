"""Order lines from files: exact amounts, exact refusals, and nothing changed by a refusal."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from io import BytesIO

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, transaction

from paceline.files.actions import store_file
from paceline.files.queries import path_of, path_of_digest
from paceline.imports import actions
from paceline.imports.kinds import UndoRefused
from paceline.imports.layout import Problem
from paceline.imports.mapping import Source
from paceline.imports.models import Import, ImportState
from paceline.imports.wording import sentence
from paceline.orders.actions import close_days, snapshot_months
from paceline.orders.actions.snapshots import MEDIA_TYPE
from paceline.orders.models import MonthRevision, MonthSnapshot, OrderLine
from paceline.orders.queries import credit_splits_table, order_lines_table
from tests.orders.conftest import Bring
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

HEADER = "Order,Line,Order date,Payee,Amount,Currency\n"


def lines(world: World, *rows: str) -> str:
    return HEADER + "".join(row.format(p=world.priya.number) + "\n" for row in rows)


def problems(source: Import) -> set[tuple[int, str, str]]:
    return {(row.row, row.column, row.code) for row in source.problems.all()}


def refused(bring: Bring, kind: str, text: str | bytes) -> list[tuple[int, str]]:
    before = OrderLine.objects.count()
    with pytest.raises(actions.ImportRefused) as error:
        bring(kind, text)
    assert OrderLine.objects.count() == before
    return [(problem.row, problem.code) for problem in error.value.problems]


def only(error: list[tuple[int, str]]) -> tuple[int, str]:
    (one,) = error
    return one


def test_the_same_file_twice_changes_nothing(world: World, bring: Bring) -> None:
    text = lines(world, "A,1,2026-07-01,{p},100.00,USD", "A,2,2026-07-01,{p},0.50,USD")
    bring("order_lines", text)
    before = list(OrderLine.objects.order_by("id").values())
    revision = MonthRevision.objects.get().revision
    again = bring("order_lines", text)
    assert (again.totals["new"], again.totals["changed"], again.totals["same"]) == (0, 0, 2)
    assert list(OrderLine.objects.order_by("id").values()) == before
    assert MonthRevision.objects.get().revision == revision


def test_a_corrected_file_changes_only_what_differs_and_undo_puts_it_back(
    world: World, bring: Bring
) -> None:
    bring("order_lines", lines(world, "A,1,2026-07-01,{p},100,USD", "A,2,2026-07-01,{p},1,USD"))
    before = list(OrderLine.objects.order_by("id").values())
    corrected = bring(
        "order_lines",
        lines(
            world,
            "A,1,2026-06-30,{p},90.25,USD",
            "A,2,2026-07-01,{p},1,USD",
            "B,1,2026-07-02,{p},7,USD",
        ),
    )
    totals = corrected.totals
    assert (totals["new"], totals["changed"], totals["same"]) == (1, 1, 1)
    changed = OrderLine.objects.get(order_number="A", line_number="1")
    assert (changed.amount, changed.ordered_on) == (Decimal("90.2500"), date(2026, 6, 30))
    months = {row.month: row.revision for row in MonthRevision.objects.all()}
    assert months == {date(2026, 6, 1): 1, date(2026, 7, 1): 2}
    actions.undo(source=corrected, reason="wrong", by=world.dana, at=NOW)
    assert list(OrderLine.objects.order_by("id").values()) == before
    corrected.refresh_from_db()
    assert corrected.state == ImportState.UNDONE


def test_an_import_under_a_later_one_is_not_undone(world: World, bring: Bring) -> None:
    first = bring("order_lines", lines(world, "A,1,2026-07-01,{p},100,USD"))
    second = bring("order_lines", lines(world, "A,1,2026-07-01,{p},101,USD"))
    with pytest.raises(UndoRefused) as error:
        actions.undo(source=first, reason="wrong", by=world.dana, at=NOW)
    assert error.value.problem == Problem(
        "changed_by_later_import", params={"id": second.pk, "rows": 1}
    )
    assert OrderLine.objects.get().amount == 101
    actions.undo(source=second, reason="wrong", by=world.dana, at=NOW)
    actions.undo(source=first, reason="wrong", by=world.dana, at=NOW)
    assert not OrderLine.objects.exists()


def test_lines_in_closed_days_neither_come_nor_change_nor_go(world: World, bring: Bring) -> None:
    text = lines(world, "A,1,2026-06-30,{p},100,USD")
    source = bring("order_lines", text)
    close_days(starts_on=date(2026, 4, 1), ends_before=date(2026, 7, 1), by=world.ines, at=NOW)
    moved = text.replace("2026-06-30", "2026-07-01")
    assert only(refused(bring, "order_lines", moved)) == (2, "day_closed")
    changed = text.replace("100", "99")
    assert only(refused(bring, "order_lines", changed)) == (2, "day_closed")
    new = text.replace("A,1", "B,1")
    assert only(refused(bring, "order_lines", new)) == (2, "day_closed")
    with pytest.raises(UndoRefused) as error:
        actions.undo(source=source, reason="wrong", by=world.dana, at=NOW)
    problem = error.value.problem
    assert sentence(problem.code, problem.params) == (
        "Jun 30, 2026 is closed: the final pay run for Apr 1, 2026 to Jun 30, 2026 has used these"
        " lines. Bring returns instead."
    )
    assert OrderLine.objects.get().amount == 100
    assert bring("order_lines", text).totals["same"] == 1


def test_lines_that_another_system_knows_are_pointed_out_and_still_come(
    world: World, bring: Bring, checked: Bring
) -> None:
    rows = ("A,1,2026-07-01,{p},100,USD", "A,2,2026-07-01,{p},5,USD", "B,1,2026-07-02,{p},7,USD")
    bring("order_lines", lines(world, *rows), mapping={"source": Source(constant="taipei")})
    more = ("B,1,2026-07-02,{p},8,USD", "C,1,2026-07-02,{p},7,USD")
    text = lines(world, *rows[:2], *more).replace("Order,", "Order no,", 1)  # not remembered
    source = checked("order_lines", text)
    assert problems(source) == {(2, "source", "known_elsewhere")}
    told = source.problems.get()
    assert told.params == {"system": "taipei", "lines": 2, "looked_at": 4, "order": "A"}
    assert (told.severity, source.totals["accepted"], source.totals["new"]) == ("warning", 4, 4)
    same = bring("order_lines", lines(world, *rows), mapping={"source": Source(constant="taipei")})
    assert (same.totals["same"], problems(same)) == (3, set())


def test_every_bad_line_is_named_with_its_column(world: World, checked: Bring) -> None:
    source = checked(
        "order_lines",
        lines(
            world,
            "A,1,2026-07-01,{p},100,USD",
            "A,1,2026-07-02,{p},5,USD",
            "B,1,2026-07-01,nobody,5,USD",
            "B,2,2026-07-01,{p},-5,USD",
            "B,3,2026-07-01,{p},0,USD",
            "B,4,2026-07-01,{p},five,USD",
            "B,5,2026-07-01,{p},5,XXQ",
            "B,6,yesterday,{p},5,USD",
            ",7,2026-07-01,{p},5,USD",
            "B,8,2026-07-01,{p},5.00001,USD",
            "B,9,2023-07-01,{p},5,USD",
            "B,10,2026-07-01,{p},5",
        )
        + f"B,11,2026-05-01,{world.fred.number},5,USD\n",
    )
    assert problems(source) == {
        (2, "line_number", "key_repeated"),
        (3, "line_number", "key_repeated"),
        (4, "payee", "person_unknown"),
        (5, "amount", "negative_sale"),
        (6, "amount", "zero_amount"),
        (7, "amount", "not_a_number"),
        (8, "currency", "currency_unknown"),
        (9, "ordered_on", "not_a_day"),
        (10, "order_number", "missing"),
        (11, "amount", "too_many_places"),
        (12, "payee", "payee_not_yet"),
        (13, "", "wrong_number_of_cells"),
        (14, "payee", "payee_left"),
    }
    repeated = source.problems.filter(code="key_repeated").first()
    assert repeated.params == {"rows": [2, 3]}
    totals = source.totals
    assert (totals["rows"], totals["accepted"], totals["rejected"]) == (13, 1, 12)
    assert not OrderLine.objects.exists()


def test_three_styles_of_date_are_refused_with_examples(world: World, bring: Bring) -> None:
    with pytest.raises(actions.ImportRefused) as error:
        bring(
            "order_lines",
            lines(
                world,
                "A,1,2026-07-31,{p},1,USD",
                "A,2,31.07.2026,{p},1,USD",
                "A,3,07/31/2026,{p},1,USD",
            ),
        )
    (problem,) = error.value.problems
    assert problem.code == "days_in_several_styles"
    assert sorted(problem.params["examples"]) == ["07/31/2026", "2026-07-31", "31.07.2026"]


def test_day_or_month_first_has_to_be_chosen(world: World, bring: Bring) -> None:
    text = lines(world, "A,1,03/04/2026,{p},1,USD")
    with pytest.raises(actions.ImportRefused) as error:
        bring("order_lines", text)
    assert error.value.problems[0].code == "day_order_unclear"
    bring("order_lines", text, mapping={"ordered_on": Source(column=2, style="%d/%m/%Y")})
    assert OrderLine.objects.get().ordered_on == date(2026, 4, 3)


def test_decimal_commas_are_read_and_two_styles_refused(world: World, bring: Bring) -> None:
    text = "Order;Line;Order date;Payee;Amount;Currency\n" + "".join(
        f"A;{n};31.07.2026;{world.priya.number};{amount};EUR\n"
        for n, amount in enumerate(("1.234,50", "12,5", "(3,25)"), start=1)
    )
    rates = "From currency,To currency,Date,Rate\nEUR,USD,2026-07-31,1.1\n"
    bring("exchange_rates", rates)
    assert refused(bring, "order_lines", text) == [(4, "negative_sale")]
    bring("order_lines", text.replace("(3,25)", "3,25"))
    amounts = list(OrderLine.objects.order_by("line_number").values_list("amount", flat=True))
    assert amounts == [Decimal("1234.5"), Decimal("12.5"), Decimal("3.25")]
    mixed = lines(world, 'A,1,2026-07-01,{p},"1,234.50",USD', 'A,2,2026-07-01,{p},"12,5",USD')
    with pytest.raises(actions.ImportRefused) as error:
        bring("order_lines", mixed)
    assert error.value.problems[0].code == "numbers_in_two_styles"
    unclear = lines(world, 'A,1,2026-07-01,{p},"1,234",USD')
    with pytest.raises(actions.ImportRefused) as error:
        bring("order_lines", unclear)
    assert error.value.problems[0].code == "decimal_mark_unclear"


def test_a_header_in_the_middle_is_named_and_left_out(world: World, checked: Bring) -> None:
    source = checked("order_lines", lines(world, "A,1,2026-07-01,{p},1,USD") + HEADER)
    assert problems(source) == {(3, "", "header_again")}
    assert source.totals["accepted"] == 1


def test_a_missing_rate_is_a_warning(world: World, checked: Bring) -> None:
    source = checked(
        "order_lines",
        lines(world, "A,1,2026-07-01,{p},1,EUR", "A,2,2026-07-02,{p},1,EUR"),
    )
    (problem,) = source.problems.all()
    assert (problem.code, problem.severity) == ("rate_missing", "warning")
    assert problem.params == {
        "from": "EUR",
        "to": "USD",
        "lines": 2,
        "days": 2,
        "day": "2026-07-01",
    }
    assert source.totals["accepted"] == 2


def test_lines_are_counted_within_their_order_and_rejected_ones_keep_their_place(
    world: World, checked: Bring, bring: Bring, client_for
) -> None:
    text = (
        "Order,Order date,Payee,Amount,Currency\n"
        f"A,2026-07-01,{world.priya.number},1,USD\n"
        f"A,2026-07-01,=cmd,2,USD\n"
        f"A,2026-07-01,{world.priya.number},3,USD\n"
    )
    source = checked("order_lines", text)
    actions.commit(source=source, by=world.dana, at=NOW)
    numbers = OrderLine.objects.order_by("id").values_list("line_number", "amount")
    assert [(number, int(amount)) for number, amount in numbers] == [("1", 1), ("3", 3)]
    answer = client_for(world.dana).get(f"/imports/{source.pk}/rejected")
    rejected = b"".join(answer).decode("utf-8-sig")
    assert "'=cmd" in rejected  # a spreadsheet does not run it
    mended = rejected.replace("'=cmd", world.priya.number)
    again = bring("order_lines", mended)
    assert again.totals["new"] == 1
    assert OrderLine.objects.get(line_number="2").amount == 2


def test_rejected_lines_with_numbers_of_their_own_are_mended_and_sent_again(
    world: World, checked: Bring, bring: Bring, client_for
) -> None:
    source = checked(
        "order_lines", lines(world, "A,7,2026-07-01,nobody,-5,USD", "A,8,2026-07-01,x,2,USD")
    )
    answer = client_for(world.dana).get(f"/imports/{source.pk}/rejected")
    rejected = b"".join(answer).decode("utf-8-sig")
    assert "paceline_line" not in rejected
    assert ",-5," in rejected  # a number stays one, for a spreadsheet too
    mended = rejected.replace("nobody", world.priya.number).replace(
        ",x,", f",{world.priya.number},"
    )
    again = bring("order_lines", mended, mapping={"kind": Source(constant="return")})
    assert again.totals["new"] == 2
    numbers = OrderLine.objects.order_by("id").values_list("line_number", "amount")
    assert [(number, int(amount)) for number, amount in numbers] == [("7", -5), ("8", -2)]


def test_a_broken_line_stops_counting(world: World, bring: Bring) -> None:
    text = (
        "Order,Order date,Payee,Amount,Currency\nA,2026-07-01\n"
        f"A,2026-07-01,{world.priya.number},3,USD\n"
    )
    assert only(refused(bring, "order_lines", text)) == (0, "counting_needs_whole_lines")


def test_returns_take_back_what_was_sold(world: World, bring: Bring) -> None:
    bring("order_lines", lines(world, "A,1,2026-06-01,{p},100,USD", "A,2,2026-06-01,{p},8,USD"))
    header = "Return,Line,Return date,Order returned,Line returned,Quantity,Amount\n"
    source = bring("returns", header + "R1,1,2026-07-02,A,1,1,40\n")
    line = OrderLine.objects.get(order_number="R1")
    assert (line.kind, line.amount, line.person) == ("return", Decimal("-40.0000"), world.priya)
    assert line.returns_line == OrderLine.objects.get(order_number="A", line_number="1")
    assert source.totals["sums"][0]["currency"] == "USD"
    assert refused(bring, "returns", header + "R2,1,2026-07-03,A,1,1,61\n") == [
        (2, "returned_more_than_sold")
    ]
    assert refused(bring, "returns", header + "R2,1,2026-05-03,A,2,1,1\n") == [
        (2, "return_before_sale")
    ]
    assert refused(bring, "returns", header + "R2,1,2026-07-03,Z,1,1,1\n") == [
        (2, "original_unknown")
    ]
    sold = Import.objects.get(kind="order_lines")
    with pytest.raises(UndoRefused) as error:
        actions.undo(source=sold, reason="wrong", by=world.dana, at=NOW)
    assert error.value.problem.code == "undo_lines_returned"
    table = order_lines_table(date(2026, 7, 1), date(2026, 8, 1)).to_pylist()
    assert [(row["line_id"], row["returns_line_id"]) for row in table] == [
        ("shop/R1/1", "shop/A/1")
    ]


def test_shares_make_the_whole_or_are_refused(world: World, bring: Bring) -> None:
    bring("order_lines", lines(world, "A,1,2026-07-01,{p},100,USD"))
    header = "Order,Line,Payee,Share,On top\n"
    priya, omar, marco = world.priya.number, world.omar.number, world.marco.number
    text = header + f"A,1,{priya},60%,no\nA,1,{omar},39%,no\n"
    assert refused(bring, "line_shares", text) == [(2, "shares_not_whole"), (3, "shares_not_whole")]
    # A share whose payee is not known takes the others of its line along: never half a split.
    text = text.replace("39%", "40%")
    strange = refused(bring, "line_shares", text.replace(omar, "nobody"))
    assert strange == [(2, "others_refused"), (3, "person_unknown")]
    bring("line_shares", text + f"A,1,{marco},25%,yes\n")
    header = "Return,Line,Return date,Order returned,Line returned,Quantity,Amount\n"
    bring("returns", header + "R1,1,2026-07-02,A,1,1,40\n")
    splits = credit_splits_table(date(2026, 7, 1), date(2026, 8, 1)).to_pylist()
    assert [
        (row["line_id"], row["payee_id"], row["share"], row["is_overlay"]) for row in splits
    ] == [
        (line, *one)
        for line in ("shop/A/1", "shop/R1/1")
        for one in sorted(
            [
                (priya, Decimal("0.60000000"), False),
                (omar, Decimal("0.40000000"), False),
                (marco, Decimal("0.25000000"), True),
            ]
        )
    ]


def test_the_same_lines_give_the_same_bytes(world: World, bring: Bring) -> None:
    days = (date(2026, 6, 1), date(2026, 8, 1))
    bring("order_lines", lines(world, "A,1,2026-06-01,{p},1,USD", "A,2,2026-07-01,{p},2,USD"))
    first = snapshot_months(*days, NOW)
    assert [(snapshot.month, snapshot.rows) for snapshot in first] == [
        (date(2026, 6, 1), 1),
        (date(2026, 7, 1), 1),
    ]
    footer = pq.read_metadata(first[0].path).metadata
    assert json.loads(footer[b"paceline.totals"]) == {"USD": [1, "1.0000"]}
    other = bring("order_lines", lines(world, "A,2,2026-07-01,{p},3,USD"))
    second = snapshot_months(*days, NOW)
    assert [one.pk == two.pk for one, two in zip(first, second, strict=True)] == [True, False]
    actions.undo(source=other, reason="wrong", by=world.dana, at=NOW)
    third = snapshot_months(*days, NOW)
    assert [one.digest for one in third] == [one.digest for one in first]
    assert third[1].revision == 3


def test_files_go_payee_by_payee(world: World, bring: Bring) -> None:
    people = sorted((world.priya.number, world.omar.number))
    sold = [(2, people[1]), (3, people[0]), (1, people[1])]
    bring("order_lines", lines(world, *(f"A,{n},2026-06-01,{who},1,USD" for n, who in sold)))
    (found,) = snapshot_months(date(2026, 6, 1), date(2026, 7, 1), NOW)
    rows = pq.read_table(found.path).select(["payee_id", "line_id"]).to_pylist()
    assert [(row["payee_id"], row["line_id"]) for row in rows] == [
        (people[0], "shop/A/3"),
        (people[1], "shop/A/1"),
        (people[1], "shop/A/2"),
    ]


def test_files_mark_the_lines_that_are_shared_and_put_them_first(
    world: World, bring: Bring
) -> None:
    days = (date(2026, 6, 1), date(2026, 8, 1))
    sold = ["A,1,2026-06-01,{p},1,USD", "A,2,2026-06-02,{p},9,USD", "B,1,2026-07-01,{p},2,USD"]
    bring("order_lines", lines(world, *sold))
    header = "Return,Line,Return date,Order returned,Line returned,Quantity,Amount\n"
    bring("returns", header + "R,1,2026-07-02,A,2,1,4\n")
    before = snapshot_months(*days, NOW)
    text = "Order,Line,Payee,Share,On top\n" + "".join(
        f"A,2,{person.number},50%,no\n" for person in (world.priya, world.omar)
    )
    source = bring("line_shares", text)
    marked = snapshot_months(*days, NOW)
    found = [pq.read_table(one.path).select(["line_id", "is_split"]).to_pydict() for one in marked]
    assert found == [
        {"line_id": ["shop/A/2", "shop/A/1"], "is_split": [True, False]},
        {"line_id": ["shop/R/1", "shop/B/1"], "is_split": [True, False]},
    ]
    splits = credit_splits_table(*days).column("line_id").to_pylist()
    assert set(splits) == {"shop/A/2", "shop/R/1"}
    other = text.replace(",50%", ",40%", 1).replace(",50%", ",60%", 1)
    changed = bring("line_shares", other)  # still shared: nothing of the lines changed
    assert [one.pk for one in snapshot_months(*days, NOW)] == [one.pk for one in marked]
    for one in (changed, source):
        actions.undo(source=one, reason="wrong", by=world.dana, at=NOW)
    assert [one.digest for one in snapshot_months(*days, NOW)] == [one.digest for one in before]


def test_the_database_itself_keeps_closed_days(world: World, bring: Bring) -> None:
    bring("order_lines", lines(world, "A,1,2026-06-30,{p},100,USD", "B,1,2026-07-01,{p},1,USD"))
    close_days(starts_on=date(2026, 4, 1), ends_before=date(2026, 7, 1), by=world.ines, at=NOW)
    closed = OrderLine.objects.filter(order_number="A")
    opened = OrderLine.objects.filter(order_number="B")
    for write in (
        lambda: closed.update(amount=99),
        lambda: closed.update(ordered_on=date(2026, 7, 1)),
        lambda: opened.update(ordered_on=date(2026, 6, 30)),
        closed.delete,
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
    assert opened.update(amount=2) == 1
    assert closed.get().amount == 100


def test_a_month_written_before_there_were_marks_is_written_again(
    world: World, bring: Bring
) -> None:
    days = (date(2026, 6, 1), date(2026, 7, 1))
    bring("order_lines", lines(world, "A,1,2026-06-01,{p},1,USD"))
    (made,) = snapshot_months(*days, NOW)
    path = path_of_digest(made.digest)
    plain = pq.read_table(path).drop_columns(["is_split"]).replace_schema_metadata(None)
    out = BytesIO()
    pq.write_table(plain, out)
    old = store_file(
        out.getvalue(), name="old.parquet", media_type=MEDIA_TYPE, by=world.dana, at=NOW
    )
    MonthSnapshot.objects.update(digest=old.digest, path=str(path_of(old)))
    (again,) = snapshot_months(*days, NOW)
    assert (again.pk, again.digest, again.rows) == (made.pk, made.digest, 1)
    assert path_of(old).is_file()  # a run that read it still can
    assert [one.digest for one in snapshot_months(*days, NOW)] == [made.digest]


def test_a_day_out_of_all_range_is_told_once(world: World, bring: Bring) -> None:
    text = lines(world, "A,1,9999-12-31,{p},100,EUR", "A,2,0001-01-01,{p},100,USD")
    assert refused(bring, "order_lines", text) == [(2, "day_out_of_range"), (3, "day_out_of_range")]
