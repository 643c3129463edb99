"""Measures and quotas in the form: what is counted, over which days, and what is expected."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit, formula_word
from paceline.incentives.forms.plan.changes import put
from paceline.incentives.forms.plan.choices import UNREAD, Choice, Shape
from paceline.incentives.forms.plan.credits import ID, LABEL
from paceline.incentives.forms.plan.fields import Choices, Path, Text, at
from paceline.incentives.forms.plan.parts import Addition, Part, Place, Rows, Start, Value
from paceline.incentives.forms.plan.references import (
    columns,
    first,
    ids,
    measure_above,
    measures_above,
)

UNITS: Choices = (
    ("money", _("money")),
    ("quantity", _("quantity")),
    ("percent", _("percentage")),
)
STRETCHES: Choices = (
    ("month", _("the month")),
    ("quarter", _("the quarter")),
    ("half-year", _("the half-year")),
    ("year", _("the year")),
)

_OF = Value(
    "of", _("Formula"), "formula", names=columns,
    hint=_("Over the columns of an order line, for example amount or amount - cost."),
)  # fmt: skip
_CREDITED = Value("credits", _("Lines credited by"), "words", ids("credits"))
_WINDOW = Choice(
    "window", _("Counts"),
    (
        Shape("", _("the lines of the period")),
        Shape(
            "to-date", _("from the start of a longer stretch to date"), mark="to-date",
            inside=(Value("to-date", _("Since the start of"), "choice", STRETCHES),),
            starts={"window": {"to-date": "year"}},
        ),
        Shape(
            "rolling", _("the last months"), mark="rolling",
            inside=(
                Value(
                    "rolling", _("Number of months"), unit="whole",
                    hint=_("The last ones up to the end of the period, 1 to 60."),
                ),
            ),
            starts={"window": {"rolling": "3"}},
        ),
        Shape(
            "dates", _("the lines between two days"), mark="from",
            inside=(
                Value("from", _("From the day"), "day"),
                Value("before", _("Before the day"), "day", hint=_("That day counts no more.")),
            ),
            starts={"window": {"from": "2026-06-01", "before": "2026-07-01"}},
        ),
        Shape("since-hire", _("everything since hiring")),
        Shape("year-before", _("the same period of the year before")),
    ),
    key="window",
)  # fmt: skip


def _over_lines(kind: str, label: Text, of: str = "", family: str = "") -> Shape:
    starts: dict[str, Start] = {"credits": first("credits")}
    parts: tuple[Part, ...] = (_CREDITED, _WINDOW)
    if of:
        starts = {"of": of, **starts}
        parts = (_OF, *parts)
    return Shape(kind, label, beside=parts, starts=starts, family=family)


_KINDS = (
    _over_lines("sum", _("the sum of a formula"), "amount", "amounts"),
    _over_lines("count", _("the number of lines")),
    _over_lines("distinct", _("the number of different values"), "customer"),
    _over_lines("min", _("the least value"), "amount", "amounts"),
    _over_lines("max", _("the greatest value"), "amount", "amounts"),
    Shape(
        "ratio", _("one measure divided by another"),
        beside=(
            Value("of", _("Measure"), "choice", ids("measures")),
            Value("over", _("Divided by"), "choice", ids("measures")),
        ),
        starts={"of": measure_above, "over": measure_above},
    ),
    Shape(
        "formula", _("a formula over measures"),
        beside=(
            Value(
                "of", _("Formula"), "formula", names=measures_above,
                hint=_("Over the measures above, for example divide(profit, sales, 0)."),
            ),
        ),
        starts={"of": lambda place: formula_word(measure_above(place))},
    ),
    Shape(
        "figure", _("a figure that somebody entered"),
        beside=(
            Value("name", _("Figure called")),
            Value(
                "read", _("Read as"), "choice",
                (("sum", _("the sum of the period")), ("last", _("the latest one"))),
            ),
            Value("unit", _("Unit"), "choice", UNITS),
        ),
        starts={"name": "hours", "read": "sum", "unit": "quantity"},
    ),
)  # fmt: skip
MEASURES = Rows(
    "measures", _("Measures"),
    (ID, LABEL, Choice("kind", _("It is"), _KINDS, key="kind", anew=("of",))),
    additions=(
        Addition(
            "measure", _("Add a measure"),
            lambda place, name: {
                "id": name, "kind": "sum", "of": "amount", "credits": first("credits")(place),
            },
        ),
    ),
)  # fmt: skip

# --- quotas ---------------------------------------------------------------------------------------

_PARTS_OF_A_YEAR: dict[int, tuple[str, Text, Text]] = {
    2: ("half-years", _("by half-years"), _("Half-year %(number)s")),
    4: ("quarters", _("by quarters"), _("Quarter %(number)s")),
    12: ("months", _("by months"), _("Month %(number)s")),
}


def _numbered(text: Text) -> Callable[[Place], Text]:
    """The label of a member of a list of single values, by its place counted from 1."""

    def label(place: Place) -> Text:
        number = place.path[-1]
        return text % {"number": number + 1 if isinstance(number, int) else ""}

    return label


def _spread_at(place: Place) -> str:
    weights = place.inside("spread").here
    if weights is None:
        return ""
    length = len(weights) if isinstance(weights, list) else 0
    return _PARTS_OF_A_YEAR[length][0] if length in _PARTS_OF_A_YEAR else UNREAD


def _even(parts: int) -> list[str]:
    """Equal weights that add up to 100%: the last ones carry the odd hundredths."""
    each, more = divmod(10_000, parts)
    hundredths = [each] * (parts - more) + [each + 1] * more
    return [
        f"{one // 100}%" if one % 100 == 0 else f"{one // 100}.{one % 100:02}%"
        for one in hundredths
    ]


def _weights(parts: int) -> Shape:
    value, label, member = _PARTS_OF_A_YEAR[parts]
    rows = Rows(
        "spread", _("Weights of the year"),
        (Value("", _numbered(member), unit="percent"),),
        hint=_("They add up to 100%."), is_table=True, can_move=False, can_drop=False,
    )  # fmt: skip
    return Shape(value, label, beside=(rows,), starts={"spread": _even(parts), "proration": "none"})


def _with_proration(source: str, path: Path) -> str:
    """A ramp needs a word on joiners; it begins with the one that changes nothing."""
    own = (*path[:-1], "proration")
    return source if at(edit.read(source), *own) is not None else put(source, own, "none")


QUOTA: tuple[Part, ...] = (
    ID,
    LABEL,
    Value("measure", _("Measure"), "choice", ids("measures")),
    Value(
        "name", _("Quota called"), hint=_("As named in the imported quotas, for example sales.")
    ),
    Value(
        "over", _("Target for"), "choice", (("period", _("the period")), *STRETCHES),
        optional=True, default="period",
    ),
    Value(
        "per", _("Targets are those of"), "choice",
        (("payee", _("each payee")), ("team", _("each team"))),
        optional=True, default="payee",
    ),
    Choice(
        "spread", _("A year's target is spread"),
        (Shape("", _("evenly over its months")), _weights(2), _weights(4), _weights(12)),
        key="spread",
        read=_spread_at,
    ),
    Value(
        "proration", _("Joiners, leavers and leave"), "choice",
        (
            ("none", _("change no target")),
            ("months", _("lower it by whole months")),
            ("days", _("lower it by days")),
        ),
        optional=True, default="left-out",
    ),
    Rows(
        "ramp", _("Ramp for new people"),
        (Value("", _numbered(_("Month %(number)s")), unit="percent"),),
        additions=(Addition("ramp", _("Add a month of ramp"), lambda _place, _name: "50%"),),
        hint=_("The share of the target that is asked from the month of hiring on."),
        is_table=True, optional=True, can_move=False, after_add=_with_proration,
    ),
)  # fmt: skip
QUOTAS = Rows(
    "quotas", _("Quotas"), QUOTA,
    additions=(
        Addition(
            "quota", _("Add a quota"),
            lambda place, name: {
                "id": name, "measure": first("measures")(place), "name": "sales",
            },
        ),
    ),
    optional=True,
)  # fmt: skip
