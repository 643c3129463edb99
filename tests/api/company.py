"""A paid quarter, with marks in what belongs to another team than the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from paceline.crm import actions as crm
from paceline.crm.models import ActivityKind, FieldKind
from paceline.crm.models import Company as CustomerCompany
from paceline.goals import actions as goals
from paceline.goals.actions import Entry, add_figure_kind, enter_figures
from paceline.goals.models import Level, Quota, Unit
from paceline.incentives.actions import payroll
from paceline.incentives.models import Run
from paceline.leads import actions as leads
from paceline.mail import actions as mail
from paceline.orders.models import Owner
from paceline.sequences import actions as sequences
from paceline.sequences.models import Act
from tests.crm.conftest import make_sales
from tests.incentives.pay.conftest import (
    FROM,
    SELLER,
    UNTIL,
    Quarter,
    approve,
    build_quarter,
    write_line,
)
from tests.world import World

MARK = "canary7f3"
EXPORT = UUID("0a5dbb62-55a4-4a43-8bd1-b3f1e0a0b6a1")


@dataclass(frozen=True)
class Company:
    """Omar's pay and what it stands on, and a payroll file. Priya is of another team."""

    quarter: Quarter
    run: Run


def build_company(world: World) -> Company:
    quarter = build_quarter(world)
    marked = SELLER.replace("plan: seller", f"plan: {MARK}").replace("Seller", MARK)
    approve(marked, world, to=world.omar)
    write_line("Z1", world.omar, date(2026, 4, 9), "10.00", customer=MARK, product=MARK)
    Quota.objects.create(
        person=world.omar, measure=MARK, amount=Decimal("7"), currency="USD",
        starts_on=FROM, ends_before=UNTIL, set_at=world.now,
    )  # fmt: skip
    kind = add_figure_kind(name=MARK, label=MARK, unit=Unit.QUANTITY, by=world.dana, at=world.now)
    entry = Entry(world.omar, kind, date(2026, 6, 30), Decimal(3))
    enter_figures(entries=[entry], reason="", by=world.dana, at=world.now)
    Owner.objects.create(
        kind="customer", key=MARK, person=world.omar, share=Decimal(1), starts_on=FROM
    )
    sales = make_sales(world)
    told = {"owner": world.omar, "by": world.omar, "at": world.now}
    mail = crm.Point("email", f"{MARK}@example.com")
    company = crm.add_company(team=world.south, facts={"name": MARK}, points=[mail], **told)
    crm.add_contact(team=world.south, facts={"name": MARK, "company": company}, **told)
    crm.add_lead(team=world.south, facts={"name": MARK, "message": MARK}, **told)
    deal = crm.add_deal(pipeline=sales.south, facts={"title": MARK, "company": company}, **told)
    crm.add_activity(
        on=crm.On.record(deal), kind=ActivityKind.NOTE, facts={"text": MARK}, by=world.omar,
        at=world.now,
    )  # fmt: skip
    mark_lists(world, company)
    period = goals.add_period(
        facts=goals.PeriodFacts("Q", FROM, UNTIL), by=world.erik, at=world.now
    )
    goals.propose_goal(
        proposal=goals.Proposal(
            period=period, name=MARK, why=MARK, level=Level.PERSON, owner=world.omar,
            team=world.south, measured=goals.Measured(Decimal(0), Decimal(9)),
        ),
        by=world.omar, at=world.now,
    )  # fmt: skip
    run = quarter.run()
    quarter.release(run, "priya", "omar")
    payroll.export_payroll(period=quarter.period, export_id=EXPORT, by=world.ines, at=world.now)
    return Company(quarter, run)


def mark_lists(world: World, company: CustomerCompany) -> None:
    """What the other team keeps beside its records: fields, tags, views, forms, sequences, mail."""
    lead: dict[str, Any] = {"by": world.sofia, "at": world.now}
    mine: dict[str, Any] = {"by": world.omar, "at": world.now}
    crm.add_custom_field(
        team=world.south, of="company", label=MARK, kind=FieldKind.CHOICE, options=[MARK], **lead
    )
    crm.set_tags(record=company, names=[MARK], **mine)
    crm.save_view(of="company", name=MARK, choices={"q": MARK}, team=world.south, **mine)
    crm.save_segment(segment=None, of="company", name=MARK, rule={}, team=world.south, **mine)
    leads.add_form(team=world.south, name=MARK, languages=["en"], fields=[{"name": MARK}], **lead)
    texts = {"en": {"subject": MARK, "body": MARK}}
    mail.add_template(team=world.south, name=MARK, is_offer=False, texts=texts, **lead)
    sequence = sequences.add_sequence(team=world.south, of="company", name=MARK, **lead)
    step = sequences.NewStep(Act.CALL, texts=texts)
    sequences.write_version(sequence=sequence, steps=[step], stops=[], **lead)
    sequence = sequences.switch_sequence(sequence=sequence, on=True, **lead)
    sequences.begin(sequence=sequence, record=company, **mine)
    mail.draft_mailing(of="company", ids=[company.pk], **mine)
