"""The rows that the ledger begins with: everyone in the plan, with what was added up for them."""

from __future__ import annotations

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import COUNT, EXACT, MONEY, PLACE, TEXT, Kind, col, typed
from paceline.engine.ledger.measures import counts_lines, name_of, needed_measures
from paceline.engine.ledger.sums import Sums
from paceline.engine.plan.model import Component, Measure, Plan, Quota
from paceline.engine.shape import Shape
from paceline.engine.steps import crediting
from paceline.engine.steps.crediting import in_window, measure_terms, taken_by

TEAM = "team"


def everyone(shape: Shape) -> exp.Select:
    """Everyone in the plan on a day of the period: those who get a statement."""
    members = crediting.members(shape).select(col("payee_id"), append=False, copy=False)
    first = c.parameter("first_slot", PLACE)
    members.where(exp.GTE(this=col("slot"), expression=first), copy=False)
    return members.distinct(copy=False)


def payee_rows(shape: Shape, sums: Sums) -> exp.Select:
    """Everyone in the plan on a day of the period, as `p`, with what was added up for them."""
    plan = shape.plan
    columns: dict[str, exp.Expr] = {"payee_id": col("payee_id", "p")}
    summed = summed_columns(shape, sums, "s")
    asked = {part.name for value in summed.values() for part in value.find_all(exp.Column)}
    columns |= summed
    query = c.select(columns).from_(everyone(shape).subquery("p", copy=False), copy=False)
    join_to_payee(query, sums.by("payee_id", only=asked), "s", {})
    plain = [quota for quota in plan.quotas if not quota.is_worked_out]
    worked = [quota for quota in plan.quotas if quota.is_worked_out]
    for quotas, make, alias in ((plain, _targets, "t"), (worked, _worked_out, "w")):
        if quotas:
            kinds: dict[str, Kind] = {f"quotas/{quota.id}/target": MONEY for quota in quotas}
            join_to_payee(query, make(quotas), alias, kinds)
    figures = [measure for measure in plan.measures if measure.kind == "figure"]
    if figures:
        own: dict[str, Kind] = {name_of(measure.id): EXACT for measure in figures}
        join_to_payee(query, entered(figures), "e", own)
    for place, measure in enumerate(keyed_measures(plan)):
        kinds = {name_of(measure.id): EXACT}
        none = c.number(0, EXACT) if measure.kind == "distinct" else None
        join_to_payee(query, _keyed(shape, measure), f"keyed_{place}", kinds, otherwise=none)
    for place, component in enumerate(by_value(plan)):
        kinds = {weight_of(component): EXACT}
        join_to_payee(query, _weights(component), f"shapley_{place}", kinds)
    if has_teams(plan):
        join_to_payee(query, _teams(), "g", {TEAM: TEXT})
    return query


def row_kinds(shape: Shape, sums: Sums) -> dict[str, Kind]:
    """The columns of those rows and their types."""
    plan = shape.plan
    found: dict[str, Kind] = {"payee_id": TEXT}
    for name in summed_columns(shape, sums, "s"):
        found[name] = COUNT if counts_lines(name) else EXACT
    found |= {f"quotas/{quota.id}/target": MONEY for quota in plan.quotas}
    found |= {name_of(measure.id): EXACT for measure in plan.measures if measure.kind == "figure"}
    found |= {name_of(measure.id): EXACT for measure in keyed_measures(plan)}
    found |= {weight_of(component): EXACT for component in by_value(plan)}
    if has_teams(plan):
        found[TEAM] = TEXT
    return found


def keyed_measures(plan: Plan) -> list[Measure]:
    """The measures that look at the values of lines one by one."""
    return [measure for measure in plan.measures if measure.is_keyed]


def keyed_name(measure: Measure) -> str:
    """The table of the values that such a measure sees."""
    return f"values_{measure.id}"


def _keyed(shape: Shape, measure: Measure) -> exp.Select:
    """The number of different values that reach a payee, or the least or the greatest of them."""
    terms = measure_terms(shape, measure)
    test = taken_by(terms, col("bits", "g"), "g")
    if shape.has_windows:
        window = shape.windows.index(windows.key_of(measure))
        test = c.both(test, in_window(window, "g"))
    value = c.when((test, col("value", "g")), otherwise=exp.null())
    found: exp.Expr = exp.Count(this=exp.Distinct(expressions=[value]))
    if measure.kind != "distinct":
        found = exp.Min(this=value) if measure.kind == "min" else exp.Max(this=value)
    reached = crediting.reach(shape, keyed_name(measure), keyed=True).subquery("g", copy=False)
    columns: dict[str, exp.Expr] = {
        "payee_id": col("payee_id", "g"),
        name_of(measure.id): typed(found, EXACT),
    }
    return c.select(columns).from_(reached, copy=False).group_by(col("payee_id", "g"), copy=False)


def has_teams(plan: Plan) -> bool:
    """Some component pays or compares within a team."""
    return any(
        one.pool is not None or (one.contest is not None and one.contest.among == TEAM)
        for one in plan.components
    )


def join_to_payee(
    query: exp.Select,
    rows: exp.Select,
    alias: str,
    kinds: dict[str, Kind],
    payee: str = "p",
    otherwise: exp.Expr | None = None,
) -> None:
    """Join rows by payee and take some of their columns; who has none is given `otherwise`."""
    for name, kind in kinds.items():
        value = typed(col(name, alias), kind)
        value = value if otherwise is None else c.or_else(value, otherwise.copy(), kind)
        query.select(exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True)), copy=False)
    on = c.same(["payee_id"], alias, payee)
    query.join(rows.subquery(alias, copy=False), on=on, join_type="left", copy=False)


def summed_columns(shape: Shape, sums: Sums, of: str) -> dict[str, exp.Expr]:
    """The columns of measures that are added up from lines; zero where nothing was credited."""
    found: dict[str, exp.Expr] = {}
    for window, measures in needed_measures(shape.plan).items():
        for measure in measures:
            value = typed(col(sums.of_measure(measure, window), of), EXACT)
            own = window == windows.key_of(measure)
            name = name_of(measure.id) if own else name_of(measure.id, window)
            found[name] = c.or_else(value, c.number(0, EXACT), EXACT)
    for measure in shape.plan.measures:
        if measure.is_summed:
            lines = c.or_else(col(sums.lines_of(measure), of), c.whole(0), COUNT)
            found[f"{name_of(measure.id)}/lines"] = lines
    return found


def targets(quota: Quota) -> exp.Select:
    """Each payee's target of one quota."""
    return _worked_out([quota]) if quota.is_worked_out else _targets([quota])


def _worked_out(quotas: list[Quota]) -> exp.Select:
    """Targets that were worked out before the run, a column for each quota."""
    columns: dict[str, exp.Expr] = {"payee_id": col("payee_id")}
    for quota in quotas:
        own = exp.EQ(this=col("quota"), expression=c.text(quota.id))
        amount = c.when((own, col("target")), otherwise=c.null(MONEY))
        columns[f"quotas/{quota.id}/target"] = typed(exp.Max(this=amount), MONEY)
    return (
        c.select(columns)
        .from_(c.source("targets"), copy=False)
        .group_by(col("payee_id"), copy=False)
    )


def _targets(quotas: list[Quota]) -> exp.Select:
    """The sum of each payee's quota rows that lie in the quota's window, a column for each."""
    columns: dict[str, exp.Expr] = {"payee_id": col("payee_id")}
    for quota in quotas:
        inside = c.both(
            exp.EQ(this=col("quota"), expression=c.text(quota.name)),
            exp.GTE(this=col("starts_on"), expression=c.target_starts(quota.over)),
            exp.LTE(this=col("ends_before"), expression=c.target_ends(quota.over)),
        )
        amount = c.when((inside, typed(col("amount"), MONEY)), otherwise=c.null(MONEY))
        columns[f"quotas/{quota.id}/target"] = typed(exp.Sum(this=amount), MONEY)
    return (
        c.select(columns)
        .from_(c.source("in_quotas"), copy=False)
        .group_by(col("payee_id"), copy=False)
    )


def entered(measures: list[Measure]) -> exp.Select:
    """Figures that somebody entered: their sum in the period, or the latest by its end."""
    columns: dict[str, exp.Expr] = {"payee_id": col("payee_id")}
    for measure in measures:
        test = c.both(
            exp.EQ(this=col("figure"), expression=c.text(measure.name)),
            exp.LT(this=col("on_date"), expression=c.period_ends()),
        )
        value = typed(col("value"), EXACT)
        if measure.reads_last:
            when = c.when((test, col("on_date")), otherwise=exp.null())
            latest: exp.Expr = c.call(
                "ARG_MAX", c.when((test.copy(), value), otherwise=exp.null()), when
            )
        else:
            since = exp.GTE(this=col("on_date"), expression=c.period_starts())
            latest = exp.Sum(this=c.when((c.both(test, since), value), otherwise=exp.null()))
        columns[name_of(measure.id)] = typed(latest, EXACT)
    return (
        c.select(columns)
        .from_(c.source("in_figures"), copy=False)
        .group_by(col("payee_id"), copy=False)
    )


def by_value(plan: Plan) -> list[Component]:
    """The components whose pool is shared out by the values of coalitions."""
    return [one for one in plan.components if one.pool is not None and one.pool.share is None]


def weight_of(component: Component) -> str:
    """The column of what each player adds."""
    return f"components/{component.id}/shapley"


def _weights(component: Component) -> exp.Select:
    """The players' Shapley values, which were worked out before the run."""
    columns: dict[str, exp.Expr] = {
        "payee_id": col("payee_id"),
        weight_of(component): col("weight"),
    }
    own = exp.EQ(this=col("component"), expression=c.text(component.id))
    return c.select(columns).from_(c.source("shapley"), copy=False).where(own, copy=False)


def _teams() -> exp.Select:
    """Each payee's team on the last day of the period."""
    columns: dict[str, exp.Expr] = {
        "payee_id": col("payee_id"),
        TEAM: exp.Min(this=col("team")),
    }
    valid = c.within(c.period_last_day(), col("starts_on"), col("ends_before"))
    return (
        c.select(columns)
        .from_(c.source("in_teams"), copy=False)
        .where(valid, copy=False)
        .group_by(col("payee_id"), copy=False)
    )
