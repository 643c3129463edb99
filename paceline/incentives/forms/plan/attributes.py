"""Further columns of order lines that a plan names, with their types: a mapping shown as a list.

A row is known by its number, so that it stays the same row while its name is being typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import PlaceUnknown, edit
from paceline.incentives.forms.plan.changes import cleared, put
from paceline.incentives.forms.plan.fields import Choices, PlanField, PlanList, PlanRow, at
from paceline.incentives.forms.plan.parts import Drawing, Place

KEY = "attributes"
TYPES: Choices = (
    ("text", _("text")),
    ("money", _("money")),
    ("quantity", _("quantity")),
    ("percent", _("percentage")),
    ("date", _("date")),
    ("boolean", _("yes or no")),
)


@dataclass(frozen=True)
class Attributes:
    """The columns that the plan adds to those of an order line."""

    def keys(self) -> Iterator[str]:
        yield KEY

    def draw(self, place: Place, drawing: Drawing) -> None:
        found = at(place.data, KEY)
        if not (found is None or found == "" or isinstance(found, Mapping)):
            return
        columns = found if isinstance(found, Mapping) else {}
        if not all(isinstance(kind, str) for kind in columns.values()):
            return
        drawing.shown.add((KEY,))
        drawing.blocks.append(
            PlanList(
                (KEY,), KEY, _("Further columns of order lines"),
                tuple(
                    _row(number, name, kind) for number, (name, kind) in enumerate(columns.items())
                ),
                (("column", _("Add a column")),),
                add=_add,
                drop=lambda source, number: cleared(source, (KEY, _name_of(source, number))),
                hint=_("Columns of the imported lines that formulas of this plan use."),
                is_table=True,
            )
        )  # fmt: skip


def _row(number: int, name: str, kind: str) -> PlanRow:
    path, clause = (KEY, number), f"{KEY}/{name}"
    fields = (
        PlanField(
            path, f"{clause}/@name", _("Column"), name, choice="name",
            change=lambda source, new: _rename(source, number, new),
        ),
        PlanField(
            path, f"{clause}/@type", _("Type"), kind, "choice", TYPES, choice="type",
            change=lambda source, new: put(source, (KEY, _name_of(source, number)), new),
        ),
    )  # fmt: skip
    return PlanRow(path, clause, name, fields, can_move=False)


def _rename(source: str, number: int, name: str) -> str:
    """A column without a name could not be written; it keeps the one it has."""
    return edit.rename(source, (KEY, _name_of(source, number)), name) if name else source


def _name_of(source: str, number: int) -> str:
    columns = at(edit.read(source), KEY)
    names = list(columns) if isinstance(columns, Mapping) else []
    if number >= len(names):
        raise PlaceUnknown(f"there is no column {number}")
    return str(names[number])


def _add(source: str, what: str) -> str:
    columns = at(edit.read(source), KEY)
    taken = set(columns) if isinstance(columns, Mapping) else set()
    number = 1
    while (name := what if number == 1 else f"{what}_{number}") in taken:
        number += 1
    return put(source, (KEY, name), "text")
