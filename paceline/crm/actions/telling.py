"""What other systems are told of customers, leads and deals: ids and names of fields, no content.

A change of many records at once is told of all of them together, in parts of ``IDS_MAX``: as a set
where it is made, and within ``together`` where it goes record by record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from paceline.crm.models import Stage, StageKind
from paceline.webhooks.actions import announce

IDS_MAX = 500
FAMILIES = {"company": "customer", "contact": "customer", "lead": "lead", "deal": "deal"}
# Fields that stand for one row each are told by what they are, without its number.
MERGING = {"records_merged": "merged", "merge_undone": "unmerged"}
ROWS = {"item": "checklist", "answer": "answers"}


_gathered: ContextVar[dict[tuple[str, tuple[str, ...]], list[int]] | None] = ContextVar(
    "paceline_told_together", default=None
)


@contextmanager
def together(at: datetime) -> Iterator[None]:
    """Changes that are told within become one message for all records that changed alike.

    Use it inside the transaction of the changes; what failed is not told.
    """
    if _gathered.get() is not None:
        yield
        return
    found: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    token = _gathered.set(found)
    try:
        yield
    finally:
        _gathered.reset(token)
    for (kind, fields), ids in found.items():
        tell_changed(kind, list(dict.fromkeys(ids)), fields, at)


def _parts(ids: Sequence[int]) -> Iterator[list[int]]:
    return (list(ids[start : start + IDS_MAX]) for start in range(0, len(ids), IDS_MAX))


def tell_added(kind: str, ids: Sequence[int], at: datetime) -> None:
    """That records were made, in parts of 500."""
    for part in _parts(ids):
        announce(kind=f"{FAMILIES[kind]}.created", data={"of": kind, "ids": part}, at=at)


def tell_removed(kind: str, ids: Sequence[int], at: datetime) -> None:
    """That records that a file had made are gone again, in parts of 500."""
    for part in _parts(ids):
        announce(kind=f"{FAMILIES[kind]}.removed", data={"of": kind, "ids": part}, at=at)


def tell_changed(kind: str, ids: Sequence[int], fields: Iterable[str], at: datetime) -> None:
    """That these fields of records changed, in parts of 500."""
    names = {name.partition(":")[0] for name in fields}
    told = sorted({ROWS.get(one, one) for one in names})
    gathered = _gathered.get()
    if gathered is not None:
        gathered.setdefault((kind, tuple(told)), []).extend(ids)
        return
    for part in _parts(ids):
        data = {"of": kind, "ids": part, "fields": told}
        announce(kind=f"{FAMILIES[kind]}.changed", data=data, at=at)


def tell_imported(kind: str, ids: Sequence[int], at: datetime) -> None:
    """That a file completed records that were known, or what it said of them was taken back."""
    if ids:
        tell_changed(kind, ids, ["import"], at)


def tell_change(
    kind: str,
    record: Any,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    act: str,
    at: datetime,
) -> None:
    """What one change of one record was. Merging and its undo are told of the one that stays."""
    if act == "deal_moved":
        _tell_moved(record, int(after["stage"]), at)
    elif act == "shares_agreed":
        announce(kind="deal.shares_changed", data={"of": kind, "ids": [record.pk]}, at=at)
    elif act not in MERGING:
        tell_changed(kind, [record.pk], after, at)
    elif "merged" in after:
        others = after["merged"] or before["merged"]
        data = {"of": kind, "ids": [record.pk], "merged": list(others)}
        announce(kind=f"{FAMILIES[kind]}.{MERGING[act]}", data=data, at=at)


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
