"""Rules of segments and figures of buying in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from paceline.crm.forms.choices import language_name
from paceline.crm.forms.segments import labels_of
from paceline.crm.models import BuyingRules, ConsentChannel, LeadStatus, Lifecycle, Source
from paceline.crm.queries.segments import AMOUNTS, LISTS, YES_NO
from paceline.kernel import formats
from paceline.kernel.countries import country_name

_WORDS: dict[str, dict[str, Any]] = {
    "lifecycle": dict(Lifecycle.choices),
    "status": dict(LeadStatus.choices),
    "source": dict(Source.choices),
    "consent": dict(ConsentChannel.choices),
}

SCORES = {
    "recency": lazy("Recency"),
    "frequency": lazy("Frequency"),
    "value_score": pgettext_lazy("score", "Value"),
}


def told(rule: Mapping[str, Any], kind: str) -> list[str]:
    """Each condition of a rule, in the order of the form."""
    named = labels_of(kind)
    found = [
        _("%(field)s: %(change)s") % {"field": label, "change": _value(name, rule[name])}
        for name, label in named.items()
        if name in rule
    ]
    if found:
        return found
    return [_("Everyone who is open")] if kind == "lead" else [_("Everyone")]


def _value(name: str, value: Any) -> str:
    if name in YES_NO:
        return _("Yes") if value else _("No")
    if name in AMOUNTS:
        return formats.number(Decimal(str(value)))
    if name not in LISTS:
        return formats.number(value)
    if name == "country":
        return formats.listed(map(country_name, value))
    if name == "language":
        return formats.listed(map(language_name, value))
    words = _WORDS.get(name, {})
    return formats.listed(str(words.get(one, one)) for one in value)


def definitions(rules: BuyingRules) -> list[tuple[str, str]]:
    """What the figures mean, with the numbers that are in force."""
    value = _(
        "The sum of all orders so far after returns, in %(currency)s: each order at the latest"
        " “%(type)s” rate on or before its day, at most %(days)s days old, rounded once, half up."
        " Orders without a rate count nothing until one comes."
    ) % {"currency": rules.currency, "type": rules.rate_type, "days": rules.rate_days}
    gap = _(
        "Of the days between one day of purchase and the next, the one in the middle (the lower of"
        " two); from three days of purchase on."
    )
    quiet = _(
        "Silent for longer than %(times)s times their own usual gap, and longer than %(days)s days."
    ) % {"times": formats.number(rules.quiet_times), "days": rules.quiet_days}
    scores = _(
        "All who ever bought are ranked by last purchase, number of orders and lifetime value, and"
        " cut into fifths every night: 5 is the best fifth, and equal figures get equal scores."
    )
    return [
        (_("Lifetime value"), value),
        (_("Orders"), _("Orders of which something is left after returns.")),
        (_("Usual gap"), gap),
        (_("Gone quiet"), quiet),
        (_("Scores"), scores),
    ]
