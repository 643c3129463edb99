"""What other systems are told of customers, leads and deals: ids and names of fields, no content.

A change of many records at once is told of all of them together, where it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from paceline.crm.models import Stage, StageKind
from paceline.webhooks.actions import announce

IDS_MAX = 500
FAMILIES = {"company": "customer", "contact": "customer", "lead": "lead", "deal": "deal"}
# Fields that stand for one row each are told by what they are, without its number.
ROWS = {"item": "checklist", "answer": "answers"}


def tell_added(kind: str, ids: Sequence[int], at: datetime) -> None:
    """That records were made, in parts of 500."""
    for start in range(0, len(ids), IDS_MAX):
        part = list(ids[start : start + IDS_MAX])
        announce(kind=f"{FAMILIES[kind]}.created", data={"of": kind, "ids": part}, at=at)


def tell_changed(kind: str, ids: Sequence[int], fields: Iterable[str], at: datetime) -> None:
    """That these fields of records changed."""
    names = {name.partition(":")[0] for name in fields}
    data = {"of": kind, "ids": list(ids), "fields": sorted(ROWS.get(one, one) for one in names)}
    announce(kind=f"{FAMILIES[kind]}.changed", data=data, at=at)


def tell_imported(kind: str, ids: Sequence[int], at: datetime) -> None:
    """That a file completed records that were known, in parts of 500."""
    for start in range(0, len(ids), IDS_MAX):
        tell_changed(kind, ids[start : start + IDS_MAX], ["import"], at)


def tell_change(kind: str, record: Any, after: Mapping[str, Any], act: str, at: datetime) -> None:
    """What one change of one record was."""
    if act == "deal_moved":
        _tell_moved(record, int(after["stage"]), at)
    elif act == "shares_agreed":
        announce(kind="deal.shares_changed", data={"of": kind, "ids": [record.pk]}, at=at)
    elif act != "records_merged":
        tell_changed(kind, [record.pk], after, at)
    elif "merged" in after:
        data = {"of": kind, "ids": [record.pk], "merged": list(after["merged"])}
        announce(kind=f"{FAMILIES[kind]}.merged", data=data, at=at)


def _tell_moved(deal: Any, stage: int, at: datetime) -> None:
    data = {"of": "deal", "ids": [deal.pk], "stage": stage}
    announce(kind="deal.moved", data=data, at=at)
    kind = Stage.objects.values_list("kind", flat=True).get(pk=stage)
    if kind != StageKind.OPEN:
        announce(kind=f"deal.{kind}", data=data, at=at)


def tell_converted(lead: int, into: Mapping[str, int | None], at: datetime) -> None:
    """What a lead became."""
    announce(kind="lead.converted", data={"of": "lead", "ids": [lead], **into}, at=at)


def tell_erased(contacts: Sequence[int], leads: Sequence[int], at: datetime) -> None:
    """That people are to be forgotten by whoever keeps them as well."""
    for kind, ids in (("contact", contacts), ("lead", leads)):
        if ids:
            announce(kind="customer.erased", data={"of": kind, "ids": list(ids)}, at=at)
