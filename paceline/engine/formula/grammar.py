"""Reading a formula: text in, typed tree out, or FormulaInvalid with a column to point at."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from paceline.engine.errors import FormulaInvalid
from paceline.engine.formula import types
from paceline.engine.formula.tree import Call, Formula, Name, Node, Type, Value
from paceline.engine.money import DIGITS

MAX_LENGTH = 2_000
MAX_DEPTH = 16
MAX_NODES = 300

_GRAMMAR = r"""
start: either
?either: both ("or" both)*
?both: inverse ("and" inverse)*
?inverse: "not" inverse -> negation
    | comparison
?comparison: sum
    | sum COMPARE sum -> compare
    | sum "in" "(" sum ("," sum)* ")" -> among
    | sum "not" "in" "(" sum ("," sum)* ")" -> not_among
?sum: product (PLUS product)*
?product: unary (TIMES unary)*
?unary: "-" unary -> negative
    | atom
?atom: NUMBER CURRENCY -> money
    | PERCENT -> percent
    | DATE -> date
    | NUMBER -> quantity
    | STRING -> text
    | "true" -> true
    | "false" -> false
    | NAME "(" [either ("," either)*] ")" -> function
    | NAME -> name
    | "(" either ")"
COMPARE: "<=" | ">=" | "!=" | "<>" | "==" | "=" | "<" | ">"
PLUS: "+" | "-"
TIMES: "*"
DATE.5: /[0-9]{4}-[0-9]{2}-[0-9]{2}/
PERCENT.4: /[0-9]+(\.[0-9]+)?%/
NUMBER.3: /[0-9]+(\.[0-9]+)?/
CURRENCY.2: /[A-Z]{3}(?![A-Za-z0-9_])/
STRING: /"[^"\n]*"/
NAME: /[a-z][a-z0-9_]*(\.(attainment|target|earned))?/
%ignore /[ \t\r\n]+/
"""

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,8})?")


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=False)


def parse_formula(text: str, names: Mapping[str, Type]) -> Formula:
    """Read `text` over the columns in `names`.

    Raises FormulaInvalid; no other error leaves here, whatever the text.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaInvalid(
            "formula_too_long",
            f"the formula has {len(text)} characters; {MAX_LENGTH} are allowed: take parts out "
            "into measures of their own",
            length=len(text),
            limit=MAX_LENGTH,
        )
    _refuse_depth(text)
    try:
        tree = _parser().parse(text)
        root = _Builder(names).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, FormulaInvalid):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        column = getattr(error, "column", None)
        place = column if isinstance(column, int) and column > 0 else len(text) + 1
        if text[place - 1 : place] == "/":
            raise FormulaInvalid(
                "formula_division",
                "a formula has no /; write divide(a, b, otherwise): it says what a divisor of"
                " zero gives",
                place,
                character=place,
            ) from None
        raise FormulaInvalid(
            "formula_malformed",
            f"the formula cannot be read from character {place} on",
            place,
            character=place,
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if types.depth_of(root) > MAX_DEPTH:
        raise _too_deep()
    return Formula(text, root)


def _too_deep() -> FormulaInvalid:
    return FormulaInvalid(
        "formula_too_deep",
        f"the formula is nested deeper than {MAX_DEPTH} levels: take inner parts out into measures "
        "of their own",
        limit=MAX_DEPTH,
    )


def _refuse_depth(text: str) -> None:
    """Count brackets, signs and negations before parsing, so that no parser sees a deep nest."""
    depth = deepest = 0
    for character in re.sub(r'"[^"\n]*"', "", text):
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    chains = re.findall(r"(?:(?:\bnot\b|-)\s*){17,}", text)
    if deepest > MAX_DEPTH or chains:
        raise _too_deep()


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Builds typed nodes from the leaves up, so that types are checked while reading."""

    def __init__(self, names: Mapping[str, Type]) -> None:
        super().__init__()
        self.names = names
        self.nodes = 0

    def _count(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise FormulaInvalid(
                "formula_too_large",
                f"the formula has more than {MAX_NODES} parts: take some out into measures of "
                "their own",
                limit=MAX_NODES,
            )
        return node

    def start(self, root: Node) -> Node:
        return root

    def either(self, *parts: Node) -> Node:
        return self._count(types.check_call("or", parts))

    def both(self, *parts: Node) -> Node:
        return self._count(types.check_call("and", parts))

    def negation(self, part: Node) -> Node:
        return self._count(types.check_call("not", (part,)))

    def compare(self, left: Node, sign: Token, right: Node) -> Node:
        operation = {"==": "=", "<>": "!="}.get(str(sign), str(sign))
        return self._count(types.check_call(operation, (left, right)))

    def among(self, *parts: Node) -> Node:
        return self._count(types.check_call("in", parts))

    def not_among(self, *parts: Node) -> Node:
        return self._count(types.check_call("not", (types.check_call("in", parts),)))

    def sum(self, *parts: Any) -> Node:
        return self._chain(parts)

    def product(self, *parts: Any) -> Node:
        return self._chain(parts)

    def _chain(self, parts: Sequence[Any]) -> Node:
        node: Node = parts[0]
        for sign, part in zip(parts[1::2], parts[2::2], strict=True):
            node = self._count(types.check_call(str(sign), (node, part)))
        return node

    def negative(self, part: Node) -> Node:
        return self._count(types.check_call("negative", (part,)))

    def money(self, number: Token, currency: Token) -> Node:
        if str(currency) not in DIGITS:
            raise FormulaInvalid(
                "currency_unknown",
                f"{currency} is no active currency",
                number.column,
                currency=str(currency),
            )
        return self._count(Value("money", _decimal(number), str(currency)))

    def percent(self, number: Token) -> Node:
        return self._count(Value("percent", _decimal(number, str(number)[:-1]).scaleb(-2)))

    def quantity(self, number: Token) -> Node:
        return self._count(Value("quantity", _decimal(number)))

    def date(self, token: Token) -> Node:
        try:
            return self._count(Value("date", date.fromisoformat(str(token))))
        except ValueError:
            raise FormulaInvalid(
                "date_unknown", f"{token} is no day of the calendar", token.column, value=str(token)
            ) from None

    def text(self, token: Token) -> Node:
        return self._count(Value("text", str(token)[1:-1]))

    def true(self) -> Node:
        return self._count(Value("boolean", value=True))

    def false(self) -> Node:
        return self._count(Value("boolean", value=False))

    def name(self, token: Token) -> Node:
        name = str(token)
        if name not in self.names and name.endswith(".earned"):
            raise _unknown(
                "earned_not_above", "component above earning", name, list(self.names), token
            )
        if name not in self.names:
            raise _unknown("name_unknown", "column", name, list(self.names), token)
        return self._count(Name(self.names[name], name))

    def function(self, token: Token, *arguments: Node | None) -> Node:
        name = str(token)
        if name not in types.FUNCTIONS:
            raise _unknown("function_unknown", "function", name, list(types.FUNCTIONS), token)
        return self._count(
            types.check_call(name, tuple(part for part in arguments if part is not None))
        )


def _decimal(token: Token, digits: str | None = None) -> Decimal:
    text = digits if digits is not None else str(token)
    if not _NUMBER.fullmatch(text) or (digits is not None and len(text.partition(".")[2]) > 6):
        raise FormulaInvalid(
            "number_too_long",
            f"{token} has too many digits; 15 before and 8 after the point are allowed",
            token.column,
            value=str(token)[:40],
        )
    return Decimal(text)


def _unknown(code: str, what: str, name: str, known: list[str], token: Token) -> FormulaInvalid:
    near = difflib.get_close_matches(name, known, n=1)
    there = ", ".join(sorted(known)) or "none"
    hint = f"; did you mean {near[0]}?" if near else f"; known are {there}"
    return FormulaInvalid(
        code,
        f"there is no {what} {name[:40]}{hint}",
        token.column,
        name=name[:40],
        nearest=near[0] if near else "",
        known=", ".join(sorted(known)),
    )


__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_NODES", "Call", "parse_formula"]
