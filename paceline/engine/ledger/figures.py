"""Figures: the columns of the ledger, in the layers that their dependencies ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import Kind, col, typed
from paceline.engine.errors import EngineError

MAX_LAYERS = 250  # queries in queries: writers and readers of SQL go into each other as deep


class TooDeep(EngineError):
    """A figure stands on too many others, one above the other."""

    def __init__(self, figure: str) -> None:
        self.figure = figure
        super().__init__(f"{figure} stands on more than {MAX_LAYERS} layers of figures")


class Figures:
    """The figures of one plan, added in any order in which each one's parts come first.

    `given` are the columns that the rows have to begin with. Every figure is cast to its kind.
    """

    def __init__(self, given: Mapping[str, Kind]) -> None:
        self.kinds: dict[str, Kind] = dict(given)
        self._layer = dict.fromkeys(given, 0)
        self._made: dict[str, exp.Expr] = {}
        self._parts: dict[str, set[str]] = {}

    def add(self, name: str, value: exp.Expr, kind: Kind) -> exp.Column:
        """Make a figure and return the column that it can be read by. Its name must be new."""
        if name in self.kinds:
            raise KeyError(f"{name} is a figure already")
        parts = {part.name for part in value.find_all(exp.Column)}
        layer = 1 + max((self._layer[part] for part in parts), default=0)
        if layer > MAX_LAYERS:
            raise TooDeep(name)
        self._made[name] = _without_idle_casts(typed(value, kind), self.kinds)
        self._parts[name] = parts
        self._layer[name] = layer
        self.kinds[name] = kind
        return col(name)

    def in_order(self, wanted: Sequence[str]) -> list[str]:
        """The wanted figures and all that they are made of, parts first."""
        needed = set(wanted)
        for name in reversed(self._made):
            if name in needed:
                needed |= self._parts[name]
        return [name for name in self.kinds if name in needed]

    def query(self, rows: exp.Select, wanted: Sequence[str]) -> exp.Select:
        """The wanted figures over `rows`, which has the given columns.

        Each figure is computed as late as those who ask for it allow, and each layer hands on only
        what is still asked for: to bind a column in every layer costs more than to compute it, and
        windows over a team sort all that is handed through them.
        """
        layers = self._layers(wanted)
        live = self._live(layers, wanted)
        query = rows
        for place, made in enumerate(layers):
            last = place == len(layers) - 1
            names = wanted if last else [name for name in self.kinds if name in live[place]]
            columns = {name: self._made[name] if name in made else col(name) for name in names}
            inner = query.subquery(f"layer_{place}", copy=False)
            query = c.select(columns).from_(inner, copy=False)
        return query

    def _layers(self, wanted: Sequence[str]) -> list[set[str]]:
        """The figures to be computed, layer by layer: each in the last before that of the first
        figure that it is a part of.
        """
        depth = dict.fromkeys(wanted, 0)  # how many layers come after the one that computes it
        for name in reversed(self._made):  # whoever asks for a figure was made after it
            if name in depth:
                for part in self._parts[name]:
                    depth[part] = max(depth.get(part, 0), depth[name] + 1)
        needed = {name: depth[name] for name in self._made if name in depth}
        layers: list[set[str]] = [set() for _ in range(1 + max(needed.values(), default=-1))]
        for name, after in needed.items():
            layers[-1 - after].add(name)
        return layers

    def _live(self, layers: Sequence[set[str]], wanted: Sequence[str]) -> list[set[str]]:
        """For each layer, the columns that somebody asks for after it."""
        live, found = set(wanted), list[set[str]]()
        for made in reversed(layers):
            found.append(set(live))
            live -= made
            live.update(*(self._parts[name] for name in made))
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
