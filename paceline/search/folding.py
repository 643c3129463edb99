"""One folding of texts for the index and for what is asked, so that both always meet.

Width and case are folded, letters lose their marks, and every Traditional character is replaced by
the Simplified one that stands for it: 客戶 and 客户 are the same word here. That replacement goes
character by character, never by phrases: a phrase dictionary would fold a character differently
beside different neighbours, and a part of a name would then not be found in the whole.

Chinese, Japanese and Korean text is cut into single characters and pairs, because it has no spaces
and most queries have two characters; other text into words, which are found by their beginning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC

TEXT_MAX = 4000
WORD_MAX = 60
TERMS_MAX = 4000

# Letters that have no decomposition into a letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_IDEOGRAPHS = (
    "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_IDEOGRAPHS}]+|[^\W_{_IDEOGRAPHS}]+")
_IS_IDEOGRAPH = re.compile(rf"[{_IDEOGRAPHS}]")
_RANGES = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))


@cache
def _simplified() -> dict[int, str]:
    """What stands for which Traditional character, by the table of OpenCC."""
    convert = OpenCC("t2s").convert
    found = {}
    for first, last in _RANGES:
        for code in range(first, last + 1):
            character = chr(code)
            plain = convert(character)
            if plain != character and len(plain) == 1:
                found[code] = plain
    return found


def fold(text: str) -> str:
    """The text as it is compared: one case, one width, no marks, one script of Chinese."""
    if text.isascii():
        return text[:TEXT_MAX].lower()
    wide = unicodedata.normalize("NFKC", text[:TEXT_MAX]).casefold()
    apart = unicodedata.normalize("NFKD", wide)
    bare = "".join(one for one in apart if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN).translate(_simplified())


def runs(folded: str) -> Iterator[str]:
    """The runs of ideographs and the words of a folded text."""
    yield from _RUN.findall(folded)


def terms(texts: Iterable[str]) -> list[str]:
    """What the index holds of some texts: single characters, pairs, and words; sorted."""
    found: set[str] = set()
    for text in texts:
        for run in runs(fold(text)):
            if _IS_IDEOGRAPH.match(run):
                found.update(run)
                found.update(_pairs(run))
            else:
                found.add(run[:WORD_MAX])
    return sorted(found)[:TERMS_MAX]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: terms that must all be there, beginnings of words, and runs that must
    stand in one piece."""

    terms: tuple[str, ...]
    beginnings: tuple[str, ...]
    pieces: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.terms or self.beginnings)

    def lookup(self, prefix: str = "") -> str:
        """The question in PostgreSQL's words (``tsquery``), for terms as they are, each behind the
        prefix that it is kept with: no parser looks into them again.
        """
        exact = [_lexeme(prefix + term) for term in self.terms]
        return " & ".join([*exact, *(f"{_lexeme(prefix + one)}:*" for one in self.beginnings)])


def _lexeme(term: str) -> str:
    """A term as a lexeme of a query, whatever signs it holds."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def question(text: str) -> Question:
    """How a text that somebody typed is looked up. A single letter must be a word of its own."""
    exact: set[str] = set()
    beginnings: set[str] = set()
    pieces: set[str] = set()
    for run in runs(fold(text)):
        if not _IS_IDEOGRAPH.match(run):
            (beginnings if len(run) > 1 else exact).add(run[:WORD_MAX])
        elif len(run) == 1:
            exact.add(run)
        else:
            exact.update(_pairs(run))
            if len(run) > 2:
                pieces.add(run)  # its pairs could stand apart
    return Question(tuple(sorted(exact)), tuple(sorted(beginnings)), tuple(sorted(pieces)))


def _pairs(run: str) -> Iterator[str]:
    return (run[place : place + 2] for place in range(len(run) - 1))
