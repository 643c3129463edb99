"""What a clause may refer to: the ids of other clauses, and the names that its formulas may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from paceline.incentives.calculation.documents import LINE_COLUMNS, formula_word
from paceline.incentives.forms.plan.fields import Choices, at, ids_of, words_at
from paceline.incentives.forms.plan.parts import Place


def ids(key: str) -> Callable[[Place], Choices]:
    """The ids of a list of the plan, as choices."""
    return lambda place: [(name, name) for name in ids_of(place.data, key)]


def first(key: str) -> Callable[[Place], str]:
    """The first id of a list of the plan; empty when there is none."""
    return lambda place: next(iter(ids_of(place.data, key)), "")


def measure_above(place: Place) -> str:
    """The measure above, for one that draws on others; any other where none stands above."""
    number = _number(place, "measures") or 0
    names = ids_of(place.data, "measures")
    return names[number - 1] if number else next(iter(names[1:]), "")


def first_figure(place: Place) -> str:
    """The first measure, as a formula writes it."""
    return formula_word(first("measures")(place)) or "sales"


def columns(place: Place) -> Sequence[str]:
    """The columns of an order line, and those that the plan adds."""
    further = at(place.data, "attributes")
    return [*LINE_COLUMNS, *(map(str, further) if isinstance(further, dict) else ())]


def text_columns(place: Place) -> Choices:
    """The columns of text, in which a payee or an owner's key may stand."""
    further = at(place.data, "attributes")
    texts = [name for name, kind in LINE_COLUMNS.items() if kind == "text"]
    if isinstance(further, dict):
        texts += [str(name) for name, kind in further.items() if kind == "text"]
    return [(name, name) for name in texts]


def figures(place: Place) -> Sequence[str]:
    """The figures that a component's formulas may use: measures, quotas, components above."""
    return list(_figures(place))


def _figures(place: Place) -> Iterator[str]:
    yield from measures_above(place)
    for name in ids_of(place.data, "quotas"):
        yield f"{formula_word(name)}.attainment"
        yield f"{formula_word(name)}.target"
    for name in ids_of(place.data, "components")[: _number(place, "components")]:
        yield f"{formula_word(name)}.earned"


def measures_above(place: Place) -> Sequence[str]:
    """The measures that a derived measure may use: those above it; elsewhere all."""
    names = ids_of(place.data, "measures")
    return [formula_word(name) for name in names[: _number(place, "measures")]]


def _number(place: Place, key: str) -> int | None:
    """The place of the member of a list in which a place is."""
    number = place.path[1] if len(place.path) > 1 and place.path[0] == key else None
    return number if isinstance(number, int) else None


def direct_credits(place: Place) -> Choices:
    """The credit rules whose lines a roll-up passes on."""
    rules = at(place.data, "credits")
    return [
        (words_at(one, "id"), words_at(one, "id"))
        for one in (rules if isinstance(rules, list) else ())
        if words_at(one, "kind") != "rollup"
    ]


def money_components(place: Place) -> Choices:
    """The components that pay money, which settlement pays out."""
    parts = at(place.data, "components")
    return [
        (words_at(one, "id"), words_at(one, "id"))
        for one in (parts if isinstance(parts, list) else ())
        if words_at(one, "unit") in {"", "money"}
    ]
