"""Measures in the form: their kinds, what each kind needs, and what a change of kind does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan_fields import Data, Path, PlanField, Text, at, ids_of, words_at
from paceline.incentives.forms.plan_structures import choice_field, first_of, without


def measure_kind_field(path: Path, clause: str, value: str) -> PlanField:
    choices: Sequence[tuple[str, Text]] = (
        ("sum", _("the sum of a formula")),
        ("count", _("the number of lines")),
        ("distinct", _("the number of different values")),
        ("min", _("the least value")),
        ("max", _("the greatest value")),
        ("ratio", _("one measure divided by another")),
        ("formula", _("a formula over measures")),
        ("figure", _("a figure that somebody entered")),
    )
    return choice_field(path, f"{clause}/kind", _("It is"), value, choices, "measure-kind")


def entered_fields(one: Data, path: Path, clause: str) -> list[PlanField]:
    """The second measure of a ratio; the name, the reading and the unit of a figure."""
    choices: Mapping[str, tuple[Text, Sequence[tuple[str, Text]]]] = {
        "over": (_("Divided by"), ()),
        "name": (_("Figure called"), ()),
        "read": (
            _("Read as"),
            (("sum", _("the sum of the period")), ("last", _("the latest one"))),
        ),
        "unit": (
            _("Unit"),
            (("money", _("money")), ("quantity", _("quantity")), ("percent", _("percentage"))),
        ),
    }
    wanted = {"ratio": ("over",), "figure": ("name", "read", "unit")}
    return [
        PlanField(
            (*path, key),
            f"{clause}/{key}",
            choices[key][0],
            words_at(one, key),
            "choice" if choices[key][1] else "text",
            choices[key][1],
        )
        for key in wanted.get(words_at(one, "kind"), ())
    ]


def set_measure_kind(source: str, path: Path, value: str) -> str:
    """Another kind of measure: what it needs comes in, what belongs to others goes out."""
    data = edit.read(source)
    needed = _NEEDED[value]
    before = words_at(data, *path, "kind")
    if not {before, value} <= _ADDED:  # a formula over lines means nothing over measures
        source = without(source, (*path, "of"))
    for key in ("of", "over", "credits", "name", "read", "unit", "window"):
        if key not in needed and not (key == "window" and "credits" in needed):
            source = without(source, (*path, key))
    source = edit.set_value(source, (*path, "kind"), value)
    measure = first_of(ids_of(data, "measures"))
    first = {
        "credits": first_of(ids_of(data, "credits")),
        "measure": measure.replace("-", "_") if value == "formula" else measure,
    }
    for key, content in needed.items():
        if at(edit.read(source), *path, key) is None:
            source = edit.set_value(source, (*path, key), first.get(content, content))
    return source


_ADDED = frozenset({"sum", "min", "max"})
_OVER_LINES = {"of": "amount", "credits": "credits"}
_NEEDED: Mapping[str, Mapping[str, str]] = {
    "sum": _OVER_LINES,
    "count": {"credits": "credits"},
    "distinct": {"of": "customer", "credits": "credits"},
    "min": _OVER_LINES,
    "max": _OVER_LINES,
    "ratio": {"of": "measure", "over": "measure"},
    "formula": {"of": "measure"},
    "figure": {"name": "hours", "read": "sum", "unit": "quantity"},
}
