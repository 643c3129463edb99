"""What kind of file this is: type, encoding, delimiter, header. Pure; reads only what it is given.

Everything found here can be overruled by the reader. Where the evidence does not decide, a warning
says so instead of a guess in silence.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from paceline.imports.characters import SIMPLIFIED, TRADITIONAL
from paceline.imports.layout import COLUMNS_MAX, FileType, FileUnreadable, Layout

SAMPLE_BYTES = 1024 * 1024
SAMPLE_LINES = 200
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030", "big5", "windows-1252")
# Microsoft's code page, which Excel writes in Taiwan, holds all of Big5 and a little more.
CODECS = {"big5": "cp950"}

# Of a thousand characters of real text, far more than FREQUENT are among the frequent ones; read
# in the wrong encoding, fewer than RARE. Fewer characters than EVIDENCE prove nothing.
FREQUENT, RARE, EVIDENCE = 250, 150, 4

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NUMBER = re.compile(r"^[\s$€£¥]*[-+(]?[\s$€£¥]*[\d.,  ']*\d[\d.,  ')%-]*$")
DAY = re.compile(r"^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([ T].*)?$")


def recognise(path: Path, *, known_names: Collection[str] = ()) -> Layout:
    """The layout of a file, from its first megabyte.

    ``known_names`` are column names (normalised by :func:`plain`) whose presence proves a header.
    Raises :class:`FileUnreadable` for a file that is empty, of no known kind, or too wide.
    """
    with path.open("rb") as stream:
        sample = stream.read(SAMPLE_BYTES)
    if not sample.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise FileUnreadable("file_empty")
    if sample.startswith(b"PAR1"):
        return Layout(type=FileType.PARQUET, encoding="", delimiter="")
    if sample.startswith(b"PK\x03\x04"):
        return Layout(type=FileType.XLSX, encoding="", delimiter="")
    if sample.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")):
        raise FileUnreadable("file_of_other_kind")
    encoding, certain = recognise_encoding(sample)
    try:
        text = decode_sample(sample, encoding)
    except UnicodeDecodeError as error:
        if _looks_like_text(sample):
            raise FileUnreadable("encoding_mixed", line=_readable_lines(sample) + 1) from error
        raise FileUnreadable("file_of_other_kind") from error
    layout = describe_text(text, Layout(encoding=encoding), known_names)
    if certain:
        return layout
    return replace(layout, warnings=tuple(sorted({*layout.warnings, "encoding_uncertain"})))


def describe_text(text: str, layout: Layout, known_names: Collection[str] = ()) -> Layout:
    """Delimiter, header and column names of decoded text."""
    delimiter = recognise_delimiter(text)
    rows = sample_rows(text, delimiter)
    if not rows:
        raise FileUnreadable("file_empty")
    return replace(
        name_columns(rows, layout, known_names),
        delimiter=delimiter,
        skip_rows=leading_empty_lines(text),
    )


def name_columns(
    rows: Sequence[Sequence[str]], layout: Layout, known_names: Collection[str] = ()
) -> Layout:
    """Header or not, the columns' names, and a warning when a name comes twice."""
    has_header = looks_like_header(rows, known_names)
    names = column_names(rows[0], has_header=has_header)
    repeated = has_header and len({plain(cell) for cell in rows[0]}) < len(rows[0])
    warnings = {*layout.warnings, *(("column_named_twice",) if repeated else ())}
    return replace(layout, has_header=has_header, columns=names, warnings=tuple(sorted(warnings)))


def leading_empty_lines(text: str) -> int:
    """How many lines before the first one that says something."""
    return len(text[: len(text) - len(text.lstrip("\r\n"))].splitlines())


def recognise_encoding(sample: bytes) -> tuple[str, bool]:
    """The encoding of a sample and whether the evidence is clear."""
    for mark, encoding in BOMS:
        if sample.startswith(mark):
            return encoding, True
    wide = _sixteen_bit(sample)
    if wide:
        return wide, True
    if _decodes(sample, "utf-8"):
        return "utf-8", True
    return _older_encoding(sample)


def _sixteen_bit(sample: bytes) -> str:
    """UTF-16 without a mark: one of each pair of bytes is mostly zero in trade files."""
    pairs = len(sample) // 2
    if pairs < 2:
        return ""
    even, odd = sample[0 : pairs * 2 : 2].count(0), sample[1 : pairs * 2 : 2].count(0)
    if odd * 10 >= pairs * 3 and even * 20 < pairs:
        return "utf-16-le"
    if even * 10 >= pairs * 3 and odd * 20 < pairs:
        return "utf-16-be"
    return ""


def _looks_like_text(sample: bytes) -> bool:
    """Lines of cells without bytes that no text has, whatever their encoding."""
    return (
        b"\n" in sample
        and any(sign.encode() in sample for sign in DELIMITERS)
        and not re.search(rb"[\x00-\x08\x0e-\x1f]", sample)
    )


def _readable_lines(sample: bytes) -> int:
    """How many lines the encoding reads that comes furthest."""
    found = 0
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            sample.decode(codec_of(encoding))
        except UnicodeDecodeError as error:
            found = max(found, sample[: error.start].count(b"\n"))
    return found


def _older_encoding(sample: bytes) -> tuple[str, bool]:
    scores = {
        encoding: _frequent_share(sample, encoding, frequent)
        for encoding, frequent in (("gb18030", SIMPLIFIED), ("big5", TRADITIONAL))
        if _decodes(sample, encoding)
    }
    if not scores:
        return "windows-1252", _decodes(sample, "windows-1252") and _mostly_lone(sample)
    best = max(scores, key=lambda encoding: scores[encoding])
    score, letters = scores[best]
    if score < RARE and _mostly_lone(sample):
        return "windows-1252", False
    second = max((other for name, (other, _) in scores.items() if name != best), default=0)
    return best, score >= FREQUENT and score >= 2 * second and letters >= EVIDENCE


def _frequent_share(sample: bytes, encoding: str, frequent: frozenset[str]) -> tuple[int, int]:
    """Of a thousand Chinese characters, how many are frequent in the language; and how many."""
    foreign = [sign for sign in decode_sample(sample, encoding) if ord(sign) > 0x2E7F]
    if not foreign:
        return 0, 0
    return sum(sign in frequent for sign in foreign) * 1000 // len(foreign), len(foreign)


def _mostly_lone(sample: bytes) -> bool:
    """Whether bytes above ASCII stand alone, as accented letters do."""
    runs = re.findall(rb"[\x80-\xff]+", sample)
    return bool(runs) and sum(len(run) == 1 for run in runs) * 10 >= len(runs) * 8


def codec_of(encoding: str) -> str:
    return CODECS.get(encoding, encoding)


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        decode_sample(sample, encoding)
    except UnicodeDecodeError:
        return False
    return True


def decode_sample(sample: bytes, encoding: str) -> str:
    """Decode a sample that may end in the middle of a character; strict everywhere else."""
    decoder = codecs.getincrementaldecoder(codec_of(encoding))("strict")
    return decoder.decode(sample, final=len(sample) < SAMPLE_BYTES).lstrip("\ufeff")


def sample_rows(text: str, delimiter: str, limit: int = SAMPLE_LINES) -> list[list[str]]:
    """The first rows of text, quotes respected, empty lines left out."""
    cut = text if len(text) < SAMPLE_BYTES // 4 else text[: SAMPLE_BYTES // 4].rpartition("\n")[0]
    rows: list[list[str]] = []
    previous = csv.field_size_limit(len(cut) + 1)
    try:
        for row in csv.reader(
            (cut or text).replace("\x00", "").splitlines(keepends=True), delimiter=delimiter
        ):
            if row:
                rows.append(row)
            if len(rows) >= limit:
                break
    except csv.Error:
        return rows
    finally:
        csv.field_size_limit(previous)
    return rows


def recognise_delimiter(text: str) -> str:
    """The delimiter that splits most lines into the same number of cells, more than one."""

    def fitness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in sample_rows(text, delimiter))
        width, hits = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        if width < 2:
            return 0, 0
        return hits * 100 // max(sum(widths.values()), 1), width

    return max(DELIMITERS, key=fitness)


def looks_like_header(rows: Sequence[Sequence[str]], known_names: Collection[str] = ()) -> bool:
    """Whether the first row names the columns instead of being the first record."""
    first = [cell.strip() for cell in rows[0]]
    known = sum(plain(cell) in known_names for cell in first if cell)
    if known * 2 >= len([cell for cell in first if cell]) > 0:
        return True
    if any(_is_value(cell) for cell in first) or not all(first[: max(1, len(first) - 1)]):
        return False
    body = rows[1:]
    if not body:
        return known > 0
    return known > 0 or any(_is_value(cell) for row in body for cell in row)


def _is_value(cell: str) -> bool:
    cell = unicodedata.normalize("NFKC", cell.strip())
    return bool(cell) and bool(NUMBER.match(cell) or DAY.match(cell))


def column_names(first: Sequence[str], *, has_header: bool) -> tuple[str, ...]:
    """A name for each column, none twice: the header's own, or ``1``, ``2``, …"""
    if len(first) > COLUMNS_MAX:
        raise FileUnreadable("too_many_columns", columns=len(first), most=COLUMNS_MAX)
    if not has_header:
        return tuple(str(number) for number in range(1, len(first) + 1))
    seen: Counter[str] = Counter()
    names = []
    for number, cell in enumerate(first, start=1):
        name = cell.strip()[:120] or str(number)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def plain(name: str) -> str:
    """A column name without case, width, spaces and signs, for comparing."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())
