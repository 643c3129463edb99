"""The keys of a table of rates: which entry the keys of lines meet, and what was sold under it.

In a window that may have begun before the period, columns that begin with `had ` tell the same of
what was sold before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import CONVERTED, COUNT, EXACT, PLACE, TEXT, Kind, col, typed
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.forms import or_nothing
from paceline.engine.ledger.measures import add_measures, counts_lines, name_of
from paceline.engine.ledger.rows import everyone, summed_columns
from paceline.engine.ledger.spread import exact_total
from paceline.engine.ledger.sums import Sums
from paceline.engine.ledger.tables import stretch_rows
from paceline.engine.plan.model import Component, ImportedTiers, Plan, RateTable
from paceline.engine.shape import Shape

HAD = "had "


@dataclass(frozen=True)
class KeysOf:
    """The keys of one component's table of rates, and what each payee sold under them."""

    shape: Shape
    sums: Sums
    component: Component

    @property
    def plan(self) -> Plan:
        return self.shape.plan

    @property
    def rates(self) -> RateTable:
        return self.component.rate_table

    @property
    def imported(self) -> ImportedTiers:
        return self.rates.rows

    @property
    def unit(self) -> str:
        return windows.window_of(self.plan, self.component)

    @property
    def stretch(self) -> list[str]:
        """What the tiers begin anew in, inside the period."""
        if not windows.is_shorter(self.plan, self.unit):
            return []
        return ["line_id" if self.unit == "transaction" else self.unit]

    @property
    def windows(self) -> dict[str, str]:
        """The window that the tiers count, and what of it lies before the period, by the beginning
        of the names of columns.
        """
        if windows.is_longer(self.plan, self.unit):
            return {"": windows.to_date(self.unit), HAD: windows.before(self.unit)}
        return {"": windows.PERIOD}

    @property
    def held(self) -> str:
        return self.shape.held[self.shape.lookup_of(self.rates)]

    @property
    def keys(self) -> list[str]:
        """What decides which rows hold: the columns of the key, and the day."""
        own = [name if name == "payee_id" else f"by_{name}" for name in self.imported.by]
        return [*own, self.held]

    @property
    def table(self) -> str:
        """The rows of the table of rates, laid out."""
        return f"rates_{self.shape.lookup_of(self.rates)}"

    def matched(self, patterns: tuple[int, ...]) -> exp.Query:
        """For each key and stretch of days the entry that holds: of several the one that states
        more, which has the lowest number.
        """
        found: list[exp.Query] = []
        for pattern in patterns:
            keys = c.select({name: col(name) for name in self.keys}, distinct=True)
            keys = keys.from_(c.source("credited"), copy=False)
            columns: dict[str, exp.Expr] = {name: col(name, "k") for name in self.keys}
            query = c.select({**columns, "entry": col("entry", "r")})
            query.from_(keys.subquery("k", copy=False), copy=False)
            tests: list[exp.Expr] = [
                exp.EQ(this=col("pattern", "r"), expression=c.whole(pattern)),
                exp.EQ(this=col("tier", "r"), expression=c.whole(1)),
                c.within(col(self.held, "k"), col("first", "r"), col("before", "r")),
            ]
            last = len(self.imported.by) - 1
            for place, name in enumerate(self.imported.by):
                if not pattern >> (last - place) & 1:
                    key = col(self.keys[place], "k")
                    tests.append(exp.EQ(this=key, expression=col(f"by_{name}", "r")))
            c.join(query, self.table, "r", c.both(*tests))
            found.append(query)
        keys_of = {name: col(name) for name in self.keys}
        lowest = typed(exp.Min(this=col("entry")), PLACE)
        return (
            c.select({**keys_of, "entry": lowest})
            .from_(c.union_all(found).subquery("m", copy=False), copy=False)
            .group_by(*(col(name) for name in self.keys), copy=False)
        )

    def _by_key(self) -> exp.Select:
        """What each payee sold by key and day, with the entry that it meets, if any."""
        measure = self.plan.measure(self.component.measure or "")
        own = list(dict.fromkeys(["payee_id", *self.stretch, *self.keys]))
        columns: dict[str, exp.Expr] = {name: col(name, "v") for name in own}
        columns["entry"] = col("entry", "m")
        asked: set[str] = set()
        for when, window in self.windows.items():
            value = self.sums.of_measure(measure, window)
            lines = self.sums.lines_of(measure, window)
            columns[f"{when}value"] = typed(col(value, "v"), CONVERTED)
            columns[f"{when}lines"] = typed(col(lines, "v"), COUNT)
            asked |= {value, lines}
        rows = self.sums.by(*own, exact=False, only=asked).subquery("v", copy=False)
        query = c.select(columns).from_(rows, copy=False)
        on = c.same(self.keys, "m", "v")
        return c.join(query, f"matched_{self.component.id}", "m", on, kind="left")

    def unmatched(self) -> exp.Select:
        """The keys under which somebody with a statement sold and for which the table has no row,
        with the stretch of days.
        """
        columns: dict[str, exp.Expr] = {name: col(name, "k") for name in self.keys}
        query = c.select(columns, distinct=True)
        query.from_(self._by_key().subquery("k", copy=False), copy=False)
        _without_row(query, self.shape, "k")
        return query.order_by(*(col(name, "k") for name in self.keys), copy=False).limit(
            20, copy=False
        )

    def unpaid(self) -> exp.Select:
        """Those with a statement who sold something for which the table has no row."""
        query = c.select({"payee_id": col("payee_id", "k")}, distinct=True)
        query.from_(c.source(f"sold_{self.component.id}", "k"), copy=False)
        _without_row(query, self.shape, "k")
        return query.order_by(col("payee_id", "k"), copy=False)

    def sold(self) -> exp.Select:
        """What each payee sold under each entry, and what its tiers are compared with."""
        keys = ["payee_id", *self.stretch, "entry"]
        columns: dict[str, exp.Expr] = {name: col(name, "k") for name in keys}
        told: dict[str, exp.Expr] = {name: col(name, "s") for name in keys}
        for when in self.windows:
            columns[f"{when}exact"] = c.total(col(f"{when}value", "k"), CONVERTED)
            columns[f"{when}lines"] = c.total(col(f"{when}lines", "k"), COUNT)
            value = c.with_fewer_decimals(col(f"{when}exact", "s"), EXACT)
            told |= {
                f"{when}lines": col(f"{when}lines", "s"),
                f"{when}value": typed(value, EXACT),
                f"{when}subject": typed(self._subject(when, value), EXACT),
            }
        added = c.select(columns).from_(self._by_key().subquery("k", copy=False), copy=False)
        added.group_by(*(col(name, "k") for name in keys), copy=False)
        query = c.select(told).from_(added.subquery("s", copy=False), copy=False)
        if self.rates.subject is not None:
            on = c.same(["payee_id", *self.stretch], "o", "s")
            other = self._other_measure().subquery("o", copy=False)
            query.join(other, on=on, join_type="left", copy=False)
        return query

    def _subject(self, when: str, value: exp.Expr) -> exp.Expr:
        """What the bounds are compared with: the key's own total, that of the whole measure, or
        another measure.
        """
        if self.rates.subject is not None:
            return or_nothing(col(f"{when}other", "o"))
        if self.imported.counts == "each":
            return value.copy()
        partition = [col(name, "s") for name in ("payee_id", *self.stretch)]
        total = exp.Sum(this=col(f"{when}exact", "s"))
        return exact_total(exp.Window(this=total, partition_by=partition))

    def _other_measure(self) -> exp.Select:
        """The measure by which the table is read, for each payee and stretch."""
        subject, keys = self.rates.subject or "", ["payee_id", *self.stretch]
        if HAD in self.windows:
            summed = summed_columns(self.shape, self.sums, "v")
            rows = c.select({"payee_id": col("payee_id", "v"), **summed})
            rows.from_(self.sums.by("payee_id").subquery("v", copy=False), copy=False)
            kinds: dict[str, Kind] = {
                name: COUNT if counts_lines(name) else EXACT for name in summed
            }
            kinds["payee_id"] = TEXT
        else:
            rows, kinds = stretch_rows(self.plan, self.sums, self.stretch)
        figures = Figures(kinds)
        named = {when: name_of(subject, window) for when, window in self.windows.items()}
        for window in self.windows.values():
            add_measures(figures, self.plan, window, only={subject})
        made = figures.query(rows, [*keys, *named.values()])
        columns: dict[str, exp.Expr] = {name: col(name, "f") for name in keys}
        columns |= {f"{when}other": col(name, "f") for when, name in named.items()}
        return c.select(columns).from_(made.subquery("f", copy=False), copy=False)


def _without_row(query: exp.Select, shape: Shape, sold: str) -> None:
    """Keep what was sold under no row of the table, by those who are in the plan in the period."""
    nothing = c.both(
        col("entry", sold).is_(exp.null()),
        exp.NEQ(this=col("lines", sold), expression=c.whole(0)),
    )
    on = c.same(["payee_id"], sold, "p")
    query.join(everyone(shape).subquery("p", copy=False), on=on, join_type="semi", copy=False)
    query.where(nothing, copy=False)
