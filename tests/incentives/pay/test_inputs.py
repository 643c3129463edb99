"""What the product knows of a company reaches its runs: exact amounts from each kind of input."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse

from paceline.goals.actions import Target, set_quota
from paceline.imports.actions import import_file, undo
from paceline.imports.kinds import UndoRefused
from paceline.imports.models import Import
from paceline.incentives import plan_templates
from paceline.incentives.actions.assignments import assign_plan
from paceline.incentives.models import StatementComponent
from paceline.orders import actions as orders
from paceline.orders.models import AttributeType, MonthRevision, OrderLine
from paceline.org import actions as org
from paceline.org.models import LeaveKind
from tests.incentives.pay.conftest import FROM, OVERRIDE, SELLER, UNTIL, Quarter, approve
from tests.incentives.pay.settling import PLAN, Months, entries, paid, sell
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_region_pays_whoever_answers_for_it(quarter: Quarter, client_for) -> None:
    """Sofia answers for Priya's region, Marco for Omar's until the last of May."""
    world = quarter.world
    region = org.add_hierarchy(code="region", name="Region", by=world.dana, at=world.now)
    for person, manager, until in (
        (world.priya, world.sofia, None),
        (world.omar, world.marco, date(2026, 6, 1)),
    ):
        org.place_below(
            hierarchy=region, person=person, manager=manager, starts_on=date(2026, 4, 1),
            ends_before=until, by=world.dana, at=world.now,
        )  # fmt: skip
    text = OVERRIDE.replace("plan: override", "plan: region").replace("id: override", "id: region")
    text = text.replace("levels: 1", "levels: 1, hierarchy: region")
    approve(text, world, to=world.lead)
    run = quarter.run()
    earned = {
        name: {one.component: one.earned for one in quarter.statement(run, name).components.all()}
        for name in ("marco", "sofia")
    }
    assert earned == {
        "marco": {"override": Decimal("595.00"), "region": Decimal("275.00")},
        "sofia": {"override": Decimal("275.00"), "region": Decimal("595.00")},
    }
    assert run.inputs.get(table="hierarchies").rows == 2
    page = client_for(world.dana).get(
        reverse("incentives:statement", args=[quarter.statement(run, "sofia").pk])
    )
    assert "$870.00" in page.content.decode()


def test_a_month_of_leave_asks_a_month_less(quarter: Quarter) -> None:
    """Priya is away in May: she is asked for 66,666.67 of 100,000 and has sold 119,000.

    2 % of 66,666.67 and 4 % of 52,333.33 make 3,426.67; Omar's 55,000 still earn 2 %.
    """
    world = quarter.world
    org.enter_leave(
        person=world.priya, kind=LeaveKind.PAID, starts_on=date(2026, 5, 1),
        ends_before=date(2026, 6, 1), by=world.hana, at=world.now,
    )  # fmt: skip
    text = SELLER.replace("plan: seller", "plan: prorated").replace(
        "name: sales}", "name: sales, over: quarter, proration: days}"
    )
    approve(text, world, to=world.seller)
    run = quarter.run()
    rows = {
        name: quarter.statement(run, name).components.get(version__plan__code="prorated")
        for name in ("priya", "omar")
    }
    assert {name: (row.quota, row.earned) for name, row in rows.items()} == {
        "priya": (Decimal("66666.67"), Decimal("3426.67")),
        "omar": (Decimal("100000.00"), Decimal("1100.00")),
    }
    assert quarter.statement(run, "priya").components.get(
        version__plan__code="seller"
    ).earned == Decimal("2760.00")


def test_unpaid_leave_takes_its_days_and_paid_leave_none(world: World) -> None:
    """Five of April's thirty days unpaid: 166.67 of 1,000.00 are forfeited."""
    text = PLAN.replace("leave: pays", "leave: pro-rata")
    months = Months(world, approve(text, world, to=world.priya))
    for kind, first, before in (
        (LeaveKind.UNPAID, date(2026, 4, 6), date(2026, 4, 11)),
        (LeaveKind.PAID, date(2026, 4, 20), date(2026, 4, 24)),
    ):
        org.enter_leave(
            person=world.priya, kind=kind, starts_on=first, ends_before=before, by=world.hana,
            at=world.now,
        )  # fmt: skip
    sell(world, "A1", date(2026, 4, 15), "10000.00")
    april = months.settled("2026-04")
    assert entries(april.settlements.get(), world.priya) == [
        ("earned", Decimal("1000.00")),
        ("forfeited", Decimal("-166.67")),
    ]
    assert paid(april, world.priya) == Decimal("833.33")


def ready(name: str) -> str:
    """The text of a ready plan."""
    return (Path(plan_templates.__file__).parent / name / "plan.yaml").read_text("utf-8")


def test_a_team_is_held_against_its_own_quota(quarter: Quarter) -> None:
    """North has sold 119,000 of 110,000: 108 % pay each of its members 800.00; South 55,000 of
    100,000 pays nothing.
    """
    world = quarter.world
    for team, amount in ((world.north, 110_000), (world.south, 100_000)):
        set_quota(
            team=team,
            target=Target("team-sales", FROM, UNTIL, Decimal(amount), "USD"),
            reason="plan",
            by=world.dana,
            at=world.now,
        )
    version = approve(ready("team-bonus"), world, to=world.north)
    south = {"to": world.south, "starts_on": FROM, "ends_before": None}
    assign_plan(plan=version.plan, **south, by=world.dana, at=world.now)
    run = quarter.run()
    rows = {
        name: quarter.statement(run, name).components.get(component="team-bonus")
        for name in ("priya", "marco", "omar", "sofia")
    }
    assert {name: (row.measure, row.quota, row.earned) for name, row in rows.items()} == {
        "priya": (Decimal(119_000), Decimal(110_000), Decimal("800.00")),
        "marco": (Decimal(119_000), Decimal(110_000), Decimal("800.00")),
        "omar": (Decimal(55_000), Decimal(100_000), Decimal("0.00")),
        "sofia": (Decimal(55_000), Decimal(100_000), Decimal("0.00")),
    }


def test_ready_plans_read_a_companys_own_attributes(
    quarter: Quarter, tmp_path: Path, client_for
) -> None:
    """Who hosted, who looks after it, who helped, and whether a customer is new: from one file."""
    world = quarter.world
    for name, label, holds in (
        ("host_id", "Host", AttributeType.PERSON),
        ("after_sales_id", "After sales", AttributeType.PERSON),
        ("specialist_id", "Specialist", AttributeType.PERSON),
        ("is_first", "First order", AttributeType.BOOLEAN),
        ("discount", "Discount", AttributeType.PERCENT),
    ):
        orders.add_line_attribute(name=name, label=label, holds=holds, by=world.dana, at=world.now)
    o = world.omar
    head = "order,line,date,payee,customer,channel,amount,currency,returnable until"
    head += ",Host,after sales id,Specialist,First order,Discount\n"
    path = tmp_path / "lines.csv"
    path.write_text(
        head
        + f"N1,1,2026-04-20,{world.priya.number},C1,live,10000.00,USD,2026-05-01"
        + f",{o.name},{o.number},{o.email},yes,12.5%\n"
        + f"N2,1,2026-04-21,{world.priya.number},C2,live,2000.00,USD,2026-05-02"
        + f",{o.number},,,no,\n",
        "utf-8",
    )

    def bring(kind: str, path: Path) -> Import:
        return import_file(kind=kind, path=path, name=path.name, by=world.dana, at=world.now)

    first = bring("order_lines", path)
    line = OrderLine.objects.get(order_number="N1")
    assert line.attributes == {
        "host_id": o.number, "after_sales_id": o.number, "specialist_id": o.number,
        "is_first": True, "discount": 0.125,
    }  # fmt: skip
    # A file that says nothing of attributes leaves them, and so does a payment.
    plain = tmp_path / "plain.csv"
    rows = [text.split(",")[:9] for text in path.read_text("utf-8").splitlines()]
    plain.write_text("\n".join(",".join(row) for row in rows), "utf-8")
    assert bring("order_lines", plain).totals["same"] == 2
    back = tmp_path / "returns.csv"
    back.write_text(
        "return,line,date,order,order line,quantity,amount\nZ1,1,2026-05-05,N1,1,1,1000.00\n"
    )
    bring("returns", back)
    for bad in ({"host_id": 5}, {"unheard_of": "x"}, {}, {"is_first": "yes"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.filter(pk=line.pk).update(attributes=bad)

    for old in quarter.lines.values():  # nothing that a plan needs may be empty
        old.attributes = {"is_first": False}
        old.save(update_fields=["attributes"])
    MonthRevision.objects.update(revision=F("revision") + 1)
    set_quota(
        person=o, target=Target("assisted-sales", FROM, UNTIL, Decimal(8_000), "USD"),
        reason="plan", by=world.dana, at=world.now,
    )  # fmt: skip
    names = ("host-share", "front-and-back", "overlay-specialist", "new-customers")
    for name in names:
        text = ready(name).replace("currency: CNY", "currency: USD")
        approve(text.replace("period: month", "period: quarter"), world, to=world.seller)
    run = quarter.run()
    earned = {
        (row.version.plan.code, row.component, row.statement.payee): row.earned
        for row in StatementComponent.objects.filter(
            statement__run=run, version__plan__code__in=names
        ).select_related("version__plan", "statement__payee")
    }
    p = world.priya
    # Live 12,000 less 1,000 that came back: 40 % of it are the host's, 20 % of 9,000 after sales.
    assert earned == {
        ("host-share", "shop-commission", p): Decimal("1256.00"),
        ("host-share", "shop-commission", o): Decimal("550.00"),
        ("host-share", "host-commission", p): Decimal("0.00"),
        ("host-share", "host-commission", o): Decimal("220.00"),
        ("front-and-back", "commission", p): Decimal("1282.00"),
        ("front-and-back", "commission", o): Decimal("568.00"),
        ("overlay-specialist", "commission", p): Decimal("3900.00"),
        ("overlay-specialist", "commission", o): Decimal("1650.00"),
        ("overlay-specialist", "assist", p): Decimal("0.00"),
        ("overlay-specialist", "assist", o): Decimal("95.00"),
        ("new-customers", "new-customer-reward", p): Decimal("30.00"),
        ("new-customers", "new-customer-reward", o): Decimal("0.00"),
        ("new-customers", "retention-reward", p): Decimal("0.00"),
        ("new-customers", "retention-reward", o): Decimal("0.00"),
    }
    page = client_for(world.dana).get(reverse("orders:line", args=[line.pk])).content.decode()
    assert "12.5%" in page
    with pytest.raises(UndoRefused):
        undo(source=first, reason="no", by=world.dana, at=world.now)
