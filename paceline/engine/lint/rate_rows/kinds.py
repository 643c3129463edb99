"""Findings in rows: what written tiers are looked at for, in up to two million rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.lint.costs import cut, margin_of
from paceline.engine.lint.findings import Finding, Mend, Severity
from paceline.engine.lint.history import History
from paceline.engine.lint.mends import into_slices, without_cap
from paceline.engine.lint.messages import message
from paceline.engine.lint.rate_rows.rows import PRODUCT, ZERO, Rows, Worst
from paceline.engine.money import EXACT, round_to

CLIFF = ("kishore-2013", "larkin-2014", "oyer-1998")


class Looking(Rows):
    """Each kind of finding, one after the other."""

    def jumps(self) -> Iterator[Finding]:
        """Where a row of a whole-amount table begins pay jumps, or falls, at once."""
        minor = pa.scalar(self.minor, PRODUCT)
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
            pc.less(self._jumps, pa.scalar(-self.minor, PRODUCT)), self._jumps, least=True
        )
        if falls is not None:
            yield self._jump("rates_fall", "serious", falls, self._people_below(falls=True))

    def _jump(
        self,
        code: str,
        severity: Severity,
        found: Worst,
        people: tuple[str, ...],
        *,
        cost: Decimal | None = None,
        mend: Mend | None = None,
    ) -> Finding:
        row = found.rows[0]
        mode = self.plan.policies.rounding_mode
        below, above = (round_to(one, self.plan.digits, mode) for one in self.sides(row))
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

    def above_whole(self) -> Iterator[Finding]:
        """Rates of more than 100 % of an amount of money, as when 5 is written for 0.05."""
        if self.rates.value != "rate" or not self.measure.is_money:
            return
        found = self.worst(pc.greater(self.paid, pa.scalar(Decimal(1), self.paid.type)), self.paid)
        if found is None:
            return
        row = found.rows[0]
        amounts = self._at(row, "from") | {"rate": row["paid"]}
        yield self._finding("rates_above_whole", "serious", found, amounts)

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

    def caps(self) -> Iterator[Finding]:
        """A cap that held back what all keys earned together in known periods, or was near it."""
        cap, together = self.limits.cap, self.together
        if cap is None or not together:
            return
        lost: dict[str, Decimal] = {}
        for (payee, _), sold in together.items():
            over = self._sum(sold) - cap
            least = self.limits.least
            if over > 0 and (least is None or self._value(sold) >= least):
                lost[payee] = lost.get(payee, ZERO) + over
        if not lost:
            return
        held = round_to(sum(lost.values(), ZERO), self.plan.digits)
        amounts = {"cap": cap, "lost": held}
        params = {**self._about(), "held": len(lost), "known": 1}
        yield Finding(
            "cap_in_reach", "warning", f"{self.component.clause}/cap",
            message("cap_of_keys", amounts, params), amounts, tuple(sorted(lost)), params,
            ("misra-nair-2011", "cui-raju-shi"), without_cap(self.plan, self.component),
            (self.component.id, str(cap.normalize())),
        )  # fmt: skip

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
        found: Worst,
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
