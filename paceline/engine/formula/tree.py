"""The tree of a formula. Every node knows its type; there is nothing else to evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

Type = Literal["money", "quantity", "percent", "date", "text", "boolean"]

TYPES: tuple[Type, ...] = ("money", "quantity", "percent", "date", "text", "boolean")


@dataclass(frozen=True)
class Value:
    """A literal. Money has a currency, except zero, which fits any."""

    type: Type
    value: Decimal | date | str | bool
    currency: str | None = None


@dataclass(frozen=True)
class Name:
    """A column of the order line."""

    type: Type
    name: str


@dataclass(frozen=True)
class Call:
    """An operation or function over nodes: + - * negative not and or = != < <= > >= in, min max abs
    if divide given."""

    type: Type
    operation: str
    arguments: tuple[Node, ...]


Node = Value | Name | Call


@dataclass(frozen=True)
class Formula:
    """A checked formula: its source text and its typed tree."""

    text: str
    root: Node

    @property
    def type(self) -> Type:
        return self.root.type

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset(names_in(self.root))


def walk(node: Node) -> list[Node]:
    """Every node, root first."""
    found: list[Node] = [node]
    for place in found:
        if isinstance(place, Call):
            found.extend(place.arguments)
    return found


def names_in(node: Node) -> set[str]:
    """The columns a formula reads."""
    return {place.name for place in walk(node) if isinstance(place, Name)}


def needed_names(node: Node) -> set[str]:
    """The columns that must not be empty: those not guarded by `given`."""
    if isinstance(node, Name):
        return {node.name}
    if isinstance(node, Call):
        arguments = node.arguments
        if node.operation == "given" and isinstance(arguments[0], Name):
            arguments = arguments[1:]
        return set().union(*(needed_names(argument) for argument in arguments))
    return set()


def currencies_in(node: Node) -> set[str]:
    """The currencies of the formula's money literals."""
    return {place.currency for place in walk(node) if isinstance(place, Value) and place.currency}
