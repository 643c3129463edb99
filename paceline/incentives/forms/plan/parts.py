"""The kinds of parts from which the tables of clauses are made.

A table lists the parts of a clause in the order of the form. A part knows how it is drawn from the
document, which of its keys it shows, and what a change of it does to the text. A new clause of the
language is a line or two in a table; what no part shows is kept as text and named beside its row.

``Value``    one value, or a list of words
``Words``    a text, said once or in each language
``Choice``   one of several forms; each brings parts of its own (in ``choices``)
``Group``    parts under a heading, or inside a mapping
``Rows``     a list, with buttons that add, move and remove
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.changes import cleared, put
from paceline.incentives.forms.plan.fields import (
    LANGUAGES,
    Choices,
    Data,
    FieldKind,
    Path,
    PlanBlock,
    PlanField,
    PlanList,
    PlanRow,
    Text,
    Unit,
    at,
    words_at,
)
from paceline.kernel import formats


@dataclass(frozen=True)
class Place:
    """A place in a document: its path, and its path as problems name it."""

    data: Data
    path: Path = ()
    clause: str = ""

    @property
    def here(self) -> Data:
        return at(self.data, *self.path)

    def inside(self, keys: str) -> Place:
        """The value at a key; ``a/b`` is the key ``b`` in the mapping at ``a``."""
        if not keys:
            return self
        clause = f"{self.clause}/{keys}" if self.clause else keys
        return Place(self.data, (*self.path, *keys.split("/")), clause)

    def member(self, number: int) -> Place:
        """A member of the list here; problems name it by its id, else counted from 1."""
        path = (*self.path, number)
        name = words_at(self.data, *path, "id").strip() or str(number + 1)
        return Place(self.data, path, f"{self.clause}/{name}")

    @property
    def around(self) -> Place:
        return Place(self.data, self.path[:-1], self.clause.rpartition("/")[0])

    def says(self, keys: str) -> str:
        return words_at(self.data, *self.inside(keys).path)

    def has(self, keys: str) -> bool:
        return self.inside(keys).here is not None


Start = edit.Content | Callable[[Place], edit.Content]
Relevant = Callable[[Place], bool]


@dataclass
class Drawing:
    """What parts have drawn, and the places that they show."""

    fields: list[PlanField] = field(default_factory=list)
    blocks: list[PlanBlock | PlanList] = field(default_factory=list)
    shown: set[Path] = field(default_factory=set)

    def left(self, place: Place) -> list[str]:
        """The keys that nothing shows, as paths from the place."""
        return [
            "/".join(map(str, path[len(place.path) :])) for path in self._left(place.path, place)
        ]

    def _left(self, path: Path, place: Place) -> Iterator[Path]:
        here = at(place.data, *path)
        for key in here if isinstance(here, Mapping) else ():
            inner = (*path, str(key))
            if inner in self.shown:
                continue
            if any(one[: len(inner)] == inner for one in self.shown):
                yield from self._left(inner, place)
            else:
                yield inner


class Part(Protocol):
    """Something that the form shows of the mapping at a place."""

    def draw(self, place: Place, drawing: Drawing) -> None: ...

    def keys(self) -> Iterator[str]:
        """The first keys of what it may show."""
        ...


def drawn(place: Place, parts: Sequence[Part]) -> Drawing:
    drawing = Drawing()
    for part in parts:
        part.draw(place, drawing)
    return drawing


def notes_of(drawing: Drawing, place: Place) -> list[Text]:
    """What the form does not show of a part of the text: it stays as it is, and is said so."""
    left = drawing.left(place)
    text = _("Written in the text and kept as it is: %(keys)s.")
    return [text % {"keys": formats.listed(left)}] if left else []


# --- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """One value. ``when`` says where it is asked for; what the text says is always shown.

    ``default`` is the choice that a value left out means.
    """

    key: str
    label: Text | Callable[[Place], Text]
    kind: FieldKind = "text"
    choices: Choices | Callable[[Place], Choices] = ()
    hint: Text = ""
    optional: bool = False
    default: str = ""
    unit: Unit = ""
    when: Relevant | None = None
    redraws: bool = False
    names: Callable[[Place], Sequence[str]] | None = None

    def keys(self) -> Iterator[str]:
        yield self.key.partition("/")[0]

    def draw(self, place: Place, drawing: Drawing) -> None:
        own = place.inside(self.key)
        found = own.here
        if found is None and self.when is not None and not self.when(place):
            return
        if not (found is None or isinstance(found, str) or self._is_list_of_words(found)):
            return
        drawing.shown.add(own.path)
        drawing.fields.append(
            PlanField(
                own.path,
                own.clause,
                self.label(own) if callable(self.label) else self.label,
                words_at(place.data, *own.path),
                self.kind,
                self._choices(place),
                hint=self.hint,
                optional=self.optional,
                redraws=self.redraws,
                unit=self.unit,
                names=self.names(place) if self.names else (),
            )
        )

    def _is_list_of_words(self, found: Data) -> bool:
        is_list = isinstance(found, list) and all(isinstance(one, str) for one in found)
        return is_list and self.kind == "words"

    def _choices(self, place: Place) -> Choices:
        choices = self.choices(place) if callable(self.choices) else self.choices
        if not self.optional or self.kind != "choice":
            return choices
        usual = dict(choices).get(self.default, "–")
        stated = place.says(self.key)
        others = [one for one in choices if one[0] != self.default or stated == self.default]
        return [("", usual), *others]


@dataclass(frozen=True)
class Words:
    """A text as one field, or as one field for each language when it is given by language."""

    key: str
    label: Text
    hint: Text = ""
    optional: bool = False

    def keys(self) -> Iterator[str]:
        yield self.key

    def draw(self, place: Place, drawing: Drawing) -> None:
        own = place.inside(self.key)
        value = words_at(place.data, *own.path)
        if not isinstance(own.here, Mapping):
            drawing.shown.add(own.path)
            drawing.fields.append(
                PlanField(
                    own.path, own.clause, self.label, value,
                    hint=self.hint, optional=self.optional, is_words=True,
                )
            )  # fmt: skip
            return
        for language, spoken in LANGUAGES:
            said = own.inside(language)
            is_first = language == "en"
            drawing.shown.add(said.path)
            drawing.fields.append(
                PlanField(
                    said.path,
                    said.clause,
                    self.label if is_first else f"{self.label} · {spoken}",
                    words_at(place.data, *said.path),
                    hint=self.hint if is_first else "",
                    optional=self.optional or not is_first,
                )
            )


# --- groups and lists -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Parts under a heading of their own, or in the mapping at ``key``, or both."""

    parts: tuple[Part, ...]
    key: str = ""
    title: Text = ""
    hint: Text = ""
    folded: bool = False
    when: Relevant | None = None

    def keys(self) -> Iterator[str]:
        if self.key:
            yield self.key
            return
        for part in self.parts:
            yield from part.keys()

    def draw(self, place: Place, drawing: Drawing) -> None:
        own = place.inside(self.key)
        found = own.here
        if self.key and not (found in (None, "") or isinstance(found, Mapping)):
            return
        says = found is not None if self.key else any(map(place.has, self.keys()))
        if self.when is not None and not (self.when(place) or says):
            return
        if self.key and found == "":
            drawing.shown.add(own.path)
        if not self.title:
            for part in self.parts:
                part.draw(own, drawing)
            return
        inner = drawn(own, self.parts)
        drawing.shown |= inner.shown
        drawing.blocks.append(
            PlanBlock(
                own.path, own.clause if self.key else "", self.title,
                tuple(inner.fields), tuple(inner.blocks), hint=self.hint,
                is_folded=self.folded, is_open=says or not self.folded,
            )
        )  # fmt: skip


@dataclass(frozen=True)
class Addition:
    """A button that adds a member; ``start`` is given the place of the list and a free id."""

    what: str
    label: Text
    start: Callable[[Place, str], edit.Content]


@dataclass(frozen=True)
class Rows:
    """A list of members; of single values where its only part has no key.

    ``after_add`` and ``after_drop`` make what else follows of it in the text.
    """

    key: str
    title: Text
    parts: tuple[Part, ...]
    additions: tuple[Addition, ...] = ()
    hint: Text = ""
    is_table: bool = False
    optional: bool = False
    can_move: bool = True
    can_drop: bool = True
    when: Relevant | None = None
    after_add: Callable[[str, Path], str] | None = None
    after_drop: Callable[[str, Path, int], str] | None = None

    def keys(self) -> Iterator[str]:
        yield self.key

    def draw(self, place: Place, drawing: Drawing) -> None:
        own = place.inside(self.key)
        found = own.here
        if found is None and self.when is not None and not self.when(place):
            return
        if not (found in (None, "") or isinstance(found, list)):
            return
        drawing.shown.add(own.path)
        members = found if isinstance(found, list) else []
        drawing.blocks.append(
            PlanList(
                own.path,
                own.clause,
                self.title,
                tuple(self._row(own, number, len(members)) for number in range(len(members))),
                [(one.what, one.label) for one in self.additions],
                add=lambda source, what: self.add(source, own.path, what),
                drop=lambda source, number: self.drop(source, own.path, number),
                hint=self.hint,
                is_table=self.is_table,
            )
        )

    def _row(self, own: Place, number: int, length: int) -> PlanRow:
        place = own.member(number)
        is_single = "" in self.parts[0].keys()  # noqa: SIM118 -- no mapping
        fits = isinstance(place.here, str if is_single else Mapping)
        inner = drawn(place, self.parts) if fits else Drawing()
        notes = notes_of(inner, place) if fits else [_("Kept as it is written in the text.")]
        return PlanRow(
            place.path,
            place.clause,
            place.says("id").strip() or str(number + 1),
            tuple(inner.fields),
            tuple(inner.blocks),
            notes=notes,
            is_first=number == 0,
            is_last=number == length - 1,
            can_move=self.can_move,
            can_drop=self.can_drop,
        )

    def add(self, source: str, path: Path, what: str) -> str:
        """A new member at the end, with values that can be read at once."""
        addition = next((one for one in self.additions if one.what == what), None)
        if addition is None:
            return source
        place = Place(edit.read(source), path)
        found = place.here
        members = found if isinstance(found, list) else []
        member = addition.start(place, free_id(members, what))
        if members:
            source = edit.insert(source, path, len(members), member)
        else:
            source = put(source, path, [member])
        return source if self.after_add is None else self.after_add(source, path)

    def drop(self, source: str, path: Path, number: int) -> str:
        """The text without a member; a list that may be left out goes with its last one."""
        if self.optional:
            source = cleared(source, (*path, number))
        else:
            source = edit.remove(source, (*path, number))
        return source if self.after_drop is None else self.after_drop(source, path, number)


def free_id(members: Sequence[Data], what: str) -> str:
    taken = {words_at(one, "id") for one in members}
    number = 1
    while (name := what if number == 1 else f"{what}-{number}") in taken:
        number += 1
    return name
