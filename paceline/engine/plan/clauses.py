"""Reading nodes clause by clause: each read either gives a value or notes a problem with its
place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from paceline.engine.errors import FormulaInvalid, Problem
from paceline.engine.formula.grammar import parse_formula
from paceline.engine.formula.tree import Formula, Type
from paceline.engine.plan.document import Mapping, Node, Scalar, Sequence

MAX_ITEMS = 500
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_NUMBER = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,4})?")
_PERCENT = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?%")


class Unreadable(Exception):
    """The clause could not be read; the reason is already among the problems."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was most likely meant; empty where none is near."""
    found = difflib.get_close_matches(word[:60], list(known), n=1)
    return found[0] if found else ""


def meant(near: str) -> str:
    """The question behind a message, where a known word is near."""
    return f"; did you mean {near}?" if near else ""


@dataclass
class Clause:
    """A node, its path in the plan, and the list that problems go to."""

    node: Node
    path: str
    problems: list[Problem]
    source: str = ""
    written: dict[str, list[str]] = field(default_factory=dict)

    def note_ids(self) -> None:
        """Remember which ids the document has, readable or not, in its order; for the root."""
        lists = {
            "credit rule": "credits",
            "measure": "measures",
            "quota": "quotas",
            "component": "components",
        }
        for what, key in lists.items():
            node = self.node.entries.get(key) if isinstance(self.node, Mapping) else None
            items = node.items if isinstance(node, Sequence) else ()
            ids = (item.entries.get("id") for item in items if isinstance(item, Mapping))
            self.written[what] = [found.text.strip() for found in ids if isinstance(found, Scalar)]

    def is_written(self, what: str, name: str) -> bool:
        """Whether the document has such a clause, though it may be unreadable."""
        return name in self.written.get(what, ())

    def refuse(
        self, code: str, message: str, *, at: Node | None = None, **params: str | int
    ) -> Unreadable:
        """Note a problem here; raise the result to give up on this clause."""
        place = at or self.node
        self.problems.append(
            Problem(
                code,
                message,
                path=self.path,
                line=place.line,
                column=place.column,
                params=params,
                source=self.source,
            )
        )
        return Unreadable()

    def child(self, key: str) -> Clause:
        assert isinstance(self.node, Mapping)  # noqa: S101 -- callers read `keys` first
        path = f"{self.path}/{key}" if self.path else key
        return Clause(self.node.entries[key], path, self.problems, self.source, self.written)

    def has(self, key: str) -> bool:
        return isinstance(self.node, Mapping) and key in self.node.entries

    def keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> None:
        """Check the keys of a mapping; unknown ones are refused with the nearest known one."""
        if not isinstance(self.node, Mapping):
            raise self.refuse("mapping_expected", "a list of `key: value` is expected here")
        required, known = list(required), [*required, *optional]
        for key, place in self.node.keys.items():
            if key not in known:
                near = nearest(key, known)
                hint = f"did you mean {near}?" if near else f"known here: {', '.join(known)}"
                self.refuse(
                    "key_unknown",
                    f"{key[:60]} is not known here; {hint}",
                    at=place,
                    key=key[:60],
                    nearest=near,
                    known=", ".join(known),
                )
        missing = [key for key in required if key not in self.node.entries]
        for key in missing:
            self.refuse("key_missing", f"{key} is missing", key=key)
        if missing:
            raise Unreadable

    def scalar(self) -> str:
        if not isinstance(self.node, Scalar):
            raise self.refuse("text_expected", "a single value is expected here")
        if not self.node.text.strip() and not self.node.quoted:
            raise self.refuse("value_missing", "a value is missing here")
        return self.node.text.strip()

    def choice(self, choices: Iterable[str]) -> str:
        value, choices = self.scalar(), list(choices)
        if value not in choices:
            near = nearest(value, choices)
            raise self.refuse(
                "choice_unknown",
                f"{value[:60]} is none of {', '.join(choices)}{meant(near)}",
                value=value[:60],
                choices=", ".join(choices),
                nearest=near,
            )
        return value

    def identifier(self) -> str:
        value = self.scalar()
        if not _ID.fullmatch(value):
            raise self.refuse(
                "id_malformed",
                f"{value[:60]!r} is no id; write small letters, digits and hyphens, a letter first",
                value=value[:60],
            )
        return value

    def number(self) -> Decimal:
        """A plain number; amounts have up to 13 digits before and 4 after the point."""
        value = self.scalar()
        if not _NUMBER.fullmatch(value):
            raise self.refuse(
                "number_malformed",
                f"{value[:40]} is no number; at most 13 digits, a point and 4 digits",
                value=value[:40],
            )
        return Decimal(value)

    def amount(self) -> Decimal:
        value = self.number()
        if value < 0:
            raise self.refuse("amount_negative", f"{value} is below zero", value=str(value))
        return value

    def percent(self) -> Decimal:
        """A percentage with its sign, as a share: `2%` is 0.02."""
        value = self.scalar()
        if not _PERCENT.fullmatch(value):
            raise self.refuse(
                "percent_malformed",
                f"{value[:40]} is no percentage; write it with its sign, such as 2.5%",
                value=value[:40],
            )
        share = Decimal(value[:-1]).scaleb(-2)
        if share < 0:
            raise self.refuse("percent_negative", f"{value} is below zero", value=value)
        if share > 100:
            raise self.refuse("percent_too_large", f"{value} is above 10000%", value=value)
        return share

    def label(self) -> dict[str, str]:
        """What readers call the clause, in one language or in several; empty when it says
        nothing.
        """
        return self.child("label").text() if self.has("label") else {}

    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """The floor and the cap that a clause states, the floor not above the cap."""
        floor = self.child("floor").amount() if self.has("floor") else None
        cap = self.child("cap").amount() if self.has("cap") else None
        if cap is not None and floor is not None and floor > cap:
            raise self.refuse(
                "floor_above_cap",
                f"the floor {floor} is above the cap {cap}",
                floor=str(floor),
                cap=str(cap),
            )
        return floor, cap

    def whole(self, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self.scalar()
        if not value.isascii() or not value.isdigit() or not least <= int(value[:9]) <= most:
            raise self.refuse(
                "whole_number_expected",
                f"{value[:20]} is no whole number from {least} to {most}",
                value=value[:20],
                least=least,
                most=most,
            )
        return int(value)

    def day(self) -> date:
        """A day written as 2026-11-11."""
        value = self.scalar()
        if _DAY.fullmatch(value):
            with suppress(ValueError):
                return date.fromisoformat(value)
        raise self.refuse(
            "day_malformed", f"{value[:20]} is no day; write it as 2026-11-11", value=value[:20]
        )

    def _not_there(self, error: FormulaInvalid) -> None:
        """Say of a name that a formula does not find what is known of it: that its clause cannot be
        read, which has been reported, or that it stands below.
        """
        if error.code not in {"name_unknown", "earned_not_above"}:
            return
        name = str(error.params["name"]).partition(".")[0].replace("_", "-")
        what = "measure" if error.code == "name_unknown" else "component"
        clause = f"{what}s/{name}"
        if any(f"{one.path}/".startswith(f"{clause}/") for one in self.problems):
            raise Unreadable
        if what == "measure" and self.path.startswith("measures/") and self.is_written(what, name):
            raise self.refuse(
                "measure_not_above",
                f"{name[:60]} does not stand above; a measure draws on those above it",
                name=name[:60],
            )

    def known(self, word: str, among: list[str], what: str) -> str:
        """A reference to another clause; one that is there but cannot be read has been reported."""
        if word not in among and self.is_written(what, word):
            raise Unreadable
        if word not in among:
            near = nearest(word, among)
            there = ", ".join(among) or "none"
            raise self.refuse(
                "reference_unknown",
                f"there is no {what} {word[:60]}; there is: {there}{meant(near)}",
                what=what,
                name=word[:60],
                known=", ".join(among),
                nearest=near,
            )
        return word

    def percents(self) -> tuple[Decimal, ...]:
        """A list of percentages, as shares."""
        return tuple(item.percent() for _, item in self.members())

    def words(self) -> tuple[str, ...]:
        """One word or a list of words."""
        if isinstance(self.node, Sequence):
            return tuple(clause.scalar() for _, clause in self.members())
        return (self.scalar(),)

    def text(self) -> dict[str, str]:
        """A text, or one text per language."""
        if isinstance(self.node, Mapping):
            self.keys([], ["en", "zh-Hant", "zh-Hans"])
            return {
                key: self.child(key).scalar()
                for key in self.node.entries
                if key in {"en", "zh-Hant", "zh-Hans"}
            }
        return {"": self.scalar()}

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, Sequence)

    def members(self) -> Iterator[tuple[int, Clause]]:
        """The members of a list, counted from 1; a member with an id is addressed by it."""
        if not isinstance(self.node, Sequence):
            raise self.refuse(
                "list_expected", "a list is expected here: lines that begin with a hyphen"
            )
        if len(self.node.items) > MAX_ITEMS:
            raise self.refuse(
                "list_too_long",
                f"{len(self.node.items)} members are too many; {MAX_ITEMS} are allowed: join some "
                "into one, keep rates as rows of a table, or split the plan into several",
                length=len(self.node.items),
                limit=MAX_ITEMS,
            )
        for place, item in enumerate(self.node.items, start=1):
            name = str(place)
            if isinstance(item, Mapping) and isinstance(item.entries.get("id"), Scalar):
                name = item.entries["id"].text.strip() or name  # type: ignore[union-attr]
            yield (
                place,
                Clause(item, f"{self.path}/{name}", self.problems, self.source, self.written),
            )

    def formula(self, names: dict[str, Type], wanted: Iterable[Type]) -> Formula:
        text, wanted = self.scalar(), list(wanted)
        try:
            formula = parse_formula(text, names)
        except FormulaInvalid as error:
            if "ordered_on" not in names:  # over figures, not over lines
                self._not_there(error)
            raise self.refuse(error.code, str(error), at=None, **error.params) from None
        if formula.type not in wanted:
            raise self.refuse(
                "formula_type",
                f"the formula gives {formula.type}; {' or '.join(wanted)} is expected",
                given=formula.type,
                wanted=" or ".join(wanted),
            )
        return formula
