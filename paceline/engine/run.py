"""A run: the steps in order, over one connection, with the checks that hold them to their
contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from paceline.engine import checks, conservation, excess
from paceline.engine import columns as c
from paceline.engine.coalitions import shared_by_value
from paceline.engine.columns import Table
from paceline.engine.database import DuckDB
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.executor import Executor, Workspace
from paceline.engine.hashing import fingerprint, hash_inputs
from paceline.engine.kept import Shelf, Step, is_shelvable, sums_of_lines
from paceline.engine.layout import lay_out
from paceline.engine.ledger.compile import Ledger, ledger_of
from paceline.engine.ledger.figures import TooDeep
from paceline.engine.ledger.outputs import credit_table, hold_to_types, result_tables
from paceline.engine.ledger.rate_rows import TABLED, RowsOf, asking, row_steps
from paceline.engine.ledger.rows import keyed_measures, keyed_name
from paceline.engine.marks import (
    ReadSplits,
    find_split_lines,
    may_be_read,
    put_read,
    put_splits,
    read_splits,
)
from paceline.engine.opening import lay_out_run, open_receivers, open_tables
from paceline.engine.people import people_of
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.rate_tables import rate_rows
from paceline.engine.results import CONSERVATION, ENGINE_VERSION, EXCLUDED, Results
from paceline.engine.shape import Shape, empty_table, shape_of
from paceline.engine.steps import exchange, lines
from paceline.engine.steps.days import Days
from paceline.engine.tables import Tables

Progress = Callable[[str, int, int], None]


def calculate(  # noqa: PLR0913 -- what is run, where, and what is known already
    plan: Plan,
    tables: Tables,
    period: Period,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    threads: int | None = None,
    on: Executor | None = None,
    shelf: Shelf | None = None,
    progress: Progress | None = None,
    input_hashes: Mapping[str, list[str]] | None = None,
) -> Results:
    """Run a plan for a period.

    Raises InputInvalid with every reason when the tables cannot be calculated. `progress` is called
    with the step's name, the steps done and the number of steps. `input_hashes` stand for tables
    whose files the caller has hashed already, such as a CSV that was read into memory. `on` is
    where the steps run: DuckDB in this process, with `connection` and `threads`, unless another
    executor is given. With a `shelf`, files of order lines that it knows the sums of are not read.
    """
    shape = shape_of(plan)
    executor = on or DuckDB(connection, threads)
    hashes = dict(input_hashes or {})
    with used(partial(executor.open, shape, tables, period), shape, period) as workspace:
        return _Run(workspace, shape, period, hashes, shelf=shelf, progress=progress).execute()


def calculate_part(
    plan: Plan, rows: Mapping[str, pa.Table], period: Period, database: duckdb.DuckDBPyConnection
) -> Results:
    """Run a plan over a part of a company's tables, held in memory: what can reach one payee.

    Every amount is calculated as in a whole run. Nothing is accounted for, because most of what
    came in is left out on purpose: `excluded` and `conservation` are empty, and no check is told.
    Raises InputInvalid when the part cannot be calculated.
    """
    shape, tables = shape_of(plan), Tables(rows)
    hashes = {name: ["a part"] for name in tables.sources}
    open_it = partial(DuckDB(database).open, shape, tables, period)
    with used(open_it, shape, period) as workspace:
        return _Run(workspace, shape, period, hashes, accounts=False).execute()


@contextmanager
def used(open_it: Callable[[], Workspace], shape: Shape, period: Period) -> Iterator[Workspace]:
    """A workspace that is closed whatever happens. Where something has too many digits, another is
    opened to find what that is.
    """
    workspace = open_it()
    try:
        yield workspace
    except workspace.overflows:
        pass
    else:
        return
    finally:
        workspace.close()
    workspace = open_it()
    try:
        raise InputInvalid([_too_large(workspace, shape, period)])
    finally:
        workspace.close()


def _too_large(workspace: Workspace, shape: Shape, period: Period) -> Problem:
    """What a run failed for: the first clause whose figure is too large, else the lines."""
    amounts, ledger = checks.problem("amount_too_large", "order_lines"), ledger_of(shape)
    workspace.stand_alone()
    try:
        open_tables(workspace, shape, period)
        put_splits(workspace)
        checks.note_what_came_in(workspace)
        days = lay_out(workspace, shape, period)
        if found := excess.of_lines(workspace, ledger):
            return found
        open_receivers(workspace, shape, days)
        people_of(shape, workspace.inputs, period).put(workspace)
        find_split_lines(workspace, shape)
    except workspace.overflows:
        return amounts
    *steps, _ledger = step_queries(workspace, ledger, days)
    return excess.of_steps(workspace, ledger, days, steps) or amounts


class _Run:
    def __init__(
        self,
        workspace: Workspace,
        shape: Shape,
        period: Period,
        hashes: dict[str, list[str]],
        *,
        shelf: Shelf | None = None,
        progress: Progress | None = None,
        accounts: bool = True,
    ) -> None:
        self.workspace = workspace
        self.shape = shape
        self.plan = shape.plan
        self.period = period
        self.shelf = shelf
        self.progress = progress
        self.hashes = hashes
        self.accounts = accounts
        self.credited: pa.Table | None = None
        try:
            self.ledger = ledger_of(shape)
        except TooDeep as deep:
            clause = excess.place_of(deep.figure)
            raise InputInvalid([checks.problem("plan_too_deep", clause, clause)]) from None
        self.done, self.total = 0, 0

    @property
    def _bears_anything(self) -> bool:
        """No table, whatever is wrong with it, makes the pass over the lines and what it stands on
        take long: repeated owners and teams multiply lines, and tables of rates and the values of
        coalitions are laid out before it.
        """
        credits_others = any(rule.to != "payee" for rule in self.shape.rules)
        return not (credits_others or self.shape.lookups or shared_by_value(self.plan))

    @property
    def sums_are_kept(self) -> bool:
        """Lines are added up file by file, over what the shelf has."""
        return self.shelf is not None and is_shelvable(self.workspace, self.shape)

    def execute(self) -> Results:
        """The run, with a thread for what can be done while the database works."""
        with ThreadPoolExecutor(1) as beside:
            return self._execute(beside)

    def _execute(self, beside: ThreadPoolExecutor) -> Results:
        open_tables(self.workspace, self.shape, self.period)
        with checks.Checking(self.workspace, self.shape, self.period, beside) as checking:
            if not self._bears_anything:
                checking.finish()
            credit_rows, fetched = self._calculate(beside, checking)
        tables = beside.submit(fetched.tables)
        excluded, account = self._accounts()
        results = tables.result()
        self._tell(self.ledger.contract.name)
        results |= {"credits": credit_rows.result(), "excluded": excluded, "conservation": account}
        conservation.refuse_wrong_totals(self.workspace, account)
        inputs = hash_inputs(self.workspace.tables.sources, self.workspace.hashes, self.hashes)
        return Results(
            self.plan,
            self.period,
            fingerprint(
                plan=self.plan.hash,
                engine_version=ENGINE_VERSION,
                period=f"{self.period.starts_on}/{self.period.ends_before}",
                inputs=inputs,
            ),
            inputs,
            conservation.checks_of(results["conservation"]),
            _tables=results,
        )

    def _calculate(
        self, beside: ThreadPoolExecutor, checking: checks.Checking
    ) -> tuple[Future[pa.Table], Fetched]:
        """All steps; returns what credit rules gave, in the making, and what the ledger holds."""
        split = self._read_splits(beside)
        days = lay_out_run(self.workspace, self.shape, self.period)
        *steps, (_, figures) = step_queries(self.workspace, self.ledger, days)
        self.total = len(steps) + 2
        self._tell("lines")
        people = beside.submit(people_of, self.shape, self.workspace.inputs, self.period)
        sums = self._sums([one for one in steps if _adds_up(one[0])], days, split)
        over = self._stood_on(split)
        for contract, make in sums:
            which = variant(contract, self.workspace, days)
            self.workspace.create(contract.name, make, variant=f"{which} {over}")
            self._tell(contract.name)
        people.result().put(self.workspace)
        for contract, make in steps:
            if not _adds_up(contract):
                self._take(contract, make, days)
        given = self.credited
        if given is None:
            given = fetch_credits(self.workspace, self.ledger)
        credit_rows = beside.submit(credit_table, self.ledger, given)
        checking.begin()  # the ledger's few rows are put together on one processor
        return credit_rows, fetch_ledger(self.workspace, self.ledger, figures)

    def _accounts(self) -> tuple[pa.Table, pa.Table]:
        """What became of everything that came in; empty where only a part was given."""
        if not self.accounts:
            return empty_table(EXCLUDED), empty_table(CONSERVATION)
        return conservation.accounts(self.workspace, self.shape, self.period)

    def _read_splits(self, beside: ThreadPoolExecutor) -> Future[ReadSplits] | None:
        """Begin to read the split lines, where that asks nothing of the database and the pass over
        the lines can do without them until its end; else have their rows ready.
        """
        workspace, shape = self.workspace, self.shape
        if self.sums_are_kept or not lines.whole_stand_alone(shape) or not may_be_read(workspace):
            put_splits(workspace)
            return None
        return beside.submit(partial(read_splits, workspace, shape))

    def _sums(
        self, steps: list[Step], days: Days, split: Future[ReadSplits] | None
    ) -> Iterable[Step]:
        """The steps that add up lines, over kept sums if there is a shelf."""
        workspace, shape = self.workspace, self.shape
        if self.shelf is not None and self.sums_are_kept:
            return sums_of_lines(workspace, shape, days, steps, self.shelf)
        if split is None:
            find_split_lines(workspace, shape)
            return steps
        workspace.create(lines.WHOLE, partial(lines.whole_groups, shape, days), variant=str(days))
        put_read(workspace, shape, split.result())
        (contract, _), *others = steps
        laid = split.result().is_laid
        make = partial(lines.groups_over_whole, shape, days, laid=laid)
        return [(contract, make), *others]

    def _stood_on(self, split: Future[ReadSplits] | None) -> str:
        """What those steps stand on, which decides their text."""
        if self.sums_are_kept:
            return "kept sums"
        return "lines" if split is None else f"{lines.WHOLE}, laid: {split.result().is_laid}"

    def _take(self, contract: Table, make: Callable[[], exp.Query], days: Days) -> None:
        """One of the steps over the sums; it may show that the run cannot be calculated."""
        workspace = self.workspace
        sums = self.ledger.sums
        if contract.name == "credited" and not sums.stretches:  # few rows, which come out, too
            self.credited = workspace.fetch(f"credited {sums.key}", make, few=True)
            workspace.register("credited", self.credited)
        else:
            workspace.create(contract.name, make, variant=variant(contract, workspace, days))
        if contract.name == "credited" and days.has_holes:
            refuse_missing_rates(workspace, self.shape, days)
        elif contract.name.startswith("matched_"):
            refuse_missing_rows(workspace, self.ledger, contract.name)
        self._tell(contract.name)

    def _tell(self, name: str) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(name, self.done, self.total)


def step_queries(workspace: Workspace, ledger: Ledger, days: Days) -> list[Step]:
    """The steps in order: the contract each one fulfils and the query that does it."""
    shape = ledger.shape
    with_splits = "credit_splits" in workspace.tables
    return [
        (
            lines.groups_contract(shape),
            lambda: lines.line_groups(shape, days, with_splits=with_splits),
        ),
        *_keyed_steps(ledger, days, with_splits=with_splits),
        (ledger.sums.contract, ledger.sums.credited),
        *row_steps(shape, ledger.sums, workspace.inputs.patterns),
        (ledger.contract, ledger.query),
    ]


def _adds_up(contract: Table) -> bool:
    """Whether a step adds up order lines."""
    return contract.name == "line_groups" or contract.name.startswith("values_")


def _keyed_steps(ledger: Ledger, days: Days, *, with_splits: bool) -> list[Step]:
    """The values of lines that measures look at one by one."""
    shape = ledger.shape
    return [
        (
            Table(keyed_name(measure), (), ()),
            partial(lines.keyed_groups, shape, days, measure, with_splits=with_splits),
        )
        for measure in keyed_measures(shape.plan)
    ]


def variant(contract: Table, workspace: Workspace, days: Days) -> str:
    """Which of a step's statements a plan takes: most are shared by all plans of one style."""
    if contract.name == "line_groups":
        return str(days)
    plan = workspace.plan
    if contract.name.startswith(("matched_", "sold_", "tabled_")):
        return f"{plan.hash} {workspace.inputs.patterns}"
    if contract.name.startswith("values_"):
        return f"{plan.hash} {days}"
    if contract.name == "credited":
        return ledger_of(shape_of(plan)).sums.key
    return plan.hash if contract.name == "ledger" else ""


@dataclass(frozen=True)
class Fetched:
    """What stands in the ledger: its wide rows, and by component the rows of tables of rates that
    took something, and who sold what such a table has no row for.
    """

    ledger: Ledger
    wide: pa.Table
    tabled: dict[str, pa.Table]
    unpaid: dict[str, list[str]]

    def tables(self) -> dict[str, pa.Table]:
        """The results, held to their declared types."""
        order = pc.sort_indices(self.wide, [("payee_id", "ascending")])
        wide = self.wide.take(order).combine_chunks()
        hold_to_types(self.ledger, wide)
        return result_tables(self.ledger, wide, self.tabled, self.unpaid)


def fetch_ledger(
    workspace: Workspace, ledger: Ledger, make: Callable[[], exp.Query] | None = None
) -> Fetched:
    """Bring over the ledger: out of its table, or, where nobody reads that again, out of its
    query.
    """
    key = f"ledger {ledger.plan.hash}{' figured' if make else ''}"
    wide = workspace.fetch(key, make or (lambda: c.every_row(ledger.contract)), few=True)
    tabled = {
        one.id: workspace.fetch(f"tabled {one.id} {ledger.plan.hash}", partial(_tabled, one.id))
        for one in asking(ledger.plan)
    }
    unpaid = {
        one.id: [payee for (payee,) in workspace.rows(f"unpaid {one.id} {ledger.plan.hash}", make)]
        for one in asking(ledger.plan)
        for make in (RowsOf(ledger.shape, ledger.sums, one).unpaid,)
    }
    return Fetched(ledger, wide, tabled, unpaid)


def _tabled(component: str) -> exp.Select:
    """The rows of a table of rates that took something, payee by payee."""
    columns = {name: c.col(name) for name in TABLED if name != "pay"}
    query = c.select(columns).from_(c.source(f"tabled_{component}"), copy=False)
    return query.order_by(c.col("payee_id"), c.col("tier"), copy=False)


def refuse_missing_rows(workspace: Workspace, ledger: Ledger, matched: str) -> None:
    """Somebody sold what a table of rates has no row for, though the plan says that it has: the run
    is refused.
    """
    component = ledger.plan.component(matched.removeprefix("matched_"))
    rows = RowsOf(ledger.shape, ledger.sums, component)
    if rows.imported.missing == "nothing":
        return
    found = workspace.rows(f"unmatched {component.id} {ledger.plan.hash}", rows.unmatched)
    if not found:
        return
    days = rate_rows(workspace.inputs.tables, rows.rates).changes
    problems = []
    for *key, stretch in found:
        named = ", ".join(word or "—" for word in key)
        first = f"{days[stretch - 1]}" if stretch else f"{workspace.parameters['starts_on']}"
        subject = f"{rows.imported.name}, {named}"
        problems.append(checks.problem("rate_missing", "rate_tables", subject, first))
    raise InputInvalid(problems)


def fetch_credits(workspace: Workspace, ledger: Ledger) -> pa.Table:
    """The sums of what credit rules gave, by payee and currency."""
    return workspace.fetch(
        f"credits {ledger.sums.key}",
        lambda: ledger.sums.by("payee_id", "currency", exact=False, only=ledger.sums.of_credits),
        few=True,
    )


def refuse_missing_rates(workspace: Workspace, shape: Shape, days: Days) -> None:
    """A line whose currency has no rate on its day cannot be converted: the run is refused."""
    ((unrated,),) = workspace.rows("unrated", exchange.unrated)
    if not unrated:
        return
    plan = shape.plan
    missing = workspace.rows(f"missing rates {days}", lambda: exchange.missing_rates(shape, days))
    if missing:
        raise InputInvalid(
            [
                checks.problem(
                    "exchange_rate_missing",
                    "exchange_rates",
                    f"{currency} to {plan.currency} on {day}",
                    plan.policies.exchange_rate,
                )
                for currency, day in missing[:200]
            ]
        )
