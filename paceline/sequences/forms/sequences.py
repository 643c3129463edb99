"""A sequence, its steps in the languages of those who do them, and choosing one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm.forms.choices import language_name
from paceline.crm.models import Segment, scope_of
from paceline.mail.models import MailTemplate
from paceline.org.models import Person, Team
from paceline.sequences.actions import NewStep
from paceline.sequences.models import (
    STEPS_MAX,
    Act,
    Counting,
    Kind,
    Sequence,
    Step,
    Stop,
    Version,
    Whom,
)

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
BLANK = 3
SCRIPT_MAX = 5000


class SequenceForm(forms.Form):
    """Of which team and records it is, what it is called, and who begins by themselves."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    segment = forms.ModelChoiceField(
        label=gettext_lazy("Whoever enters this segment begins"), required=False,
        queryset=Segment.objects.none(), empty_label=gettext_lazy("nobody; only by hand"),
    )  # fmt: skip
    per_day = forms.IntegerField(
        label=gettext_lazy("At most so many begin a day"), min_value=1, max_value=5000, initial=50
    )
    again_days = forms.IntegerField(
        label=gettext_lazy("Begins again, so many days after its end"), required=False, min_value=0,
        max_value=3650, help_text=gettext_lazy("Left empty: each customer only once."),
    )  # fmt: skip

    def __init__(self, data: Any, *, viewer: Person, sequence: Sequence | None = None) -> None:
        known = (
            {"name": sequence.name, "segment": sequence.segment_id, "per_day": sequence.per_day,
             "again_days": sequence.again_days}
            if sequence else {}
        )  # fmt: skip
        super().__init__(data, initial=known)
        self.sequence = sequence
        rows: Any = Segment.objects.visible_to(viewer)
        if sequence is None:
            self.fields["team"] = forms.ModelChoiceField(
                label=_("Team"), empty_label=None,
                queryset=Team.objects.filter(pk__in=scope_of(viewer).all_teams),
            )  # fmt: skip
            self.fields["of"] = forms.ChoiceField(
                label=_("With"), choices=Kind.choices, initial=Kind.CONTACT
            )
            self.order_fields(["team", "name", "of", "segment", "per_day", "again_days"])
        else:
            rows = rows.filter(of=sequence.of) | Segment.objects.filter(pk=sequence.segment_id or 0)
        chosen: Any = self.fields["segment"]
        chosen.queryset = rows.order_by("name", "id")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        segment = cleaned.get("segment")
        of = cleaned.get("of") or (self.sequence.of if self.sequence else "")
        if segment is not None and segment.of != of:
            self.add_error("segment", _("This segment is of other records."))
        return cleaned

    def facts(self) -> dict[str, Any]:
        return {key: self.cleaned_data[key] for key in ("name", "segment", "per_day", "again_days")}


class StepsForm(forms.Form):
    """The steps, and what ends the sequence early. A row without a kind is no step."""

    stops = forms.MultipleChoiceField(
        label=gettext_lazy("It ends before the last step when"), required=False,
        choices=Stop.choices, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    moves = forms.BooleanField(
        label=gettext_lazy("Whoever is under way goes on with these steps"), required=False,
        help_text=gettext_lazy("Else they finish on the version with which they began."),
    )  # fmt: skip

    def __init__(
        self,
        data: Any,
        *,
        version: Version | None,
        steps: Iterable[Step],
        people: Iterable[Person],
        templates: Iterable[MailTemplate],
    ) -> None:
        stops = list(Stop) if version is None else version.stops
        super().__init__(data, initial={"stops": stops})
        self.steps = list(steps)
        self.people = list(people)
        self.templates = list(templates)
        listed = {one.pk for one in self.people}
        self.people += [
            one.person for one in self.steps if one.person and one.person_id not in listed
        ]

    def rows(self) -> list[dict[str, Any]]:
        """The steps as they are, and some rows to write new ones in."""
        count = min(STEPS_MAX, len(self.steps) + BLANK)
        return [self._row(place) for place in range(count)]

    def _row(self, place: int) -> dict[str, Any]:
        known = self.steps[place] if place < len(self.steps) else None
        initial: dict[str, Any] = {
            "place": place + 1, "key": "", "act": "", "days": "1", "counting": Counting.WORKDAYS,
            "whom": Whom.OWNER, "template": "",
        }  # fmt: skip
        if known is not None:
            initial |= {
                "key": known.key, "act": known.act, "days": known.days, "counting": known.counting,
                "whom": str(known.person_id or known.whom), "template": known.template_id or "",
            }  # fmt: skip

        def said(name: str) -> str:
            key = f"step-{place}-{name}"
            return str(self.data.get(key, "") if self.is_bound else initial[name]).strip()

        row = {
            name: {"key": f"step-{place}-{name}", "value": said(name)} for name in initial
        }  # fmt: skip
        texts = []
        for code in LANGUAGES:
            one = (known.texts if known else {}).get(code, {})
            text = {"code": code, "language": language_name(code)}
            for part in ("subject", "body"):
                key = f"step-{place}-{part}-{code}"
                text[f"{part}_key"] = key
                text[part] = self.data.get(key, "") if self.is_bound else one.get(part, "")
            texts.append(text)
        return {
            **row, "number": place + 1, "texts": texts, "known": known,
            "acts": _marked([("", _("no step")), *Act.choices], row["act"]["value"]),
            "countings": _marked(Counting.choices, row["counting"]["value"]),
            "whoms": _marked(
                [(Whom.OWNER, Whom.OWNER.label), (Whom.LEAD, Whom.LEAD.label),
                 *((str(one.pk), one.name) for one in self.people)],
                row["whom"]["value"],
            ),
            "choices": _marked(
                [("", "–"), *((str(one.pk), one.name) for one in self.templates)],
                row["template"]["value"],
            ),
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for row in self.rows():
            if not row["act"]["value"]:
                continue
            days = row["days"]["value"]
            if not days.isdecimal() or int(days[:6]) > 365:
                told = _("Step %(number)s: give the days as a number up to 365.")
                self.add_error(None, told % {"number": row["number"]})
            if row["act"]["value"] == Act.MAIL and not row["template"]["value"]:
                told = _("Step %(number)s: choose a template.")
                self.add_error(None, told % {"number": row["number"]})
            if row["act"]["value"] != Act.MAIL and not any(
                one["subject"].strip() for one in row["texts"]
            ):
                told = _("Step %(number)s: say what is to be done.")
                self.add_error(None, told % {"number": row["number"]})
            if any(len(one["body"]) > SCRIPT_MAX for one in row["texts"]):
                self.add_error(None, _("The text is too long."))
        return cleaned

    def new_steps(self) -> list[NewStep]:
        """The steps that were written, in the order of their places."""
        rows = [row for row in self.rows() if row["act"]["value"] in Act.values]
        rows.sort(key=lambda row: _number(row["place"]["value"], row["number"]))
        return [self._step(row) for row in rows]

    def _step(self, row: dict[str, Any]) -> NewStep:
        people = {str(one.pk): one for one in self.people}
        templates = {str(one.pk): one for one in self.templates}
        whom = row["whom"]["value"]
        known = row["known"]
        kept = {} if known is None else known.texts
        texts = {code: text for code, text in kept.items() if code not in LANGUAGES}
        texts |= {one["code"]: {"subject": one["subject"], "body": one["body"]}
                  for one in row["texts"]}  # fmt: skip
        counting = row["counting"]["value"]
        return NewStep(
            act=row["act"]["value"],
            days=int(row["days"]["value"]),
            counting=counting if counting in Counting.values else Counting.WORKDAYS,
            texts=texts,
            whom=Whom.PERSON if whom in people else (whom if whom == Whom.LEAD else Whom.OWNER),
            person=people.get(whom),
            template=templates.get(row["template"]["value"]),
            key=_number(row["key"]["value"], 0) or None,
        )


def _number(text: str, otherwise: int) -> int:
    return int(text[:6]) if text.isdecimal() else otherwise


def _marked(choices: Iterable[tuple[Any, Any]], chosen: str) -> list[tuple[str, str, bool]]:
    return [(str(value), str(label), str(value) == chosen) for value, label in choices]


class ChooseForm(forms.Form):
    """Which sequence begins."""

    sequence = forms.ModelChoiceField(
        label=gettext_lazy("Sequence"), queryset=Sequence.objects.none(), empty_label=None
    )

    def __init__(self, data: Any, *, sequences: Any) -> None:
        super().__init__(data)
        chosen: Any = self.fields["sequence"]
        chosen.queryset = sequences
