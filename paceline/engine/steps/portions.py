"""Portions: a line as it is handed to payees: whole, by its split rows, or by rules that credit
somebody other than the line's own payee.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import COUNT, EXACT, PLACE, SHARE, TEXT, col, select, table, typed
from paceline.engine.formula.compile import compile_formula
from paceline.engine.formula.tree import Value, names_in
from paceline.engine.plan.model import Credit
from paceline.engine.shape import Shape
from paceline.engine.split_rows import IS_REPLACED, LINE, NUMBER, SHARED, SPLIT_IDS
from paceline.engine.steps.days import Days

OWNER_SLOTS = table(
    "owner_slots",
    "kind key slot payee_id",
    {"kind": TEXT, "key": TEXT, "slot": PLACE, "payee_id": TEXT, "share": SHARE},
)
OWNER_TOTALS = table(
    "owner_totals", "kind key slot", {"kind": TEXT, "key": TEXT, "slot": PLACE, "share": SHARE}
)
MATES = table("mates", "payee_id slot mate_id", {"payee_id": TEXT, "slot": PLACE, "mate_id": TEXT})


@dataclass(frozen=True)
class Way:
    """A way of handing out lines: `whole` to their own payees; `replaced`, the same for lines with
    split rows, to be taken out again; `shared` by split rows, which may be `laid` beside them
    already; or by the `rule` of a way `assigned`.
    """

    kind: str
    rule: Credit | None = None
    laid: bool = False


def ways(shape: Shape, *, with_splits: bool) -> list[Way]:
    """The ways that a plan and its tables need."""
    kinds = ["whole", "replaced", "shared"] if with_splits else ["whole"]
    assigning = [rule for rule in shape.rules if rule.to != "payee"]
    return [*(Way(kind) for kind in kinds), *(Way("assigned", rule) for rule in assigning)]


@dataclass(frozen=True)
class Portion:
    """Who gets a portion of a line `l`, how much of it (None: all), by which rules."""

    payee: exp.Expr
    share: exp.Expr | None
    is_overlay: exp.Expr
    bits: exp.Expr


def portion(shape: Shape, way: Way) -> Portion:
    """What a way says of each line."""
    if way.rule is None:
        own = own_share(shape)
        bits = own_bits(shape, "l")
        if way.kind == "shared":
            whose, share, is_over = (
                col(beside, "l") if way.laid else col(name, "s") for name, beside in SHARED.items()
            )
            return Portion(whose, share, is_over, bits)
        return Portion(col("payee_id", "l"), own, exp.false(), bits)
    rule = way.rule
    overlay: exp.Expr = exp.true() if rule.is_overlay else exp.false()
    bit = typed(c.whole(1 << shape.rules.index(rule)), COUNT)
    if rule.to == "owner":
        return Portion(col("payee_id", "o"), col("share", "o"), overlay, bit)
    payee = col("mate_id", "m") if rule.to == "team" else col(rule.to, "l")
    return Portion(payee, rule_share(rule), overlay, bit)


def join_way(
    query: exp.Select,
    shape: Shape,
    days: Days,
    way: Way,
    *,
    with_splits: bool,
    numbered: bool = True,
) -> exp.Select:
    """Join what a way needs to the lines `l`, which have their calendar already; to be shared, they
    are `numbered` split lines, or any lines, whose ids are then compared.
    """
    if way.kind == "shared" and not way.laid:
        number = exp.EQ(this=col(NUMBER, "l"), expression=col(LINE, "s"))
        theirs = number if numbered else c.same(["line_id"], "l", "s")
        c.join(query, "in_credit_splits", "s", theirs)
    elif way.kind == "replaced":
        query.where(col(IS_REPLACED, "l"), copy=False)
    if way.rule is None:
        if way.kind != "shared":
            _join_totals(query, shape, days)
            own = own_share(shape)
            if own is not None:
                query.where(exp.GT(this=own, expression=c.number(0, SHARE)), copy=False)
        return query
    rule = way.rule
    bit = c.whole(1 << shape.rules.index(rule))
    met = exp.BitwiseAnd(this=rule_bits(shape, "l"), expression=typed(bit, COUNT))
    query.where(exp.NEQ(this=exp.Paren(this=met), expression=c.whole(0)), copy=False)
    if rule.to == "owner":
        key = c.both(
            exp.EQ(this=col("kind", "o"), expression=c.text(rule.owner_of)),
            exp.EQ(this=col("key", "o"), expression=col(rule.owner_of, "l")),
            exp.EQ(this=col("slot", "o"), expression=days.slot()),
        )
        c.join(query, "owner_slots", "o", key)
    elif rule.to == "team":
        mates = c.both(
            c.same(["payee_id"], "m", "l"), exp.EQ(this=col("slot", "m"), expression=days.slot())
        )
        c.join(query, "mates", "m", mates)
    else:
        query.where(exp.Not(this=col(rule.to, "l").is_(exp.null())), copy=False)
    if not rule.is_overlay and with_splits:
        leave_out_split(query)
    return query


def leave_out_split(query: exp.Select) -> exp.Select:
    """Leave out the lines `l` whose own payee is replaced by split rows."""
    replaced = c.both(c.same(["line_id"], "l", "b"), col("is_replaced", "b"))
    return c.join(query, SPLIT_IDS.name, "b", replaced, kind="anti")


def _join_totals(query: exp.Select, shape: Shape, days: Days) -> None:
    """What owners take of each line, for rules that take it away from the line's own payee."""
    for rule in taking_rules(shape):
        if rule.to != "owner":
            continue
        alias = _alias(shape, rule)
        key = c.both(
            exp.EQ(this=col("kind", alias), expression=c.text(rule.owner_of)),
            exp.EQ(this=col("key", alias), expression=col(rule.owner_of, "l")),
            exp.EQ(this=col("slot", alias), expression=days.slot()),
        )
        c.join(query, "owner_totals", alias, key, kind="left")


def _alias(shape: Shape, rule: Credit) -> str:
    return f"t{shape.rules.index(rule)}"


def taking_rules(shape: Shape) -> list[Credit]:
    """The rules that take their share of a line away from its own payee."""
    return [rule for rule in shape.rules if rule.to != "payee" and not rule.is_overlay]


def own_share(shape: Shape) -> exp.Expr | None:
    """What rules leave of a line to its own payee; None where no rule takes anything."""
    taken: exp.Expr | None = taken_share(shape)
    if taken is None:
        return None
    return typed(c.minus(c.number(1, EXACT), taken, EXACT), SHARE)


def taken_share(shape: Shape) -> exp.Expr | None:
    """The sum of the shares that rules take of a line."""
    total: exp.Expr | None = None
    for rule in taking_rules(shape):
        bit = c.whole(1 << shape.rules.index(rule))
        met = exp.BitwiseAnd(this=rule_bits(shape, "l"), expression=typed(bit, COUNT))
        test: exp.Expr = exp.NEQ(this=exp.Paren(this=met), expression=c.whole(0))
        if rule.to == "owner":
            share: exp.Expr = c.or_else(
                typed(col("share", _alias(shape, rule)), EXACT), c.number(0, EXACT), EXACT
            )
        else:
            share = typed(rule_share(rule), EXACT)
            test = c.both(test, exp.Not(this=col(rule.to, "l").is_(exp.null())))
        part = typed(c.when((test, share), otherwise=c.number(0, EXACT)), EXACT)
        total = part if total is None else c.plus(total, part, EXACT)
    return total


def rule_share(rule: Credit) -> exp.Expr:
    """The share of a line that a rule gives; eight decimals."""
    if rule.share is None:
        return c.number(1, SHARE)
    return typed(compile_formula(rule.share.root, "l"), SHARE)


def rule_bits(shape: Shape, of: str) -> exp.Expr:
    """A whole number with one bit for each direct rule that takes the line.

    Under `precedence: all` these are the rules whose condition it meets, else the first of them in
    the order that the plan states.
    """
    nothing = typed(c.whole(0), COUNT)
    order = rules_in_order(shape)
    bits = {rule.id: typed(c.whole(1 << shape.rules.index(rule)), COUNT) for rule in order}
    if shape.plan.policies.precedence != "all":
        branches: list[tuple[exp.Expr, exp.Expr]] = []
        for rule in order:
            if rule.when is None:
                return _cased(branches, bits[rule.id])
            branches.append((compile_formula(rule.when.root, of), bits[rule.id]))
        return _cased(branches, nothing)
    result: exp.Expr | None = None
    for rule in order:
        bit: exp.Expr = bits[rule.id]
        if rule.when is not None:
            test = compile_formula(rule.when.root, of)
            bit = typed(c.when((test, bit), otherwise=nothing.copy()), COUNT)
        result = bit if result is None else c.plus(result, bit, COUNT)
    return nothing if result is None else result


def _cased(branches: Sequence[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr) -> exp.Expr:
    if not branches:
        return otherwise
    return typed(c.when(*branches, otherwise=otherwise), COUNT)


def rules_in_order(shape: Shape) -> list[Credit]:
    """The direct rules in the order in which they take lines: as listed, or the one that tests
    more columns first.
    """
    rules = list(shape.rules)
    if shape.plan.policies.precedence != "most-specific":
        return rules
    return sorted(
        rules, key=lambda rule: -len(names_in(rule.when.root)) if rule.when is not None else 0
    )


def own_bits(shape: Shape, of: str) -> exp.Expr:
    """The bits of the rules that credit the line's own payee."""
    bits = rule_bits(shape, of)
    mask = sum(1 << place for place, rule in enumerate(shape.rules) if rule.to == "payee")
    if mask == (1 << len(shape.rules)) - 1:
        return bits
    return typed(exp.BitwiseAnd(this=bits, expression=typed(c.whole(mask), COUNT)), COUNT)


def owner_slots() -> exp.Query:
    """Who owns what in each stretch of days."""
    columns: dict[str, exp.Expr] = {
        name: col(name, "o") for name in ("kind", "key", "payee_id", "share")
    }
    query = c.conform(OWNER_SLOTS, {**columns, "slot": col("slot", "s")}).from_(
        c.source("slots", "s"), copy=False
    )
    valid = c.within(col("starts_on", "s"), col("starts_on", "o"), col("ends_before", "o"))
    return c.join(query, "in_owners", "o", valid)


def owner_totals() -> exp.Query:
    """What the owners of one thing have together."""
    keys: dict[str, exp.Expr] = {name: col(name) for name in ("kind", "key", "slot")}
    share = typed(exp.Sum(this=typed(col("share"), EXACT)), SHARE)
    return (
        c.conform(OWNER_TOTALS, {**keys, "share": share})
        .from_(c.source("owner_slots"), copy=False)
        .group_by(*(key.copy() for key in keys.values()), copy=False)
    )


def mates() -> exp.Query:
    """The others in each payee's team in each stretch of days."""
    query = c.conform(
        MATES,
        {
            "payee_id": col("payee_id", "a"),
            "slot": col("slot", "s"),
            "mate_id": col("payee_id", "b"),
        },
    ).from_(c.source("slots", "s"), copy=False)
    for alias in ("a", "b"):
        valid = c.within(col("starts_on", "s"), col("starts_on", alias), col("ends_before", alias))
        if alias == "b":
            other = exp.NEQ(this=col("payee_id", "a"), expression=col("payee_id", "b"))
            valid = c.both(c.same(["team"], "a", "b"), other, valid)
        c.join(query, "in_teams", alias, valid)
    return query


def overtaken(shape: Shape, days: Days) -> exp.Select:
    """Lines of which rules would take more than there is, or a share that is none."""
    taken = taken_share(shape)
    assert taken is not None  # noqa: S101 -- the caller looked
    outside: list[exp.Expr] = [exp.GT(this=taken, expression=c.number(1, EXACT))]
    for rule in taking_rules(shape):
        if rule.share is not None and not isinstance(rule.share.root, Value):
            negative = exp.LT(this=rule_share(rule), expression=c.number(Decimal(0), SHARE))
            outside.append(negative)
    query = select({"line_id": col("line_id", "l")}).from_(
        c.source("in_order_lines", "l"), copy=False
    )
    days.join(query)
    _join_totals(query, shape, days)
    query.where(c.either(*outside), copy=False)
    return query.order_by(col("line_id", "l"), copy=False).limit(20, copy=False)
