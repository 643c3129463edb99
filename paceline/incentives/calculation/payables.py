"""What settlements give, as rows to keep. The action that ends a settlement writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from paceline import engine
from paceline.incentives.calculation.extract import Input
from paceline.incentives.calculation.settling import BALANCE, TAKEN_BACK, Settling
from paceline.incentives.models import (
    Balance,
    Payable,
    Payment,
    Run,
    SettledEarning,
    SettledPlan,
    Settlement,
    SettlementInput,
    SettlementNote,
    Statement,
    TakenBack,
)
from paceline.org.models import Person

StatementKey = tuple[str, str]  # employee number and currency
ENTRY = (
    "entry",
    "kind",
    "account",
    "component",
    "amount",
    "currency",
    "due_on",
    "reference",
    "reason",
    "clause",
)
NULLABLE = frozenset({"due_on", "basis"})


@dataclass
class Settled:
    """Unsaved rows of a settlement, each with its unsaved parent.

    ``statements`` are those of people whom the run paid nothing but who are paid, or owe, something
    now.
    """

    plans: list[SettledPlan] = field(default_factory=list)
    inputs: list[SettlementInput] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    payables: list[Payable] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    earnings: list[SettledEarning] = field(default_factory=list)
    taken_back: list[TakenBack] = field(default_factory=list)
    notes: list[SettlementNote] = field(default_factory=list)


Result = tuple[Settling, Sequence[Input], engine.Settlement]


def load_settlement(settlement: Settlement, results: Sequence[Result]) -> Settled:
    """Every row that the settlements of the plans of one run give."""
    found = Settled()
    people = _people(results)
    statements = _statements(settlement.run)
    for settling, inputs, result in results:
        plan = SettledPlan(
            settlement=settlement,
            version=settling.version,
            previous=settling.previous,
            pays_on=settling.pays_on,
            fingerprint=result.fingerprint,
            engine_version=engine.ENGINE_VERSION,
            account=_account(result),
        )
        found.plans.append(plan)
        found.inputs += [
            SettlementInput(plan=plan, table=one.table, file=one.file, rows=one.rows)
            for one in inputs
        ]
        _load_pay(plan, result, people, statements, found)
        _load_memory(plan, result, people, found)
        _load_notes(plan, result, people, found)
    return found


def _people(results: Sequence[Result]) -> dict[str, Person]:
    numbers = {
        row["payee_id"]
        for _settling, _inputs, result in results
        for name in ("payments", "balances", "earlier_earnings", "earlier_clawbacks", "notes")
        for row in result.rows(name)
    }
    return Person.objects.in_bulk(numbers, field_name="number")


def _statements(run: Run) -> dict[StatementKey, Statement]:
    rows = run.statements.select_related("payee")
    return {(row.payee.number, row.currency): row for row in rows}


def _account(result: engine.Settlement) -> dict[str, str]:
    (row,) = result.rows("conservation")
    return {
        name: value if name == "currency" else f"{value.normalize():f}"
        for name, value in row.items()
    }


def _plain(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The columns of a row; text that is empty reads as empty text."""
    return {name: "" if row[name] is None and name not in NULLABLE else row[name] for name in names}


def _load_pay(
    plan: SettledPlan,
    result: engine.Settlement,
    people: Mapping[str, Person],
    statements: dict[StatementKey, Statement],
    found: Settled,
) -> None:
    entries: dict[str, list[dict[str, Any]]] = {}
    for row in result.rows("payables"):
        entries.setdefault(row["payee_id"], []).append(row)
    for row in result.rows("payments"):
        number, currency = row["payee_id"], row["plan_currency"]
        moved = entries.get(number, [])
        if not moved and not row["amount"] and (number, currency) not in statements:
            continue  # nothing happened: what is open simply stays open
        statement = statements.get((number, currency))
        if statement is None:
            statement = statements[number, currency] = Statement(
                run=plan.settlement.run,
                period=plan.settlement.run.period,
                payee=people[number],
                currency=currency,
                credited=Decimal(0),
                earned=Decimal(0),
            )
            found.statements.append(statement)
        found.payables += [
            Payable(plan=plan, statement=statement, **_plain(one, ENTRY)) for one in moved
        ]
        found.payments.append(
            Payment(
                plan=plan,
                statement=statement,
                **{
                    name: row[name]
                    for name in ("currency", "amount", "plan_amount", "rate", "clause")
                },
            )
        )


def _load_memory(
    plan: SettledPlan, result: engine.Settlement, people: Mapping[str, Person], found: Settled
) -> None:
    found.balances += [
        Balance(plan=plan, payee=people[row["payee_id"]], **_plain(row, BALANCE))
        for row in result.rows("balances")
    ]
    found.earnings += [
        SettledEarning(
            plan=plan,
            payee=people[row["payee_id"]],
            **{name: row[name] for name in ("period_starts_on", "component", "earned", "counted")},
        )
        for row in result.rows("earlier_earnings")
    ]
    found.taken_back += [
        TakenBack(plan=plan, payee=people[row["payee_id"]], **_plain(row, TAKEN_BACK))
        for row in result.rows("earlier_clawbacks")
    ]


def _load_notes(
    plan: SettledPlan, result: engine.Settlement, people: Mapping[str, Person], found: Settled
) -> None:
    found.notes += [
        SettlementNote(
            plan=plan,
            payee=people.get(row["payee_id"]),
            code=row["code"],
            subject=row["subject"] or "",
            clause=row["clause"],
        )
        for row in result.rows("notes")
    ]
    found.notes += [
        SettlementNote(
            plan=plan,
            payee=people.get(row["payee_id"]),
            code="rule_of_law",
            subject=f"{row['law']}, {row['article']}",
            clause=row["rule"],
            amount=row["not_deducted"],
        )
        for row in result.rows("rules")
        if row["not_deducted"]
    ]
