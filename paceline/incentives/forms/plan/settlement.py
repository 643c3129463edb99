"""Settlement in the form: how what is earned becomes payable and is paid."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.choices import Choice, Shape, either
from paceline.incentives.forms.plan.credits import ID
from paceline.incentives.forms.plan.fields import Choices, Path, at, members_at, words_at
from paceline.incentives.forms.plan.parts import Addition, Group, Part, Place, Rows, Value
from paceline.incentives.forms.plan.references import money_components

_PERIOD_HINT = _("As 2026, 2026H1, 2026Q2 or 2026-06.")
_ON_LEAVING: Choices = (
    ("keeps", _("is paid when it falls due")),
    ("pays", _("is paid at once")),
    ("forfeits", _("is forfeited")),
    ("pro-rata", _("is paid pro rata to the time")),
)
_STANDING: Choices = (
    ("pays", _("are paid as usual")),
    ("forfeits", _("are paid nothing")),
    ("pro-rata", _("are paid pro rata")),
)


def _first_period(place: Place) -> str:
    """A period of the plan's kind, as an example to be written over."""
    kind = words_at(place.data, "period")
    return {"year": "2026", "half-year": "2026H1", "month": "2026-01"}.get(kind, "2026Q1")


def _component(place: Place) -> str:
    return next((name for name, _label in money_components(place)), "")


def _targets(place: Place) -> Choices:
    return [("statement", _("the whole statement")), *money_components(place)]


AMOUNT = either(
    "amount", _("Amount"), ("by-payee", _("agreed payee by payee")),
    (_("the same for all"), Value("amount", _("Amount a period"), unit="amount"), "1000.00"),
)  # fmt: skip
FIRST = Value("first_period", _("First period"), hint=_PERIOD_HINT)
LAST = either(
    "last_period", _("Ends"), ("none", _("without an end")),
    (
        _("with a period"),
        Value("last_period", _("Last period"), hint=_PERIOD_HINT),
        "2026Q4",
    ),
)  # fmt: skip

# --- one value each -------------------------------------------------------------------------------

PAYMENT = Group(
    (
        Choice(
            "currency", _("Paid in the currency of"),
            (
                Shape("plan", _("the plan")),
                Shape(
                    "payee", _("the payee"),
                    beside=(
                        Group(
                            (
                                Value(
                                    "rate", _("Kind of exchange rate"),
                                    hint=_("As named in the imported rates, for example average."),
                                ),
                                Value(
                                    "date", _("Exchange rate of"), "choice",
                                    (
                                        ("pay-date", _("the day of payment")),
                                        ("period-end", _("the last day of the period")),
                                    ),
                                ),
                                Value(
                                    "quote", _("Rates are quoted so that one"), "choice",
                                    (
                                        ("multiply", _("multiplies by them")),
                                        ("divide", _("divides by them")),
                                    ),
                                ),
                            ),
                            key="exchange",
                        ),
                    ),
                    starts={
                        "exchange": {"rate": "payment", "date": "pay-date", "quote": "multiply"}
                    },
                ),
            ),
            key="currency",
        ),
        Value(
            "rounding/mode", _("Payments are rounded"), "choice",
            (
                ("half-up", _("halves upwards")),
                ("half-even", _("halves to the even digit")),
                ("down", _("always downwards")),
            ),
        ),
        Value(
            "rounding/stage", _("Rounded at"), "choice",
            (("each-step", _("each step")), ("once", _("the end only"))),
        ),
    ),
    key="payment",
    title=_("Payment"),
)  # fmt: skip
ELIGIBILITY = Group(
    (
        Value(
            "employed_on", _("Employed on"), "choice",
            (
                ("pay-date", _("the day of payment")),
                ("period-end", _("the last day of the period")),
            ),
        ),
        Value("resignation", _("Those who have given notice"), "choice", _STANDING),
        Value("probation", _("Those on probation"), "choice", _STANDING),
        Value(
            "leave", _("Those on leave"), "choice",
            tuple(one for one in _STANDING if one[0] != "forfeits"),
        ),
    ),
    key="eligibility",
    title=_("Who is paid"),
)  # fmt: skip

# --- lists ----------------------------------------------------------------------------------------

LIMITS = Rows(
    "limits", _("Caps and floors"),
    (
        ID,
        Value(
            "kind", _("Kind"), "choice",
            (("cap", _("a cap: at most")), ("floor", _("a floor: at least"))),
        ),
        Value("on", _("It limits"), "choice", _targets),
        Value(
            "per", pgettext_lazy("a limit", "In each"), "choice",
            (("period", _("period")), ("year", _("year"))),
        ),
        Value("amount", _("Amount"), unit="amount"),
    ),
    additions=(
        Addition(
            "limit", _("Add a cap or a floor"),
            lambda _place, name: {
                "id": name, "kind": "cap", "on": "statement", "per": "period",
                "amount": "10000.00",
            },
        ),
    ),
    optional=True,
)  # fmt: skip


def _is_deferred(payout: Place) -> bool:
    """What becomes of parts that fall due later is asked where there are such parts."""
    parts = members_at(payout.data, *payout.path, "parts")
    return any(words_at(one, "on") not in {"", "booking"} for one in parts)


def _with_leaving(source: str, path: Path, value: str) -> str:
    """A part that falls due later needs a word on leavers; good ones keep it, bad ones do not."""
    payout = path[:-2]
    if value == "booking" or at(edit.read(source), *payout, "leaving") is not None:
        return source
    return edit.set_value(source, (*payout, "leaving"), {"good": "keeps", "bad": "forfeits"})


_MONTHS = Value("months", _("Number of months"), unit="whole")
PART: tuple[Part, ...] = (
    Value("share", _("Share paid"), unit="percent"),
    Choice(
        "on", _("Due on"),
        (
            Shape("booking", _("the order")),
            Shape("cash", _("the customer's payment")),
            Shape(
                "return-window", _("the end of a return window"),
                beside=(Value("days", _("Number of days"), unit="whole"),), starts={"days": "30"},
            ),
            Shape("later", _("a later day, all at once"), beside=(_MONTHS,),
                  starts={"months": "12"}),
            Shape("vesting", _("a later day, vesting month by month"), beside=(_MONTHS,),
                  starts={"months": "12"}),
        ),
        key="on",
        after=_with_leaving,
    ),
)  # fmt: skip
PAYOUT = Rows(
    "payout", _("Payment in parts"),
    (
        ID,
        Value("component", _("Components"), "words", money_components),
        Group(
            (
                Value("good", _("What a good leaver is still due"), "choice", _ON_LEAVING),
                Value("bad", _("What a bad leaver is still due"), "choice", _ON_LEAVING),
            ),
            key="leaving", when=_is_deferred,
        ),
        Rows(
            "parts", _("Parts"), PART,
            additions=(
                Addition(
                    "part", _("Add a part"),
                    lambda _place, _name: {"share": "50%", "on": "booking"},
                ),
            ),
            hint=_("The shares add up to 100%."), is_table=True,
        ),
    ),
    additions=(
        Addition(
            "payout", _("Pay a component in parts"),
            lambda place, name: {
                "id": name, "component": _component(place),
                "parts": [{"share": "100%", "on": "booking"}],
            },
        ),
    ),
    optional=True,
)  # fmt: skip

_OWED: tuple[Part, ...] = (
    Value("recovery/from", _("Recovered from the period"), hint=_PERIOD_HINT),
    Value(
        "recovery/share", _("Of each payment at most"), unit="percent",
        hint=_("The share of a payment that recovers the draw."),
    ),
    either(
        "limit", _("Balance owed"), ("none", _("without a limit")),
        (_("up to an amount"), Value("limit", _("At most"), unit="amount"), "5000.00"),
    ),
)  # fmt: skip


def _owed(value: str, label: object) -> Shape:
    return Shape(
        value, label, beside=_OWED,  # type: ignore[arg-type]
        starts={
            "recovery": lambda place: {"from": _first_period(place), "share": "100%"},
            "limit": "none",
        },
    )  # fmt: skip


DRAWS = Rows(
    "draws", _("Draws"),
    (
        ID,
        Choice(
            "kind", _("Kind"),
            (
                _owed("recoverable", _("recoverable: paid back out of later pay")),
                Shape("non-recoverable", _("non-recoverable: never paid back")),
                _owed("forgiven", _("forgiven: what is left at its end is let go")),
            ),
            key="kind",
        ),
        AMOUNT,
        FIRST,
        LAST,
    ),
    additions=(
        Addition(
            "draw", _("Add a draw"),
            lambda place, name: {
                "id": name, "kind": "recoverable", "amount": "1000.00",
                "first_period": _first_period(place), "last_period": "none",
                "recovery": {"from": _first_period(place), "share": "100%"},
                "limit": "none",
            },
        ),
    ),
    hint=_("Pay is lifted to an amount; what was advanced is owed back."),
    optional=True,
)  # fmt: skip
GUARANTEES = Rows(
    "guarantees", _("Guarantees"),
    (ID, AMOUNT, FIRST, LAST),
    additions=(
        Addition(
            "guarantee", _("Add a guarantee"),
            lambda place, name: {
                "id": name, "amount": "1000.00",
                "first_period": _first_period(place), "last_period": _first_period(place),
            },
        ),
    ),
    hint=_("What a payee gets at least, whatever is earned."),
    optional=True,
)  # fmt: skip
CLAWBACKS = Rows(
    "clawbacks", _("Clawbacks"),
    (
        ID,
        Value(
            "on", _("Taken back after"), "choice",
            (
                ("return", _("a return")),
                ("cancellation", _("a cancellation")),
                ("unpaid", _("a bill that is not paid")),
                ("churn", _("a customer who leaves early")),
            ),
        ),
        either(
            "within_days", _("Taken back until"), ("none", _("without an end")),
            (
                _("so many days after the sale"),
                Value("within_days", _("Number of days"), unit="whole"),
                "90",
            ),
        ),
        Value(
            "amount", _("Takes back"), "choice",
            (
                ("full", _("all that was paid on it")),
                ("pro-rata", _("the share for the days that were missing")),
                ("re-rated", _("the difference that a new calculation finds")),
            ),
        ),
        Value(
            "recover_at_most", _("Of each payment at most"), unit="percent",
            hint=_("The share of a payment that it may take."),
        ),
    ),
    additions=(
        Addition(
            "clawback", _("Add a clawback"),
            lambda _place, name: {
                "id": name, "on": "return", "within_days": "90", "amount": "full",
                "recover_at_most": "100%",
            },
        ),
    ),
    optional=True,
)  # fmt: skip

# --- the whole clause -----------------------------------------------------------------------------

_STATED: tuple[Part, ...] = (
    Value("pay_date/days_after_period", _("Paid so many days after the period"), unit="whole"),
    Value(
        "below_zero", _("When more is taken back than earned"), "choice",
        (
            ("carry-forward", _("the rest is carried into the next period")),
            ("collect", _("the rest is collected from the payee")),
        ),
    ),
    Value(
        "retroactivity", _("Differences found for earlier periods"), "choice",
        (
            ("carry-forward", _("come into the next payment")),
            ("ignore", _("are left as they were paid")),
        ),
    ),
    Value(
        "rule_packs", _("Rules of the payee's country"), "choice",
        (("by-country", _("hold")), ("none", _("are not looked at"))),
    ),
    ELIGIBILITY,
    PAYMENT,
    LIMITS,
    PAYOUT,
    DRAWS,
    GUARANTEES,
    CLAWBACKS,
)  # fmt: skip
_START: edit.Content = {
    "pay_date": {"days_after_period": "10"},
    "below_zero": "carry-forward",
    "retroactivity": "carry-forward",
    "rule_packs": "by-country",
    "eligibility": {
        "employed_on": "pay-date",
        "resignation": "pays",
        "probation": "pays",
        "leave": "pro-rata",
    },
    "payment": {"currency": "plan", "rounding": {"mode": "half-up", "stage": "each-step"}},
}
SETTLEMENT = Choice(
    "settlement", _("What is earned"),
    (
        Shape("", _("is settled outside Paceline")),
        Shape(
            "stated", _("is settled and paid by this plan"), mark="*",
            inside=_STATED, starts={"settlement": _START},
        ),
    ),
    key="settlement",
)  # fmt: skip
