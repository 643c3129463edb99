"""Message catalogues: gathered from the source, compiled, and checked for completeness.

English is the language of the source. Each other language of the settings has one catalogue,
``locale/<language>/LC_MESSAGES/django.po``; the ``.mo`` beside it is built and never committed.
All of it is Python, because GNU gettext is not on every machine.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "paceline"
TEMPLATE_SUFFIXES = {".html", ".txt"}
# Function name → which arguments are the context (c), the text and its plural.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "lazy": None,  # gettext_lazy beside gettext as _
    "gettext_noop": None,
    "noop": None,  # gettext_noop, shorter where a schema has one on every line
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)|(?<!%)(?:%%)*%[sd]|\{\w*\}")
# A fixed date in the header: the file changes only when a message does.
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Shortcoming:
    """One reason why a catalogue is not complete."""

    language: str
    reason: str
    text: str
    where: str

    def __str__(self) -> str:
        return f"{self.language}: {self.reason}: {self.text!r} ({self.where})"


def languages() -> list[str]:
    """The languages that need a catalogue, as folder names: ``zh_Hant``, ``zh_Hans``."""
    return [to_locale(code) for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalogue_path(language: str) -> Path:
    folder = Path(settings.LOCALE_PATHS[0])
    return folder / language / "LC_MESSAGES" / "django.po"


def gather() -> Catalog:
    """Every message in the source, with the files that use it. Raises SyntaxError on a template
    with a tag inside a translated block."""
    found = Catalog(project="Paceline", creation_date=BEGUN, charset="utf-8")
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            text = path.read_text(encoding="utf-8")
        elif path.suffix in TEMPLATE_SUFFIXES and "templates" in path.parts:
            text = _as_python(path)
        else:
            continue
        place = path.relative_to(PROJECT).as_posix()
        for _line, message, comments, context in extract(
            "python",
            io.BytesIO(text.encode()),
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            options={"encoding": "utf-8"},
        ):
            if message and message != ("", ""):
                found.add(message, None, [(place, 0)], context=context, auto_comments=comments)
    return found


def extract_messages() -> dict[str, int]:
    """Bring every catalogue up to date; returns how many messages each still has to translate.

    Translations of messages that are no longer in the source go. Nothing is guessed from similar
    messages: a wrong translation of pay is worse than none.
    """
    template = gather()
    left = {}
    for language in languages():
        path = catalogue_path(language)
        catalogue = _read(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.creation_date = catalogue.revision_date = BEGUN
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(
                file,
                catalogue,
                width=100,
                include_lineno=False,
                sort_output=True,
                ignore_obsolete=True,
            )
        left[language] = sum(1 for message in _messages(catalogue) if not _is_translated(message))
    return left


def compile_catalogues() -> list[Path]:
    """Build each ``.mo`` that is missing or older than its catalogue; returns those built."""
    built = []
    for language in languages():
        path = catalogue_path(language)
        binary = path.with_suffix(".mo")
        if not path.exists():
            continue
        if binary.exists() and binary.stat().st_mtime_ns > path.stat().st_mtime_ns:
            continue
        draft = binary.with_suffix(".mo.new")
        with draft.open("wb") as file:
            write_mo(file, _read(language))
        draft.replace(binary)
        built.append(binary)
    return built


def check_catalogues() -> list[Shortcoming]:
    """What keeps the catalogues from being complete; an empty list means that nothing does."""
    template = gather()
    return [
        shortcoming
        for language in languages()
        for shortcoming in _shortcomings(language, template, _read(language))
    ]


def _shortcomings(language: str, template: Catalog, catalogue: Catalog) -> Iterator[Shortcoming]:
    for wanted in _messages(template):
        where = wanted.locations[0][0]
        text = wanted.id if isinstance(wanted.id, str) else wanted.id[0]
        there = catalogue.get(wanted.id, wanted.context)
        if there is None:
            yield Shortcoming(language, "not in the catalogue", text, where)
        elif there.fuzzy:
            yield Shortcoming(language, "marked as uncertain (fuzzy)", text, where)
        elif not _is_translated(there):
            yield Shortcoming(language, "not translated", text, where)
        elif not _same_placeholders(wanted, there):
            yield Shortcoming(language, "other placeholders than the source", text, where)
    for kept in _messages(catalogue):
        if template.get(kept.id, kept.context) is None:
            text = kept.id if isinstance(kept.id, str) else kept.id[0]
            yield Shortcoming(language, "no longer in the source", text, "run: locale extract")


def _same_placeholders(wanted: Message, there: Message) -> bool:
    """Whether each form of the translation uses what the source offers, and drops nothing.

    The singular may write its number out ("one line"), so the last form of the source counts.
    """
    source = wanted.id if isinstance(wanted.id, str) else wanted.id[-1]
    offered = sorted(PLACEHOLDER.findall(source))
    return all(sorted(PLACEHOLDER.findall(form)) == offered for form in _forms(there))


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _is_translated(message: Message) -> bool:
    forms = _forms(message)
    return bool(forms) and all(form.strip() for form in forms)


def _forms(message: Message) -> list[str]:
    """The translation, one text for each plural form of its language."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _read(language: str) -> Catalog:
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(
            locale=language, project="Paceline", fuzzy=False, creation_date=BEGUN, charset="utf-8"
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _as_python(path: Path) -> str:
    """A template as lines of gettext calls. Indentation means nothing there and is dropped."""
    calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    return "\n".join(line.strip() for line in calls.splitlines())
