"""Settlement: from what was earned to what is payable and paid, with memory between periods.

`settle` takes the results of a run and the balances that earlier settlements left, and gives what
is paid, what is still owed, and every entry with the clause that made it. docs/settlement.md says
what each step does.
"""

from __future__ import annotations

from paceline.engine.settlement.explain import explain_payment
from paceline.engine.settlement.outcome import Settlement
from paceline.engine.settlement.settle import settle
from paceline.engine.settlement.tables import SETTLEMENT_INPUTS, SettlementTables

__all__ = ["SETTLEMENT_INPUTS", "Settlement", "SettlementTables", "explain_payment", "settle"]
