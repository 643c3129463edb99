"""What the days of a line decide: its place in windows, who is in the plan, the exchange rate.

A line has two days. Its anchor places it in a period and a window: the day of the order, the
invoice, the shipment, the payment or the end of the return window, as the plan says. The day of the
sale decides who is credited and at which rate: the day of the order, or, for a return under
`returns: as-sold`, the day of the sale that it takes back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import COUNT, DATE, EXCHANGE, PLACE, Kind, col, typed
from paceline.engine.plan.policies import ANCHORS, Policies


def anchor_day(policies: Policies, of: str = "l") -> exp.Expr:
    """The day that places a line in a period; empty while it has not come."""
    return col(ANCHORS[policies.anchor], of)


def sale_day(policies: Policies, of: str = "l") -> exp.Expr:
    """The day on which the line was sold."""
    if policies.returns == "as-sold":
        return c.or_else(col("sold_on", of), col("ordered_on", of), DATE)
    return col("ordered_on", of)


def has_two_days(policies: Policies) -> bool:
    """The two days of a line may differ."""
    return policies.anchor != "booking" or policies.returns == "as-sold"


@dataclass(frozen=True)
class Days:
    """The calendar as the queries join it.

    The table `calendar` has a row for each day, `on_day` by its number, with its slot, its span
    and, for each foreign currency that came in, the rate to the plan's currency. It is joined as
    `k` on the anchor and, where the two days may differ, as `w` on the day of the sale. It is
    joined only if it says anything: with one stretch and one currency every line is in slot 0 at a
    rate of 1.
    """

    policies: Policies
    currencies: tuple[str, ...] = ()  # foreign ones, in order
    has_slots: bool = False
    has_spans: bool = False
    instances: tuple[str, ...] = ()
    has_holes: bool = False  # some day has no rate for some currency
    narrow: tuple[Kind, Kind] | None = None  # amounts and rates whose products fit 18 digits

    @property
    def _has_anchor(self) -> bool:
        ours = self.has_spans or bool(self.instances)
        return ours or (not has_two_days(self.policies) and self._has_sale)

    @property
    def _has_sale(self) -> bool:
        return self.has_slots or bool(self.currencies)

    def join(self, query: exp.Select) -> None:
        """Join the calendar to the lines `l`."""
        two = has_two_days(self.policies)
        at_anchor = {self.policies.hierarchy_date, self.policies.exchange_date} & {"anchor-date"}
        if self._has_anchor or (two and self._has_sale and at_anchor):
            day = c.day_number(anchor_day(self.policies))
            c.join(query, "calendar", "k", exp.EQ(this=col("on_day", "k"), expression=day))
        if two and self._has_sale:
            day = c.day_number(sale_day(self.policies))
            is_it = exp.EQ(this=col("on_day", "w"), expression=day)
            c.join(query, "calendar", "w", is_it, kind="left")

    def _of(self, date_policy: str) -> str:
        """The calendar of a policy: that of the sale, or that of the anchor."""
        two = has_two_days(self.policies)
        return "k" if not two or date_policy == "anchor-date" else "w"

    def slot(self) -> exp.Expr:
        """Who is in the plan and above whom; -1 for a day before anybody was."""
        if not self._has_sale and not self._has_anchor:
            return typed(c.whole(0), PLACE)
        if has_two_days(self.policies) and not self._has_sale:
            return typed(c.whole(0), PLACE)
        calendar = self._of(self.policies.hierarchy_date)
        place = col("slot", calendar)
        # Groups by the bare column are fewer bytes: the database knows its few values.
        return typed(place, PLACE) if calendar == "k" else c.or_else(place, c.whole(-1), PLACE)

    def column(self, name: str) -> exp.Expr:
        """The span, or the number of the day, week, month … that the line's anchor lies in."""
        return col(name, "k")

    def rate(self) -> exp.Expr:
        """The rate from the line's currency to the plan's; empty where there is none."""
        return self._by_currency(c.number(1, EXCHANGE), self._rates(), EXCHANGE)

    def convert(self, value: exp.Expr, kind: c.Kind) -> exp.Expr:
        """A value of the line in the plan's currency; only foreign ones are multiplied."""
        foreign: list[exp.Expr] = [c.times(value.copy(), rate, kind) for rate in self._rates()]
        return self._by_currency(typed(value, kind), foreign, kind)

    def convert_foreign(self, value: exp.Expr, kind: c.Kind) -> exp.Expr | None:
        """A value in the plan's currency where the line's is another; None where none came in."""
        if not self.currencies:
            return None
        branches: list[tuple[exp.Expr, exp.Expr]] = []
        for currency, rate in zip(self.currencies, self._rates(), strict=True):
            branches.append((self._is_in(currency), c.times(value.copy(), rate, kind)))
        return typed(c.when(*branches, otherwise=c.null(kind)), kind)

    @property
    def rate_kind(self) -> Kind:
        """The type of the calendar's rates."""
        return EXCHANGE if self.narrow is None else self.narrow[1]

    def convert_narrowly(self, amount: exp.Expr) -> exp.Expr | None:
        """A whole amount in the plan's currency, its own multiplied by 1, where 18 digits suffice:
        one multiplication of machine words, by the rate that its currency chooses.

        What is in none of the others is in the last of the currencies that came in: one comparison
        less for each line. Files that hold a currency which they do not state are refused.
        """
        if self.narrow is None or not self.currencies:
            return None
        kind, rate_kind = self.narrow
        calendar = self._of(self.policies.exchange_date)
        rates: list[exp.Expr] = [col(rate_name(one), calendar) for one in self.currencies]
        *others, last = zip(self.currencies, rates, strict=True)
        branches: list[tuple[exp.Expr, exp.Expr]] = [(self._is_own(), c.number(1, rate_kind))]
        branches += [(self._is_in(currency), one) for currency, one in others]
        rate = typed(c.when(*branches, otherwise=last[1]), rate_kind)
        product = exp.Mul(this=typed(amount, kind), expression=rate)
        decimals = (kind.scale or 0) + (rate_kind.scale or 0)
        return typed(product, Kind(f"DECIMAL(18, {decimals})", decimals))

    def _rates(self) -> list[exp.Expr]:
        calendar = self._of(self.policies.exchange_date)
        return [typed(col(rate_name(one), calendar), EXCHANGE) for one in self.currencies]

    def _by_currency(self, own: exp.Expr, foreign: list[exp.Expr], kind: c.Kind) -> exp.Expr:
        if not self.currencies:
            return own
        branches = [(self._is_own(), own)]
        for currency, value in zip(self.currencies, foreign, strict=True):
            branches.append((self._is_in(currency), value))
        return typed(c.when(*branches, otherwise=c.null(kind)), kind)

    def _is_own(self) -> exp.Expr:
        return exp.EQ(this=col("currency", "l"), expression=c.plan_currency())

    def _is_in(self, currency: str) -> exp.Expr:
        return exp.EQ(this=col("currency", "l"), expression=c.text(currency))

    def unrated(self) -> exp.Expr:
        """How many lines of a group have no rate."""
        if not self.has_holes:
            return typed(c.whole(0), COUNT)
        return c.minus(c.count_rows(), exp.Count(this=self.rate()), COUNT)


def rate_name(currency: str) -> str:
    """The calendar's column of a currency's rates."""
    return f"rate {currency}"
