"""What a segment may ask of its customers, and how purchases are counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm import queries
from paceline.crm.forms.choices import languages
from paceline.crm.models import (
    BuyingRules,
    ConsentChannel,
    LeadStatus,
    Lifecycle,
    Segment,
    SegmentKind,
    Source,
    scope_of,
)
from paceline.crm.queries.segments import AMOUNTS, LISTS, NUMBERS, YES_NO, channels, keys_of
from paceline.kernel.countries import countries
from paceline.kernel.money import CURRENCIES
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person, Team

DAYS_MAX = 3_650
ORDERS_MAX = 100_000
SCORES = 5


class LongSelectMultiple(LongSelect, forms.SelectMultiple):
    """Several of hundreds."""


def labels() -> dict[str, str]:
    """The conditions by name, in the order of the form."""
    return {
        "has_bought": _("Has bought"),
        "bought_within": _("Last purchase within days"),
        "not_bought_for": _("No purchase for days"),
        "first_within": _("First purchase within days"),
        "orders_min": _("Orders, at least"),
        "orders_max": _("Orders, at most"),
        "value_min": _("Lifetime value, at least"),
        "value_max": _("Lifetime value, at most"),
        "recency_min": _("Recency score, at least"),
        "recency_max": _("Recency score, at most"),
        "frequency_min": _("Frequency score, at least"),
        "frequency_max": _("Frequency score, at most"),
        "value_score_min": _("Value score, at least"),
        "value_score_max": _("Value score, at most"),
        "is_quiet": _("Gone quiet"),
        "is_mine": _("Mine (of whoever looks)"),
        "came_within": _("Came within days"),
        "came_before": _("Came so many days ago, or earlier"),
        "silent_for": _("Nothing said with them for days"),
        "rating_min": _("Rating, at least"),
        "lifecycle": _("Lifecycle"),
        "status": _("Status"),
        "source": _("Source"),
        "channel": _("Bought in the channel"),
        "language": _("Language"),
        "country": _("Country"),
        "tag": _("Has one of the tags"),
        "without_tag": _("Has none of the tags"),
        "consent": _("Allowed to be reached by"),
    }


def labels_of(kind: str) -> dict[str, str]:
    """The conditions that a rule over records of this kind may have."""
    known = keys_of(kind)
    return {name: label for name, label in labels().items() if name in known}


class SegmentForm(forms.Form):
    """A rule over records of one kind: whatever is filled in must be true, all of it."""

    name = forms.CharField(label=gettext_lazy("Name of the segment"), max_length=60)

    def __init__(
        self, data: Any = None, *, viewer: Person, segment: Segment | None = None, kind: str = ""
    ) -> None:
        rule = {} if segment is None else segment.rule
        self.kind = (data or {}).get("of", kind) if segment is None else segment.of
        if self.kind not in SegmentKind.values:
            self.kind = SegmentKind.COMPANY.value
        initial: dict[str, Any] = {**rule, "of": self.kind}
        initial |= {name: str(int(rule[name])) for name in YES_NO if name in rule}
        if segment is not None:
            initial |= {"name": segment.name, "team": segment.team_id}
        super().__init__(data, initial=initial)
        if segment is None:
            self.fields["of"] = forms.ChoiceField(
                label=_("Of"), choices=SegmentKind.choices, widget=forms.HiddenInput
            )
        self.fields["team"] = forms.ModelChoiceField(
            label=_("Shared with"), required=False, empty_label=_("Only me"),
            queryset=Team.objects.filter(pk__in=scope_of(viewer).all_teams),
        )  # fmt: skip
        tags = queries.team_tags(viewer)
        found = channels()
        choices: dict[str, list[tuple[str, Any]]] = {
            "lifecycle": list(Lifecycle.choices),
            "status": list(LeadStatus.choices),
            "source": list(Source.choices),
            "channel": [(one, one) for one in dict.fromkeys([*found, *rule.get("channel", [])])],
            "language": languages(),
            "country": countries(),
            "tag": tags,
            "without_tag": tags,
            "consent": list(ConsentChannel.choices),
        }
        for name, label in labels_of(self.kind).items():
            if not choices.get(name, [True]):
                continue  # no tag is known yet, no order came over a channel
            self.fields[name] = _field(name, label, choices)

    def rule(self) -> dict[str, Any]:
        """What was filled in, as it is kept."""
        data, found = self.cleaned_data, {}
        for name in labels_of(self.kind):
            value = data.get(name)
            if value in (None, "", []):
                continue
            if name in YES_NO:
                found[name] = value == "1"
            elif name in AMOUNTS:
                found[name] = format(value.normalize(), "f")
            else:
                found[name] = value
        return found


def _field(name: str, label: str, choices: dict[str, list[tuple[str, Any]]]) -> forms.Field:
    if name in YES_NO:
        return forms.ChoiceField(
            label=label, required=False, choices=[("", "–"), ("1", _("Yes")), ("0", _("No"))]
        )
    if name in AMOUNTS:
        return forms.DecimalField(
            label=label, required=False, max_digits=16, decimal_places=4,
            min_value=None if name == "value_max" else Decimal(0),
        )  # fmt: skip
    if name in NUMBERS:
        is_score = name.rpartition("_")[0] in {"recency", "frequency", "value_score", "rating"}
        most = SCORES if is_score else ORDERS_MAX if name.startswith("orders") else DAYS_MAX
        return forms.IntegerField(label=label, required=False, min_value=1, max_value=most)
    assert name in LISTS  # noqa: S101 - every condition is of one of these sorts
    few = len(choices[name]) <= 14
    return forms.MultipleChoiceField(
        label=label, required=False, choices=choices[name],
        widget=forms.CheckboxSelectMultiple if few else LongSelectMultiple(attrs={"size": 6}),
    )  # fmt: skip


class BuyingRulesForm(forms.Form):
    """How purchases are told, and when silence is long."""

    currency = forms.ChoiceField(
        label=gettext_lazy("Currency in which purchases are told"),
        choices=[(one, one) for one in sorted(CURRENCIES)], widget=LongSelect,
    )  # fmt: skip
    quiet_times = forms.DecimalField(
        label=gettext_lazy("Quiet after how many times their usual gap"),
        min_value=Decimal(1), max_value=Decimal(50), max_digits=4, decimal_places=2,
    )  # fmt: skip
    quiet_days = forms.IntegerField(
        label=gettext_lazy("But never before, in days"), min_value=1, max_value=365
    )

    def __init__(self, data: Any = None, *, rules: BuyingRules) -> None:
        names = ("currency", "quiet_times", "quiet_days")
        super().__init__(data, initial={name: getattr(rules, name) for name in names})
