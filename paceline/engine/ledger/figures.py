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
        self._made[layer - 1][name] = typed(value, kind)
        self._layer[name] = layer
        self.kinds[name] = kind
        return col(name)

    def query(self, rows: exp.Select, wanted: Sequence[str]) -> exp.Select:
        """The wanted figures over `rows`, which has the given columns.

        Each layer hands on only what is still asked for: to bind a column in every layer costs more
        than to compute it.
        """
        live = self._live(wanted)
        query = rows
        for place, layer in enumerate(self._made):
            made = {name: value for name, value in layer.items() if name in live[place]}
            if not made:
                continue
            kept = {name: col(name) for name in self.kinds if name in live[place] - made.keys()}
            inner = query.subquery(f"layer_{place}", copy=False)
            query = c.select(kept | made).from_(inner, copy=False)
        return c.select({name: col(name) for name in wanted}).from_(
            query.subquery("ledger", copy=False), copy=False
        )

    def _live(self, wanted: Sequence[str]) -> list[set[str]]:
        """For each layer, the columns that somebody asks for after it."""
        live, found = set(wanted), list[set[str]]()
        for layer in reversed(self._made):
            found.append(set(live))
            for name in live & layer.keys():
                live.remove(name)
                live |= {part.name for part in layer[name].find_all(exp.Column)}
        return found[::-1]
