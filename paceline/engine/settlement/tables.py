"""The tables that go into a settlement and come out of it: columns, types and grain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from paceline.engine.columns import DATE, EXACT, EXCHANGE, MONEY, PLACE, SHARE, STORED, TEXT, table
from paceline.engine.tables import EXCHANGE_RATES, ParquetFiles, Source

# --- in -------------------------------------------------------------------------------------------

BALANCES = table(
    "balances",
    "payee_id account component reference origin since",
    {
        "payee_id": TEXT,
        "account": TEXT,
        "component": TEXT,
        "reference": TEXT,
        "origin": TEXT,
        "since": DATE,
        "due_on": DATE,
        "original": MONEY,
        "amount": MONEY,
        "basis": STORED,
        "currency": TEXT,
    },
    nullable="component reference due_on basis",
)
EARLIER_EARNINGS = table(
    "earlier_earnings",
    "period_starts_on settled_on payee_id component",
    {
        "period_starts_on": DATE,
        "settled_on": DATE,
        "payee_id": TEXT,
        "component": TEXT,
        "earned": MONEY,
        "counted": MONEY,
    },
)
RECALCULATED_EARNINGS = table(
    "recalculated_earnings",
    "period_starts_on payee_id component",
    {"period_starts_on": DATE, "payee_id": TEXT, "component": TEXT, "earned": MONEY},
)
UNROUNDED_EARNINGS = table(
    "unrounded_earnings",
    "payee_id component",
    {"payee_id": TEXT, "component": TEXT, "earned": EXACT},
)
LINE_EARNINGS = table(
    "line_earnings",
    "line_id payee_id component",
    {
        "line_id": TEXT,
        "payee_id": TEXT,
        "component": TEXT,
        "occurred_on": DATE,
        "line_amount": STORED,
        "earned": MONEY,
    },
    nullable="line_amount",
)
RECEIPTS = table(
    "receipts",
    "receipt_id",
    {"receipt_id": TEXT, "line_id": TEXT, "received_on": DATE, "amount": STORED},
)
HOLDS = table(
    "holds",
    "hold_id",
    {
        "hold_id": TEXT,
        "payee_id": TEXT,
        "component": TEXT,
        "line_id": TEXT,
        "starts_on": DATE,
        "ends_before": DATE,
        "reason": TEXT,
    },
    nullable="component line_id ends_before",
)
LINE_EVENTS = table(
    "line_events",
    "event_id",
    {"event_id": TEXT, "line_id": TEXT, "kind": TEXT, "happened_on": DATE, "share": SHARE},
    nullable="share",
)
RERATED_EARNINGS = table(
    "rerated_earnings",
    "event_id payee_id component",
    {
        "event_id": TEXT,
        "payee_id": TEXT,
        "component": TEXT,
        "before": MONEY,
        "after": MONEY,
        "occurred_on": DATE,
    },
    nullable="occurred_on",
)
EARLIER_CLAWBACKS = table(
    "earlier_clawbacks",
    "event_id line_id payee_id component",
    {
        "event_id": TEXT,
        "line_id": TEXT,
        "payee_id": TEXT,
        "component": TEXT,
        "original": MONEY,
        "amount": MONEY,
        "clause": TEXT,
    },
)
EMPLOYMENT = table(
    "employment",
    "payee_id starts_on",
    {
        "payee_id": TEXT,
        "starts_on": DATE,
        "ends_before": DATE,
        "probation_ends_before": DATE,
        "leaver": TEXT,
        "country": TEXT,
        "region": TEXT,
        "currency": TEXT,
    },
    nullable="ends_before probation_ends_before leaver country region currency",
)
LEAVE = table(
    "leave",
    "payee_id starts_on",
    {"payee_id": TEXT, "starts_on": DATE, "ends_before": DATE},
)
AGREED_AMOUNTS = table(
    "agreed_amounts",
    "clause payee_id",
    {"clause": TEXT, "payee_id": TEXT, "amount": STORED},
)
AGREEMENTS = table(
    "agreements",
    "payee_id kind starts_on",
    {
        "payee_id": TEXT,
        "kind": TEXT,
        "reference": TEXT,
        "starts_on": DATE,
        "ends_before": DATE,
    },
    nullable="ends_before",
)
WAGES = table(
    "wages",
    "payee_id month",
    {"payee_id": TEXT, "month": DATE, "amount": STORED, "currency": TEXT},
)
MINIMUM_WAGES = table(
    "minimum_wages",
    "country region starts_on",
    {
        "country": TEXT,
        "region": TEXT,
        "starts_on": DATE,
        "ends_before": DATE,
        "amount": STORED,
        "currency": TEXT,
    },
    nullable="ends_before",
)

SETTLEMENT_INPUTS = {
    contract.name: contract
    for contract in (
        BALANCES,
        EARLIER_EARNINGS,
        RECALCULATED_EARNINGS,
        UNROUNDED_EARNINGS,
        LINE_EARNINGS,
        RECEIPTS,
        HOLDS,
        LINE_EVENTS,
        RERATED_EARNINGS,
        EARLIER_CLAWBACKS,
        EMPLOYMENT,
        LEAVE,
        AGREED_AMOUNTS,
        AGREEMENTS,
        WAGES,
        MINIMUM_WAGES,
        EXCHANGE_RATES,
    )
}

# Words that a column may hold.
ACCOUNTS = ("deferred", "held", "carried", "clawback", "draw")
WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("balances", "account"): ACCOUNTS,
    ("line_events", "kind"): ("return", "cancellation", "unpaid", "churn"),
    ("employment", "leaver"): ("good", "bad"),
    ("agreements", "kind"): ("clawback", "holdback"),
}

# --- out ------------------------------------------------------------------------------------------

PAYABLES = table(
    "payables",
    "payee_id entry",
    {
        "payee_id": TEXT,
        "entry": PLACE,
        "kind": TEXT,
        "account": TEXT,
        "component": TEXT,
        "amount": MONEY,
        "currency": TEXT,
        "due_on": DATE,
        "reference": TEXT,
        "reason": TEXT,
        "clause": TEXT,
    },
    nullable="component due_on reference reason",
)
PAYMENTS = table(
    "payments",
    "payee_id",
    {
        "payee_id": TEXT,
        "currency": TEXT,
        "amount": MONEY,
        "plan_currency": TEXT,
        "plan_amount": MONEY,
        "rate": EXCHANGE,
        "pays_on": DATE,
        "clause": TEXT,
    },
)
CONSERVATION = table(
    "conservation",
    "currency",
    {
        "currency": TEXT,
        "opening": MONEY,
        "earned": MONEY,
        "adjusted": MONEY,
        "limited": MONEY,
        "draws": MONEY,
        "forgiven": MONEY,
        "paid": MONEY,
        "held": MONEY,
        "forfeited": MONEY,
        "clawed_back": MONEY,
        "closing": MONEY,
    },
)
RULES = table(
    "rules",
    "payee_id rule",
    {
        "payee_id": TEXT,
        "country": TEXT,
        "rule": TEXT,
        "law": TEXT,
        "article": TEXT,
        "not_deducted": MONEY,
    },
)
NOTES = table(
    "notes",
    "payee_id code subject clause",
    {"payee_id": TEXT, "code": TEXT, "subject": TEXT, "clause": TEXT},
)


class SettlementTables:
    """The inputs of one settlement: for each table name a pyarrow.Table or Parquet files."""

    def __init__(self, sources: Mapping[str, object]) -> None:
        unknown = sorted(set(sources) - set(SETTLEMENT_INPUTS))
        if unknown:
            known = ", ".join(SETTLEMENT_INPUTS)
            raise ValueError(f"unknown tables {', '.join(unknown)}; known: {known}")
        self.sources: dict[str, Source] = {
            name: ParquetFiles((Path(value),)) if isinstance(value, str | Path) else value
            for name, value in sorted(sources.items())
            if value is not None
        }
