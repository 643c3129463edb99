"""What the pages of an import send: a file, a layout, and where each field comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.imports import conversion, mapping
from paceline.imports.kinds import Field, FieldType, ImportKind
from paceline.imports.layout import FileType
from paceline.imports.mapping import Mapping, Source
from paceline.imports.models import Import
from paceline.imports.wording import DELIMITERS, ENCODINGS

NONE, CONSTANT, COUNTED = "", "constant", "counted"
SAMPLES = 3


class LayoutForm(forms.Form):
    """Encoding, delimiter, header and sheet, as recognised or as the reader knows better."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"))
    delimiter = forms.ChoiceField(label=gettext_lazy("Columns end at"))
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"))
    has_header = forms.BooleanField(
        label=gettext_lazy("The first line names the columns"), required=False
    )

    def __init__(self, data: QueryDict | None, *, source: Import) -> None:
        layout = source.layout or {}
        self.kind_of_file = layout.get("type", FileType.TEXT)
        super().__init__(data, initial=layout)
        is_text = self.kind_of_file == FileType.TEXT
        sheets = layout.get("sheets") or []
        choices: dict[str, list[tuple[str, str | Promise]]] = {
            "encoding": list(ENCODINGS.items()) if is_text else [],
            "delimiter": list(DELIMITERS.items()) if is_text else [],
            "sheet": [(name, name) for name in sheets] if len(sheets) > 1 else [],
        }
        for name, found in choices.items():
            if found:
                self.fields[name].choices = found  # type: ignore[attr-defined]
            else:
                del self.fields[name]
        if self.kind_of_file == FileType.PARQUET:
            del self.fields["has_header"]

    def changes(self) -> dict[str, Any]:
        """What differs from the layout so far; choosing an encoding makes the rest found anew."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        return {name: value for name, value in changed.items() if value != ""}


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One field of the mapping form, ready to be drawn."""

    field: Field
    choice: str
    constant: str
    style: str
    styles: list[tuple[str, str]]
    values: str
    options: list[tuple[str, str]]

    @property
    def has_value(self) -> bool:
        return self.choice != NONE


def mapping_rows(kind: ImportKind, source: Import) -> list[MappingRow]:
    """The fields of a kind with where they come from now."""
    chosen = mapping.from_json(source.mapping)
    rows = []
    for field in kind.fields:
        now = chosen.get(field.name, Source())
        rows.append(
            MappingRow(
                field=field,
                choice=_choice(now),
                constant=now.constant,
                style=now.style,
                styles=_styles(field),
                values="\n".join(f"{old} = {new}" for old, new in now.values.items()),
                options=[(value, str(label)) for value, label in field.words.items()],
            )
        )
    return rows


def _choice(source: Source) -> str:
    if source.column is not None:
        return str(source.column)
    if source.counted:
        return COUNTED
    return CONSTANT if source.constant else NONE


def _styles(field: Field) -> list[tuple[str, str]]:
    known = {
        FieldType.DAY: conversion.DAY_STYLES,
        FieldType.DECIMAL: conversion.NUMBER_STYLES,
        FieldType.SHARE: conversion.SHARE_STYLES,
    }.get(field.type)
    return [("", _("as recognised")), *known.items()] if known else []


def column_choices(source: Import, rows: list[list[str]]) -> list[tuple[str, str]]:
    """The columns of a file, each with its first values, to choose from."""
    choices = []
    for index, name in enumerate(source.layout.get("columns", ())):
        values = [row[index] for row in rows if index < len(row) and row[index].strip()]
        sample = " · ".join(value.strip()[:24] for value in values[:SAMPLES])
        label = name if source.layout.get("has_header") else _("Column %(n)s") % {"n": name}
        choices.append((str(index), f"{label} ({sample})" if sample else label))
    return choices


def read_mapping(data: QueryDict, kind: ImportKind, columns: int) -> Mapping:
    """The mapping that a form sent; nonsense counts as nothing chosen."""
    chosen: Mapping = {}
    for field in kind.fields:
        choice = data.get(f"from-{field.name}", "")
        constant = data.get(f"constant-{field.name}", "").strip()[:200]
        style = data.get(f"style-{field.name}", "")[:20]
        values = _replacements(data.get(f"values-{field.name}", ""))
        if choice.isdecimal() and int(choice) < columns:
            chosen[field.name] = Source(column=int(choice), style=style, values=values)
        elif choice == COUNTED and field.counted_within:
            chosen[field.name] = Source(counted=True)
        elif choice == CONSTANT:
            chosen[field.name] = Source(constant=constant, style=style)
        else:
            chosen[field.name] = Source()
    return chosen


def _replacements(text: str) -> dict[str, str]:
    """Lines of ``old = new``."""
    pairs = (line.partition("=") for line in text.splitlines()[: mapping.VALUES_MAX])
    return {old.strip(): new.strip() for old, sign, new in pairs if sign and old.strip()}
