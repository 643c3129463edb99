"""Catalogues are gathered from source and templates, and told apart from complete ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from django.test import override_settings
from django.utils.translation import trans_real

from paceline.kernel import locales

MODULE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
TITLE = _("Statements")
SHORT = pgettext("of a plan", "Draft")
def count(n):
    return ngettext("%(n)s line", "%(n)s lines", n) % {"n": n}
"""
PAGE = """{% load i18n %}
  <h1>{% translate "Home" %}</h1>
<p>{% blocktranslate trimmed with name=payee.name %}
     Paid to
     {{ name }}.
   {% endblocktranslate %}</p>
 {% blocktranslate count lines=n %}one line{% plural %}{{ lines }} lines{% endblocktranslate %}
{% include "x.html" with label=_("Cancel") %}
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small product with one module and one page, and catalogues of its own."""
    folder = tmp_path / "paceline"
    (folder / "templates").mkdir(parents=True)
    (folder / "words.py").write_text(MODULE)
    (folder / "templates" / "page.html").write_text(PAGE)
    monkeypatch.setattr(locales, "SOURCE", folder)
    monkeypatch.setattr(locales, "PROJECT", tmp_path)
    with override_settings(LOCALE_PATHS=[tmp_path / "locale"]):
        yield tmp_path


def translate(language: str, **texts: str | tuple[str, ...]) -> None:
    path = locales.catalogue_path(language)
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key:
            message.string = texts.get(
                key, key if isinstance(message.id, str) else (message.id[1],)
            )
    with path.open("wb") as file:
        write_po(file, catalogue)


def reasons() -> set[tuple[str, str, str]]:
    return {(found.language, found.reason, found.text) for found in locales.check_catalogues()}


def test_messages_are_gathered_from_modules_and_templates(source: Path) -> None:
    found = {(message.context, message.id) for message in locales.gather() if message.id}
    assert found == {
        (None, "Statements"),
        ("of a plan", "Draft"),
        (None, ("%(n)s line", "%(n)s lines")),
        (None, "Home"),
        (None, "Paid to %(name)s."),
        (None, ("one line", "%(lines)s lines")),
        (None, "Cancel"),
    }


def test_a_new_message_is_missing_until_it_is_translated(source: Path) -> None:
    assert ("zh_Hant", "not in the catalogue", "Home") in reasons()
    assert locales.extract_messages() == {"zh_Hant": 7, "zh_Hans": 7}
    assert ("zh_Hans", "not translated", "Home") in reasons()
    for language in ("zh_Hant", "zh_Hans"):
        translate(language)
    assert reasons() == set()


def test_extracting_again_keeps_translations_and_changes_nothing_else(source: Path) -> None:
    locales.extract_messages()
    translate("zh_Hant", Home="首頁")
    locales.extract_messages()
    first = locales.catalogue_path("zh_Hant").read_bytes()
    assert "首頁".encode() in first
    locales.extract_messages()
    assert locales.catalogue_path("zh_Hant").read_bytes() == first


def test_a_message_that_left_the_source_is_named_and_then_removed(source: Path) -> None:
    locales.extract_messages()
    for language in ("zh_Hant", "zh_Hans"):
        translate(language)
    (source / "paceline" / "words.py").write_text("")
    assert ("zh_Hant", "no longer in the source", "Statements") in reasons()
    locales.extract_messages()
    assert reasons() == set()


def test_a_lost_placeholder_and_an_uncertain_entry_are_faults(source: Path) -> None:
    locales.extract_messages()
    translate("zh_Hans")
    translate("zh_Hant", **{"Paid to %(name)s.": "付給。"})
    path = locales.catalogue_path("zh_Hans")
    text = path.read_text(encoding="utf-8")
    entry = 'msgid "Home"'
    path.write_text(text.replace(entry, f"#, fuzzy\n{entry}"), encoding="utf-8")
    assert reasons() == {
        ("zh_Hant", "other placeholders than the source", "Paid to %(name)s."),
        ("zh_Hans", "marked as uncertain (fuzzy)", "Home"),
    }


def test_compiled_catalogues_speak(source: Path) -> None:
    locales.extract_messages()
    translate("zh_Hant", Home="首頁", **{"%(n)s line": ("%(n)s 筆",)})
    built = locales.compile_catalogues()
    assert [path.suffix for path in built] == [".mo", ".mo"]
    assert locales.compile_catalogues() == []
    catalogue = trans_real.gettext_module.translation(
        "django", str(source / "locale"), languages=["zh_Hant"]
    )
    assert catalogue.gettext("Home") == "首頁"
    assert catalogue.ngettext("%(n)s line", "%(n)s lines", 5) == "%(n)s 筆"


def test_the_products_own_catalogues_are_for_the_languages_it_offers() -> None:
    assert locales.languages() == ["zh_Hant", "zh_Hans"]
