"""Figures: the columns of the ledger, in the layers that their dependencies ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import Kind, col, typed

MAX_LAYERS = 400


class Figures:
    """The figures of one plan, added in any order in which each one's parts come first.

    `given` are the columns that the rows have to begin with. Every figure is cast to its kind; a
    figure is computed in the first layer in which all its parts are there.
    """

    def __init__(self, given: Mapping[str, Kind]) -> None:
        self.kinds: dict[str, Kind] = dict(given)
        self._layer = dict.fromkeys(given, 0)
        self._made: list[dict[str, exp.Expr]] = []

    def add(self, name: str, value: exp.Expr, kind: Kind) -> exp.Column:
        """Make a figure and return the column that it can be read by. Its name must be new."""
        if name in self.kinds:
            raise KeyError(f"{name} is a figure already")
        parts = {part.name for part in value.find_all(exp.Column)}
        layer = 1 + max((self._layer[part] for part in parts), default=0)
        if layer > MAX_LAYERS:
            raise OverflowError(f"{name} stands on more than {MAX_LAYERS} layers of figures")
        while len(self._made) < layer:
            self._made.append({})
        self._made[layer - 1][name] = _without_idle_casts(typed(value, kind), self.kinds)
        self._layer[name] = layer
        self.kinds[name] = kind
        return col(name)

    def query(self, rows: exp.Select, wanted: Sequence[str]) -> exp.Select:
        """The wanted figures over `rows`, which has the given columns.

        Each layer hands on only what is still asked for: to bind a column in every layer costs more
        than to compute it.
        """
        live = self._live(wanted)
        needed = [place for place, layer in enumerate(self._made) if live[place] & layer.keys()]
        query = rows
        for place in needed:
            made = self._made[place]
            names = wanted if place == needed[-1] else [n for n in self.kinds if n in live[place]]
            columns = {name: made[name] if name in made else col(name) for name in names}
            inner = query.subquery(f"layer_{place}", copy=False)
            query = c.select(columns).from_(inner, copy=False)
        return query

    def _live(self, wanted: Sequence[str]) -> list[set[str]]:
        """For each layer, the columns that somebody asks for after it."""
        live, found = set(wanted), list[set[str]]()
        for layer in reversed(self._made):
            found.append(set(live))
            for name in live & layer.keys():
                live.remove(name)
                live |= {part.name for part in layer[name].find_all(exp.Column)}
        return found[::-1]


def _without_idle_casts(value: exp.Expr, kinds: Mapping[str, Kind]) -> exp.Expr:
    """A figure without the casts of what has their type already: the database takes longer to bind
    a cast than to compute most figures.
    """
    for cast in list(value.find_all(exp.Cast)):
        if _type_of(cast.this, kinds) != cast.args["to"]:
            continue
        if cast is value:
            value = cast.this.pop()
        else:
            cast.replace(cast.this)
    return value


def _type_of(value: exp.Expr, kinds: Mapping[str, Kind]) -> exp.DataType | None:
    """The type of a value that is a cast, a figure, or one of several such; else None."""
    if isinstance(value, exp.Cast):
        to: exp.DataType = value.args["to"]
        return to
    if isinstance(value, exp.Column):
        return kinds[value.name].build() if value.name in kinds and not value.table else None
    if isinstance(value, exp.Paren):
        return _type_of(value.this, kinds)
    if isinstance(value, exp.Coalesce):
        parts = [value.this, *value.expressions]
    elif isinstance(value, exp.Case):
        parts = [*(branch.args["true"] for branch in value.args["ifs"]), value.args.get("default")]
    elif isinstance(value, exp.Anonymous) and value.name in {"LEAST", "GREATEST"}:
        parts = value.expressions
    else:
        return None
    found = [_type_of(one, kinds) for one in parts if one and not isinstance(one, exp.Null)]
    return found[0] if found and all(one == found[0] for one in found) else None
