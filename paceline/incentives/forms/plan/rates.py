"""Rate tables in the form: tiers, what they are read by, and the days on which they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.changes import put
from paceline.incentives.forms.plan.choices import Choice, Shape
from paceline.incentives.forms.plan.fields import (
    Choices,
    Data,
    Path,
    at,
    ids_of,
    members_at,
    words_at,
)
from paceline.incentives.forms.plan.grids import ACROSS, PAID, Columns, paid_by, rates_of, tiers_of
from paceline.incentives.forms.plan.parts import Addition, Group, Part, Place, Rows, Value
from paceline.incentives.forms.plan.references import first, ids, text_columns
from paceline.incentives.queries.rate_rows import names_known
from paceline.kernel.periods import month_from

FIRST_CHANGE = date(2026, 7, 1)  # an example in a new form, for the writer to change
_PERIODS = ("month", "quarter", "half-year", "year")
_STRETCHES = ("transaction", "day", "week", "half-month", *_PERIODS)


def _pays(key: str) -> Callable[[Place], bool]:
    return lambda tier: paid_by(rates_of(tier)) == key


def _may_be_marginal(tier: Place) -> bool:
    rates = rates_of(tier)
    is_whole = words_at(rates, "reading") == "whole" and paid_by(rates) == "rate"
    return is_whole and at(rates, "across") is None and words_at(rates, "on") != "measure"


TIER: tuple[Part, ...] = (
    Value("from", pgettext_lazy("start of a tier", "From"), unit="bound"),
    Value("to", pgettext_lazy("end of a tier", "To"), optional=True, unit="bound"),
    *(Value(key, label, when=_pays(key), unit="bound") for key, _choice, label, _start in PAID),
    Columns(),
    Value(
        "marginal", _("Only its own slice"), "choice",
        (("no", _("no")), ("yes", _("yes"))), optional=True, default="no", when=_may_be_marginal,
    ),
)  # fmt: skip


def new_tier(place: Place, _name: str) -> edit.Content:
    """The next tier: where the last starts plus 50 points of attainment, at the same pay."""
    rates = rates_of(place)
    tiers = members_at(place.data, *place.path)
    key = paid_by(rates)
    usual = next(start for one, _choice, _label, start in PAID if one == key)
    if not tiers:
        by_quota = words_at(rates, "on") == "attainment"
        return {"from": "0%" if by_quota else "0.00", key: usual}
    last = tiers[-1]
    start = words_at(last, "from")
    paid = last.get(key)
    pay = paid if isinstance(paid, str) else list(map(str, paid if isinstance(paid, list) else []))
    if start.endswith("%") and start[:-1].isdigit():
        return {"from": f"{int(start[:-1]) + 50}%", key: pay or usual}
    whole = start.partition(".")[0]
    return {"from": f"{int(whole) + 10_000}.00" if whole.isdigit() else "", key: pay or usual}


TIERS = Rows(
    "tiers", _("Tiers"), TIER,
    additions=(Addition("tier", _("Add a tier"), new_tier),),
    hint=_("A tier ends where the next begins; “to” may stay empty."),
    is_table=True,
)  # fmt: skip


def new_rates(place: Place) -> Mapping[str, edit.Content]:
    quotas = ids_of(place.data, "quotas")
    if quotas:
        tiers: edit.Content = [{"from": "0%", "rate": "1%"}]
        return {"reading": "slice", "on": "attainment", "quota": quotas[0], "tiers": tiers}
    return {"reading": "slice", "on": "amount", "tiers": [{"from": "0.00", "rate": "1%"}]}


# --- what a choice does to the tiers --------------------------------------------------------------


def _after_on(source: str, path: Path, value: str) -> str:
    """Between tiers by attainment and by amount. Only 0 means the same in both; other starts are
    left for the writer to say anew, and the form asks for them."""
    for own, tier in list(tiers_of(edit.read(source), path)):
        if words_at(tier, "from") in {"0", "0%", "0.00"}:
            start = "0%" if value == "attainment" else "0.00"
            source = edit.set_value(source, (*own, "from"), start)
    return source


def _pay_anew(source: str, path: Path, value: str) -> str:
    """Every tier pays something else: a share of a target from a rate, an amount from neither."""
    usual = next(start for key, _choice, _label, start in PAID if key == value)
    rates = at(edit.read(source), *path)
    old = paid_by(rates)
    if old == value:
        return source
    for own, tier in list(tiers_of(edit.read(source), path)):
        stated = tier.get(old)
        keeps = "amount" not in {old, value}
        content: edit.Content = usual
        if isinstance(stated, list):
            content = [str(one) if keeps else usual for one in stated]
        elif keeps and isinstance(stated, str):
            content = stated
        source = put(source, (*own, value), content)
        if stated is not None:
            source = edit.remove(source, (*own, old))
    if value != "rate" and words_at(rates, "reading") == "slice":
        source = edit.set_value(source, (*path, "reading"), "whole")
    return source


# --- the table ------------------------------------------------------------------------------------


def _accumulates_parts(rates: Place) -> bool:
    """Bounds of each stretch make sense where a stretch is shorter than the period."""
    component = rates.around
    window = component.says("accumulation") or words_at(rates.data, "policies", "accumulation")
    period = words_at(rates.data, "period")
    is_listed = rates.has("dated") or rates.has("table")
    if window not in _STRETCHES or period not in _PERIODS or is_listed:
        return False
    is_shorter = _STRETCHES.index(window) < _STRETCHES.index(period)
    return is_shorter and len(members_at(rates.data, *rates.path, "tiers")) < 2


READING = Value(
    "reading", _("A rate applies to"), "choice",
    (
        ("slice", _("the part inside its tier")),
        ("whole", _("the whole amount")),
        ("interpolated", _("in step from tier to tier")),
    ),
    redraws=True,
)  # fmt: skip
ON = Choice(
    "on", _("Tiers by"),
    (
        Shape(
            "attainment", _("attainment of a quota"),
            beside=(Value("quota", _("Quota"), "choice", ids("quotas")),),
            starts={"quota": first("quotas")},
        ),
        Shape("amount", _("amount of the measure")),
        Shape(
            "measure", _("another measure"),
            beside=(Value("by", _("The other measure"), "choice", ids("measures")),),
            starts={"by": first("measures")},
        ),
    ),
    key="on",
    after=_after_on,
)  # fmt: skip
TIERS_PAY = Choice(
    "tiers-pay", _("Each tier pays"),
    tuple(Shape(key, choice) for key, choice, _label, _start in PAID),
    read=lambda place: paid_by(place.here),
    when=lambda rates: not rates.has("table"),
    after=_pay_anew,
)  # fmt: skip


def _is_later(table: Place) -> bool:
    """The first tiers hold since ever; the others say from when on."""
    return table.path[-1] != 0


def _first_tiers(rates: Place) -> edit.Content:
    """The tiers of the first day, when they no longer change."""
    return _copied(at(rates.here, "dated", 0, "tiers")) or [{"from": "0.00", "rate": "1%"}]


def _copied(found: Data) -> edit.Content:
    """Part of a document, to be written again."""
    if isinstance(found, Mapping):
        return {str(key): _copied(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_copied(one) for one in found]
    return str(found or "")


def _later_tiers(place: Place, _name: str) -> edit.Content:
    """Further tiers begin as those before them, a month later; the writer says the day."""
    tables = members_at(place.data, *place.path)
    tiers = _copied(tables[-1].get("tiers")) if tables else [{"from": "0.00", "rate": "1%"}]
    try:
        starts_on = month_from(date.fromisoformat(str(tables[-1].get("from", ""))), 1)
    except (IndexError, ValueError):  # the first set has no day, and a day may be half written
        starts_on = FIRST_CHANGE
    return {"from": str(starts_on), "tiers": tiers}


def _known_tables(_place: Place) -> Choices:
    return [(name, name) for name in names_known()]


def _key_columns(place: Place) -> Choices:
    return [("payee_id", _("payee")), *text_columns(place)]


TABLE = Group(
    (
        Value("name", _("Table of rates"), "choice", _known_tables),
        Value("by", _("Asked by"), "words", _key_columns),
        Value(
            "pays", _("Each row pays"), "choice",
            (("rate", _("a rate")), ("amount", _("an amount"))),
        ),
        Value(
            "counts", _("The tiers count"), "choice",
            (
                ("each", _("what was sold under each key")),
                ("all", _("the whole measure")),
            ),
            when=lambda table: table.around.says("on") == "amount",
        ),
        Value(
            "missing", _("A line without a row"), "choice",
            (("refuse", _("refuses the run")), ("nothing", _("earns nothing, and is noted"))),
        ),
    ),
    key="table",
    hint=_("Rows come from files, under Pay terms."),
)  # fmt: skip
DATED = Choice(
    "dated", _("The tiers"),
    (
        Shape("one", _("hold on all days"), beside=(TIERS,), starts={"tiers": _first_tiers}),
        Shape(
            "dated", _("change on a day"),
            beside=(
                Value(
                    "change", _("When they change, the running total"), "choice",
                    (
                        ("carry-on", _("carries on")),
                        ("anew", _("begins anew")),
                        ("last-day", _("counts by the tiers of its last day")),
                    ),
                ),
                Rows(
                    "dated", _("Tiers by days"),
                    (
                        Value("from", _("From the day"), "day", when=_is_later),
                        Value(
                            "before", _("Before the day"), "day", optional=True,
                            hint=_("May stay empty: they end where the next begin."),
                        ),
                        TIERS,
                    ),
                    additions=(Addition("tiers", _("Add tiers from a day on"), _later_tiers),),
                ),
            ),
            starts={
                "change": "carry-on",
                "dated": lambda rates: [
                    {"tiers": _copied(at(rates.here, "tiers"))},
                    {"from": str(FIRST_CHANGE), "tiers": _copied(at(rates.here, "tiers"))},
                ],
            },
        ),
        Shape(
            "table", _("are rows of a table of rates"), beside=(TABLE,),
            starts={
                "table": lambda rates: {
                    "name": next(iter(names_known()), "price-list"), "by": ["product"],
                    "pays": "amount" if paid_by(rates.here) == "amount" else "rate",
                    **({"counts": "each"} if rates.says("on") == "amount" else {}),
                    "missing": "refuse",
                },
            },
        ),
    ),
    read=lambda rates: next((one for one in ("dated", "table") if rates.has(one)), "one"),
)  # fmt: skip
RATES = Group(
    (
        READING,
        ON,
        TIERS_PAY,
        ACROSS,
        DATED,
        Group(
            (
                Value("floor", _("Each one earns at least"), optional=True, unit="amount"),
                Value("cap", _("Each one earns at most"), optional=True, unit="amount"),
            ),
            key="each",
            title=_("Bounds of each sale or stretch"),
            when=_accumulates_parts,
        ),
    ),
    key="rates",
)  # fmt: skip
