"""Who may use the addresses of the interface; each app's calls stand in a table of their own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from typing import Any

from paceline.crm.actions import Into, add_lead, convert_lead, save_segment
from paceline.goals.actions import Entry, add_figure_kind, enter_figures
from paceline.goals.models import Quota, Unit
from paceline.incentives.models import PayrollExport, Plan
from paceline.orders.models import OrderLine
from paceline.org.actions import add_hierarchy, enter_leave, place_below
from paceline.org.models import HierarchyLine, LeaveKind
from tests.crm import permissions as crm
from tests.crm.conftest import Sales, make_sales
from tests.goals.conftest import make_aims
from tests.imports import permissions as imports
from tests.incentives.pay import permissions as pay
from tests.leads.conftest import make_desk
from tests.mail.permissions import make_mail, make_template
from tests.permission_table import EVERYONE, NOBODY, Grounded, Url
from tests.world import World

COMPENSATION = {"dana", "wen"}
DESK = COMPENSATION | {"ines"}
PLAN_READERS = DESK | {"erik", "hana", "priya", "omar", "marco", "sofia"}

ALL = {"GET": EVERYONE}


def _rest(_world: World) -> dict[str, str]:
    return {"rest": "not/here"}


def _line(_world: World) -> dict[str, Any]:
    line = OrderLine.objects.create(
        source="shop", order_number="A", line_number="1", ordered_on=date(2026, 7, 1),
        quantity=1, amount=Decimal(5), currency="USD",
    )  # fmt: skip
    return {"pk": line.pk}


def _quota(world: World) -> dict[str, Any]:
    quota = Quota.objects.create(
        person=world.priya, measure="sales", amount=Decimal(5), currency="USD", set_at=world.now,
        starts_on=date(2026, 7, 1), ends_before=date(2026, 8, 1),
    )  # fmt: skip
    return {"pk": quota.pk}


def _figure(world: World) -> dict[str, Any]:
    kind = add_figure_kind(
        name="hours", label="Hours", unit=Unit.QUANTITY, by=world.dana, at=world.now
    )
    entry = Entry(world.priya, kind, date(2026, 7, 1), Decimal(5))
    (figure,) = enter_figures(entries=[entry], reason="", by=world.dana, at=world.now)
    return {"pk": figure.pk}


def _plan(_world: World, _found: pay.Calculated) -> dict[str, Any]:
    return {"pk": Plan.objects.get(code="seller").pk}


def _version(_world: World, found: pay.Calculated) -> dict[str, Any]:
    return {"pk": found[0].seller.pk}


def _tier(world: World, found: pay.Calculated) -> dict[str, Any]:
    place = pay.tier(world, found)
    return {"pk": place["pk"], "component": place["component_pk"], "tier": place["tier"]}


def _export(world: World, found: pay.Calculated) -> dict[str, Any]:
    pay.export(world, found)
    return {"pk": PayrollExport.objects.get().pk}


def _list(sent: dict[str, Any] | None = None) -> Url:
    """A list that everyone may ask for: it shows each what they may see.

    Compensation may add to it where ``sent`` says how.
    """
    allow = {"GET": EVERYONE} if sent is None else {"GET": EVERYONE, "POST": COMPENSATION}
    return Url(allow=allow, data=lambda _world: sent or {}, anonymous="token")


SOLD = {
    "source": "shop", "order_number": "A-1", "line_number": "1", "ordered_on": "2026-07-01",
    "amount": "5", "currency": "USD",
}  # fmt: skip
LINES = {"records": [SOLD]}
RETURNED = {
    "source": "shop", "order_number": "R-1", "line_number": "1", "ordered_on": "2026-07-02",
    "original_order": "A-1", "original_line": "1", "amount": "5",
}  # fmt: skip
RETURNS = {"records": [RETURNED]}
RATE = {"from_currency": "EUR", "to_currency": "USD", "rate_date": "2026-07-01", "rate": "1.1"}
RATES = {"records": [RATE]}
QUOTA = {
    "payee": "E001", "starts_on": "2026-07-01", "ends_before": "2026-08-01", "amount": "5",
    "currency": "USD",
}  # fmt: skip
FIGURE = {"payee": "E001", "figure": "hours", "on": "2026-07-01", "value": "5"}


def _one(args: Callable[[World], dict[str, Any]], readers: set[str]) -> Url:
    return Url(args=args, allow={"GET": readers}, hidden=404, anonymous="token")


def _of_pay(args: Callable[[World, pay.Calculated], dict[str, Any]], readers: set[str]) -> Url:
    return _one(Grounded(pay.calculated, args), readers)


NAMED = {"name": "Aster"}
SAID = {"kind": "note", "record_kind": "company", "record": 1, "text": "Called"}


def _crm_list(sent: dict[str, Any]) -> Url:
    """Everyone may ask; who sells may add."""
    allow = {"GET": EVERYONE, "POST": crm.SELLERS}
    return Url(allow=allow, data=lambda _world: sent, anonymous="token")


def _lead(world: World, _sales: Sales) -> int:
    return add_lead(
        team=world.north, facts={"name": "Ivy"}, owner=world.priya, by=world.priya, at=world.now
    ).pk


def _crm_one(pk: Callable[[World, Sales], int], sent: dict[str, Any]) -> Url:
    """A record of Priya's: her team and her line read it, they and no one else change it."""
    return Url(
        args=Grounded(make_sales, lambda world, sales: {"pk": pk(world, sales)}),
        allow={"GET": crm.SEES, "PATCH": crm.NORTH},
        hidden=crm.HIDDEN,
        data=lambda _world: sent,
        anonymous="token",
    )


def _crm_read(pk: Callable[[World, Sales], int]) -> Url:
    args = Grounded(make_sales, lambda world, sales: {"pk": pk(world, sales)})
    return Url(args=args, allow={"GET": crm.SEES}, hidden=404, anonymous="token")


def _crm_put(pk: Callable[[World, Sales], int], sent: dict[str, Any], method: str = "PUT") -> Url:
    """An address below a record of Priya's that only takes changes."""
    return Url(
        args=Grounded(make_sales, lambda world, sales: {"pk": pk(world, sales)}),
        allow={method: crm.NORTH},
        hidden=crm.HIDDEN,
        data=lambda _world: sent,
        anonymous="token",
    )


def _stage_of_a_deal() -> Url:
    """Who sees the deal reads where it stands; her team moves it."""
    return Url(
        args=Grounded(make_sales, lambda _world, sales: {"pk": sales.deal.pk}),
        allow={"GET": crm.SEES, "PUT": crm.NORTH},
        hidden=crm.HIDDEN,
        data=lambda _world: {"stage": 1},
        anonymous="token",
    )


def _converted(world: World, _sales: Sales) -> int:
    lead = add_lead(
        team=world.north, facts={"name": "Ivy"}, owner=world.priya, by=world.priya, at=world.now
    )
    convert_lead(lead=lead, into=Into(), by=world.priya, at=world.now)
    return lead.pk


def _conversion() -> Url:
    return Url(
        args=Grounded(make_sales, lambda world, sales: {"pk": _converted(world, sales)}),
        allow={"GET": crm.SEES, "POST": crm.NORTH},
        hidden=crm.HIDDEN,
        data=lambda _world: {},
        anonymous="token",
    )


SHARED = {"shares": [{"payee": "E001", "kind": "owner", "share": "1"}]}


def _imports() -> Url:
    sent = {"kind": "teams", "name": "t.csv", "text": "Code,Name"}
    return Url(
        allow={
            "GET": imports.READERS | imports.SELLERS,
            "POST": imports.IMPORTERS | imports.SELLERS,
        },
        data=lambda _world: sent,
        anonymous="token",
    )


def _import_step(method: str, readers: AbstractSet[str] = frozenset()) -> Url:
    """The pay desk brings a file of lines further; finance looks on."""
    sent = {"PUT": {"fields": {}}, "POST": {"reason": "x"}, "GET": {}}[method]
    return Url(
        args=imports.checked,
        allow={method: imports.PAY_DESK | readers},
        hidden={"*": 404} if readers else imports.BY_THE_PAY_DESK,
        data=lambda _world: sent,
        anonymous="token",
    )


RULE = {"name": "Rest", "method": "fixed", "people": ["E001"]}


def _routing_rules() -> Url:
    """Everyone may ask; a lead adds to their own team's."""
    return Url(
        allow={"GET": EVERYONE, "POST": {"marco"}},
        data=lambda _world: RULE | {"team": "north"},
        anonymous="token",
    )


def _routing_rule(allow: dict[str, Any]) -> Url:
    return Url(
        args=lambda world: {"pk": make_desk(world).rule.pk},
        allow=allow,
        hidden=dict.fromkeys(crm.SEES, 403) | {"*": 404},
        data=lambda _world: {"earlier": True} if len(allow) == 1 else RULE,
        anonymous="token",
    )


def _assignments() -> Url:
    return Url(
        args=Grounded(make_desk, lambda world, _desk: {"pk": _waiting_lead(world)}),
        allow={"GET": crm.SEES, "POST": crm.NORTH},
        hidden=crm.HIDDEN,
        data=lambda _world: {},
        anonymous="token",
    )


def _waiting_lead(world: World) -> int:
    return add_lead(team=world.north, facts={"name": "Ivy"}, by=None, at=world.now).pk


def _templates() -> Url:
    texts = {"en": {"subject": "Hi", "body": "Hello"}}
    sent = {"team": "north", "name": "Hello", "texts": texts}
    return Url(
        allow={"GET": EVERYONE, "POST": {"marco"}}, data=lambda _world: sent, anonymous="token"
    )


def _template(allow: dict[str, Any]) -> Url:
    sent = {"name": "Hello", "texts": {"en": {"subject": "Hi", "body": "Hello"}}}
    return Url(
        args=lambda world: {"pk": make_template(world).pk},
        allow=allow,
        hidden=dict.fromkeys(crm.SEES, 403) | {"*": 404},
        data=lambda _world: sent,
        anonymous="token",
    )


def _mails() -> Url:
    """Everyone may ask for theirs; who sells may write."""
    sent = {"record_kind": "contact", "record": 1, "subject": "Hi", "text": "Hello"}
    return Url(
        allow={"GET": EVERYONE, "POST": crm.SELLERS}, data=lambda _world: sent, anonymous="token"
    )


SEGMENT = {"name": "Regulars", "rule": {"orders_min": 3}}


def _segment(allow: dict[str, Any]) -> Url:
    """Priya's, shared with her team."""
    return Url(
        args=lambda world: {
            "pk": save_segment(
                of="contact", name="Regulars", rule={"orders_min": 2}, team=world.north,
                by=world.priya, at=world.now,
            ).pk
        },
        allow=allow,
        hidden={"marco": 403, "*": 404},
        data=lambda _world: SEGMENT,
        anonymous="token",
    )  # fmt: skip


INSIGHT_READERS = {"priya", "marco", "omar", "sofia", "erik", "dana", "wen", "ines"}
GOAL_SIDES = {"priya", "marco", "erik"}


def _goal_periods() -> Url:
    sent = {"name": "Q4", "starts_on": "2026-10-01", "ends_before": "2027-01-01"}
    return Url(
        allow={"GET": EVERYONE, "POST": {"erik", "dana", "wen", "hana"}}, data=lambda _world: sent,
        anonymous="token",
    )  # fmt: skip


def _goals() -> Url:
    """A goal of Priya's own is hers to propose, and of those above her."""
    sent = {"period": 1, "level": "person", "name": "Sell", "owner": "E001", "target": "5"}
    return Url(
        allow={"GET": EVERYONE, "POST": {"priya", "marco", "erik"}},
        data=lambda _world: sent,
        anonymous="token",
    )


def _goal_itself() -> Url:
    return Url(
        args=_goal,
        allow={"GET": GOAL_READERS, "PATCH": {"priya", "marco", "erik"}},
        hidden=dict.fromkeys(GOAL_READERS, 403) | {"*": 404},
        data=lambda _world: {"why": "Because"},
        anonymous="token",
    )


def _keepers(sent: dict[str, Any]) -> Url:
    allow = {"GET": EVERYONE, "POST": KEEPERS}
    return Url(allow=allow, data=lambda _world: sent, anonymous="token")


def _place(world: World) -> HierarchyLine:
    return place_below(
        hierarchy=add_hierarchy(code="region", name="Region", by=None, at=world.now),
        person=world.priya, manager=world.sofia, starts_on=date(2026, 7, 1), by=None, at=world.now,
    )  # fmt: skip


def _leave(world: World) -> dict[str, Any]:
    made = enter_leave(
        person=world.priya, kind=LeaveKind.PAID, starts_on=date(2026, 8, 3),
        ends_before=date(2026, 8, 8), by=world.hana, at=world.now,
    )  # fmt: skip
    return {"pk": made.pk}


def _in_region(allow: dict[str, Any], sent: dict[str, Any]) -> Url:
    return Url(
        args=lambda world: {"pk": _place(world).hierarchy_id},
        allow=allow, data=lambda _world: sent, anonymous="token",
    )  # fmt: skip


def _of_leave(allow: dict[str, Any], sent: dict[str, Any]) -> Url:
    """Who may know of the leave and change nothing is refused; the others see nothing."""
    knowing = dict.fromkeys(LEAVE_READERS, 403)
    return Url(
        args=_leave, allow=allow, hidden=knowing | {"*": 404}, data=lambda _world: sent,
        anonymous="token",
    )  # fmt: skip


LEAVE_READERS = {"priya", "marco", "erik", "hana", "dana", "wen", "ines"}
KEEPERS = {"hana", "dana", "wen"}
PLACED = {"person": "E001", "manager": "E004", "starts_on": "2026-08-01"}
AWAY = {"person": "E001", "kind": "paid", "starts_on": "2026-09-01", "ends_before": "2026-09-02"}
AGAIN = {"kind": "paid", "starts_on": "2026-08-03"}


def _goal(world: World) -> dict[str, Any]:
    return {"pk": make_aims(world).priya.pk}


GOAL_READERS = {"priya", "marco", "erik", "dana", "wen", "hana"}


def _goal_check_ins() -> Url:
    """Who sees a goal reads its check-ins; its owner writes one."""
    return Url(
        args=_goal,
        allow={"GET": GOAL_READERS, "POST": {"priya"}},
        hidden=dict.fromkeys(GOAL_READERS, 403) | {"*": 404},
        data=lambda _world: {"on": "2026-07-02", "value": "5"},
        anonymous="token",
    )


URLS = {
    "api:reference": Url(allow=ALL),
    "api:schema": Url(allow=ALL, anonymous="open"),
    "api:nothing": Url(args=_rest, allow={"GET": NOBODY}, hidden=404, anonymous="token"),
    "api:v1:api-root": Url(allow={"GET": NOBODY}, hidden=404, anonymous="token"),
    "api:v1:read_me": Url(allow=ALL, anonymous="token"),
    "api:v1:list_people": Url(allow=ALL, anonymous="token"),
    "api:v1:read_person": Url(
        args=lambda world: {"pk": world.priya.pk}, allow=ALL, anonymous="token"
    ),
    "api:v1:list_teams": Url(allow=ALL, anonymous="token"),
    "api:v1:read_team": Url(
        args=lambda world: {"pk": world.north.pk}, allow=ALL, anonymous="token"
    ),
    "api:v1:list_positions": Url(allow=ALL, anonymous="token"),
    "api:v1:list_hierarchies": _keepers({"code": "brand", "name": "Brand"}),
    "api:v1:add_hierarchy": _keepers({"code": "brand", "name": "Brand"}),
    "api:v1:rename_hierarchy": _in_region({"PATCH": KEEPERS}, {"name": "Area"}),
    "api:v1:list_places": _in_region({"GET": EVERYONE, "POST": KEEPERS}, PLACED),
    "api:v1:add_place": _in_region({"GET": EVERYONE, "POST": KEEPERS}, PLACED),
    "api:v1:end_place": Url(
        args=lambda world: {"pk": _place(world).pk},
        allow={"PUT": KEEPERS},
        data=lambda _world: {"ends_before": "2026-08-01"},
        anonymous="token",
    ),
    "api:v1:list_leaves": Url(
        allow={"GET": EVERYONE, "POST": {"hana"}}, data=lambda _world: AWAY, anonymous="token"
    ),
    "api:v1:enter_leave": Url(
        allow={"GET": EVERYONE, "POST": {"hana"}}, data=lambda _world: AWAY, anonymous="token"
    ),
    "api:v1:read_leave": _of_leave({"GET": LEAVE_READERS, "PUT": {"hana"}}, AGAIN),
    "api:v1:change_leave": _of_leave({"GET": LEAVE_READERS, "PUT": {"hana"}}, AGAIN),
    "api:v1:withdraw_leave": _of_leave({"POST": {"hana"}}, {"reason": "By mistake"}),
    "api:v1:list_import_kinds": Url(allow=ALL, anonymous="token"),
    "api:v1:list_imports": _imports(),
    "api:v1:add_import": _imports(),
    "api:v1:read_import": _import_step("GET", readers={"ines"}),
    "api:v1:map_import": _import_step("PUT"),
    "api:v1:list_import_problems": _import_step("GET", readers={"ines"}),
    "api:v1:list_rejected": _import_step("GET", readers={"ines"}),
    "api:v1:commit_import": _import_step("POST"),
    "api:v1:discard_import": _import_step("POST"),
    "api:v1:undo_import": _import_step("POST"),
    "api:v1:list_routing_rules": _routing_rules(),
    "api:v1:add_routing_rule": _routing_rules(),
    "api:v1:read_routing_rule": _routing_rule({"GET": crm.SEES, "PUT": {"marco"}}),
    "api:v1:change_routing_rule": _routing_rule({"GET": crm.SEES, "PUT": {"marco"}}),
    "api:v1:place_routing_rule": _routing_rule({"PUT": {"marco"}}),
    "api:v1:remove_routing_rule": _routing_rule({"POST": {"marco"}}),
    "api:v1:list_assignments": _assignments(),
    "api:v1:give_lead": _assignments(),
    "api:v1:list_inquiries": Url(allow=ALL, anonymous="token"),
    "api:v1:list_mail_templates": _templates(),
    "api:v1:add_mail_template": _templates(),
    "api:v1:read_mail_template": _template({"GET": crm.SEES, "PUT": {"marco"}}),
    "api:v1:change_mail_template": _template({"GET": crm.SEES, "PUT": {"marco"}}),
    "api:v1:remove_mail_template": _template({"POST": {"marco"}}),
    "api:v1:list_mails": _mails(),
    "api:v1:write_mail": _mails(),
    "api:v1:read_mail": _one(lambda world: {"pk": make_mail(world).pk}, crm.SEES),
    "api:v1:list_segments": _crm_list(SEGMENT | {"of": "contact"}),
    "api:v1:add_segment": _crm_list(SEGMENT | {"of": "contact"}),
    "api:v1:read_segment": _segment({"GET": crm.NORTH, "PUT": {"priya"}}),
    "api:v1:change_segment": _segment({"GET": crm.NORTH, "PUT": {"priya"}}),
    "api:v1:delete_segment": _segment({"POST": {"priya"}}),
    "api:v1:list_members": _segment({"GET": crm.NORTH}),
    "api:v1:list_cohorts": Url(allow={"GET": crm.READERS}, anonymous="token"),
    "api:v1:list_measures": Url(allow=ALL, anonymous="token"),
    "api:v1:ask": Url(allow={"GET": INSIGHT_READERS}, anonymous="token"),
    "api:v1:list_order_lines": _list(LINES),
    "api:v1:write_order_lines": _list(LINES),
    "api:v1:read_order_line": _one(_line, DESK),
    "api:v1:list_returns": _list(RETURNS),
    "api:v1:write_returns": _list(RETURNS),
    "api:v1:list_exchange_rates": _list(RATES),
    "api:v1:write_exchange_rates": _list(RATES),
    "api:v1:list_owners": _list(),
    "api:v1:list_quotas": _list(QUOTA),
    "api:v1:set_quota": _list(QUOTA),
    "api:v1:read_quota": _one(_quota, DESK | {"erik", "marco", "priya"}),
    "api:v1:list_figures": _list(FIGURE),
    "api:v1:enter_figure": _list(FIGURE),
    "api:v1:read_figure": _one(_figure, DESK | {"erik", "marco", "priya"}),
    "api:v1:list_goal_periods": _goal_periods(),
    "api:v1:add_goal_period": _goal_periods(),
    "api:v1:list_goals": _goals(),
    "api:v1:propose_goal": _goals(),
    "api:v1:read_goal": _goal_itself(),
    "api:v1:change_goal": _goal_itself(),
    "api:v1:agree_goal": Url(
        args=_goal,
        allow={"POST": GOAL_SIDES},
        hidden=dict.fromkeys(GOAL_READERS, 403) | {"*": 404},
        data=lambda _world: {"terms": 1},
        anonymous="token",
    ),
    "api:v1:list_check_ins": _goal_check_ins(),
    "api:v1:check_in": _goal_check_ins(),
    "api:v1:list_plans": _list(),
    "api:v1:read_plan": _of_pay(_plan, PLAN_READERS),
    "api:v1:list_plan_versions": _of_pay(_plan, PLAN_READERS),
    "api:v1:read_plan_version": _of_pay(_version, PLAN_READERS),
    "api:v1:list_runs": _list(),
    "api:v1:read_run": _of_pay(pay.run, pay.RUN_READERS),
    "api:v1:list_statements": _list(),
    "api:v1:read_statement": _of_pay(pay.released, pay.THEIRS),
    "api:v1:list_tier_lines": _of_pay(_tier, pay.THEIRS),
    "api:v1:list_payroll_exports": _list(),
    "api:v1:read_payroll_export": _of_pay(_export, DESK),
    "api:v1:list_payroll_payments": _of_pay(_export, DESK),
    "api:v1:list_companies": _crm_list(NAMED),
    "api:v1:add_company": _crm_list(NAMED),
    "api:v1:read_company": _crm_one(lambda _world, sales: sales.company.pk, {"number": "7"}),
    "api:v1:change_company": _crm_one(lambda _world, sales: sales.company.pk, {"number": "7"}),
    "api:v1:list_contacts": _crm_list(NAMED),
    "api:v1:add_contact": _crm_list(NAMED),
    "api:v1:read_contact": _crm_one(lambda _world, sales: sales.contact.pk, {"number": "7"}),
    "api:v1:change_contact": _crm_one(lambda _world, sales: sales.contact.pk, {"number": "7"}),
    "api:v1:read_company_purchases": _crm_read(lambda _world, sales: sales.company.pk),
    "api:v1:read_contact_purchases": _crm_read(lambda _world, sales: sales.contact.pk),
    "api:v1:list_orders": Url(allow=ALL, anonymous="token"),
    "api:v1:read_order": _crm_read(lambda world, sales: crm.waiting_order(world, sales)["pk"]),
    "api:v1:list_leads": _crm_list(NAMED),
    "api:v1:add_lead": _crm_list(NAMED),
    "api:v1:read_lead": _crm_one(_lead, {"title": "Buyer"}),
    "api:v1:change_lead": _crm_one(_lead, {"title": "Buyer"}),
    "api:v1:list_deals": _crm_list({"title": "Chairs", "pipeline": 1}),
    "api:v1:add_deal": _crm_list({"title": "Chairs", "pipeline": 1}),
    "api:v1:read_deal": _crm_one(lambda _world, sales: sales.deal.pk, {"title": "Chairs"}),
    "api:v1:change_deal": _crm_one(lambda _world, sales: sales.deal.pk, {"title": "Chairs"}),
    "api:v1:assign_company": _crm_put(lambda _world, sales: sales.company.pk, {"owner": "E001"}),
    "api:v1:assign_contact": _crm_put(lambda _world, sales: sales.contact.pk, {"owner": "E001"}),
    "api:v1:assign_lead": _crm_put(_lead, {"owner": "E001"}),
    "api:v1:assign_deal": _crm_put(lambda _world, sales: sales.deal.pk, {"owner": "E001"}),
    "api:v1:set_lead_status": _crm_put(_lead, {"status": "working"}),
    "api:v1:agree_shares": _crm_put(lambda _world, sales: sales.deal.pk, SHARED),
    "api:v1:set_products": _crm_put(lambda _world, sales: sales.deal.pk, {"products": []}),
    "api:v1:read_stage": _stage_of_a_deal(),
    "api:v1:move_deal": _stage_of_a_deal(),
    "api:v1:read_conversion": _conversion(),
    "api:v1:convert_lead": _conversion(),
    "api:v1:list_pipelines": Url(allow=ALL, anonymous="token"),
    "api:v1:read_pipeline": _crm_read(lambda _world, sales: sales.north.pk),
    "api:v1:list_lost_reasons": Url(allow=ALL, anonymous="token"),
    "api:v1:list_competitors": Url(allow=ALL, anonymous="token"),
    "api:v1:list_activities": _crm_list(SAID),
    "api:v1:add_activity": _crm_list(SAID),
    "api:v1:search": Url(allow=ALL, anonymous="token"),
}
