"""What is asked for to connect a project with Trello."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.boards.models import CardList
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person

ACCESS = ("key", "token", "secret")


def _secret(label: Any, hint: Any) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=hint, max_length=300,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class AccessForm(forms.Form):
    """Key, token and secret: typed in once, never shown again."""

    key = _secret(
        gettext_lazy("API key"),
        gettext_lazy("From trello.com/power-ups/admin: your Power-Up, its API key."),
    )
    token = _secret(
        gettext_lazy("Token"),
        gettext_lazy(
            "“Token” beside the key. It speaks for the account that makes it: comments from here"
            " appear there under its name."
        ),
    )
    secret = _secret(
        gettext_lazy("Secret"),
        gettext_lazy("Below the key. With it Trello signs its messages."),
    )

    def access(self) -> dict[str, str]:
        return {name: self.cleaned_data[name].strip() for name in ACCESS}


class BoardForm(forms.Form):
    """Which board."""

    def __init__(self, *args: Any, boards: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["board"] = forms.ChoiceField(
            label=_("Board in Trello"), choices=list(boards), widget=LongSelect
        )


class MatchForm(forms.Form):
    """What of the board is what here: its lists, its members."""

    def __init__(
        self, *args: Any, choices: dict[str, Any], lists: Sequence[CardList],
        people: Sequence[Person], guessed: dict[str, Person], **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.lists = {str(one.pk): one for one in lists}
        self.people = {str(one.pk): one for one in people}
        self.keys = {"list": [], "member": []}  # type: dict[str, list[str]]
        same = {one.name.casefold(): str(one.pk) for one in lists}
        rows = [("", _("A new list")), *((pk, one.name) for pk, one in self.lists.items())]
        for key, name in choices["lists"]:
            self.keys["list"].append(key)
            self.fields[f"list-{key}"] = forms.ChoiceField(
                label=name, choices=rows, required=False, initial=same.get(name.casefold(), "")
            )
        nobody = [("", _("Nobody here")), *((pk, one.name) for pk, one in self.people.items())]
        for key, name in choices["members"]:
            self.keys["member"].append(key)
            found = guessed.get(key)
            self.fields[f"member-{key}"] = forms.ChoiceField(
                label=name, choices=nobody, required=False, widget=LongSelect,
                initial="" if found is None else str(found.pk),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        taken: set[str] = set()
        for name, value in list(cleaned.items()):
            if value and f"{name.partition('-')[0]}-{value}" in taken:
                self.add_error(name, _("This was chosen above already."))
            taken.add(f"{name.partition('-')[0]}-{value}")
        return cleaned

    def chosen_lists(self) -> dict[str, CardList | None]:
        return {key: self.lists.get(self.cleaned_data[f"list-{key}"]) for key in self.keys["list"]}

    def chosen_people(self) -> dict[str, Person | None]:
        return {
            key: self.people.get(self.cleaned_data[f"member-{key}"]) for key in self.keys["member"]
        }
