"""The clauses of a plan's settlement: how what is earned becomes payable and is paid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from paceline.engine.money import RoundingMode
from paceline.engine.periods import Period

LimitKind = Literal["cap", "floor"]
Occasion = Literal["booking", "cash", "return-window", "later", "vesting"]
Leaving = Literal["keeps", "pays", "forfeits", "pro-rata"]
DrawKind = Literal["recoverable", "non-recoverable", "forgiven"]
EventKind = Literal["return", "cancellation", "unpaid", "churn"]
ClawbackAmount = Literal["full", "pro-rata", "re-rated"]
PolicyOfDays = Literal["pays", "forfeits", "pro-rata"]

STATEMENT = "statement"  # what a limit is on when it is on no single component


@dataclass(frozen=True)
class Eligibility:
    """Who is paid what they earned, although they left, are on probation or were on leave."""

    employed_on: Literal["pay-date", "period-end"]
    resignation: PolicyOfDays
    probation: PolicyOfDays
    leave: Literal["pays", "pro-rata"]
    clause: str

    @property
    def needs_employment(self) -> bool:
        return (self.resignation, self.probation) != ("pays", "pays")


@dataclass(frozen=True)
class PaymentPolicy:
    """The currency that is paid, and how amounts get there."""

    currency: Literal["plan", "payee"]
    rate: str
    date: Literal["pay-date", "period-end"]
    quote: Literal["multiply", "divide"]
    mode: RoundingMode
    stage: Literal["each-step", "once"]
    clause: str

    @property
    def rounds_once(self) -> bool:
        """Amounts are rounded in the currency of payment alone."""
        return self.currency == "payee" and self.stage == "once"


@dataclass(frozen=True)
class Limit:
    """The most or the least that a component, or the whole statement, earns in a period or year."""

    id: str
    kind: LimitKind
    on: str  # a component's id, or STATEMENT
    per: Literal["period", "year"]
    amount: Decimal
    clause: str


@dataclass(frozen=True)
class Part:
    """A share of what is earned and the occasion on which it falls due.

    `days` belongs to the return window, `months` to later and vesting parts.
    """

    share: Decimal
    on: Occasion
    days: int
    months: int
    clause: str

    @property
    def needs_lines(self) -> bool:
        return self.on in {"cash", "return-window"}


@dataclass(frozen=True)
class Payout:
    """How what certain components earn is split into parts, and what leaving does to the rest."""

    id: str
    components: tuple[str, ...]
    parts: tuple[Part, ...]
    good_leaver: Leaving
    bad_leaver: Leaving
    clause: str

    @property
    def needs_lines(self) -> bool:
        return any(part.needs_lines for part in self.parts)


@dataclass(frozen=True)
class Span:
    """From the first period through the last one (None: without end)."""

    first: Period
    last: Period | None

    def runs_in(self, period: Period) -> bool:
        return self.first.starts_on <= period.starts_on and (
            self.last is None or period.starts_on < self.last.ends_before
        )

    def ends_with(self, period: Period) -> bool:
        """The last period is over when this one is."""
        return self.last is not None and self.last.ends_before <= period.ends_before


@dataclass(frozen=True)
class Draw:
    """An advance that lifts pay to `amount` (None: as the table of agreed amounts says)."""

    id: str
    kind: DrawKind
    amount: Decimal | None
    span: Span
    recovery_from: Period | None
    recovery_share: Decimal
    limit: Decimal | None
    clause: str

    @property
    def is_owed_back(self) -> bool:
        return self.kind != "non-recoverable"


@dataclass(frozen=True)
class Guarantee:
    """A minimum that is never repaid."""

    id: str
    amount: Decimal | None
    span: Span
    clause: str


@dataclass(frozen=True)
class Clawback:
    """What an event takes back of what its line earned, and how much of a pay goes into it."""

    id: str
    on: EventKind
    within_days: int | None
    amount: ClawbackAmount
    recover_at_most: Decimal
    clause: str


@dataclass(frozen=True)
class SettlementPlan:
    """The whole clause `settlement`."""

    days_after_period: int
    below_zero: Literal["carry-forward", "collect"]
    retroactivity: Literal["carry-forward", "ignore"]
    rule_packs: Literal["by-country", "none"]
    eligibility: Eligibility
    payment: PaymentPolicy
    limits: tuple[Limit, ...]
    payouts: tuple[Payout, ...]
    draws: tuple[Draw, ...]
    guarantees: tuple[Guarantee, ...]
    clawbacks: tuple[Clawback, ...]
    clause: str

    def payout_of(self, component: str) -> Payout | None:
        return next((one for one in self.payouts if component in one.components), None)

    @property
    def minimums(self) -> tuple[Guarantee | Draw, ...]:
        """Everything that lifts pay."""
        return (*self.guarantees, *self.draws)

    @property
    def needs_lines(self) -> bool:
        return any(payout.needs_lines for payout in self.payouts)
