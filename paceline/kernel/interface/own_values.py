"""Values of the fields that people added: how programs read, write and ask for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from pydantic import Field

from paceline.kernel import own_fields
from paceline.kernel.interface.problems import Fault, Problem
from paceline.kernel.own_fields import FieldKind, OwnField

MEMBER = "custom"
ASKED_MAX = 2000
Key = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
Word = Annotated[str, Field(max_length=5000)]

# As records say them: numbers and amounts with all their digits.
ReadValues = Annotated[
    dict[str, str | bool | list[str]],
    Field(description=noop("Values of own fields, by the id of the field.")),
]
SentValues = Annotated[
    dict[Key, Word | Decimal | bool | Annotated[list[Word], Field(max_length=100)] | None],
    Field(max_length=100),
]
SENT = noop("Values of own fields, by the id of the field; null empties one.")
ASKED = noop('Values of own fields, by the id of the field, as JSON: {"12": "Tea"}.')


def values_sent(
    fields: Iterable[OwnField],
    sent: Mapping[str, Any],
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values that were sent, as records keep them.

    ``fields`` are those in use for the record; ``known`` are the values that it has, or ``None``
    for a new one, of which every required field must be sent. Raises ``Problem`` that names each.
    """
    values, faults = _checked(fields, sent, known or {}, "body")
    if known is None:
        for one in fields:
            asks = one.is_required and one.kind != FieldKind.YES_NO
            if asks and one.key not in sent:
                faults.append(Fault("body", f"{MEMBER}.{one.key}", _("This is required.")))
    if faults:
        raise Problem("invalid", faults=faults)
    return values


def wanted_values(fields: Iterable[OwnField], asked: str) -> Q:
    """Which rows have exactly the values that a list is asked for.

    Of several words to choose from, those asked for are among them; null: nothing is said there.
    """
    if not asked:
        return Q()
    try:
        sent = json.loads(asked, parse_float=Decimal)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        told = _("This is not JSON.") if sent is None else _("This must be an object.")
        raise Problem("invalid", faults=[Fault("query", MEMBER, told)])
    known = list(fields)
    said = {key: value for key, value in sent.items() if value is not None}
    values, faults = _checked(known, said, {}, "query")
    empty = set(sent) - set(said)
    faults += [_unknown(key, "query") for key in sorted(empty - {one.key for one in known})]
    if faults:
        raise Problem("invalid", faults=faults)
    # A box that is not ticked is kept as nothing.
    empty |= {key for key, value in values.items() if value is None}
    wanted = {key: value for key, value in values.items() if value is not None}
    condition = Q(custom__contains=wanted) if wanted else Q()
    for key in sorted(empty):
        condition &= ~Q(custom__has_key=key)
    return condition


def _checked(
    fields: Iterable[OwnField], sent: Mapping[str, Any], known: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], list[Fault]]:
    by_key = {one.key: one for one in fields}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, given in sent.items():
        field = by_key.get(key)
        if field is None:
            faults.append(_unknown(key, where))
            continue
        try:
            values[key] = own_fields.read(field, given, known)
        except ValidationError as refused:
            faults += [Fault(where, f"{MEMBER}.{key}", text) for text in refused.messages]
    return values, faults


def _unknown(key: str, where: str) -> Fault:
    return Fault(where, f"{MEMBER}.{key[:60]}", _("There is no such field on this record."))
