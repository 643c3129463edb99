"""What is wrong with a command as it was typed, in another language than English.

The library words these mistakes itself, and offers no words of its own. Each is known again by its
English, and said anew; one that is not known stays as it is.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext
from typer import rich_utils
from typer._click.exceptions import ClickException

from paceline.web import shell_help

OF_VALUE = r"Invalid value for '(?P<name>.+?)': "
MISTAKES: tuple[tuple[str, str | Promise], ...] = (
    (r"Missing argument '(?P<name>.+)'\.", lazy("The argument %(name)s is missing.")),
    (r"Missing option '(?P<name>.+)'\.", lazy("The option %(name)s is missing.")),
    (
        r"No such option: (?P<name>\S+) \(Possible options: (?P<known>.+)\)",
        lazy("There is no option %(name)s. Possible: %(known)s"),
    ),
    (r"No such option: (?P<name>\S+)", lazy("There is no option %(name)s.")),
    (r"No such command '(?P<name>.*)'\.", lazy("There is no command %(name)s.")),
    (r"Missing command\.", lazy("A command is missing.")),
    (
        r"Got unexpected extra argument\(s\) \((?P<words>.*)\)",
        lazy("This is too much: %(words)s"),
    ),
    (r"Option '(?P<name>.+)' requires an argument\.", lazy("The option %(name)s needs a value.")),
    (r"Option '(?P<name>.+)' does not take a value\.", lazy("The option %(name)s takes no value.")),
    (
        f"{OF_VALUE}(?:Value error, )?'(?P<value>.*)' is not one of (?P<known>.+)\\.",
        lazy("%(value)s is no value of %(name)s. Choose %(known)s."),
    ),
    (
        f"{OF_VALUE}Input should be a valid integer.*",
        lazy("%(name)s takes a whole number."),
    ),
)


def in_words(message: str) -> str:
    """A mistake in the language that is active."""
    for pattern, words in MISTAKES:
        found = re.fullmatch(pattern, message)
        if found is not None:
            return str(words) % found.groupdict()
    return message


def tell(error: ClickException) -> None:
    """Print the mistake as the library does, in the language that is active."""
    shell_help.speak()
    context = getattr(error, "ctx", None)
    if context is not None:
        shell_help.word(context.command)
    rich_utils.ERRORS_PANEL_TITLE = pgettext("in the help of a shell", "Error")
    rich_utils.RICH_HELP = pgettext(
        "in the help of a shell", "“{command_path} {help_option}” says more."
    )
    said = in_words(error.format_message())
    error.format_message = lambda: said  # type: ignore[method-assign]
    rich_utils.rich_format_error(error)
