"""How a file is laid out, and what a problem with it looks like."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

COLUMNS_MAX = 500
ROWS_MAX = 5_000_000
CELL_MAX = 8_000
EXAMPLES = 3


class FileType(StrEnum):
    """What the bytes are, told by the bytes and not by the name."""

    TEXT = "text"
    XLSX = "xlsx"
    PARQUET = "parquet"


class Severity(StrEnum):
    """An error keeps its line out; a warning only says something worth knowing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, by code and values, so that each reader gets it in their own language.

    ``row`` counts as a spreadsheet does, header included; 0 means the file as a whole. ``column``
    is the field it concerns, if one.
    """

    code: str
    row: int = 0
    column: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.ERROR


class FileUnreadable(Exception):
    """The file as a whole cannot be read; nothing of it was taken."""

    problem: Problem

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(f"{code} {params}" if params else code)
        self.problem = Problem(code, params=params)


@dataclass(frozen=True, slots=True)
class Layout:
    """What has to be known to turn bytes into cells; each part can be set by the reader."""

    type: FileType = FileType.TEXT
    encoding: str = "utf-8"
    delimiter: str = ","
    skip_rows: int = 0
    has_header: bool = True
    columns: tuple[str, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        known: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in data.items()
            if name in cls.__dataclass_fields__
        }
        known["type"] = FileType(known.get("type", FileType.TEXT))
        return cls(**known)
