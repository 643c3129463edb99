"""A plan's text as fields, and changed fields as edits of the text.

The text is the document; the form is a view of it. Each field knows the place it stands for, so
that a changed field changes those characters and no others. Names of fields are their places,
written with dots: ``components.0.rates.tiers.1.rate``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.incentives.calculation.documents import edit

Text = str | Promise
Path = tuple[str | int, ...]
Data = object
FieldKind = Literal["text", "choice", "words", "formula", "structure"]

LANGUAGES = (("en", "English"), ("zh-Hant", "繁體中文"), ("zh-Hans", "简体中文"))


@dataclass(frozen=True)
class PlanField:
    """One value of the text. ``clause`` is its path as problems name it; ``redraws`` says that a
    change of it changes which fields there are, ``is_words`` that it is said once and could be said
    in each language."""

    path: Path
    clause: str
    label: Text
    value: str
    kind: FieldKind = "text"
    choices: Sequence[tuple[str, Text]] = ()
    hint: Text = ""
    optional: bool = False
    redraws: bool = False
    structure: str = ""
    is_words: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def name(self) -> str:
        return self.place + (f"@{self.structure}" if self.structure else "")

    @property
    def id(self) -> str:
        return "field-" + self.name.replace(".", "-").replace("@", "-at-")

    @property
    def options(self) -> list[tuple[str, Text]]:
        """The choices, and what the text says now even when that is none of them."""
        missing = [one for one in [*self.chosen] or [""] if one not in dict(self.choices)]
        return [*((one, one or "–") for one in missing), *self.choices]

    @property
    def chosen(self) -> list[str]:
        return [word.strip() for word in self.value.split(",") if word.strip()]


@dataclass(frozen=True)
class PlanRow:
    """A member of a list: its fields, and the lists inside it."""

    path: Path
    clause: str
    title: str
    fields: tuple[PlanField, ...]
    lists: tuple[PlanList, ...] = ()
    is_first: bool = False
    is_last: bool = False
    notes: Sequence[Text] = ()
    problems: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def id(self) -> str:
        return "row-" + self.place.replace(".", "-")


@dataclass(frozen=True)
class PlanList:
    """A list of the text. ``additions`` are (what to add, words of its button)."""

    path: Path
    clause: str
    title: Text
    rows: tuple[PlanRow, ...]
    additions: Sequence[tuple[str, Text]]
    hint: Text = ""
    is_table: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def id(self) -> str:
        return "list-" + self.place.replace(".", "-")


def at(data: Data, *path: str | int) -> Data:
    """What stands at a place; None when nothing does."""
    for key in path:
        if isinstance(data, Mapping) and isinstance(key, str):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return None
    return data


def words_at(data: Data, *path: str | int) -> str:
    """A single value as text; a list of single values with commas; empty for anything else."""
    found = at(data, *path)
    if isinstance(found, str):
        return found
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return ", ".join(cast("list[str]", found))
    return ""


def members_at(data: Data, *path: str | int) -> list[Mapping[str, Data]]:
    found = at(data, *path)
    if not isinstance(found, list):
        return []
    return [one if isinstance(one, Mapping) else {} for one in found]


def ids_of(data: Data, key: str) -> list[str]:
    return [words_at(one, "id") for one in members_at(data, key)]


def localised(
    data: Data, path: Path, clause: str, label: Text, *, hint: Text = "", optional: bool = False
) -> Iterator[PlanField]:
    """A text as one field, or as one field for each language when it is given by language."""
    found = at(data, *path)
    if not isinstance(found, Mapping):
        value = words_at(data, *path)
        yield PlanField(path, clause, label, value, hint=hint, optional=optional, is_words=True)
        return
    for language, spoken in LANGUAGES:
        yield PlanField(
            (*path, language),
            f"{clause}/{language}",
            label if language == "en" else f"{label} · {spoken}",
            words_at(data, *path, language),
            hint=hint if language == "en" else "",
            optional=optional or language != "en",
        )


def label_fields(data: Data, path: Path, clause: str) -> Iterator[PlanField]:
    """What readers of a statement call a credit, a measure or a quota."""
    return localised(
        data,
        (*path, "label"),
        f"{clause}/label",
        _("Name on the statement"),
        hint=_("Empty: the id, read as words."),
        optional=True,
    )


def references(ids: Sequence[str]) -> list[tuple[str, Text]]:
    return [(one, one) for one in ids]


def head_fields(data: Data) -> list[PlanField]:
    """What the plan is: name, purpose, currency and period."""
    return [
        *localised(data, ("name",), "name", pgettext_lazy("plan", "Name")),
        *(localised(data, ("purpose",), "purpose", _("What it rewards"))),
        PlanField(("currency",), "currency", _("Currency"), words_at(data, "currency")),
        PlanField(
            ("period",), "period", _("Paid for each"), words_at(data, "period"), "choice", PERIODS
        ),
        *_further_head(data),
    ]


def _further_head(data: Data) -> list[PlanField]:
    """The start of the plan's year and the target incentive, which a plan may leave out."""
    by_measure = at(data, "target_incentive", "measure") is not None
    key = "measure" if by_measure else "amount"
    target = ("target_incentive", key)
    return [
        PlanField(
            ("year_starts",),
            "year_starts",
            _("Year starts on"),
            words_at(data, "year_starts"),
            hint=_("Month and day, as 04-01; empty for 1 January."),
            optional=True,
        ),
        PlanField(
            target,
            f"target_incentive/{key}",
            _("Target incentive, a measure") if by_measure else _("Target incentive"),
            words_at(data, *target),
            hint=_("What a payee is meant to earn at target."),
            optional=True,
        ),
    ]


PERIODS: Sequence[tuple[str, Text]] = (
    ("month", _("Month")),
    ("quarter", _("Quarter")),
    ("half-year", _("Half-year")),
    ("year", _("Year")),
)


def policy_fields(data: Data) -> list[PlanField]:
    """Every policy with its choices; none is left to be guessed."""
    fields = [
        PlanField(
            ("policies", *key.split("/")),
            f"policies/{key}",
            label,
            words_at(data, "policies", *key.split("/")),
            "choice",
            choices,
        )
        for key, label, choices in (*POLICY_CHOICES, *_further(data))
    ]
    order = ("policies", "accumulation_order")
    rate = ("policies", "exchange", "rate")
    fields.append(
        PlanField(
            order,
            "policies/accumulation_order",
            _("Order of lines inside the window"),
            words_at(data, *order),
            "words",
            hint=_("Column names with commas between; line_id last."),
        )
    )
    fields.append(
        PlanField(
            rate,
            "policies/exchange/rate",
            _("Kind of exchange rate"),
            words_at(data, *rate),
            hint=_("As named in the imported rates, for example average."),
        )
    )
    return fields


def _further(data: Data) -> list[tuple[str, Text, Sequence[tuple[str, Text]]]]:
    """Which rule takes a line matters, and is stated, where there are several direct ones."""
    direct = [one for one in members_at(data, "credits") if words_at(one, "kind") == "direct"]
    return [PRECEDENCE] if len(direct) > 1 or words_at(data, "policies", "precedence") else []


_DAYS: Sequence[tuple[str, Text]] = (
    ("order-date", _("the day of the order")),
    ("anchor-date", _("the day that places the line in a period")),
    ("period-end", _("the last day of the period")),
)
STRETCHES: Sequence[tuple[str, Text]] = (
    ("period", _("the running total of the period")),
    ("transaction", _("each line by itself")),
    ("day", _("the total of each day")),
    ("week", _("the total of each week")),
    ("half-month", _("the total of each half-month")),
    ("month", _("the total of each month")),
    ("quarter", _("the running total of the quarter")),
    ("half-year", _("the running total of the half-year")),
    ("year", _("the running total of the year")),
)
PRECEDENCE: tuple[str, Text, Sequence[tuple[str, Text]]] = (
    "precedence",
    _("Of several credit rules that a line meets"),
    (
        ("all", _("all take it")),
        ("listed", _("the first in the list takes it")),
        ("most-specific", _("the one that tests most takes it")),
    ),
)
POLICY_CHOICES: Sequence[tuple[str, Text, Sequence[tuple[str, Text]]]] = (
    (
        "boundary",
        _("A value exactly on a boundary belongs to"),
        (("upper", _("the upper tier")), ("lower", _("the lower tier"))),
    ),
    (
        "rounding/mode",
        _("Rounding"),
        (
            ("half-up", _("halves upwards")),
            ("half-even", _("halves to the even digit")),
            ("down", _("always downwards")),
        ),
    ),
    (
        "rounding/stage",
        _("Rounded once for each"),
        (("component", _("component")), ("tier", _("tier")), ("line", _("order line"))),
    ),
    ("accumulation", _("Rate tables see"), STRETCHES),
    ("hierarchy_date", _("Managers are those of"), _DAYS),
    ("exchange/date", _("Exchange rate of"), _DAYS),
    (
        "anchor",
        _("A line belongs to the period of its"),
        (
            ("booking", _("order date")),
            ("invoice", _("invoice date")),
            ("shipment", _("shipping date")),
            ("cash", _("date of payment")),
            ("return-window", _("end of the return window")),
        ),
    ),
    (
        "returns",
        _("A return counts"),
        (("own-day", _("on its own day")), ("as-sold", _("as of the sale that it takes back"))),
    ),
    (
        "retroactivity",
        _("When a closed period would now be paid otherwise"),
        (
            ("carry-forward", _("the difference comes into the next one")),
            ("ignore", _("it stays as it was paid")),
        ),
    ),
    (
        "splits",
        _("Shares of a split line"),
        (
            ("exactly-100", _("add up to exactly 100%")),
            ("overlays", _("may pass 100% with overlays")),
        ),
    ),
)


def unshown(one: Data, shown: Iterable[str]) -> list[Text]:
    """What the form does not show of a part of the text: it stays as it is, and is said so."""
    if not isinstance(one, Mapping):
        return []
    left = [str(key) for key in one if key not in set(shown)]
    if not left:
        return []
    text = _("Written in the text and kept as it is: %(keys)s.")
    return [text % {"keys": ", ".join(left)}]


def write(source: str, one: PlanField, value: str) -> str:
    """The text with one field changed; an optional value left empty goes out."""
    if one.kind == "words":
        words = [word.strip() for word in value.split(",") if word.strip()]
        return edit.set_value(source, one.path, words[0] if len(words) == 1 else words)
    if not value and one.optional:
        return _without(source, one.path)
    parents = one.path[:-1]
    if one.optional and parents and at(edit.read(source), *parents) is None:
        return edit.set_value(source, parents, {str(one.path[-1]): value})
    if parents and parents[0] == "policies" and at(edit.read(source), *parents) is None:
        return _write_policy(source, one.path, value)
    return edit.set_value(source, one.path, value)


def _without(source: str, path: Path) -> str:
    """The text without a value, and without the mapping that said nothing else."""
    data = edit.read(source)
    if at(data, *path) is None:
        return source
    around = at(data, *path[:-1])
    is_alone = isinstance(around, Mapping) and len(around) == 1 and len(path) > 1
    return edit.remove(source, path[:-1] if is_alone else path)


def _write_policy(source: str, path: Path, value: str) -> str:
    """A policy whose group is not there yet (``rounding``, ``exchange``, or all of them)."""
    if at(edit.read(source), "policies") is None:
        source = edit.set_value(source, ("policies",), {})
    if len(path) == 3:
        return edit.set_value(source, path[:2], {str(path[2]): value})
    return edit.set_value(source, path, value)
