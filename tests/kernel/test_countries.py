"""Countries that forms and files offer are places where somebody can be."""

from __future__ import annotations

import pytest
from django.utils import translation

from paceline.crm.intake.fields import COUNTRIES as OF_CUSTOMERS
from paceline.imports.places import COUNTRIES as OF_FILES
from paceline.incentives.forms.terms import MinimumWageForm
from paceline.kernel.countries import countries, country_name
from paceline.org.forms import TermsForm

# What the names of CLDR have besides: unions, organisations, what is unknown, and trials.
NOBODYS = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


@pytest.mark.parametrize(
    ("language", "taiwan", "eurozone"),
    [("en", "Taiwan", "Eurozone"), ("zh-hant", "台灣", "歐元區"), ("zh-hans", "台湾", "欧元区")],
)
def test_countries_are_offered_by_name_and_no_unions(
    language: str, taiwan: str, eurozone: str
) -> None:
    with translation.override(language):
        offered = countries()
    names = [name for _code, name in offered]
    assert dict(offered)["TW"] == taiwan
    assert {"CN", "DE", "AE", "XK"} <= {code for code, _name in offered}
    assert eurozone not in names
    assert names == sorted(names)
    assert not {code for code, _name in offered} & NOBODYS
    assert {"DE", "BR", "XK", "HK", "PR"} <= {code for code, _name in offered}


def test_forms_and_files_offer_the_same_countries() -> None:
    known = {code for code, _name in countries()}
    assert set(OF_FILES) == set(OF_CUSTOMERS) == known
    for form in (TermsForm(), MinimumWageForm()):
        assert {code for code, _name in form.fields["country"].choices if code} == known


def test_a_code_that_is_no_country_is_said_as_it_stands() -> None:
    with translation.override("en"):
        assert [country_name(code) for code in ("JP", "EZ", "Q")] == ["Japan", "EZ", "Q"]
