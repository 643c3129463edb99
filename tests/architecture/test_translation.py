"""Every string that a person reads can be translated."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

from paceline.kernel.locales import KEYWORDS
from tests.architecture.source import calls, dotted, place, python_files, templates, tree

EXEMPT = ("paceline/web/templates/web/gallery.html", "paceline/web/views/gallery.py")
SPOKEN = {"title", "placeholder", "aria-label", "alt", "aria-description"}
SAME_EVERYWHERE = {"Paceline", "Ctrl K", "Esc", "CSV", "XLSX", "PDF", "YAML", "SHA-256", "ID", "v"}
TRANSLATED = re.compile(
    r"{%\s*(?:blocktranslate|blocktrans)\b.*?{%\s*endblocktrans(?:late)?\s*%}"
    r"|{%\s*block (?:page_class|body_attributes)\s*%}.*?{%\s*endblock.*?%}"
    r"|{%\s*comment.*?endcomment\s*%}|{#.*?#}",
    re.DOTALL,
)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{2,}")
PYTHON_WORDS = {"label", "help_text", "verbose_name", "empty", "empty_hint", "caption"}


class _Words(HTMLParser):
    """Collects text and spoken attributes outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        self.found += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"} and self.silent > 0

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def untranslated_in(template: Path) -> list[str]:
    text = TRANSLATED.sub(" ", template.read_text(encoding="utf-8"))
    parser = _Words()
    parser.feed(TAG.sub("\x00", text))
    words = (piece.strip() for found in parser.found for piece in re.split("[\x00\n]", found))
    return [
        word for word in words if LETTERS.search(word) and word.strip(" ·:.") not in SAME_EVERYWHERE
    ]


def test_templates() -> None:
    found = {
        place(template): words
        for template in templates()
        if place(template) not in EXEMPT and (words := untranslated_in(template))
    }
    assert found == {}


def test_python() -> None:
    """Messages, form labels, model labels and table headings are wrapped in gettext."""
    found = []
    for file in python_files():
        if place(file) in EXEMPT or "engine" in file.parts or "demo" in file.parts:
            continue
        for call in calls(file):
            name = dotted(call.func)
            spoken = [word.value for word in call.keywords if word.arg in PYTHON_WORDS]
            if name.startswith("messages.") and len(call.args) > 1:
                spoken.append(call.args[1])
            if name in {"Column", "Filter", "Badge"}:
                spoken += call.args[1:2] if name != "Badge" else call.args[:1]
            found += [
                f"{place(file)}:{call.lineno} {one.value}"
                for one in spoken
                if isinstance(one, ast.Constant)
                and isinstance(one.value, str)
                and LETTERS.search(one.value)
            ]
    assert found == []


def test_no_string_is_translated_inside_an_f_string() -> None:
    """Strings there are not found when the catalogues are made, and stay English."""
    names = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "pgettext_lazy", "lazy"}
    found = [
        f"{place(file)}:{call.lineno}"
        for file in python_files()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and dotted(call.func) in names
    ]
    assert found == []


def test_every_name_of_a_translating_function_is_one_that_the_catalogues_know() -> None:
    """Under another name its words are never gathered, and stay English without a word."""
    found = [
        f"{place(file)}:{node.lineno} {one.asname}"
        for file in python_files()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for one in node.names
        if one.asname and one.name.endswith(("gettext", "gettext_lazy", "gettext_noop"))
        if one.asname not in KEYWORDS or KEYWORDS[one.asname] != KEYWORDS.get(one.name)
    ]
    assert found == []
