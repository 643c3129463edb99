"""The engine against the row-by-row calculator, on generated plans and data, table by table."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings

from .comparing import compare_example
from .generating import Example, examples

NIGHTLY = os.environ.get("PACELINE_HYPOTHESIS") == "nightly"
STYLES = 1_000_000 if NIGHTLY else 20


# A plan takes some tenths of a second to become queries, so there are fewer than elsewhere.
@settings(max_examples=settings().max_examples if NIGHTLY else 100)
@given(examples(STYLES))
def test_every_table_agrees(example: Example) -> None:
    compare_example(example)


@pytest.mark.skipif(NIGHTLY, reason="every example of the night is explained")
@settings(max_examples=200)
@given(examples(STYLES))
def test_every_table_of_twice_as_many_agrees(example: Example) -> None:
    """Explaining takes about as long as calculating: these are calculated only."""
    compare_example(example, explained=False)
