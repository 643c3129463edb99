"""Limits and counts in messages are written as readers write numbers."""

from __future__ import annotations

import pytest
from django.utils import translation

from paceline.incentives import pay_words
from paceline.incentives.calculation.documents import Problem
from paceline.incentives.problems import problem_sentence
from paceline.kernel import formats
from paceline.orders.shops import wording as shop_words


def test_only_counts_are_grouped() -> None:
    given = {"most": 20_000, "count": 3, "number": 20_260, "limit": "1000", "wanted": None}
    with translation.override("en"):
        assert formats.with_counts(given) == {**given, "most": "20,000", "count": "3"}


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_limits_have_thousands_marks(language: str) -> None:
    with translation.override(language):
        too_long = Problem(code="document_too_long", message="", params={"limit": 200_000})
        texts = [
            problem_sentence(too_long),
            shop_words.reason("too_many", {"field": "lines", "most": 200_000}),
            pay_words.problem_text(
                "currency_unknown", {"count": 200_000, "subject": "XXX", "detail": ""}
            ),
        ]
        assert all("200,000" in text for text in texts), texts
