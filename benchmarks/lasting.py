"""The server that benchmarks ask: it keeps what it is given, as a company's does.

That of the tests, which their settings name, loses everything with the machine and is quicker for
it. Hold ``database_running`` before Django is set up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from paceline.kernel import postgres


@contextmanager
def database_running() -> Iterator[None]:
    """The private server of the product, or the one that ``DATABASE_URL`` names."""
    with postgres.database_running():
        os.environ["DATABASE_URL"] = postgres.database_url()
        yield
