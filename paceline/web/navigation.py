"""Where one can go: the pages of the product, each with the right that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.boards import access as boards
from paceline.crm import access as crm
from paceline.goals import access as goals
from paceline.goals.planning import access as planning
from paceline.imports import access as imports
from paceline.incentives.access import pay
from paceline.insights import access as insights
from paceline.kernel import own_work
from paceline.leads import access as leads
from paceline.mail import access as mail
from paceline.orders import access as orders
from paceline.orders.shops import access as shops
from paceline.org import access as org
from paceline.org.models import Person, Role
from paceline.search.queries import holds
from paceline.sequences import access as sequences
from paceline.webhooks import access as webhooks

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that stands in the navigation and in the palette."""

    label: Text
    icon: str
    address: str
    is_visible: Callable[[Person], bool]


@dataclass(frozen=True, slots=True)
class Group:
    label: Text
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one reader sees it."""

    label: Text
    icon: str
    url: str
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class LinkGroup:
    label: Text
    entries: list[Link]


OWN_WORK = "boards:mine"


def _everyone(_person: Person) -> bool:
    return True


def _has_to_do_with_pay(person: Person) -> bool:
    """All but those who only administer: pay is not theirs to see."""
    return person.roles != {Role.ADMINISTRATOR}


GROUPS = (
    Group("", (Entry(_("Home"), "home", "web:home", _everyone),)),
    Group(
        pgettext_lazy("group of pages", "Figures"),
        (
            Entry(_("Dashboards"), "layout-dashboard", "insights:home", insights.may_read),
            Entry(_("Team reviews"), "calendar-stats", "insights:reviews", insights.may_read),
            Entry(_("Ask the figures"), "chart-bar", "insights:explore", insights.may_read),
            Entry(_("Measures"), "book", "insights:measures", insights.may_read),
        ),
    ),
    Group(
        _("Pay"),
        (
            Entry(_("Pay runs"), "calculator", "incentives:periods", pay.may_read_runs),
            Entry(_("Statements"), "receipt-2", "incentives:statements", _has_to_do_with_pay),
            Entry(_("Plans"), "file-text", "incentives:plans", _has_to_do_with_pay),
            Entry(_("Questions"), "message-question", "incentives:threads", _has_to_do_with_pay),
            Entry(_("Holds"), "hand-stop", "incentives:holds", pay.may_read_holds),
            Entry(_("Pay terms"), "file-certificate", "incentives:terms", pay.may_read_terms),
            Entry(_("Balances"), "scale", "incentives:balances", pay.may_read_balances),
            Entry(_("Payroll"), "cash", "incentives:payroll", pay.may_read_payroll),
        ),
    ),
    Group(
        _("Work"),
        (
            Entry(_("My work"), "user-check", OWN_WORK, boards.may_add_project),
            Entry(_("Projects"), "checklist", "boards:list_of_projects", boards.may_add_project),
        ),
    ),
    Group(
        _("Goals"),
        (
            Entry(_("Goals"), "target-arrow", "goals:tree", _everyone),
            Entry(_("My goals"), "user-star", "goals:mine", _everyone),
            Entry(_("Alignment"), "git-merge", "goals:alignment", _everyone),
            Entry(_("Strategy"), "compass", "goals:strategies", _everyone),
        ),
    ),
    Group(
        _("Customers"),
        (
            Entry(_("Board"), "layout-kanban", "crm:boards", crm.may_read_customers),
            Entry(_("Deals"), "briefcase", "crm:deals", crm.may_read_deals),
            Entry(_("Leads"), "user-question", "crm:leads", crm.may_read_customers),
            Entry(_("Replies due"), "clock", "leads:inquiries", leads.may_read_inquiries),
            Entry(_("How leads are given"), "route", "leads:routing", leads.may_read_routing),
            Entry(_("Web forms"), "forms", "leads:forms", leads.may_read_forms),
            Entry(_("Mail templates"), "mail", "mail:templates", mail.may_use_templates),
            Entry(_("Contacts"), "address-book", "crm:contacts", crm.may_read_customers),
            Entry(_("Companies"), "building", "crm:companies", crm.may_read_customers),
            Entry(_("Segments"), "filter", "crm:segments", crm.may_read_customers),
            Entry(_("Sequences"), "list-numbers", "sequences:list", sequences.may_read),
            Entry(
                _("Orders without a customer"),
                "link-off",
                "crm:waiting_orders",
                crm.may_read_customers,
            ),
        ),
    ),
    Group(
        _("Sales"),
        (
            Entry(_("Imports"), "file-import", "imports:list", imports.may_read_imports),
            Entry(_("Order lines"), "receipt", "orders:lines", orders.may_read_lines),
            Entry(_("Shops"), "building-store", "shops:list", shops.may_read_shops),
            Entry(_("Orders from shops"), "shopping-bag", "shops:orders", shops.may_read_orders),
            Entry(_("Claims of orders"), "hand-finger", "shops:claims", shops.may_see_claims),
            Entry(_("Owners"), "map-pins", "orders:owners", orders.may_read_owners),
            Entry(_("Exchange rates"), "arrows-exchange", "orders:rates", orders.may_read_rates),
            Entry(_("Quotas"), "target", "goals:quotas", goals.may_read_all_quotas),
            Entry(_("Plans of quotas"), "chart-bar", "planning:plans", planning.may_see_plans),
            Entry(_("Figures"), "abacus", "goals:figures", goals.may_read_all_figures),
        ),
    ),
    Group(
        _("Company"),
        (
            Entry(_("People"), "users", "org:people", _everyone),
            Entry(_("Teams"), "hierarchy-2", "org:teams", _everyone),
            Entry(_("Hierarchies"), "sitemap", "org:hierarchies", _everyone),
            Entry(_("Leave of absence"), "beach", "org:leaves", org.may_read_all_leaves),
            Entry(_("Roles"), "key", "org:roles", org.may_review_access),
            Entry(_("Access review"), "shield-check", "org:access_review", org.may_review_access),
            Entry(_("Audit trail"), "history", "org:audit", org.may_read_trail),
            Entry(_("Webhooks"), "webhook", "webhooks:list", webhooks.may_keep_webhooks),
            Entry(_("Mail server"), "server", "mail:server", mail.may_set_server),
            Entry(_("API tokens of all"), "api", "org:tokens", org.may_review_tokens),
        ),
    ),
)

ACCOUNT_PAGES = (
    Entry(_("Preferences"), "adjustments", "accounts:preferences", _everyone),
    Entry(_("Security"), "lock", "accounts:security", _everyone),
    Entry(_("API tokens"), "api", "accounts:tokens", _everyone),
)


def links(entries: Iterable[Entry], person: Person) -> list[Link]:
    """The entries that the person may open."""
    return [
        Link(entry.label, entry.icon, reverse(entry.address))
        for entry in entries
        if entry.is_visible(person)
    ]


def navigation(person: Person, path: str) -> list[LinkGroup]:
    """What the side shows: groups with at least one page, the reader's place marked."""
    groups = [(group.label, links(group.entries, person)) for group in GROUPS]
    if path in {reverse(one.address) for one in own_work.pages()}:
        path = reverse(OWN_WORK)  # its tabs stand under one entry
    above = [link.url for _label, found in groups for link in found if _lies_under(path, link.url)]
    here = max(above, key=len, default="")
    return [
        LinkGroup(
            label,
            [Link(one.label, one.icon, one.url, bool(here) and one.url == here) for one in found],
        )
        for label, found in groups
        if found
    ]


def _lies_under(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


def pages_called(text: str, person: Person) -> list[Link]:
    """Pages whose name contains the text in either script; all of them when there is no text."""
    entries = [entry for group in GROUPS for entry in group.entries]
    addresses = {entry.address for entry in entries}
    # The other pages of one's own work stand behind tabs; by name they are found all the same.
    entries += [
        Entry(one.name, one.icon, one.address, one.is_visible)
        for one in own_work.pages()
        if one.address not in addresses
    ]
    entries += ACCOUNT_PAGES
    return [link for link in links(entries, person) if holds(str(link.label), text)]
