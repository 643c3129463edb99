"""The measures: what each is called, what it says in words, and which facts it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Unit = Literal["money", "number", "percent", "hours"]
Text = str | Promise
Facts = Mapping[str, Decimal]

STEP = Decimal("0.00000001")

# Where facts come from, and what each source can be split and narrowed by.
SALES, CUSTOMERS, QUOTAS, PAY, DEALS, MOVES, FEEDBACK, REPLIES = (
    "sales", "customers", "quotas", "pay", "deals", "moves", "feedback", "replies",
)  # fmt: skip
SOURCE_OF = {
    **dict.fromkeys(("sold", "returned", "cost", "costed", "units", "orders", "lines"), SALES),
    **dict.fromkeys(("buyers", "new_buyers", "repeat_buyers"), CUSTOMERS),
    **dict.fromkeys(("quota", "holders_sold", "holders_returned"), QUOTAS),
    **dict.fromkeys(("credited", "earned"), PAY),
    **dict.fromkeys(("won", "lost", "won_amount", "days_to_win"), DEALS),
    "entered": MOVES,
    **dict.fromkeys(("feedback", "settled", "hours_to_settle"), FEEDBACK),
    **dict.fromkeys(("answered", "hours_to_reply", "in_time", "replies_due"), REPLIES),
}
SOURCES: dict[str, Text] = {
    SALES: _("Order lines and returns, on the day of the order or return, by the person named"),
    CUSTOMERS: _("Customers named on order lines"),
    QUOTAS: _("Standing quotas of people for sales"),
    PAY: _("Released statements of pay periods that lie wholly in the days"),
    DEALS: _("Deals by the day on which they were won or lost"),
    MOVES: _("Deals by the day on which they came into a stage"),
    FEEDBACK: _("Customer feedback by the day on which it came, for whoever looks after it"),
    REPLIES: _("Leads and questions of customers by the day on which they arrived"),
}
SPLITS: dict[str, tuple[str, ...]] = {
    SALES: (
        "team", "person", "channel", "category", "product", "territory", "currency", "customer",
    ),
    CUSTOMERS: ("team", "person", "channel", "territory", "currency"),
    QUOTAS: ("team", "person"),
    PAY: ("team", "person", "currency"),
    DEALS: ("team", "person", "pipeline", "origin", "currency"),
    MOVES: ("stage", "team", "person", "pipeline", "origin"),
    FEEDBACK: ("team", "person", "kind", "severity"),
    REPLIES: ("team", "person", "origin"),
}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """``above`` adds facts with their signs; with ``below`` it is a share or a mean of those.

    ``good`` says which way is better: ``up``, ``down`` or neither.
    """

    key: str
    name: Text
    definition: Text
    unit: Unit
    above: Mapping[str, int]
    below: Mapping[str, int] = field(default_factory=dict)
    good: str = "up"

    @property
    def facts(self) -> frozenset[str]:
        return frozenset(self.above) | frozenset(self.below)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(SOURCE_OF[one] for one in (*self.above, *self.below)))

    @property
    def splits(self) -> tuple[str, ...]:
        """What it can be split and narrowed by: what all its sources know."""
        first, *others = self.sources
        return tuple(one for one in SPLITS[first] if all(one in SPLITS[other] for other in others))

    @property
    def adds_up(self) -> bool:
        """Whether parts add up to the whole: no shares, and no people who may be in two parts."""
        return not self.below and CUSTOMERS not in self.sources

    def of(self, facts: Facts) -> Decimal | None:
        """Its value; ``None`` where it is a share of nothing, or of what is not known."""
        if self.below and not any(fact in facts for fact in self.above):
            return None
        above = _sum(self.above, facts)
        if not self.below:
            return above
        below = _sum(self.below, facts)
        return None if not below else (above / below).quantize(STEP)


def _sum(signs: Mapping[str, int], facts: Facts) -> Decimal:
    return sum((facts.get(fact, Decimal(0)) * sign for fact, sign in signs.items()), Decimal(0))


NET = {"sold": 1, "returned": -1}

MEASURES: dict[str, Measure] = {
    one.key: one
    for one in (
        Measure(
            "net_sales",
            _("Net sales"),
            _(
                "What was sold less what came back, net of tax and discount. A sale counts on the"
                " day of its order, a return on its own day, both for the person whom the line"
                " names; shares of credit do not change it."
            ),
            "money",
            NET,
        ),
        Measure(
            "gross_sales",
            _("Gross sales"),
            _("What was sold, net of tax and discount, before returns."),
            "money",
            {"sold": 1},
        ),
        Measure(
            "returns",
            _("Returns"),
            _("What came back, on the day of the return, as a positive amount."),
            "money",
            {"returned": 1},
            good="down",
        ),
        Measure(
            "return_rate",
            _("Return rate"),
            _("Returns divided by gross sales of the same days, not of the same orders."),
            "percent",
            {"returned": 1},
            {"sold": 1},
            good="down",
        ),
        Measure(
            "orders",
            _("Orders"),
            _(
                "Orders with at least one sale, each counted once, by its first line. Split or"
                " narrowed by product or category an order counts for each that it holds."
            ),
            "number",
            {"orders": 1},
        ),
        Measure(
            "units",
            _("Units"),
            _("Quantity sold less quantity returned."),
            "number",
            {"units": 1},
        ),
        Measure(
            "order_value",
            _("Mean order value"),
            _("Gross sales divided by orders."),
            "money",
            {"sold": 1},
            {"orders": 1},
        ),
        Measure(
            "margin",
            _("Gross margin"),
            _("Net sales less cost, over those lines alone whose cost is known."),
            "money",
            {"costed": 1, "cost": -1},
        ),
        Measure(
            "margin_rate",
            _("Gross margin rate"),
            _("Gross margin divided by the net sales of the lines whose cost is known."),
            "percent",
            {"costed": 1, "cost": -1},
            {"costed": 1},
        ),
        Measure(
            "customers",
            _("Buying customers"),
            _("Different customers with at least one order in the days; nameless ones left out."),
            "number",
            {"buyers": 1},
        ),
        Measure(
            "new_customers",
            _("New customers"),
            _(
                "Customers whose first order of all, whoever sold it, lies in the days. History"
                " that was never brought in makes old customers look new."
            ),
            "number",
            {"new_buyers": 1},
        ),
        Measure(
            "repeat_customers",
            _("Returning customers"),
            _("Customers who bought in the days and had already bought before them."),
            "number",
            {"repeat_buyers": 1},
        ),
        Measure(
            "repeat_rate",
            _("Share of returning customers"),
            _("Returning customers divided by buying customers."),
            "percent",
            {"repeat_buyers": 1},
            {"buyers": 1},
        ),
        Measure(
            "customer_value",
            _("Sales per customer"),
            _(
                "Net sales divided by buying customers of the days. Over all days since the first"
                " order this is the mean lifetime value of a customer. Lines without a customer's"
                " name count among the sales alone."
            ),
            "money",
            NET,
            {"buyers": 1},
        ),
        Measure(
            "quota",
            pgettext_lazy("measure", "Quota"),
            _("Standing quotas of people, each spread evenly over its days."),
            "money",
            {"quota": 1},
            good="",
        ),
        Measure(
            "attainment",
            pgettext_lazy("measure", "Attainment"),
            _(
                "Net sales of the people who have a quota in the days, divided by the quota of"
                " these days. Plans may measure otherwise: pay follows the statement, not this."
            ),
            "percent",
            {"holders_sold": 1, "holders_returned": -1},
            {"quota": 1},
        ),
        Measure(
            "credited",
            pgettext_lazy("measure", "Credited"),
            _("What released statements credit. It stands on the last day of the pay period."),
            "money",
            {"credited": 1},
            good="",
        ),
        Measure(
            "earned",
            pgettext_lazy("measure", "Earned"),
            _("What released statements say was earned, on the last day of the pay period."),
            "money",
            {"earned": 1},
            good="",
        ),
        Measure(
            "cost_of_sales",
            _("Cost of sales"),
            _(
                "Earned divided by net sales of the same people and days: what variable pay costs"
                " of each unit sold. Base pay is not in it."
            ),
            "percent",
            {"earned": 1},
            NET,
            good="down",
        ),
        Measure(
            "deals_won",
            _("Deals won"),
            _("Deals that were won, by the day on which they were closed."),
            "number",
            {"won": 1},
        ),
        Measure(
            "deals_amount",
            _("Amount of deals won"),
            _("The amounts of won deals; deals without an amount count as nothing."),
            "money",
            {"won_amount": 1},
        ),
        Measure(
            "win_rate",
            _("Win rate"),
            _("Deals won divided by deals won or lost, by the day on which they were closed."),
            "percent",
            {"won": 1},
            {"won": 1, "lost": 1},
        ),
        Measure(
            "stage_entries",
            _("Deals into stages"),
            _(
                "How often deals came into a stage, by the day on which they came. A deal that came"
                " twice counts twice."
            ),
            "number",
            {"entered": 1},
        ),
        Measure(
            "feedback",
            _("Customer feedback"),
            _("What customers said of us, by the day on which it came."),
            "number",
            {"feedback": 1},
            good="",
        ),
        Measure(
            "time_to_settle",
            _("Time until feedback is settled"),
            _("Mean hours from when feedback came until it was settled; open ones left out."),
            "hours",
            {"hours_to_settle": 1},
            {"settled": 1},
            good="down",
        ),
        Measure(
            "response_time",
            _("Response time"),
            _(
                "Mean hours of the team's working time from when a lead or question arrived until"
                " the first reply; what nobody answered is left out."
            ),
            "hours",
            {"hours_to_reply": 1},
            {"answered": 1},
            good="down",
        ),
        Measure(
            "replies_in_time",
            _("Replies in time"),
            _(
                "Replies within the team's time, divided by what was answered or is past that"
                " time; what was closed without a reply is left out."
            ),
            "percent",
            {"in_time": 1},
            {"replies_due": 1},
        ),
    )
}
