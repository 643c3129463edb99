"""Countries and territories: which there are, and what they are called."""

from __future__ import annotations

from functools import cache

from babel import Locale

from paceline.kernel.formats import reader_locale

# Two letters each, but nobody's address: unions, organisations, what is unknown, and trials.
NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def names_of_countries(locale: str) -> dict[str, str]:
    """Every country by its two letters, with its name in the language of a locale, in the order
    of the names."""
    found = [
        (str(name), code)
        for code, name in Locale.parse(locale).territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    ]
    return {code: name for name, code in sorted(found)}


def countries() -> list[tuple[str, str]]:
    """Every country with its name in the reader's language, as forms offer them."""
    return list(names_of_countries(str(reader_locale())).items())


def countries_or_none() -> list[tuple[str, str]]:
    """The same below none, where a country is yet to be chosen or may be left out."""
    return [("", "–"), *countries()]


def country_name(code: str) -> str:
    """A country in the reader's language; an unknown code as it is."""
    return names_of_countries(str(reader_locale())).get(code, code)
