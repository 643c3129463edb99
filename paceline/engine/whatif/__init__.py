"""What if: one more order, the next tier, another version of the plan, for one payee.

What a run keeps of a payee (measures, targets, tiers, earnings) answers in milliseconds. Where
that is not enough, an order is put among the payee's own lines and calculated like any other. A
component that can be made again by neither is left out of the answer by name: `earned` is None and
`note` says so.
"""

from __future__ import annotations

from paceline.engine.whatif.counted import one_more_counted
from paceline.engine.whatif.kept import Kept, kept_of, keyed_of
from paceline.engine.whatif.orders import (
    OTHERS,
    OneMore,
    Order,
    OrderIncomplete,
    Outcome,
    columns_asked,
    nearest_level,
    one_more,
)
from paceline.engine.whatif.step import Step
from paceline.engine.whatif.steps import next_steps
from paceline.engine.whatif.untold import Untold, untold_steps
from paceline.engine.whatif.versions import under_plan
from paceline.engine.whatif.windowed import asks_windows, with_windows

__all__ = [
    "OTHERS",
    "Kept",
    "OneMore",
    "Order",
    "OrderIncomplete",
    "Outcome",
    "Step",
    "Untold",
    "asks_windows",
    "columns_asked",
    "kept_of",
    "keyed_of",
    "nearest_level",
    "next_steps",
    "one_more",
    "one_more_counted",
    "under_plan",
    "untold_steps",
    "with_windows",
]
