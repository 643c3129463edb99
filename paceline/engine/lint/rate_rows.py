"""Findings in the rows of tables of rates: what written tiers are looked at for, in up to two
million rows.

Columns are compared with themselves, one row further down, so that time and memory grow with the
rows and nothing else; only the few rows that are named, and those that people are known to have
sold under, are looked at one by one. Amounts of both are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.curve import EXAMPLE_QUOTA
from paceline.engine.inputs import open_inputs
from paceline.engine.lint.costs import cut, margin_of
from paceline.engine.lint.findings import Finding, Mend, Severity
from paceline.engine.lint.history import History
from paceline.engine.lint.mends import into_slices
from paceline.engine.lint.messages import message
from paceline.engine.lint.sold import Under, sold_under
from paceline.engine.lint.subject import middle, order_size
from paceline.engine.money import EXACT, round_to
from paceline.engine.plan.imported import imported_tables
from paceline.engine.plan.model import Component, ImportedTiers, Plan, RateTable
from paceline.engine.rate_tables import TABLE, check_rate_tables, rate_rows
from paceline.engine.tables import Tables

ZERO = Decimal(0)
NAMED = 5  # rows that a finding names, the worst first
CLIFF = ("kishore-2013", "larkin-2014", "oyer-1998")
_WIDE = pa.decimal256(38, 12)
_PAID = pa.decimal256(36, 8)
_PRODUCT = pa.decimal256(76, 20)


def rates_of(plan: Plan, tables: Tables) -> pa.Table | None:
    """The rows of the tables of rates that a plan asks, as it reads them; None without any.

    Raises InputInvalid when they cannot be read.
    """
    if TABLE not in tables or not imported_tables(plan):
        return None
    return open_inputs(plan, Tables({TABLE: tables.sources[TABLE]})).tables[TABLE]


def refused_rows(plan: Plan, rows: pa.Table) -> dict[str, list[tuple[str, str, str, int]]]:
    """What refuses a run over these rows, by the table's name: code, row and key, what it says,
    and how many rows.
    """
    found: dict[str, list[tuple[str, str, str, int]]] = {}
    for code, _, subject, detail, count in check_rate_tables(plan, {TABLE: rows}):
        named = [subject.partition(",")[0]]
        if code == "rate_table_too_long":
            named = [name for name, _by in imported_tables(plan)]
        for name in named:
            found.setdefault(name, []).append((code, subject, detail, count))
    return found


def tabled(
    plan: Plan, component: Component, rows: pa.Table, history: History | None
) -> Iterator[Finding]:
    """All findings about one component whose tiers are rows; the rows can be calculated with."""
    looking = _Looking(plan, component, rows, history)
    if looking.rates.reading == "whole":
        yield from looking.jumps()
    yield from looking.negative()
    yield from looking.idle()
    yield from looking.above_margin()
    yield from looking.unreached()
    yield from looking.without_row()


def knows_sold(plan: Plan, component: Component, rows: pa.Table, history: History | None) -> bool:
    """Whether it is known of anybody what they sold under the keys of a table."""
    return bool(_Looking(plan, component, rows, history).under.sold)


def refusal(component: Component, code: str, said: tuple[str, str, int]) -> Finding:
    """Rows that no run would take, such as a gap between two tiers of a key."""
    subject, detail, count = said
    params = {"component": component.id, "code": code, "subject": subject, "detail": detail}
    params |= {"rows": str(count)}
    rates = component.rates
    return Finding(
        "rates_refused", "serious", rates.clause if rates else component.clause,
        message("rates_refused", {}, params), params=params,
        basis=(component.id, code, subject, detail),
    )  # fmt: skip


@dataclass(frozen=True)
class _Worst:
    """Rows of one kind: how many there are, of how many keys, and the worst of them."""

    count: int
    keys: int
    rows: tuple[dict[str, Any], ...]


class _Looking:
    def __init__(
        self, plan: Plan, component: Component, rows: pa.Table, history: History | None
    ) -> None:
        assert component.rates is not None  # noqa: S101 -- the caller chose it
        self.plan, self.component, self.history = plan, component, history
        self.rates: RateTable = component.rates
        assert self.rates.imported is not None  # noqa: S101
        self.imported: ImportedTiers = self.rates.imported
        self.laid = rate_rows({TABLE: rows}, self.rates)
        self.rows = self.laid.rows
        self.measure = plan.measure(component.measure or "")
        self.minor = Decimal(1).scaleb(-plan.digits)
        self.target: Decimal | None = None
        self.is_assumed = False
        if self.rates.quota is not None:
            known = self._targets(plan.quota(self.rates.quota).name)
            self.target = middle(known) or EXAMPLE_QUOTA
            self.is_assumed = not known
        self.paid = self._column("paid")
        first = pc.equal(self._column("tier"), 1)
        above = pa.concat_arrays([pa.nulls(1, self.paid.type), self.paid.slice(0, self.count - 1)])
        self.before = pc.if_else(first, pa.nulls(self.count, self.paid.type), above)

    @property
    def count(self) -> int:
        found: int = self.rows.num_rows
        return found

    def _column(self, name: str) -> pa.Array:
        return self.rows.column(name).combine_chunks()

    def _targets(self, name: str) -> list[Decimal]:
        if self.history is None:
            return []
        coming = [one.amount for one in self.history.coming if one.quota == name and one.amount > 0]
        return coming or list(self.history.target_of(name).values())

    @cached_property
    def order(self) -> Decimal | None:
        """The usual size of an order, in what bounds are compared with."""
        if self.history is None:
            return None
        of = self.plan.measure(self.rates.subject) if self.rates.subject else self.measure
        return order_size(self.plan, of, self.history)

    @cached_property
    def base(self) -> Decimal | None:
        """What is paid on where another measure chooses the row: the middle of what is known."""
        if self.rates.subject is None:
            return None
        known = self.history.values_of(self.plan, self.measure) if self.history else ()
        return middle([one.value for one in known if one.value > 0]) or EXAMPLE_QUOTA

    @cached_property
    def under(self) -> Under:
        return sold_under(self.plan, self.component, self.laid, self.history)

    # --- what a row pays --------------------------------------------------------------------------

    def bound(self, row: Mapping[str, Any], target: Decimal | None = None) -> Decimal:
        """Where a row begins, in amounts."""
        lower: Decimal = row["lower"]
        if self.rates.on != "attainment":
            return lower
        return EXACT.multiply(lower, target if target is not None else self.target or ZERO)

    def pay(self, row: Mapping[str, Any], rate: Decimal, target: Decimal | None = None) -> Decimal:
        """What is paid at a row's beginning by a rate: on the whole amount that stands there."""
        if self.rates.value == "amount":
            return rate
        on = self.base if self.base is not None else self.bound(row, target)
        return EXACT.multiply(on, rate)

    def jump(self, row: Mapping[str, Any], target: Decimal | None = None) -> Decimal:
        """By how much pay changes at a row's beginning."""
        if row["before"] is None:
            return ZERO
        above, below = (self.pay(row, row[name], target) for name in ("paid", "before"))
        return EXACT.subtract(above, below)

    @cached_property
    def _jumps(self) -> pa.Array:
        """The same of every row at once."""
        paid, before = (pc.cast(one, _PAID) for one in (self.paid, self.before))
        more = pc.subtract(paid, before)
        if self.rates.value == "amount":
            return pc.cast(more, _PRODUCT)
        if self.base is not None:
            on: Any = pa.scalar(self.base, _WIDE)
        else:
            on = pc.cast(self._column("lower"), _WIDE)
            if self.rates.on == "attainment":
                target = pa.scalar(self.target, pa.decimal256(37, 4))
                on = pc.cast(pc.multiply(on, target), _WIDE, safe=False)
        return pc.cast(pc.multiply(pc.cast(more, pa.decimal256(37, 8)), on), _PRODUCT)

    def worst(self, test: pa.Array, size: pa.Array, *, least: bool = False) -> _Worst | None:
        """The rows that a test is true of, those with the greatest size (or the least) first."""
        where = pc.indices_nonzero(pc.fill_null(test, fill_value=False))
        if not len(where):
            return None
        of = pa.table({"size": size.take(where), "row": self._column("row").take(where)})
        order = "ascending" if least else "descending"
        first = pc.sort_indices(of, sort_keys=[("size", order), ("row", "ascending")])[:NAMED]
        places = where.take(first)
        named = self.rows.append_column("before", self.before).take(places).to_pylist()
        keys = pc.count_distinct(self._column("entry").take(where)).as_py()
        return _Worst(len(where), keys, tuple(named))

    # --- findings ---------------------------------------------------------------------------------

    def jumps(self) -> Iterator[Finding]:
        """Where a row of a whole-amount table begins pay jumps, or falls, at once."""
        minor = pa.scalar(self.minor, _PRODUCT)
        rises = self.worst(pc.greater(self._jumps, minor), self._jumps)
        if rises is not None:
            by_rate = self.rates.value == "rate"
            grave: Severity = "serious" if by_rate else "warning"
            cost = self._more_than_slices() if by_rate else None
            mend = None
            if by_rate and self.rates.on == "amount" and self.imported.counts == "each":
                mend = into_slices(self.plan, self.component)
            people = self._people_below(falls=False)
            yield self._jump("rates_cliff", grave, rises, people, cost=cost, mend=mend)
        falls = self.worst(
            pc.less(self._jumps, pa.scalar(-self.minor, _PRODUCT)), self._jumps, least=True
        )
        if falls is not None:
            yield self._jump("rates_fall", "serious", falls, self._people_below(falls=True))

    def _jump(
        self,
        code: str,
        severity: Severity,
        found: _Worst,
        people: tuple[str, ...],
        *,
        cost: Decimal | None = None,
        mend: Mend | None = None,
    ) -> Finding:
        row = found.rows[0]
        mode = self.plan.policies.rounding_mode
        below, above = (
            round_to(self.pay(row, row[name]), self.plan.digits, mode)
            for name in ("before", "paid")
        )
        amounts = self._at(row) | {"jump": abs(above - below), "below": below, "above": above}
        if self.base is not None:
            amounts["base"] = self.base
        if self.order is not None:
            amounts["order"] = self.order
        if cost is not None:
            amounts["cost"] = cost
        return self._finding(code, severity, found, amounts, people, CLIFF, mend)

    def negative(self) -> Iterator[Finding]:
        """Rows that pay less for every further sale."""
        found = self.worst(pc.less(self.paid, _zero(self.paid)), self.paid, least=True)
        if found is None:
            return
        row = found.rows[0]
        code = "rates_negative"
        amounts = self._at(row) | {self._paid_name: row["paid"]}
        yield self._finding(code, "serious", found, amounts, self._people_in(_is_negative))

    def idle(self) -> Iterator[Finding]:
        """Keys that never pay, that begin with nothing, and rows above paying ones that pay
        nothing more.
        """
        pays = pc.not_equal(self.paid, _zero(self.paid))
        entry, lower = self._column("entry"), self._column("lower")
        paying = pa.table({"entry": entry.filter(pays), "lower": lower.filter(pays)})
        first = paying.group_by("entry").aggregate([("lower", "min")])
        place = pc.index_in(entry, first.column("entry").combine_chunks())
        begins = first.column("lower_min").combine_chunks().take(place)
        is_first = pc.equal(self._column("tier"), 1)
        never = self.worst(pc.and_(is_first, pc.is_null(begins)), lower, least=True)
        if never is not None:
            everywhere = never.count == pc.count_distinct(entry).as_py()
            severity: Severity = "serious" if everywhere else "note"
            yield self._finding("rates_nothing", severity, never, {}, self._people_of_none())
        late = pc.and_(is_first, pc.and_(pc.invert(pays), pc.is_valid(begins)))
        dead = self.worst(late, begins)
        if dead is not None:
            row = dead.rows[0]
            to = begins[row["row"] - 1].as_py()
            amounts = self._at({**row, "lower": to}, "to")
            people = self._people_in(_is_idle_start)
            yield self._finding(
                "rates_dead_zone", "warning", dead, amounts, people, ("chung-2014",)
            )
        if self.rates.reading == "slice":
            above = pc.and_(
                pc.invert(pays), pc.fill_null(pc.greater(lower, begins), fill_value=False)
            )
            flat = self.worst(above, lower, least=True)
            if flat is not None:
                people = self._people_in(_is_idle_above)
                amounts = self._at(flat.rows[0], "from")
                yield self._finding(
                    "rates_flat_zone", "warning", flat, amounts, people, ("misra-nair-2011",)
                )

    def above_margin(self) -> Iterator[Finding]:
        """Rates above what a sale leaves after its cost: that of the key's own lines where one is
        known, else that of all.
        """
        margin = margin_of(self.plan, self.history)
        of = self.measure.of
        if margin is None or of is None or of.text != "amount" or self.rates.value != "rate":
            return
        own = {entry: cut(one.amount - one.cost, one.amount) for entry, one in self._margins()}
        entry = self._column("entry")
        known = pa.table(
            {
                "entry": pa.array(list(own), entry.type),
                "margin": pa.array(list(own.values()), pa.decimal128(38, 8)),
            }
        )
        place = pc.index_in(entry, known.column("entry").combine_chunks())
        overall = pa.scalar(margin.share, pa.decimal128(38, 8))
        limit = pc.coalesce(known.column("margin").combine_chunks().take(place), overall)
        found = self.worst(pc.greater(self.paid, limit), self.paid)
        if found is None:
            return
        row = found.rows[0]
        amounts = self._at(row, "from") | {
            "rate": row["paid"], "margin": limit[row["row"] - 1].as_py(),
        }  # fmt: skip
        params = {"lines": margin.lines, "own": int(row["entry"] in own)}
        yield self._finding(
            "rates_above_margin", "serious", found, amounts, (), ("marginal-cost",), None, params
        )

    def _margins(self) -> Iterator[tuple[int, Any]]:
        for entry, places in self.under.lines.items():
            assert self.history is not None  # noqa: S101 -- lines are of it
            lines = [self.history.lines[place] for place in places]
            margin = margin_of(self.plan, History(lines=tuple(lines)))
            if margin is not None:
                yield entry, margin

    def unreached(self) -> Iterator[Finding]:
        """Rows that begin beyond the most that anybody is known to have come to under their key."""
        best: dict[int, Decimal] = {}
        for one in self.under.sold:
            value = one.value
            if self.rates.on == "attainment":
                if not one.target:
                    continue
                value = EXACT.divide(one.value, one.target)
            best[one.entry] = max(best.get(one.entry, value), value)
        if not best:
            return
        entry, lower = self._column("entry"), self._column("lower")
        known = pa.array(list(best), entry.type)
        most = pa.array(
            [one.quantize(Decimal("1e-12"), context=EXACT) for one in best.values()], lower.type
        )
        reached = most.take(pc.index_in(entry, known))
        beyond = pc.and_(pc.greater(self._column("tier"), 1), pc.greater(lower, reached))
        found = self.worst(beyond, lower)
        if found is None:
            return
        row = found.rows[0]
        amounts = self._at(row) | {"best": reached[row["row"] - 1].as_py()}
        if self.rates.on == "attainment":
            amounts["best_share"] = amounts["best"]
            amounts["best"] = EXACT.multiply(amounts["best"], self.target or ZERO)
        yield self._finding("rates_unreached", "note", found, amounts)

    def without_row(self) -> Iterator[Finding]:
        """Known lines for which the table has no row: a gap between its keys."""
        gaps = self.under.gaps
        if not gaps:
            return
        refuses = self.imported.missing == "refuse"
        amounts = {"sold": sum((value for _, _, value in gaps), ZERO)}
        params: dict[str, str | int] = {
            **self._about(), "lines": len(gaps), "known": self.under.looked_at,
            "key": gaps[0][1], "refuses": int(refuses),
        }  # fmt: skip
        people = tuple(sorted({payee for payee, _, _ in gaps}))
        code = "rates_no_row"
        yield Finding(
            code, "serious" if refuses else "warning", self.rates.clause,
            message(code, amounts, params), amounts, people, params,
            basis=(self.component.id, self.imported.name, gaps[0][1], self.imported.missing),
        )  # fmt: skip

    # --- people -----------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> dict[int, list[dict[str, Any]]]:
        """The rows of the keys that somebody is known to have sold under."""
        entries = {one.entry for one in self.under.sold}
        entry = self._column("entry")
        wanted = pc.is_in(entry, pa.array(sorted(entries), entry.type))
        rows = self.rows.append_column("before", self.before).filter(wanted)
        found: dict[int, list[dict[str, Any]]] = {}
        for row in rows.to_pylist():
            found.setdefault(row["entry"], []).append(row)
        return found

    def _people_below(self, *, falls: bool) -> tuple[str, ...]:
        """Those who once ended less than one order below a row at which pay jumps, or falls."""
        found: set[str] = set()
        for one in self.under.sold if self.order is not None else ():
            for row in self._known[one.entry]:
                jump, bound = self.jump(row, one.target), self.bound(row, one.target)
                counts = jump < -self.minor if falls else jump > self.minor
                if counts and self.order is not None and bound - self.order <= one.value < bound:
                    found.add(one.payee)
        return tuple(sorted(found))

    def _people_in(self, test: Any) -> tuple[str, ...]:
        """Those who once ended in a row of a kind."""
        found: set[str] = set()
        for one in self.under.sold:
            rows = self._known[one.entry]
            at = [row for row in rows if self.bound(row, one.target) <= one.value] or rows[:1]
            if test(rows, at[-1]):
                found.add(one.payee)
        return tuple(sorted(found))

    def _people_of_none(self) -> tuple[str, ...]:
        nothing = {
            entry for entry, rows in self._known.items() if not any(row["paid"] for row in rows)
        }
        return tuple(sorted({one.payee for one in self.under.sold if one.entry in nothing}))

    def _more_than_slices(self) -> Decimal | None:
        """What the whole amount paid more than the same rows by slices, in the known periods."""
        if self.rates.on != "amount" or self.imported.counts != "each" or not self.under.sold:
            return None
        upper = self.plan.policies.boundary == "upper"
        more = ZERO
        for one in self.under.sold:
            for row in self._known[one.entry]:
                bound = self.bound(row)
                if one.value >= bound if upper else one.value > bound:
                    more += self.jump(row)
        return round_to(more, self.plan.digits, self.plan.policies.rounding_mode)

    # --- words ------------------------------------------------------------------------------------

    @property
    def _paid_name(self) -> str:
        """What a row pays reads as a share, or as an amount."""
        by_share = self.rates.value == "rate" and self.measure.is_money
        return "rate" if by_share else "paid"

    def _at(self, row: Mapping[str, Any], name: str = "at") -> dict[str, Decimal]:
        found = {name: self.bound(row)}
        if self.rates.on == "attainment":
            found[f"{name}_share"] = row["lower"]
            found["quota"] = self.target or ZERO
        return found

    def _about(self) -> dict[str, str | int]:
        of = self.plan.measure(self.rates.subject) if self.rates.subject else self.measure
        return {
            "component": self.component.id,
            "measure": self.measure.id,
            "is_money": int(of.is_money),
            "by_share": int(of.type == "percent"),
            "currency": self.plan.currency,
            "quota": "assumed" if self.is_assumed else "known" if self.target else "",
            "table": self.imported.name,
            "of_money": int(self.measure.is_money),
        }

    def _finding(
        self,
        code: str,
        severity: Severity,
        found: _Worst,
        amounts: Mapping[str, Decimal],
        people: tuple[str, ...] = (),
        evidence: tuple[str, ...] = (),
        mend: Mend | None = None,
        more: Mapping[str, str | int] | None = None,
    ) -> Finding:
        row = found.rows[0]
        params = {
            **self._about(),
            **(more or {}),
            "count": found.count,
            "keys": found.keys,
            "rows": self.count,
            "row": row["row"],
            "key": row["key"],
            "others": ", ".join(f"{one['row']} ({one['key']})" for one in found.rows[1:]),
        }
        causes = (f"{one['key']}:{one['lower'].normalize()}={one['paid'].normalize()}"
                  for one in found.rows)  # fmt: skip
        return Finding(
            code, severity, self.rates.clause, message(code, amounts, params), dict(amounts),
            people, params, evidence, mend,
            (self.component.id, self.imported.name, self.rates.reading, str(found.count), *causes),
        )  # fmt: skip


def _zero(column: pa.Array) -> pa.Scalar:
    return pa.scalar(ZERO, column.type)


def _is_negative(_rows: Sequence[Mapping[str, Any]], at: Mapping[str, Any]) -> bool:
    return bool(at["paid"] < 0)


def _is_idle_start(rows: Sequence[Mapping[str, Any]], at: Mapping[str, Any]) -> bool:
    """Nothing is paid up to here, though it is further up."""
    below = [row for row in rows if row["lower"] <= at["lower"]]
    return not any(row["paid"] for row in below) and any(row["paid"] for row in rows)


def _is_idle_above(rows: Sequence[Mapping[str, Any]], at: Mapping[str, Any]) -> bool:
    """Nothing more is paid here, though it was further down."""
    return not at["paid"] and any(row["paid"] for row in rows if row["lower"] < at["lower"])


__all__ = ["knows_sold", "rates_of", "refusal", "refused_rows", "tabled"]
