"""The time zones that forms offer."""

from __future__ import annotations

import zoneinfo
from functools import cache

# Names of the database that are no places: offsets, old aliases, and what its machines call theirs.
NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/", "US/")


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Every zone that is named for a place, and UTC; the names are the same in all languages."""
    places = (
        name
        for name in zoneinfo.available_timezones()
        if "/" in name and not name.startswith(NO_PLACES)
    )
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(places)))


def time_zones_with(kept: str | None) -> tuple[tuple[str, str], ...]:
    """The same, and the zone that is kept now, however it is named."""
    known = time_zones()
    if not kept or any(name == kept for name, _label in known):
        return known
    return ((kept, kept), *known)
