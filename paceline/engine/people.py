"""People: who is in the plan in each slot, and who is above whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine import checks
from paceline.engine.columns import PLACE
from paceline.engine.errors import InputInvalid
from paceline.engine.executor import Workspace
from paceline.engine.inputs import OpenInputs
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import TOP, Shape, arrow_type, empty_table
from paceline.engine.slots import always, held
from paceline.engine.steps.crediting import HIERARCHY, MEMBERS, chains_of

InMemory = Mapping[str, pa.Table]
MAX_LINKS = 100_000


@dataclass(frozen=True)
class People:
    """The members of a plan, and a table of who is above whom for each hierarchy, by the names that
    the steps know them by; `circles` are reporting lines that do not end: hierarchy, payee, day.
    """

    members: pa.Table
    chains: dict[str, pa.Table]
    circles: tuple[tuple[str, str, date], ...]

    def put(self, workspace: Workspace) -> None:
        """Put them where the steps find them. A reporting line that comes back to its start has no
        top: the run is refused.
        """
        if self.circles:
            raise InputInvalid(
                [
                    checks.problem(
                        "reporting_circular",
                        "hierarchies" if tree else "reporting",
                        f"{tree}, {payee}" if tree else payee,
                        str(day),
                    )
                    for tree, payee, day in self.circles[:20]
                ]
            )
        workspace.register(MEMBERS.name, self.members)
        for name, rows in self.chains.items():
            workspace.register(name, rows)


def people_of(shape: Shape, inputs: OpenInputs, period: Period) -> People:
    """The people of a run in each of its slots, which are laid out."""
    tables, slots = inputs.tables, inputs.laid_out["slots"].column("starts_on").to_pylist()
    chains: dict[str, pa.Table] = {}
    circles: list[tuple[str, str, date]] = []
    last_day = period.ends_before - timedelta(days=1)
    for name, tree in chains_of(shape).items():
        rows = tree_rows(tables, tree)
        highest = shape.highest if is_acyclic(rows) else TOP + 1  # a circle is certain there
        chains[name] = hierarchy(links(shape, rows, slots, last_day), highest)
        circles += [(tree, *found) for found in _circles(chains[name], slots)]
    return People(members(shape.plan, tables, slots), chains, tuple(circles))


def members(plan: Plan, tables: InMemory, slots: Sequence[date]) -> pa.Table:
    """Payees assigned to the plan, and employed, in each slot."""
    rows = tables["assignments"]
    rows = rows.filter(pc.equal(rows.column("plan"), plan.slug))
    found = held(rows, slots)
    if "payees" in tables:
        payees = tables["payees"]
        known = pc.index_in(rows.column("payee_id"), value_set=payees.column("payee_id"))
        known = known.combine_chunks()
        is_known = pc.is_valid(known)
        rows, own = rows.filter(is_known), pc.indices_nonzero(is_known)
        found = found.take(own).narrowed(held(payees, slots).take(known.drop_null()))
    return found.spread({"payee_id": rows.column("payee_id")}).select(MEMBERS.names)


def links(shape: Shape, rows: pa.Table, slots: Sequence[date], last_day: date) -> pa.Table:
    """Each payee's manager by some reporting lines in each slot: as of the order, or as of the
    period's last day.
    """
    if shape.plan.policies.hierarchy_date == "period-end":
        starts, ends = rows.column("starts_on"), rows.column("ends_before")
        runs_on = pc.fill_null(pc.greater(ends, last_day), fill_value=True)
        rows = rows.filter(pc.and_(pc.less_equal(starts, last_day), runs_on))
        found = always(rows.num_rows, slots)
    else:
        found = held(rows, slots)
    return found.spread({name: rows.column(name) for name in ("payee_id", "manager_id")})


def hierarchy(links: pa.Table, highest: int) -> pa.Table:
    """Everyone above each payee, with the level, up to the highest that is asked for.

    A payee has one manager at a time, so that each link leads to one link at most: that of the
    manager in the same slot.
    """
    if not links.num_rows:
        return empty_table(HIERARCHY)
    own, above = (_in_slot(links, name) for name in ("payee_id", "manager_id"))
    next_link = pc.index_in(above, value_set=own)
    first = last = pa.array(range(links.num_rows), pa.int32())
    levels: list[pa.Table] = []
    for level in range(1, highest + 1):
        if not len(last):
            break
        levels.append(
            pa.table(
                {
                    "payee_id": links.column("payee_id").take(first),
                    "slot": links.column("slot").take(first),
                    "level": pa.repeat(pa.scalar(level, arrow_type(PLACE)), len(first)),
                    "manager_id": links.column("manager_id").take(last),
                }
            )
        )
        last = next_link.take(last)
        leads_on = pc.is_valid(last)
        first, last = first.filter(leads_on), last.filter(leads_on)
    return pa.concat_tables(levels)


def _in_slot(links: pa.Table, name: str) -> pa.Array:
    """A whole number for each link that tells a payee, or a manager who is one, in the link's slot
    from all others.
    """
    names = pc.unique(links.column("payee_id"))
    who = pc.cast(pc.index_in(links.column(name), value_set=names), pa.int64())
    slots = pc.cast(links.column("slot"), pa.int64())
    count = pc.add(pc.max(slots), 1)
    return pc.add(pc.multiply(who, count), slots).combine_chunks()


def _circles(chain: pa.Table, slots: Sequence[date]) -> list[tuple[str, date]]:
    """Payees whose chain of managers does not end, with the first day on which it does not."""
    endless = chain.filter(pc.greater(chain.column("level"), TOP))
    first: dict[str, date] = {}
    for row in endless.to_pylist():
        day = slots[row["slot"]]
        first[row["payee_id"]] = min(day, first.get(row["payee_id"], day))
    return sorted(first.items())


def tree_rows(tables: InMemory, tree: str) -> pa.Table:
    """The rows of a hierarchy; "" is the reporting line."""
    if not tree:
        return tables["reporting"]
    rows = tables["hierarchies"]
    return rows.filter(pc.equal(rows.column("hierarchy"), tree))


def is_acyclic(rows: pa.Table) -> bool:
    """Nobody is above themselves, whatever the day: most companies' reporting lines, taken together
    over all days, hold no circle, and then there is none on any day. False says only that the days
    have to be looked at.
    """
    if rows.num_rows > MAX_LINKS:
        return False
    payees = rows.column("payee_id").to_pylist()
    managers = rows.column("manager_id").to_pylist()
    manager_of = dict(zip(payees, managers, strict=True))
    if len(manager_of) == len(payees):
        return _leads_up(manager_of)
    above: dict[str, set[str]] = {}
    waiting: dict[str, int] = {}
    for payee, manager in zip(payees, managers, strict=True):
        if manager not in above.setdefault(payee, set()):
            above[payee].add(manager)
            waiting[manager] = waiting.get(manager, 0) + 1
    free = [payee for payee in above if not waiting.get(payee)]
    seen = 0
    while free:
        seen += 1
        for manager in above.get(free.pop(), ()):
            waiting[manager] -= 1
            if not waiting[manager]:
                free.append(manager)
    return seen == len(above.keys() | waiting.keys())


def _leads_up(manager_of: dict[str, str]) -> bool:
    """Whoever starts anywhere and goes to the manager, one at most for each, comes to an end.

    Those who are nobody's manager are put aside, then those who are not any more, and so on: who
    is left in the end goes in a circle.
    """
    left = set(manager_of)
    for _ in range(TOP):
        above = left.intersection(map(manager_of.__getitem__, left))
        if len(above) == len(left):
            return not left
        left = above
    return False  # so many levels have to be looked at day by day
