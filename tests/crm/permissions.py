"""Who may use the addresses of customers and deals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from paceline.crm import actions
from paceline.crm.models import (
    Activity,
    ActivityKind,
    ConsentChannel,
    CustomerOrder,
    DuplicatePair,
    FeedbackKind,
    FieldKind,
)
from paceline.orders.models import OrderLine
from tests.crm.conftest import Sales, make_sales
from tests.permission_table import EVERYONE, Grounded, Url
from tests.world import NOW, TODAY, World

NORTH = {"priya", "marco"}
SELLERS = NORTH | {"omar", "sofia"}
READERS = SELLERS | {"erik"}
SEES = NORTH | {"erik"}
PAY_DESK = {"dana", "wen", "ines"}
KINDS = ("company", "contact", "lead", "deal")
HIDDEN = dict.fromkeys(EVERYONE, 404) | {"erik": 403}


def _args(get: Callable[[World, Sales], dict[str, Any]]) -> Grounded:
    return Grounded(make_sales, get)


def _lead(world: World, _sales: Sales) -> dict[str, Any]:
    lead = actions.add_lead(
        team=world.north, facts={"name": "Ivy"}, owner=world.priya, by=world.priya, at=NOW
    )
    return {"pk": lead.pk}


def _consent(world: World, sales: Sales) -> dict[str, Any]:
    consent = actions.record_consent(
        holder=sales.contact, channel=ConsentChannel.EMAIL, purpose="Offers", source="form",
        given_at=NOW, by=world.priya, at=NOW,
    )  # fmt: skip
    return {"pk": consent.pk}


def _activity(kind: ActivityKind) -> Callable[[World, Sales], dict[str, Any]]:
    def make(world: World, sales: Sales) -> dict[str, Any]:
        facts: dict[str, Any] = {"subject": "Samples"}
        if kind == ActivityKind.TASK:
            facts["assignee"] = world.priya
        made: Activity = actions.add_activity(
            on=actions.On.record(sales.deal), kind=kind, facts=facts, by=world.priya, at=NOW
        )
        return {"pk": made.pk}

    return make


def _feedback(world: World, sales: Sales) -> dict[str, Any]:
    made = actions.add_feedback(
        on=actions.On.record(sales.contact), kind=FeedbackKind.COMPLAINT, text="late",
        by=world.priya, at=NOW,
    )  # fmt: skip
    return {"pk": made.pk}


def _file(world: World, sales: Sales) -> dict[str, Any]:
    made = actions.attach_file(
        record=sales.deal, content=b"x", name="offer.pdf", media_type="application/pdf",
        by=world.priya, at=NOW,
    )  # fmt: skip
    return {"pk": made.pk}


def _deal(_world: World, sales: Sales) -> dict[str, Any]:
    return {"pk": sales.deal.pk}


def _contact(_world: World, sales: Sales) -> dict[str, Any]:
    return {"pk": sales.contact.pk}


def _of_kind(_world: World, sales: Sales) -> dict[str, Any]:
    return {"kind": "company", "pk": sales.company.pk}


def _pipeline(_world: World, sales: Sales) -> dict[str, Any]:
    return {"pk": sales.north.pk}


def _first_stage(_world: World, sales: Sales) -> dict[str, Any]:
    return {"pk": sales.stage("New").pk}


def _link(world: World, sales: Sales) -> dict[str, Any]:
    OrderLine.objects.create(
        source="shop", order_number="7", line_number="1", ordered_on=NOW.date(), currency="USD",
        quantity=1, amount=1,
    )  # fmt: skip
    link = actions.link_order(
        source="shop", order_number="7", deal=sales.deal, by=world.priya, at=NOW
    )
    return {"pk": link.pk}


def _field(world: World, _sales: Sales) -> dict[str, Any]:
    made = actions.add_custom_field(
        team=world.north, of="deal", label="Colour", kind=FieldKind.TEXT, by=world.marco, at=NOW
    )
    return {"pk": made.pk}


def _batch(world: World, sales: Sales) -> dict[str, Any]:
    made = actions.request_batch(
        of="deal", ids=[sales.deal.pk], what={"tag": "vip"}, by=world.priya, at=NOW
    )
    return {"pk": made.pk}


def _view(world: World, _sales: Sales) -> dict[str, Any]:
    made = actions.save_view(of="deal", name="Mine", choices={}, team=None, by=world.priya, at=NOW)
    return {"pk": made.pk}


LEADS_ONLY = {"allow": {"GET": {"marco"}, "POST": {"marco"}}, "hidden": HIDDEN | {"priya": 403}}


def _second(world: World, sales: Sales) -> Any:
    return actions.add_company(
        team=world.north, facts={"name": "Aurora GmbH"}, owner=world.priya, by=world.priya, at=NOW
    )


def _pair(world: World, sales: Sales) -> dict[str, Any]:
    _second(world, sales)
    actions.find_duplicates(kind="company", by=world.priya, at=NOW)
    return {"pk": DuplicatePair.objects.get().pk}


def _two_deals(world: World, sales: Sales) -> dict[str, Any]:
    other = actions.add_deal(
        pipeline=sales.north, owner=world.priya, by=world.priya, at=NOW,
        facts={"title": "Spring order again"},
    )  # fmt: skip
    return {"ids": f"{sales.deal.pk},{other.pk}"}


def _merged(world: World, sales: Sales) -> dict[str, Any]:
    other = _second(world, sales)
    made = actions.merge(
        survivor=sales.company, others=[other], choices={}, by=world.priya, at=NOW,
        seen={sales.company.pk: 1, other.pk: 1},
    )  # fmt: skip
    return {"pk": made.pk}


def _two(world: World, sales: Sales) -> dict[str, Any]:
    return {"kind": "company", "ids": f"{sales.company.pk},{_second(world, sales).pk}"}


def _segment(world: World, _sales: Sales) -> dict[str, Any]:
    made = actions.save_segment(
        of="contact", name="Ours", rule={"has_bought": True}, team=world.north, by=world.priya,
        at=NOW,
    )  # fmt: skip
    return {"pk": made.pk}


def waiting_order(world: World, _sales: Sales) -> dict[str, Any]:
    OrderLine.objects.create(
        source="shop", order_number="W1", line_number="1", person=world.priya, ordered_on=TODAY,
        quantity=1, amount=100, currency="USD", customer="Somebody",
    )  # fmt: skip
    actions.follow_orders(at=NOW)
    return {"pk": CustomerOrder.objects.get(order_number="W1").pk}


CHANGES = {"allow": {"POST": NORTH}, "hidden": HIDDEN}
FORMS = {"allow": {"GET": NORTH, "POST": NORTH}, "hidden": HIDDEN}
URLS = {
    **{
        f"crm:{plural}": Url(allow={"GET": READERS})
        for plural in ("companies", "contacts", "leads", "boards", "tasks")
    },
    "crm:deals": Url(allow={"GET": READERS | PAY_DESK}),
    **{
        f"crm:{kind}_new": Url(
            allow={"GET": SELLERS, "POST": SELLERS}, data=lambda _world: {"name": "x"}
        )
        for kind in KINDS
    },
    "crm:company": Url(
        args=_args(lambda _world, sales: {"pk": sales.company.pk}), allow={"GET": SEES}, hidden=404
    ),
    "crm:contact": Url(args=_args(_contact), allow={"GET": SEES}, hidden=404),
    "crm:lead": Url(args=_args(_lead), allow={"GET": SEES}, hidden=404),
    "crm:deal": Url(args=_args(_deal), allow={"GET": SEES}, hidden=404),
    "crm:board": Url(
        args=_args(lambda _world, sales: {"pk": sales.north.pk}), allow={"GET": SEES}, hidden=404
    ),
    "crm:pipelines": Url(
        allow={"GET": {"marco", "sofia"}, "POST": {"marco", "sofia"}},
        data=lambda _world: {"name": ""},
    ),
    "crm:pipeline": Url(args=_args(_pipeline), **LEADS_ONLY),
    "crm:pipeline_add": Url(
        args=_args(lambda _world, sales: {"pk": sales.north.pk, "what": "reason"}),
        allow={"POST": {"marco"}},
        hidden=HIDDEN | {"priya": 403},
        data=lambda _world: {"name": "Price"},
    ),
    "crm:process": Url(args=_args(_pipeline), allow={"GET": SEES}, hidden=404),
    "crm:stage": Url(args=_args(_first_stage), **LEADS_ONLY),
    "crm:stage_place": Url(
        args=_args(_first_stage),
        allow={"POST": set()},
        hidden=HIDDEN | {"priya": 403, "marco": 404},  # no such place
    ),
    "crm:stage_retire": Url(
        args=_args(_first_stage), allow={"POST": {"marco"}}, hidden=HIDDEN | {"priya": 403}
    ),
    "crm:deal_credit": Url(args=_args(_deal), **CHANGES),
    "crm:order_unlink": Url(args=_args(_link), **CHANGES),
    "crm:fields": Url(
        allow={"GET": {"marco", "sofia"}, "POST": {"marco", "sofia"}},
        data=lambda _world: {"label": ""},
    ),
    "crm:field": Url(args=_args(_field), **LEADS_ONLY),
    "crm:batch": Url(args=_args(_batch), allow={"GET": {"priya"}}, hidden=404),
    "crm:batch_undo": Url(args=_args(_batch), allow={"POST": {"priya"}}, hidden=404),
    "crm:change_many": Url(args=lambda _world: {"kind": "deal"}, allow={"POST": SELLERS}),
    "crm:view_save": Url(args=lambda _world: {"kind": "deal"}, allow={"POST": READERS}),
    "crm:view_delete": Url(args=_args(_view), allow={"POST": {"priya"}}, hidden=404),
    "crm:suggest": Url(args=lambda _world: {"kind": "company"}, allow={"GET": READERS}),
    "crm:alike": Url(args=lambda _world: {"kind": "contact"}, allow={"POST": SELLERS}),
    "crm:segments": Url(allow={"GET": READERS}),
    "crm:segment_new": Url(
        allow={"GET": SELLERS, "POST": SELLERS}, data=lambda _world: {"name": ""}
    ),
    "crm:buying_rules": Url(allow={"GET": {"erik"}, "POST": {"erik"}}),
    "crm:segment": Url(args=_args(_segment), allow={"GET": NORTH}, hidden=404),
    "crm:segment_change": Url(
        args=_args(_segment),
        allow={"GET": {"priya"}, "POST": {"priya"}},
        hidden={"marco": 403, "*": 404},
        data=lambda _world: {"name": ""},
    ),
    "crm:segment_delete": Url(
        args=_args(_segment), allow={"POST": {"priya"}}, hidden={"marco": 403, "*": 404}
    ),
    "crm:cohorts": Url(allow={"GET": READERS}),
    "crm:cohort": Url(allow={"GET": READERS}),
    "crm:waiting_orders": Url(allow={"GET": READERS}),
    "crm:unknown_buyers": Url(allow={"GET": READERS, "POST": SELLERS}),
    "crm:waiting_change": Url(allow={"POST": SELLERS}),
    "crm:order": Url(args=_args(waiting_order), allow={"GET": SEES, "POST": NORTH}, hidden=HIDDEN),
    "crm:duplicates": Url(allow={"GET": READERS}),
    "crm:duplicates_search": Url(allow={"POST": SELLERS}),
    "crm:pair_apart": Url(args=_args(_pair), **CHANGES),
    "crm:merge": Url(args=_args(_two), **FORMS),
    "crm:deal_merge": Url(args=_args(_two_deals), **FORMS),
    "crm:merge_undo": Url(args=_args(_merged), **CHANGES),
    "crm:consent_new": Url(args=_args(_contact), **CHANGES),
    "crm:consent_withdraw": Url(args=_args(_consent), **CHANGES),
    "crm:contact_erase": Url(
        args=_args(_contact),
        allow={"GET": {"marco"}, "POST": {"marco"}},
        hidden=HIDDEN | {"priya": 403},
    ),
    "crm:lead_status": Url(args=_args(_lead), **CHANGES, data=lambda _world: {"status": "working"}),
    "crm:lead_convert": Url(args=_args(_lead), **FORMS),
    "crm:deal_move": Url(
        args=_args(_deal),
        allow={"POST": set()},
        hidden=HIDDEN | dict.fromkeys(NORTH, 404),  # no such stage
    ),
    "crm:deal_lose": Url(args=_args(_deal), **FORMS),
    "crm:deal_lines": Url(args=_args(_deal), **FORMS),
    "crm:deal_shares": Url(args=_args(_deal), **FORMS),
    "crm:deal_step": Url(args=_args(_deal), **CHANGES),
    "crm:deal_checklist": Url(args=_args(_deal), **CHANGES),
    "crm:deal_answers": Url(args=_args(_deal), **CHANGES),
    "crm:deal_competitors": Url(args=_args(_deal), **CHANGES),
    "crm:deal_order": Url(args=_args(_deal), **CHANGES, data=lambda _world: {"number": "1"}),
    "crm:task_done": Url(
        args=_args(_activity(ActivityKind.TASK)),
        allow={"POST": {"priya"}},
        hidden=HIDDEN | {"marco": 403},
    ),
    "crm:activity_remove": Url(
        args=_args(_activity(ActivityKind.NOTE)),
        allow={"POST": {"priya"}},
        hidden=HIDDEN | {"marco": 403},
    ),
    "crm:feedback_settle": Url(args=_args(_feedback), **CHANGES),
    "crm:file": Url(args=_args(_file), allow={"GET": SEES}, hidden=404),
    "crm:edit": Url(args=_args(_of_kind), **FORMS),
    "crm:owner": Url(args=_args(_of_kind), **FORMS),
    "crm:archive": Url(args=_args(_of_kind), **CHANGES),
    "crm:activity_new": Url(args=_args(_of_kind), **CHANGES),
    "crm:feedback_new": Url(args=_args(_of_kind), **CHANGES),
    "crm:file_new": Url(args=_args(_of_kind), **CHANGES),
    "crm:tags": Url(args=_args(_of_kind), **CHANGES),
    "crm:follow": Url(args=_args(_of_kind), allow={"POST": SEES}, hidden=404),
}
