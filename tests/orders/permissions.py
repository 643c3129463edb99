"""Who may use the addresses of order lines and exchange rates."""

from __future__ import annotations

from tests.permission_table import Url

READERS = {"dana", "wen", "ines"}

URLS = {
    "orders:lines": Url(allow={"GET": READERS}),
    "orders:rates": Url(allow={"GET": READERS}),
}
