"""The columns of lists of companies, contacts, leads and deals, and the badges in them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from paceline.crm.actions import rules_in_force
from paceline.crm.kinds import address
from paceline.crm.models import CustomField, LeadStatus, Lifecycle, StageKind
from paceline.crm.queries.segments import bought_by
from paceline.kernel import formats, own_fields
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column


def columns_of(kind: str, on: date | None = None) -> list[Column]:
    """What a list of a kind shows, as of a day."""
    lifecycles = dict(Lifecycle.choices)
    owner = Column("owner", _("Owner"), value="owner.name", sort="owner__name", secondary=True)
    is_customer = kind in {"company", "contact"}
    team = Column(
        "team",
        _("Team"),
        value="team.name",
        sort="team__name",
        secondary=True,
        only_in_file=is_customer,
    )
    tags = Column(
        "tags", _("Tags"), value=lambda row: formats.listed(row.tag_names), secondary=True
    )
    reach = Column(
        "points",
        _("Phones and addresses"),
        value=lambda row: formats.listed(row.points_shown),
        secondary=True,
    )
    changed = Column("changed_at", _("Last change"), sort="changed_at", kind="moment",
                     secondary=True, only_in_file=is_customer)  # fmt: skip
    latin = Column("latin_name", _("Name in Latin letters"), search=True, secondary=True,
                   only_in_file=True)  # fmt: skip
    name = Column(
        "name",
        _("Name") if kind == "company" else pgettext("of a person", "Name"),
        sort="name",
        search=True,
        link=lambda row: address(kind, row.pk),
    )
    lifecycle = Column(
        "lifecycle",
        _("Lifecycle"),
        value=lambda row: str(lifecycles[row.lifecycle]),
        sort="lifecycle",
        secondary=True,
    )
    if kind == "company":
        return [
            name,
            latin,
            Column("number", _("Customer number"), search=True, kind="code", secondary=True),
            lifecycle,
            *bought_columns(on),
            Column("industry", _("Industry"), sort="industry", secondary=True),
            Column("territory", _("Territory"), sort="territory", secondary=True),
            reach,
            tags,
            owner,
            team,
            changed,
        ]
    if kind == "contact":
        return [
            name,
            latin,
            Column(
                "company", _("Company"), value="company.name", sort="company__name", search=True
            ),
            Column("title", _("Job title"), secondary=True, only_in_file=True),
            lifecycle,
            *bought_columns(on),
            reach,
            tags,
            owner,
            team,
            changed,
        ]
    if kind == "lead":
        return [
            name,
            Column("company_name", _("Company"), sort="company_name", search=True),
            Column("status", _("Status"), value=lead_badge, sort="status"),
            Column(
                "source",
                _("Source"),
                value=lambda row: row.get_source_display(),
                sort="source",
                secondary=True,
            ),
            reach,
            tags,
            owner,
            team,
            Column("created_at", _("Created"), sort="created_at", kind="moment"),
        ]
    return [
        Column(
            "title", _("Deal"), sort="title", search=True, link=lambda row: address("deal", row.pk)
        ),
        Column(
            "company",
            _("Customer"),
            value=customer_of,
            sort="company__name",
            search="company__name",
            secondary=True,
        ),
        Column("stage", _("Stage"), value=stage_badge, sort="stage__rank"),
        Column("amount", _("Amount"), sort="amount", kind="money", currency="currency", total=True),
        Column(
            "expected_close_on",
            _("Expected close"),
            sort="expected_close_on",
            kind="day",
            secondary=True,
        ),
        Column(
            "next_step", _("Next step"), value=next_step_of, sort="next_step_on", secondary=True
        ),
        tags,
        owner,
        Column("pipeline", _("Pipeline"), value="pipeline.name", secondary=True),
        changed,
    ]


def bought_columns(on: date | None) -> list[Column]:
    """What a customer bought; the page has room for what it was worth, when it was last and
    whether they are silent for longer than usual."""

    def bought(name: str) -> Any:
        return lambda row: getattr(bought_by(row), name, None)

    @cache
    def currency() -> str:  # asked once, and only where somebody bought
        return str(rules_in_force().currency)

    return [
        Column("orders", _("Orders"), value=bought("orders"), sort="purchases__orders",
               kind="number", only_in_file=True),
        Column("value", _("Lifetime value"), value=bought("value"), sort="purchases__value",
               kind="money", secondary=True,
               currency=lambda row: "" if bought_by(row) is None else currency()),
        Column("last_on", _("Last purchase"), value=bought("last_on"),
               sort="purchases__last_on", kind="day", secondary=True),
        Column("first_on", _("First purchase"), value=bought("first_on"),
               sort="purchases__first_on", kind="day", only_in_file=True),
        Column("gap", _("Usual gap, days"), value=bought("usual_gap"),
               sort="purchases__usual_gap", kind="number", only_in_file=True),
        Column("quiet", _("Beyond usual"),
               value=lambda row: _beyond(row, on), secondary=True),
    ]  # fmt: skip


def quiet_badge(row: Any, on: date) -> Any:
    """For how many days somebody is silent beyond their usual."""
    days = days_beyond(row, on)
    return Badge(_("%(days)s days beyond usual") % {"days": days}, "warning") if days else ""


def days_beyond(row: Any, on: date) -> int:
    bought = bought_by(row)
    if bought is None or bought.quiet_after is None or bought.quiet_after >= on:
        return 0
    return (on - bought.quiet_after).days


def _beyond(row: Any, on: date | None) -> Any:
    days = 0 if on is None else days_beyond(row, on)
    told = ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    return Badge(told, "warning") if days else ""


def own_column(field: CustomField, *, is_shown: bool) -> Column:
    """A field of the team's own: known by its id, so that views outlive its name.

    Whoever sees many teams finds most of them empty, so that they stand in files alone.
    """
    return Column(
        f"own{field.pk}",
        field.label,
        value=lambda row: own_fields.shown(field, row.custom.get(field.key)),
        secondary=True,
        only_in_file=not is_shown,
    )


def customer_of(deal: Any) -> str:
    if deal.company is not None:
        return str(deal.company.name)
    return "" if deal.contact is None else str(deal.contact.name)


TONES = {StageKind.OPEN: "info", StageKind.WON: "good", StageKind.LOST: "neutral"}


def stage_badge(deal: Any) -> Badge:
    return Badge(deal.stage.name, TONES[deal.stage.kind])  # type: ignore[arg-type]


def next_step_of(deal: Any) -> Any:
    """The next step; an open deal without one is flagged."""
    if deal.next_step:
        return deal.next_step
    return Badge(_("No next step"), "warning") if deal.stage.kind == StageKind.OPEN else ""


LEAD_TONES = {
    LeadStatus.NEW: "warning",
    LeadStatus.WORKING: "info",
    LeadStatus.CONVERTED: "good",
}


def lead_badge(lead: Any) -> Badge:
    return Badge(lead.get_status_display(), LEAD_TONES.get(lead.status, "neutral"))  # type: ignore[arg-type]
