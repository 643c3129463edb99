"""Making attributes of order lines known."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from paceline.imports.actions import staging
from paceline.kernel import audit
from paceline.orders import attributes
from paceline.orders.actions.days import LOCK
from paceline.orders.models import AttributeType, LineAttribute, MonthRevision
from paceline.org.models import Person


class AttributeKnown(Exception):
    """There is an attribute, or a column of every order line, with this name already."""


class TooManyAttributes(Exception):
    """No more attributes can be kept beside a line."""


@transaction.atomic
def add_line_attribute(
    *, name: str, label: str, holds: AttributeType, by: Person | None, at: datetime
) -> LineAttribute:
    """Let order lines have an attribute, so that files can bring it and plans read it.

    Every month gets a new revision: from now on its file has one column more.
    Raises ``AttributeKnown`` and ``TooManyAttributes``.
    """
    if name in attributes.TAKEN:
        raise AttributeKnown(name)
    if LineAttribute.objects.count() >= attributes.MOST:
        raise TooManyAttributes
    try:
        with transaction.atomic():
            attribute = LineAttribute.objects.create(name=name, label=label, type=holds)
    except IntegrityError as error:
        raise AttributeKnown(name) from error
    staging.lock_target(LOCK)
    MonthRevision.objects.update(revision=F("revision") + 1)
    audit.record(
        "line_attribute_added", subject=attribute, by=by, at=at,
        after={"name": name, "label": label, "type": str(holds)},
    )  # fmt: skip
    return attribute


@transaction.atomic
def rename_line_attribute(
    *, attribute: LineAttribute, label: str, by: Person, at: datetime
) -> LineAttribute:
    """Let people call an attribute something else; plans keep its name."""
    before = {"label": attribute.label}
    if before["label"] == label:
        return attribute
    attribute.label = label
    attribute.save(update_fields=["label"])
    audit.record(
        "line_attribute_renamed", subject=attribute, by=by, at=at, before=before,
        after={"label": label},
    )  # fmt: skip
    return attribute
