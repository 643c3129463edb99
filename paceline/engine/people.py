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
from paceline.engine.steps.crediting import CHAIN, NOWHERE, REACHING, RECEIVER
from paceline.engine.windows import MAX_DAYS

InMemory = Mapping[str, pa.Table]
MAX_LINKS = 100_000


@dataclass(frozen=True)
class People:
    """Whom the lines of each payee reach, members of the plan themselves at level 0; `circles` are
    reporting lines that do not end: hierarchy, payee, day.
    """

    reaching: pa.Table
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
        workspace.register(REACHING, self.reaching)


def people_of(
    shape: Shape, inputs: OpenInputs, period: Period, *, only: Sequence[str] | None = None
) -> People:
    """The people of a run in each of its slots, which are laid out; or `only` some of its payees,
    and whose lines reach them.
    """
    tables, slots = inputs.tables, inputs.laid_out["slots"].column("starts_on").to_pylist()
    chains: list[pa.Table] = []
    circles: list[tuple[str, str, date]] = []
    last_day = period.ends_before - timedelta(days=1)
    for tree in shape.trees:
        rows = tree_rows(tables, tree)
        highest = shape.highest if is_acyclic(rows) else TOP + 1  # a circle is certain there
        chains.append(hierarchy(links(shape, rows, slots, last_day), highest))
        circles += [(tree, *found) for found in _circles(chains[-1], slots)]
    found = members(shape.plan, tables, slots)
    if only is not None:
        wanted = pa.array(only, pa.string())
        found = found.filter(pc.is_in(found.column("payee_id"), wanted))
    return People(reaching(shape, found, chains), tuple(circles))


def members_of(reaching: pa.Table) -> pa.Table:
    """The rows of those whose own lines reach them."""
    return reaching.filter(pc.equal(reaching.column("level"), 0))


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
    return found.spread({"payee_id": rows.column("payee_id")}).select(["payee_id", "slot"])


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
        return empty_table(CHAIN)
    own, above = (_in_slot(links, name, links) for name in ("payee_id", "manager_id"))
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
                    RECEIVER: links.column("manager_id").take(last),
                    "level": pa.repeat(pa.scalar(level, arrow_type(PLACE)), len(first)),
                }
            )
        )
        last = next_link.take(last)
        leads_on = pc.is_valid(last)
        first, last = first.filter(leads_on), last.filter(leads_on)
    return pa.concat_tables(levels)


def reaching(shape: Shape, members: pa.Table, chains: Sequence[pa.Table]) -> pa.Table:
    """Whom the lines of each payee reach in each slot, as far as those are in the plan: the payee,
    and the managers above in several hierarchies, one row for each of them with the level in each;
    so no share reaches a manager twice, however many of the hierarchies lead there.
    """
    names = ("payee_id", "slot", RECEIVER)
    own = members.append_column(RECEIVER, members.column("payee_id"))
    parts = [_with_levels(own.select(names), {shape.levels[0]: _same(0, own)}, shape.levels)]
    parts += [
        _with_levels(chain.select(names), {name: chain.column("level")}, shape.levels)
        for name, chain in zip(shape.levels, chains, strict=False)
    ]
    above = pa.concat_tables(parts[1:]) if chains else parts[0].slice(0, 0)
    if len(chains) > 1:
        greatest = [(name, "max") for name in shape.levels]
        above = above.group_by(list(names), use_threads=False).aggregate(greatest)
        above = above.rename_columns([*names, *shape.levels])
    in_plan = _in_slot(members, "payee_id", members)
    is_there = pc.is_in(_in_slot(above, RECEIVER, members), value_set=in_plan)
    return pa.concat_tables([parts[0], above.filter(is_there)])


def _with_levels(
    rows: pa.Table, levels: Mapping[str, pa.ChunkedArray | pa.Array], names: Sequence[str]
) -> pa.Table:
    """The rows with a column for each level: nowhere, other than these."""
    for name in names:
        rows = rows.append_column(name, levels.get(name, _same(NOWHERE, rows)))
    return rows


def _same(level: int, rows: pa.Table) -> pa.Array:
    return pa.repeat(pa.scalar(level, arrow_type(PLACE)), rows.num_rows)


def _in_slot(rows: pa.Table, name: str, known: pa.Table) -> pa.Array:
    """A whole number for each row that tells a payee of the `known` ones, in the row's slot, from
    all others; none for somebody else.
    """
    names = pc.unique(known.column("payee_id"))
    who = pc.cast(pc.index_in(rows.column(name), value_set=names), pa.int64())
    slots = pc.cast(rows.column("slot"), pa.int64())
    numbers = pc.add(pc.multiply(who, MAX_DAYS), slots)
    return numbers.combine_chunks()


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
