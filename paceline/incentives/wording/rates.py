"""Rate tables: how they are read, by what, and what each tier pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.incentives.calculation.documents import (
    Component,
    Dated,
    Measure,
    Plan,
    RateTable,
    Tier,
)
from paceline.incentives.wording.clauses import Clause
from paceline.incentives.wording.formulas import column_named
from paceline.incentives.wording.names import in_type, in_unit, named
from paceline.incentives.wording.policies import stretch_sentence
from paceline.kernel import formats
from paceline.kernel.formats import listed

Bound = Callable[[Decimal], str]


def rate_clauses(plan: Plan, component: Component, rates: RateTable) -> Iterator[Clause]:
    yield Clause(rates.clause, _reading(plan, rates))
    if component.accumulation is not None:
        text = stretch_sentence(plan, component.accumulation)
        yield Clause(f"{component.clause}/accumulation", text)
    for dimension, name in enumerate(rates.across):
        member = f"/{dimension + 1}" if len(rates.across) > 1 else ""
        yield Clause(f"{rates.clause}/across{member}", _columns(plan, rates, dimension, name))
    if rates.floor is not None or rates.cap is not None:
        yield Clause(f"{rates.clause}/each", _each(plan, component, rates))
    if rates.change is not None:
        yield Clause(f"{rates.clause}/change", _change(plan, rates))
    if rates.imported is not None:
        yield from _imported(rates)
    for dated in rates.dated:  # each set of days before its own tiers
        yield Clause(dated.clause, _days(rates, dated))
        yield from _tiers(plan, component, rates, dated.tiers)
    if not rates.dated:
        yield from _tiers(plan, component, rates, rates.tiers)


def _tiers(
    plan: Plan, component: Component, rates: RateTable, tiers: Sequence[Tier]
) -> Iterator[Clause]:
    cells = groupby(tiers, lambda tier: (tier.clause, tier.lower, tier.upper))
    for place, row in enumerate([list(same) for _key, same in cells]):
        yield Clause(row[0].clause, _tier(plan, component, rates, place, row))


def _imported(rates: RateTable) -> Iterator[Clause]:
    """Which table of rates is asked, by what, and what becomes of lines without a row."""
    imported = rates.rows
    values = {"name": imported.name, "columns": listed(map(column_named, imported.by))}
    text = _("The rates are the rows “%(name)s” of the tables of rates, by %(columns)s.")
    yield Clause(imported.clause, text % values)
    if rates.on == "amount":
        text = _("The tiers count the whole measure.")
        if imported.counts == "each":
            text = _("The tiers of each key count what was sold under it.")
        yield Clause(f"{imported.clause}/counts", text)
    text = _("A line for which there is no row earns nothing, and the run says so.")
    if imported.missing == "refuse":
        text = _("A line for which there is no row refuses the run.")
    yield Clause(f"{imported.clause}/missing", text)


def _change(plan: Plan, rates: RateTable) -> str:
    if rates.by_last_day:
        return _("The tiers that hold on the last day of what is added up count and pay all of it.")
    if rates.decided_by:
        measures = listed(named(plan.measure(name)) for name in rates.decided_by)
        if rates.change == "anew":
            text = _(
                "When the tiers change, the running total begins anew; of %(measures)s, too, each"
                " set of tiers sees its own days only."
            )
        else:
            text = _(
                "When the tiers change, the running total carries on; of %(measures)s, too, each"
                " set of tiers sees all days."
            )
        return text % {"measures": measures}
    if rates.change == "anew":
        return _("When the tiers change, the running total begins anew.")
    return _("When the tiers change, the running total carries on.")


def days_of(rates: RateTable, tier: Tier) -> str:
    """When a tier of a dated table holds; empty where it always does."""
    days = _held(rates, rates.dated[tier.version]) if rates.dated else (None, None)
    return formats.span_of_days(*days) if any(days) else ""


def _held(rates: RateTable, dated: Dated) -> tuple[date | None, date | None]:
    """From which day until before which a set of tiers holds; None: since ever, for ever."""
    days = [one.starts_on for one in rates.dated]
    following = days.index(dated.starts_on) + 1
    return dated.starts_on, days[following] if following < len(days) else None


def _days(rates: RateTable, dated: Dated) -> str:
    """From when until when a set of tiers holds, as a sentence."""
    starts_on, ends_before = _held(rates, dated)
    values = {
        "from": "" if starts_on is None else formats.day(starts_on),
        "until": "" if ends_before is None else formats.day(ends_before - timedelta(days=1)),
    }
    if ends_before is None:
        if starts_on is None:
            return _("These tiers hold on all days.")
        return _("From %(from)s on these tiers hold.") % values
    if starts_on is None:
        return _("Through %(until)s these tiers hold.") % values
    return _("From %(from)s through %(until)s these tiers hold.") % values


def what_is_paid(plan: Plan, component: Component, rates: RateTable) -> str:
    """On what a component pays, and by what its tiers are found."""
    values = {
        "measure": named(plan.measure(component.measure or "")),
        "quota": "" if rates.quota is None else named(plan.quota(rates.quota)),
        "subject": "" if rates.subject is None else named(plan.measure(rates.subject)),
    }
    if rates.value != "rate":
        if rates.on == "attainment":
            return _("Pays an amount that depends on attainment of %(quota)s.") % values
        if rates.on == "measure":
            return _("Pays an amount that depends on the measure %(subject)s.") % values
        return _("Pays an amount that depends on the measure %(measure)s.") % values
    if rates.on == "attainment":
        text = _(
            "Paid on the measure %(measure)s, at rates that depend on attainment of %(quota)s."
        )
        return text % values
    if rates.on == "measure":
        text = _("Paid on the measure %(measure)s, at rates that depend on %(subject)s.")
        if rates.by_shares:
            text = _("Paid on the measure %(measure)s, at rates by tiers that %(subject)s fills.")
        return text % values
    return _("Paid on the measure %(measure)s, at rates that depend on its amount.") % values


def _reading(plan: Plan, rates: RateTable) -> str:
    if rates.across:
        across = listed(named(plan.measure(name)) for name in rates.across)
        if rates.value != "rate":
            text = _("The cell in which the tier and %(across)s meet is what is paid.")
        else:
            text = _("The rate of the cell in which the tier and %(across)s meet applies to all.")
        return text % {"across": across}
    if rates.reading == "interpolated":
        return _("A tier that is filled pays its amount; one that is partly filled, that part.")
    if rates.value != "rate":
        return _("The tier that is reached says what is paid.")
    if rates.reading == "whole":
        return _("The rate of the tier that is reached applies to the whole amount.")
    if rates.by_shares:
        return _(
            "From order line to order line, the amount earns the rates of the tiers that the line's"
            " count lies in, in proportion."
        )
    return _("Each part of the amount earns the rate of the tier in which it lies.")


def _columns(plan: Plan, rates: RateTable, dimension: int, name: str) -> str:
    measure = plan.measure(name)
    firsts = dict.fromkeys(tier.across[dimension][0] for tier in rates.tiers)
    starts = listed(in_type(plan, measure.type, start) for start in firsts)
    text = _("The columns are chosen by %(measure)s and begin at %(starts)s.")
    return text % {"measure": named(measure), "starts": starts}


def _each(plan: Plan, component: Component, rates: RateTable) -> str:
    window = component.accumulation or plan.policies.accumulation
    values = {
        "floor": "" if rates.floor is None else in_unit(plan, component.unit, rates.floor),
        "cap": "" if rates.cap is None else in_unit(plan, component.unit, rates.cap),
    }
    if window == "transaction":
        if rates.cap is None:
            return _("Each order line earns at least %(floor)s.") % values
        if rates.floor is None:
            return _("Each order line earns at most %(cap)s.") % values
        return _("Each order line earns at least %(floor)s and at most %(cap)s.") % values
    if rates.cap is None:
        return _("Each of these stretches earns at least %(floor)s.") % values
    if rates.floor is None:
        return _("Each of these stretches earns at most %(cap)s.") % values
    return _("Each of these stretches earns at least %(floor)s and at most %(cap)s.") % values


# --- tiers ----------------------------------------------------------------------------------------


def bound_of(plan: Plan, component: Component, rates: RateTable) -> Bound:
    """How the bounds of a table's tiers are written."""
    if rates.on == "attainment":
        return quota_share
    subject = plan.measure(rates.subject or component.measure or "")
    return lambda value: in_type(plan, subject.type, value)


def quota_share(value: Decimal) -> str:
    return _("%(share)s of quota") % {"share": formats.percent(value)}


def paid_by(plan: Plan, component: Component, rates: RateTable, tier: Tier) -> str:
    """What a tier states: a rate, an amount, or a share of the target incentive."""
    if rates.value == "amount":
        return in_unit(plan, component.unit, tier.rate)
    if rates.value == "target_share":
        return _("%(share)s of the target incentive") % {"share": formats.rate(tier.rate)}
    return rate_of(plan, component, plan.measure(component.measure or ""), tier.rate)


def rate_of(plan: Plan, component: Component, measure: Measure, rate: Decimal) -> str:
    if measure.is_money:
        return formats.rate(rate)
    return _("%(amount)s per unit") % {"amount": in_unit(plan, component.unit, rate)}


def _tier(plan: Plan, component: Component, rates: RateTable, place: int, row: list[Tier]) -> str:
    """One tier; the side of its boundary is said where it matters: where tables are read whole."""
    tier = row[0]
    bound = bound_of(plan, component, rates)
    values = {
        "measure": named(plan.measure(component.measure or "")),
        "rate": _cells(plan, component, rates, row),
        "from": bound(tier.lower),
        "to": "" if tier.upper is None else bound(tier.upper),
    }
    if rates.by_shares:
        values["subject"] = named(plan.measure(rates.subject or ""))
        return _share(place, tier) % values
    if rates.reading == "slice" or tier.marginal:
        return _slice(place, tier) % values
    if rates.reading == "interpolated":
        return _("From %(from)s to %(to)s up to %(rate)s is paid, in step.") % values
    if rates.value == "rate" and rates.on != "measure" and not rates.across:
        whole = _whole_upper if plan.policies.boundary == "upper" else _whole_lower
        return whole(place, tier) % values
    values["where"] = _where(plan, place, tier) % {
        **values,
        "subject": _subject(plan, component, rates),
    }
    if rates.value == "rate":
        return _("%(where)s: all of %(measure)s earns %(rate)s.") % values
    return _("%(where)s: %(rate)s is paid.") % values


def _subject(plan: Plan, component: Component, rates: RateTable) -> str:
    if rates.quota is not None:
        return named(plan.quota(rates.quota))
    return named(plan.measure(rates.subject or component.measure or ""))


def _cells(plan: Plan, component: Component, rates: RateTable, row: list[Tier]) -> str:
    """What a tier pays; in a grid, column by column."""
    if not rates.across:
        return paid_by(plan, component, rates, row[0])
    text = _("%(rate)s from %(start)s of %(measure)s")
    if len(rates.across) > 1:
        text = _("%(rate)s (from %(starts)s on)")
    return listed(
        text % {"rate": paid_by(plan, component, rates, tier), **_column(plan, rates, tier)}
        for tier in row
    )


def _column(plan: Plan, rates: RateTable, tier: Tier) -> dict[str, str]:
    """Where the column of a cell begins, in each dimension."""
    measures = [plan.measure(name) for name in rates.across]
    pairs = list(zip(measures, tier.across, strict=True))
    starts = [(in_type(plan, one.type, start), named(one)) for one, (start, _end) in pairs]
    text = pgettext("where a column of a grid begins", "%(start)s of %(measure)s")
    return {
        "start": starts[0][0],
        "measure": starts[0][1],
        "starts": " · ".join(text % {"start": start, "measure": name} for start, name in starts),
    }


def _where(plan: Plan, place: int, tier: Tier) -> str:
    """The values that a tier takes, with the side of its bounds."""
    if tier.upper is None and place == 0:
        return _("Whatever %(subject)s is")
    is_upper = plan.policies.boundary == "upper"
    if tier.upper is None:
        if is_upper:
            return _("When %(subject)s reaches or passes %(from)s")
        return _("When %(subject)s is above %(from)s")
    if is_upper:
        return _where_upper(place)
    return _where_lower(place)


def _where_upper(place: int) -> str:
    if place == 0:
        return _("When %(subject)s is below %(to)s")
    return _("When %(subject)s is from %(from)s to just below %(to)s")


def _where_lower(place: int) -> str:
    if place == 0:
        return _("When %(subject)s is up to and including %(to)s")
    return _("When %(subject)s is above %(from)s, up to and including %(to)s")


def _share(place: int, tier: Tier) -> str:
    """A tier that counts one measure and pays on another."""
    if tier.upper is None and place == 0:
        return _("All of %(measure)s earns %(rate)s.")
    if tier.upper is None:
        return _("What lies above %(from)s of %(subject)s earns %(rate)s of %(measure)s.")
    if place == 0:
        return _("What lies up to %(to)s of %(subject)s earns %(rate)s of %(measure)s.")
    return _("What lies from %(from)s to %(to)s of %(subject)s earns %(rate)s of %(measure)s.")


def _slice(place: int, tier: Tier) -> str:
    if tier.upper is None and place == 0:
        return _("All of %(measure)s earns %(rate)s.")
    if tier.upper is None:
        return _("The part of %(measure)s above %(from)s earns %(rate)s, on that part only.")
    if place == 0:
        return _("The part of %(measure)s up to %(to)s earns %(rate)s.")
    return _("The part of %(measure)s from %(from)s to %(to)s earns %(rate)s, on that part only.")


def _whole_upper(place: int, tier: Tier) -> str:
    """A value exactly on a boundary belongs to the tier above it."""
    if tier.upper is None and place == 0:
        return _("All of %(measure)s earns %(rate)s.")
    if tier.upper is None:
        return _("When %(from)s is reached or passed, all of %(measure)s earns %(rate)s.")
    if place == 0:
        return _("Below %(to)s, all of %(measure)s earns %(rate)s.")
    return _("From %(from)s to just below %(to)s, all of %(measure)s earns %(rate)s.")


def _whole_lower(place: int, tier: Tier) -> str:
    """A value exactly on a boundary belongs to the tier below it."""
    if tier.upper is None and place == 0:
        return _("All of %(measure)s earns %(rate)s.")
    if tier.upper is None:
        return _("Above %(from)s, all of %(measure)s earns %(rate)s.")
    if place == 0:
        return _("Up to and including %(to)s, all of %(measure)s earns %(rate)s.")
    return _("Above %(from)s, up to and including %(to)s, all of %(measure)s earns %(rate)s.")
