"""Choices: clauses that have one of several forms, each with parts of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import edit
from paceline.incentives.forms.plan.changes import cleared, put, without
from paceline.incentives.forms.plan.fields import Choices, Path, PlanField, Text
from paceline.incentives.forms.plan.parts import Drawing, Part, Place, Relevant, Start, Value


@dataclass(frozen=True)
class Shape:
    """One form of a choice, and the parts that belong to it.

    ``beside`` are parts of the mapping that holds the choice, ``inside`` parts of the mapping at
    its key. ``starts`` is what choosing it writes: at the choice's own key always, at others where
    nothing stands. ``mark`` is how a value at the key is known to have this form: a key of the
    mapping, ``*`` for any mapping, ``text`` for any single value, ``list`` for a list; without it
    the value is the word itself.
    """

    value: str
    label: Text
    beside: tuple[Part, ...] = ()
    inside: tuple[Part, ...] = ()
    starts: Mapping[str, Start] = field(default_factory=dict)
    mark: str = ""
    family: str = ""

    def keys(self) -> set[str]:
        return {key for part in self.beside for key in part.keys()}  # noqa: SIM118 -- no mapping


UNREAD = "?"  # what a choice shows of a value that has none of its forms


@dataclass(frozen=True)
class Choice:
    """Which of several forms a clause has.

    Without a ``key`` it is read from the mapping itself by ``read``. A change takes out what
    belongs to the other forms; ``anew`` are keys that mean something else in another family of
    forms. ``after`` makes what else follows of it in the text.
    """

    name: str
    label: Text
    shapes: tuple[Shape, ...]
    key: str = ""
    read: Callable[[Place], str] | None = None
    hint: Text = ""
    when: Relevant | None = None
    anew: tuple[str, ...] = ()
    after: Callable[[str, Path, str], str] | None = None

    def keys(self) -> Iterator[str]:
        if self.key:
            yield self.key
        for shape in self.shapes:
            yield from shape.keys()

    def value_at(self, place: Place) -> str:
        if self.read is not None:
            return self.read(place)
        found = place.inside(self.key).here
        if found is None:
            return ""
        if isinstance(found, str):
            text = next((one.value for one in self.shapes if one.mark == "text"), found)
            return next((one.value for one in self.shapes if one.value == found), text)
        for shape in self.shapes:
            if isinstance(found, Mapping) and (shape.mark == "*" or shape.mark in found):
                return shape.value
            if isinstance(found, list) and shape.mark == "list":
                return shape.value
        return UNREAD

    def draw(self, place: Place, drawing: Drawing) -> None:
        own = place.inside(self.key)
        value = self.value_at(place)
        if self.when is not None and not (self.when(place) or (self.key and own.here is not None)):
            return
        choices: Choices = [(shape.value, shape.label) for shape in self.shapes]
        if value == UNREAD:
            choices = [(UNREAD, _("as it is written in the text")), *choices]
        shape = next((one for one in self.shapes if one.value == value), None)
        if self.key and not isinstance(own.here, Mapping | list):
            drawing.shown.add(own.path)
        drawing.fields.append(
            PlanField(
                place.path,
                own.clause if self.key else f"{place.clause}/@{self.name}",
                self.label,
                value,
                "choice",
                choices,
                hint=self.hint,
                redraws=True,
                choice=self.name,
                change=lambda source, chosen: self.change(source, place.path, chosen),
            )
        )
        if shape is None:
            return
        for part in shape.beside:
            part.draw(place, drawing)
        for part in shape.inside:
            part.draw(own, drawing)

    def change(self, source: str, path: Path, value: str) -> str:
        new = next((one for one in self.shapes if one.value == value), None)
        if new is None:
            return source
        place = Place(edit.read(source), path)
        before = self.value_at(place)
        old = next((one for one in self.shapes if one.value == before), None)
        changes_family = old is None or not old.family or old.family != new.family
        renewed = {*self.anew} if changes_family else set[str]()
        if self.key:
            start = new.starts.get(self.key, value)
            content = start(place) if callable(start) else start
            own = (*path, self.key)
            source = cleared(source, own) if content == "" else put(source, own, content)
        for key, start in new.starts.items():
            if key != self.key and (key in renewed or not place.has(key)):
                source = put(source, (*path, key), start(place) if callable(start) else start)
        kept = {self.key, *new.keys(), *new.starts}
        for shape in self.shapes:
            for key in sorted(shape.keys()):
                if key not in kept or (key in renewed and key not in new.starts):
                    source = without(source, (*path, key))
        if self.read is not None and self.value_at(Place(edit.read(source), path)) != value:
            # Both forms stand at one key, and what the old one left there is read as itself.
            for key in sorted(new.starts.keys() & (old.keys() if old else set())):
                start = new.starts[key]
                source = put(source, (*path, key), start(place) if callable(start) else start)
        return source if self.after is None else self.after(source, path, value)


def either(
    key: str, label: Text, word: tuple[str, Text], other: tuple[Text, Value, str], hint: Text = ""
) -> Choice:
    """A word that stands for itself, or a value: ``none`` or an amount."""
    other_label, value, start = other
    return Choice(
        key,
        label,
        (
            Shape(*word),
            Shape("value", other_label, beside=(value,), starts={key: start}, mark="text"),
        ),
        key=key,
        hint=hint,
    )
