"""Following orders: each is summed, finds its customer, and is added to what that customer bought.

One job does it, whatever brought the lines or the customer and whichever came first. Triggers write
down what changed; the job takes those rows away and does its work for them alone, so that doing it
again changes nothing. Only one runs at a time: of an order and a customer that are kept in the same
moment, the later one finds the earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from paceline.crm.actions.following import linking, purchases, summing
from paceline.crm.actions.following.summing import rules_in_force
from paceline.crm.models import Fifths, TouchedCustomer
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.orders.actions import drop_names, keep_names
from paceline.orders.models import TouchedOrder

__all__ = ["Followed", "follow_orders", "measure_again", "rules_in_force"]

# So many orders are followed in one transaction.
PART = 20_000
LOCK = 7_340_021
ANALYZE_ROWS = 1_000


@dataclass(slots=True)
class Followed:
    """What a run did: orders summed, links made, customers counted anew."""

    orders: int = 0
    linked: int = 0
    customers: int = 0


def follow_orders(*, at: datetime, waits: bool = True) -> Followed:
    """Follow all that changed since the last time, part by part.

    While another one does, it waits for that, however long a file's orders take; or, where it does
    not wait, it leaves all to the other.
    """
    done = Followed()
    while _follow_part(done, at, waits=waits):
        pass
    if done.customers and not Fifths.objects.exists():
        _measure_first(at)
    return done


@transaction.atomic
def _measure_first(at: datetime) -> None:
    """Scores go by fifths that are measured at night; the first buyers need not wait for one."""
    with connection.cursor() as cursor:
        _may_begin(cursor, waits=True)
        purchases.measure_fifths(cursor, at)


def _may_begin(cursor: CursorWrapper, *, waits: bool) -> bool:
    """Take the lock, which ends with the transaction."""
    if not waits:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
    cursor.execute("SET LOCAL lock_timeout = 0")
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    return True


@transaction.atomic
def _follow_part(done: Followed, at: datetime, *, waits: bool) -> bool:
    """One part; whether there may be more."""
    if not TouchedOrder.objects.exists() and not TouchedCustomer.objects.exists():
        return False
    with connection.cursor() as cursor:
        if not _may_begin(cursor, waits=waits):
            return False
        # What this job links it counts itself: the triggers need not tell it.
        cursor.execute("SET LOCAL paceline.following = 'on'")
        rules = rules_in_force()
        taken, orders = summing.take_orders(cursor, PART)
        linking.take_customers(cursor)
        summing.sum_orders(cursor, rules)
        _look_again(cursor, orders, "crm_customerorder")
        linking.keep_waiting(cursor)
        keep_names(orders="touched")
        _look_again(cursor, orders, "crm_waitingorder")
        linked = linking.link(cursor, at)
        _look_again(cursor, linked, "crm_orderlink")
        counted = purchases.count(cursor, rules)
        cursor.execute("DROP TABLE touched, touched_company, touched_contact, touched_name")
        cursor.execute("SET LOCAL paceline.following = 'off'")
    done.orders += orders
    done.linked += linked
    done.customers += counted
    if linked:
        audit.record("orders_followed", subject=rules, by=None, at=at, after={"linked": linked})
    publish_all(["customer-orders"], "followed")
    return taken == PART


def _look_again(cursor: CursorWrapper, written: int, table: str) -> None:
    """After so many rows what the planner knows of the table is out of date: read at once, before
    its own upkeep has come by, orders would be joined row by row."""
    if written >= ANALYZE_ROWS:
        cursor.execute(f"ANALYZE {table}")


@transaction.atomic
def measure_again(*, at: datetime) -> int:
    """Convert and count everything anew: at night, and after the rules changed.

    Rates may have come since, the fifths of all customers move, and sellers may know of other
    customers than before. Returns how many customers were counted.
    """
    with connection.cursor() as cursor:
        _may_begin(cursor, waits=True)
        rules = rules_in_force()
        summing.convert_again(cursor, rules)
        purchases.prepare_all(cursor)
        counted = purchases.count(cursor, rules)
        purchases.measure_fifths(cursor, at)
        linking.name_again(cursor)
        drop_names()
        cursor.execute("DROP TABLE touched_company, touched_contact")
    publish_all(["customer-orders"], "measured")
    return counted
