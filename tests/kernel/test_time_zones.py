"""Time zones that forms offer are places, and the one that is kept."""

from __future__ import annotations

from paceline.kernel.time_zones import time_zones, time_zones_with


def test_places_are_offered_and_nothing_that_a_machine_calls_its_own() -> None:
    names = [name for name, _label in time_zones()]
    assert names[0] == "UTC"
    assert {"Asia/Taipei", "America/Sao_Paulo"} <= set(names)
    assert not {"Factory", "localtime", "EST5EDT"} & set(names)
    assert all("/" in name for name in names[1:])


def test_a_zone_that_is_kept_under_another_name_stays_to_be_chosen() -> None:
    assert time_zones_with("Asia/Taipei") == time_zones()
    assert time_zones_with("Japan") == (("Japan", "Japan"), *time_zones())
    assert time_zones_with(None) == time_zones()
