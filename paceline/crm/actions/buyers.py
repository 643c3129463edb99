"""Buyers whom nobody keeps yet: each becomes a contact, and what they bought becomes theirs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from paceline.crm.actions.customers import Point, add_contact
from paceline.crm.actions.many import NewLink, link_orders
from paceline.crm.models import Contact, Lifecycle, PointKind, Source, scope_of
from paceline.crm.queries.waiting import UnknownBuyer, unknown_orders
from paceline.org.models import Person, Team

RULE = "hand"


class NoTeam(Exception):
    """Whoever keeps a customer works in a team or leads one."""


@transaction.atomic
def keep_buyer(*, buyer: UnknownBuyer, by: Person, at: datetime) -> Contact:
    """A contact of what the buyer's orders say, owned by the seller of the latest one where ``by``
    may give it to them; all orders of the buyer that ``by`` sees become theirs.

    Raises ``NoTeam``, and what ``add_contact`` raises.
    """
    order, waiting = buyer.order, buyer.order.waiting
    scope = scope_of(by)
    owner = order.person if order.person_id in scope.people else by
    theirs = Team.objects.filter(pk__in=scope.all_teams)
    team = theirs.filter(memberships__person=owner, memberships__ends_before=None).first()
    team = team or theirs.filter(pk__in=scope.teams).first() or theirs.first()
    if team is None:
        raise NoTeam
    said = order.said or ""
    is_number = "@" not in said and any(letter.isdigit() for letter in said)
    points = [
        Point(kind, value, "")
        for kind, value in (
            (PointKind.EMAIL, waiting.mail),
            (PointKind.MOBILE, waiting.phone),
            (PointKind.SHOP, waiting.account),
        )
        if value
    ]
    name = order.buyer or said or waiting.mail or waiting.phone or waiting.account
    facts = {
        "name": name[:200],
        "number": said[:60] if is_number else "",
        "source": Source.SHOP,
        "lifecycle": Lifecycle.CUSTOMER,
    }
    made = add_contact(team=team, facts=facts, points=points, owner=owner, by=by, at=at)
    orders = unknown_orders(by).filter(buyer_key=buyer.key).order_by("pk")
    links = [
        NewLink(source=source, order_number=number, contact=made)
        for source, number in orders.values_list("source", "order_number")
    ]
    link_orders(links=links, rule=RULE, by=by, at=at)
    return made
