"""How names compare: without legal forms, in one script, one case and one width."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from paceline.search.queries import folded

KEPT = 10_000
# Legal forms as one word each, folded; “B.V.” and “B V” are read as “bv”.
_FORMS = (
    "inc incorporated ltd limited llc llp lp plc corp corporation co company gmbh mbh ag kg kgaa"
    " ohg ug ev eg sa sas sarl sasu srl spa snc bv nv ab oy oyj asa aps pty pte sdn bhd kk gk kft"
    " zrt sro spzoo doo ltda cv sapi eirl pt tbk jsc pjsc ooo oao pvt holdings holding group gruppe"
    " the und and"
)
FORMS = frozenset(_FORMS.split())
# In the script to which Chinese is folded; the longer ones first.
_CHINESE = (
    "股份有限责任公司", "股份有限公司", "有限责任公司", "有限公司", "集团公司", "分公司", "总公司",
    "公司", "企业社", "商行", "集团", "株式会社", "合同会社", "有限会社", "주식회사", "유한회사",
    "(股)", "(주)", "(有)", "(株)",
)  # fmt: skip
_DOTS = re.compile(r"(?<=\b\w)\.\s?(?=\w\b)")
_WORDS = re.compile(r"\w+")
_WIDE = re.compile(r"[\u2e80-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")


def name_keys(names: Iterable[str], *, is_person: bool = False) -> list[str]:
    """What names are compared by; several where somebody has a name in two scripts."""
    found = (_person(name) if is_person else _company(name) for name in names if name)
    return sorted({key for key in found if key})


@lru_cache(maxsize=KEPT)
def _company(name: str) -> str:
    """The name without legal forms, spaces and signs; with them where nothing else is left."""
    plain = folded(name)
    shorter = plain
    for form in _CHINESE:
        shorter = shorter.replace(form, " ")
    words = _WORDS.findall(_DOTS.sub("", shorter).replace("&", " "))
    kept = [word for word in words if word not in FORMS]
    return "".join(kept or _WORDS.findall(plain))[:200]


@lru_cache(maxsize=KEPT)
def _person(name: str) -> str:
    """Given name and family name in whichever order; Chinese names keep theirs."""
    words = _WORDS.findall(folded(name))
    return ("".join(words) if _WIDE.search(name) else " ".join(sorted(words)))[:200]
