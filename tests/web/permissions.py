"""Who may use the shell's own addresses."""

from __future__ import annotations

from tests.permission_table import EVERYONE, Url

URLS = {
    "web:home": Url(allow={"GET": EVERYONE}),
    "web:palette": Url(allow={"GET": EVERYONE}),
    "web:gallery": Url(allow={"GET": EVERYONE}),
}
