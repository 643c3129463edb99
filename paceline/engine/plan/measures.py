"""Measures and quotas: what is added up, what is calculated from it, what it is held against."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal, cast

from paceline.engine.formula.tree import Type, names_in
from paceline.engine.formula.types import QUOTIENTS
from paceline.engine.plan.clauses import Clause
from paceline.engine.plan.model import (
    Credit,
    Measure,
    MeasureKind,
    Quota,
    Window,
    WindowKind,
)
from paceline.engine.plan.scope import names_of, word

KINDS = ("sum", "count", "distinct", "min", "max", "ratio", "formula", "figure")
UNITS: tuple[Type, ...] = ("money", "quantity", "percent")
WINDOW_UNITS = ("month", "quarter", "half-year", "year")
READINGS = ("sum", "last")
QUOTA_KEYS = ("spread", "proration", "ramp", "per")
PRORATIONS = ("none", "months", "days")
MAX_MONTHS = 60


def read_measure(
    clause: Clause, names: dict[str, Type], rules: tuple[Credit, ...], above: tuple[Measure, ...]
) -> Measure:
    """One measure. A derived one draws on measures above it, so none can draw on itself."""
    clause.keys(["id", "kind"], [*_KEYS, "label"])
    kind = cast("MeasureKind", clause.child("kind").choice(KINDS))
    required, optional = _KEYS_OF[kind]
    clause.keys(["id", "kind", *required], ["label", *optional])
    return _READ[kind](clause, names, rules, above)


_KEYS = ("of", "credits", "over", "name", "read", "unit", "window")
_KEYS_OF: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sum": (("of", "credits"), ("window",)),
    "count": (("credits",), ("window",)),
    "distinct": (("of", "credits"), ("window",)),
    "min": (("of", "credits"), ("window",)),
    "max": (("of", "credits"), ("window",)),
    "ratio": (("of", "over"), ()),
    "formula": (("of",), ()),
    "figure": (("name", "read", "unit"), ()),
}


def _summed(
    clause: Clause, names: dict[str, Type], rules: tuple[Credit, ...], _above: tuple[Measure, ...]
) -> Measure:
    kind = cast("MeasureKind", clause.child("kind").scalar())
    formula = None
    if kind != "count":
        wanted: list[Type] = ["text"] if kind == "distinct" else ["money", "quantity"]
        formula = clause.child("of").formula(names, wanted)
    chosen = clause.child("credits")
    words = tuple(
        chosen.known(word, [credit.id for credit in rules], "credit rule")
        for word in chosen.words()
    )
    return Measure(
        clause.child("id").identifier(),
        kind,
        formula,
        words,
        clause.path,
        clause.label(),
        type="quantity" if formula is None or kind == "distinct" else formula.type,
        window=_window(clause.child("window")) if clause.has("window") else None,
    )


def _ratio(
    clause: Clause, _names: dict[str, Type], _rules: tuple[Credit, ...], above: tuple[Measure, ...]
) -> Measure:
    by_id = {measure.id: measure for measure in above}
    written = clause.written.get("measure", [])
    own = clause.child("id").identifier()
    for key in ("of", "over"):
        word = clause.child(key).scalar()
        if word in written[written.index(own) :] and word not in by_id:
            raise clause.child(key).refuse(
                "measure_not_above",
                f"{word[:60]} does not stand above {own}; a measure draws on those above it",
                name=word[:60],
            )
    parts = tuple(
        clause.child(key).known(clause.child(key).scalar(), list(by_id), "measure")
        for key in ("of", "over")
    )
    kinds = (by_id[parts[0]].type, by_id[parts[1]].type)
    if kinds not in QUOTIENTS:
        raise clause.refuse(
            "types_do_not_fit",
            f"{kinds[0]} cannot be divided by {kinds[1]}",
            operation="divide",
            types=", ".join(kinds),
        )
    return Measure(
        clause.child("id").identifier(),
        "ratio",
        None,
        (),
        clause.path,
        clause.label(),
        parts,
        type=QUOTIENTS[kinds],
    )


def _formula(
    clause: Clause, _names: dict[str, Type], _rules: tuple[Credit, ...], above: tuple[Measure, ...]
) -> Measure:
    formula = clause.child("of").formula(names_of(above), list(UNITS))
    return Measure(
        clause.child("id").identifier(),
        "formula",
        formula,
        (),
        clause.path,
        clause.label(),
        tuple(one.id for one in above if word(one.id) in names_in(formula.root)),
        type=formula.type,
    )


def _figure(
    clause: Clause, _names: dict[str, Type], _rules: tuple[Credit, ...], _above: tuple[Measure, ...]
) -> Measure:
    unit = cast("Type", clause.child("unit").choice(UNITS))
    read = clause.child("read").choice(READINGS)
    name = clause.child("name").scalar()
    return Measure(
        clause.child("id").identifier(),
        "figure",
        None,
        (),
        clause.path,
        clause.label(),
        name=name,
        type=unit,
        reads_last=read == "last",
    )


_READ: dict[str, Callable[..., Measure]] = {
    "sum": _summed,
    "count": _summed,
    "distinct": _summed,
    "min": _summed,
    "max": _summed,
    "ratio": _ratio,
    "formula": _formula,
    "figure": _figure,
}


def _window(clause: Clause) -> Window:
    """`{to-date: year}`, `{rolling: 3}`, `{from: …, before: …}`, `since-hire` or `year-before`."""
    if not hasattr(clause.node, "entries"):
        word = clause.choice(["since-hire", "year-before"])
        return Window(cast("WindowKind", word), clause.path)
    clause.keys([], ["to-date", "rolling", "from", "before"])
    if clause.has("to-date"):
        clause.keys(["to-date"])
        return Window("to-date", clause.path, clause.child("to-date").choice(WINDOW_UNITS))
    if clause.has("rolling"):
        clause.keys(["rolling"])
        return Window("rolling", clause.path, months=clause.child("rolling").whole(1, MAX_MONTHS))
    clause.keys(["from", "before"])
    first, before = clause.child("from").day(), clause.child("before").day()
    if before <= first:
        raise clause.refuse(
            "dates_reversed_in_plan",
            f"{before} is not after {first}",
            starts=str(first),
            ends=str(before),
        )
    return Window("campaign", clause.path, starts_on=first, ends_before=before)


def read_quota(clause: Clause, measures: tuple[Measure, ...]) -> Quota:
    """One quota: the rows of a name are the targets of a measure."""
    clause.keys(["id", "measure", "name"], ["label", "over", *QUOTA_KEYS])
    measure = clause.child("measure")
    name = measure.known(measure.scalar(), [item.id for item in measures], "measure")
    over = "period"
    if clause.has("over"):
        over = clause.child("over").choice(["period", *WINDOW_UNITS])
    weights = _weights(clause.child("spread")) if clause.has("spread") else ()
    proration = None
    if clause.has("proration"):
        proration = clause.child("proration").choice(PRORATIONS)
    elif weights or clause.has("ramp"):
        raise clause.refuse(
            "proration_missing",
            f"say how a joiner's target is prorated; choose {' or '.join(PRORATIONS)}",
            choices=" or ".join(PRORATIONS),
        )
    ramp = clause.child("ramp").percents() if clause.has("ramp") else ()
    per = clause.child("per").choice(["payee", "team"]) if clause.has("per") else "payee"
    return Quota(
        clause.child("id").identifier(),
        name,
        clause.child("name").scalar(),
        clause.path,
        clause.label(),
        over,
        weights,
        cast("Literal['none', 'months', 'days'] | None", proration),
        ramp,
        cast("Literal['payee', 'team']", per),
    )


def _weights(clause: Clause) -> tuple[Decimal, ...]:
    """The weights of the parts of a year: 2 half-years, 4 quarters or 12 months, 100 % in all."""
    found = clause.percents()
    if len(found) not in {2, 4, 12}:
        raise clause.refuse(
            "spread_malformed",
            f"{len(found)} weights are neither 2, 4 nor 12 parts of a year",
            length=len(found),
        )
    total = sum(found, Decimal(0))
    if total != 1:
        raise clause.refuse(
            "weights_incomplete",
            f"the weights add up to {total * 100:f}%, not to 100%",
            total=f"{total * 100:f}%",
        )
    return found
