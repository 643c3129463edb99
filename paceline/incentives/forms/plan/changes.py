"""Edits that the form makes of a plan's text; every other character stays as it was written."""

from __future__ import annotations

from collections.abc import Mapping

from paceline.incentives.calculation.documents import PlaceUnknown, edit
from paceline.incentives.forms.plan.fields import Path, PlanField, at, words_at


def write(source: str, one: PlanField, value: str) -> str:
    """The text with one field changed; an optional value left empty goes out."""
    if one.change is not None:
        return one.change(source, value)
    if not value and one.optional:
        return cleared(source, one.path)
    if one.kind == "words":
        words = [word.strip() for word in value.split(",") if word.strip()]
        return put(source, one.path, words[0] if len(words) == 1 else words)
    return put(source, one.path, value)


def put(source: str, path: Path, content: edit.Content) -> str:
    """Content at a place, with the mappings around it that are not there yet."""
    data = edit.read(source)
    for depth in range(1, len(path)):
        if at(data, *path[:depth]) in (None, ""):
            for key in reversed(path[depth:]):
                if not isinstance(key, str):
                    raise PlaceUnknown(f"there is no {path}")
                content = {key: content}
            return edit.set_value(source, path[:depth], content)
    around, last = at(data, *path[:-1]), path[-1]
    if isinstance(around, list) and last == len(around):
        return edit.insert(source, path[:-1], len(around), content)
    return edit.set_value(source, path, content)


def without(source: str, path: Path) -> str:
    return source if at(edit.read(source), *path) is None else edit.remove(source, path)


def cleared(source: str, path: Path) -> str:
    """The text without a value, and without the mapping or list that said nothing else."""
    data = edit.read(source)
    if at(data, *path) is None:
        return source
    around = at(data, *path[:-1])
    is_alone = isinstance(around, Mapping | list) and len(around) == 1
    if is_alone and len(path) > 1 and isinstance(path[-2], str):
        path = path[:-1]
    return edit.remove(source, path)


def by_language(source: str, path: Path) -> str:
    """A text said once becomes a text said by language, ready for the other two.

    A label that is not said yet begins with what readers see in its place: the id as words.
    """
    data = edit.read(source)
    words = words_at(data, *path)
    if not words and path[-1] == "label":
        words = words_at(data, *path[:-1], "id").replace("-", " ")
    return edit.set_value(source, path, {"en": words})
