"""A statement's way from earned to paid: each entry with its clause, and what is carried on.

The page and the PDF both show this, so they can never say different things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from django.db.models import Subquery
from django.urls import reverse

from paceline.incentives import minimum_words
from paceline.incentives import settled_words as words
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.minimums import tree_of
from paceline.incentives.models import (
    Balance,
    Payable,
    Payment,
    PlanVersion,
    SettlementNote,
    Statement,
)
from paceline.incentives.queries.settlements import settlements_of
from paceline.incentives.wording import anchor, component_name
from paceline.kernel import formats

LINES_MAX = 100
NO_REASONS: Mapping[str, str] = MappingProxyType({})
# What changes how much the payee owns on another account than what is due now.
SOURCES = ("clawback", "forgiven", "forfeited")


@dataclass
class EntryPart:
    """One entry of several that the same clause made: its line, and its day."""

    reference: str
    due: str
    amount: str


@dataclass
class EntryGroup:
    """What one clause did, with what it did it to where that is more than one thing."""

    label: str
    clause: str
    clause_url: str
    amount: Decimal
    currency: str
    why: str = ""  # of a guarantee or a draw: what it was made from
    parts: list[EntryPart] = field(default_factory=list)

    @property
    def shown(self) -> list[EntryPart]:
        """The parts, as many as a page holds; a single one that names no line says nothing new."""
        if len(self.parts) == 1 and not self.parts[0].reference:
            return []
        return self.parts[:LINES_MAX]

    @property
    def rest(self) -> int:
        return max(len(self.parts) - LINES_MAX, 0)


@dataclass(frozen=True, slots=True)
class OpenBalance:
    """What stands on an account for later, in words."""

    label: str
    what: str
    due: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A guarantee or draw that lifted nothing, or less than its minimum, and why."""

    clause: str
    clause_url: str
    why: str


@dataclass(frozen=True, slots=True)
class SettledPay:
    """One plan's way from what it earned to what it pays."""

    plan_name: str
    entries: tuple[EntryGroup, ...]
    payable: Decimal
    currency: str
    paid: Decimal
    paid_currency: str
    rate: str
    pays_on: date
    others: tuple[EntryGroup, ...]
    balances: tuple[OpenBalance, ...]
    notes: tuple[str, ...]
    not_applied: tuple[NotApplied, ...] = ()

    @property
    def is_converted(self) -> bool:
        return self.paid_currency != self.currency


def explain_settlement(statement: Statement) -> tuple[SettledPay, ...]:
    """Every plan that settled something of the statement; empty when the run is not settled.

    Four queries; one when nothing was settled.
    """
    latest = settlements_of(statement.run).values("pk")[:1]
    payments = list(
        Payment.objects.filter(plan__settlement=Subquery(latest), statement=statement)
        .select_related("plan__version__plan")
        .order_by("plan__version__plan__code")
    )
    if not payments:
        return ()
    settlement = payments[0].plan.settlement_id
    entries: dict[int, list[Payable]] = {}
    for row in Payable.objects.filter(plan__settlement=settlement, statement=statement):
        entries.setdefault(row.plan_id, []).append(row)
    balances: dict[int, list[Balance]] = {}
    for balance in Balance.objects.filter(plan__settlement=settlement, payee=statement.payee_id):
        balances.setdefault(balance.plan_id, []).append(balance)
    notes: dict[int, list[SettlementNote]] = {}
    for note in SettlementNote.objects.filter(
        plan__settlement=settlement, payee=statement.payee_id
    ):
        notes.setdefault(note.plan_id, []).append(note)
    return tuple(
        _explain(
            payment,
            statement,
            entries.get(payment.plan_id, []),
            balances.get(payment.plan_id, []),
            notes.get(payment.plan_id, []),
        )
        for payment in payments
    )


def _explain(
    payment: Payment,
    statement: Statement,
    entries: list[Payable],
    balances: list[Balance],
    notes: list[SettlementNote],
) -> SettledPay:
    version, currency = payment.plan.version, statement.currency
    tree = tree_of(payment, statement, entries, balances)
    due = [row for row in entries if row.account == "due"]
    others = [row for row in entries if row.account != "due" and row.kind in SOURCES]
    return SettledPay(
        plan_name=version.name,
        entries=tuple(_grouped(version, due, minimum_words.reasons_of(tree))),
        payable=payment.plan_amount,
        currency=currency,
        paid=payment.amount,
        paid_currency=payment.currency,
        rate=formats.number(payment.rate),
        pays_on=payment.plan.pays_on,
        others=tuple(_grouped(version, others)),
        balances=tuple(_balances(version, balances)),
        notes=tuple(
            words.note_text(
                row.code,
                row.subject,
                "" if row.amount is None else formats.money(row.amount, currency),
            )
            for row in notes
        ),
        not_applied=tuple(
            NotApplied(words.clause_text(version, path), _clause_url(version, path), why)
            for path, why in minimum_words.alternatives_of(tree)
        ),
    )


def _grouped(
    version: PlanVersion, rows: Iterable[Payable], reasons: Mapping[str, str] = NO_REASONS
) -> Iterable[EntryGroup]:
    """Entries that one clause made for one component, together, in the order of the first."""
    found: dict[tuple[str, ...], EntryGroup] = {}
    for row in rows:
        reason = row.reason if row.kind in {"recovered", "held"} else ""
        key = (row.kind, row.clause, row.component, reason)
        group = found.get(key)
        if group is None:
            group = found[key] = EntryGroup(
                label=_label(version, row),
                clause=words.clause_text(version, row.clause, row.reason),
                clause_url=_clause_url(version, row.clause),
                amount=Decimal(0),
                currency=row.currency,
                why=reasons.get(row.clause, ""),
            )
        group.amount += row.amount
        group.parts.append(
            EntryPart(
                reference=_reference(row),
                due=formats.day(row.due_on) if row.account == "deferred" and row.due_on else "",
                amount=formats.money(row.amount, row.currency),
            )
        )
    return [group for group in found.values() if group.amount or len(group.parts) > 1]


def _label(version: PlanVersion, row: Payable) -> str:
    label = words.kind_text(row.kind, row.reason)
    if not row.component:
        return label
    plan = documents.load(version.source)
    return f"{label} · {component_name(plan, row.component)}"


def _reference(row: Payable) -> str:
    if row.kind == "adjustment":
        return formats.month(date.fromisoformat(row.reference))
    return words.reference_text(row.kind, row.reference)


def _clause_url(version: PlanVersion, path: str) -> str:
    if path.partition("/")[0] in {"holds", "packs"}:
        return ""
    address = reverse("incentives:plan-version", args=[version.plan.code, version.number])
    return f"{address}#{anchor(path)}"


def _balances(version: PlanVersion, rows: Iterable[Balance]) -> Iterable[OpenBalance]:
    """Balances of one account, component and day together."""
    sums: dict[tuple[str, str, date | None], Decimal] = {}
    currencies: dict[tuple[str, str, date | None], str] = {}
    for row in rows:
        key = (row.account, row.component, row.due_on if row.account == "deferred" else None)
        sums[key] = sums.get(key, Decimal(0)) + row.amount
        currencies[key] = row.currency
    plan = documents.load(version.source)
    for (account, component, due_on), amount in sums.items():
        yield OpenBalance(
            label=words.account_text(account),
            what=component_name(plan, component) if component else "",
            due=words.due_text(due_on, account),
            amount=amount,
            currency=currencies[account, component, due_on],
        )
