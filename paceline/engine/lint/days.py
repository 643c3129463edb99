"""Tables whose tiers change on a day, looked at one set of tiers after the other."""

from __future__ import annotations

from dataclasses import replace

from paceline.engine.plan.model import Component


def by_days(component: Component) -> tuple[Component, ...]:
    """The component as each of its sets of tiers alone would pay, the last set last; itself where
    no day changes anything. What the linter finds stands at the tiers of the set.
    """
    rates = component.rates
    if rates is None or not rates.dated:
        return (component,)
    found = []
    for one in rates.dated:
        tiers = tuple(replace(tier, version=0) for tier in one.tiers)
        alone = replace(rates, tiers=tiers, dated=(), change=None)
        found.append(replace(component, rates=alone))
    return tuple(found)
