"""What a plan pays, before anybody has sold anything: a curve and a table for each component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from paceline.incentives import wording
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Component, Curve, Plan
from paceline.incentives.calculation.findings import rates_for
from paceline.incentives.calculation.rate_tables import can_be_read, shown_keys, written
from paceline.incentives.wording.rows import row_key
from paceline.kernel import formats
from paceline.kernel.charts import LineChart, Series

KEYS_MAX = 3  # of one table of rates
COMPONENTS_MAX = 6  # more curves than this are no picture any more
QUOTA_ASSUMED = Decimal(100_000)
QUOTA_MAX = Decimal(10) ** 13


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One row of the table: where on the curve, the measure there, and what it earns."""

    at: str
    value: str
    earned: str


@dataclass(frozen=True, slots=True)
class ComponentPreview:
    """What one component pays. ``at_quota``: its amount at exactly the quota, if it has one."""

    title: str
    chart: LineChart
    rows: tuple[ExampleRow, ...]
    on_attainment: bool
    at_quota: str


def previews(
    plan: Plan, quota_for: Callable[[str], Decimal | None] = lambda _name: None
) -> list[ComponentPreview]:
    """Curve and examples of each component. ``quota_for`` gives the quota by its name in the quotas
    table, or None to assume one."""
    found = []
    for place, (own, component, key) in enumerate(_drawn(plan)):
        name = plan.quota(component.quota).name if component.quota else ""
        quota = (quota_for(name) if name else None) or QUOTA_ASSUMED
        found.append(_preview(own, component, quota, key, place))
    return found


def _drawn(plan: Plan) -> list[tuple[Plan, Component, str]]:
    """The components of which a curve can be drawn, each with the plan that says its tiers: of a
    table of rates some keys, each by itself, with the key in words.
    """
    found: list[tuple[Plan, Component, str]] = []
    rows = rates_for(plan) if any(_asks(one) for one in plan.components) else None
    for component in plan.components:
        if not _asks(component):
            found += [(plan, component, "")] if documents.is_drawable(component) else []
            continue
        if rows is not None and component.rates is not None and can_be_read(plan, rows):
            for one in shown_keys(component.rates, rows, KEYS_MAX):
                own = written(plan, component, one)
                if documents.is_drawable(own.component(component.id)):
                    found.append((own, own.component(component.id), one.key))
    return found[:COMPONENTS_MAX]


def _asks(component: Component) -> bool:
    return component.rates is not None and component.rates.imported is not None


def _preview(
    plan: Plan, component: Component, quota: Decimal, key: str, place_on_page: int
) -> ComponentPreview:
    curve = documents.curve(plan, component.id, quota)
    on_attainment = curve.on == "attainment"
    title = wording.component_name(plan, component.id)
    title = f"{title} · {row_key(key)}" if key else title

    def place(at: Decimal) -> str:
        return _share(at) if on_attainment else _measured(curve, at)

    chart = LineChart(
        name=f"curve-{component.id}-{place_on_page}" if key else f"curve-{component.id}",
        title=_("What %(component)s pays") % {"component": title},
        labels=[place(point.at) for point in curve.points],
        label_title=_("Attainment") if on_attainment else _("Measure"),
        series=[Series(_("Earned"), [point.earned for point in curve.points])],
        unit="money",
        currency=plan.currency,
        positions=[point.at for point in curve.points],
        positions_unit="percent" if on_attainment else "number",
        height=200,
    )
    rows = documents.examples(plan, component.id, quota)
    return ComponentPreview(
        title=title,
        chart=chart,
        rows=tuple(
            ExampleRow(
                at=place(row.at),
                value=_measured(curve, row.value),
                earned=formats.money(row.earned, plan.currency),
            )
            for row in rows
        ),
        on_attainment=on_attainment,
        at_quota=next((formats.money(row.earned, plan.currency) for row in rows if row.at == 1), "")
        if on_attainment
        else "",
    )


def _share(at: Decimal) -> str:
    """A share of quota; a cent below a boundary does not read as the boundary."""
    shown = at.quantize(Decimal("0.0001"))
    if shown > at:
        return _("just under %(share)s") % {"share": formats.percent(shown)}
    if shown < at:
        return _("just over %(share)s") % {"share": formats.percent(shown)}
    return formats.percent(at)


def _measured(curve: Curve, value: Decimal) -> str:
    """A value along the curve: money, or a count of units."""
    return formats.money(value, curve.currency) if curve.is_money else formats.number(value)


def quota_asked(text: str) -> Decimal:
    """The quota that a reader typed to try the plan with; the assumed one for anything else."""
    plain = text.replace(",", "").replace(" ", "").strip()
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit():
        return QUOTA_ASSUMED
    quota = Decimal(plain)
    return quota if 0 < quota < QUOTA_MAX else QUOTA_ASSUMED


def quota_text(quota: Decimal) -> str:
    """A quota as it is typed: no needless zeros, no exponent."""
    whole = quota == quota.to_integral_value()
    return format(quota.quantize(Decimal(1)) if whole else quota.normalize(), "f")
