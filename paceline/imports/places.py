"""Countries and time zones as files name them."""

from __future__ import annotations

from paceline.kernel.countries import names_of_countries
from paceline.kernel.time_zones import time_zones

COUNTRIES = {
    code: (code.casefold(), name.casefold()) for code, name in names_of_countries("en").items()
}
# Those that forms offer, as they name them too: "America/New York".
TIME_ZONES = {name: (name.casefold(), label.casefold()) for name, label in time_zones()}
