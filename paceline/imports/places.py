"""Countries and time zones as files name them."""

from __future__ import annotations

import zoneinfo

from babel import Locale

COUNTRIES = {
    code: (code.casefold(), name.casefold())
    for code, name in Locale("en").territories.items()
    if len(code) == 2 and code.isalpha()
}
TIME_ZONES = {name: (name.casefold(),) for name in sorted(zoneinfo.available_timezones())}
