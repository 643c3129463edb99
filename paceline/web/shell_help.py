"""What `paceline --help` says, in another language than English.

The commands carry their help in English, and speak it without Django. Texts that stand here and
nowhere in a command, or the other way round, fail a test.
"""

from __future__ import annotations

from functools import partialmethod
from typing import Any

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_noop as noop
from typer import rich_utils
from typer._click import formatting  # the library's own copy; it offers no words of its own

HELP = (
    noop("Paceline: incentive pay that is fair, exact to the cent and explained."),
    noop("Start the demonstration company on this machine; Ctrl-C stops all of it."),
    noop("The port; the next free one if it is taken."),
    noop("Set up the demonstration company; what is done already is not done again."),
    noop("Serve the web pages."),
    noop("The address to listen on."),
    noop("The port to listen on."),
    noop("Processes that answer requests."),
    noop("Log every request."),
    noop("Run background jobs: imports, pay runs, messages."),
    noop("Jobs that run at the same time."),
    noop("Bring the database to this version: tables, constraints, cache table, search index."),
    noop("Gather, name by content and compress the files that browsers load."),
    noop("Run one of Django's own commands: paceline manage shell."),
    noop("Check a plan document and list everything that is wrong with it."),
    noop("The plan document (YAML)."),
    noop("List what the plan may do that nobody meant."),
    noop("Tables of past periods, CSV or Parquet, for findings that need history."),
    noop("The language of messages; without it that of LC_ALL or LANG."),
    noop("Calculate a plan for a period from tables in a folder into tables in a folder."),
    noop("The folder with the input tables, CSV or Parquet."),
    noop("The period, such as 2020Q2."),
    noop("The folder for the result tables."),
    noop("How result tables are written."),
    noop("Calculate in this process, or on a Spark cluster."),
    noop("Spark's master, such as spark://head:7077."),
    noop("Parquet order lines in a lake, s3a:// or hdfs://; may be repeated."),
    noop("A setting of Spark, name=value; may be repeated."),
    noop(
        "Settle what a run found to be earned: what is payable, what is paid, what is carried on."
    ),
    noop("The folder that `calculate` wrote."),
    noop("The folder with balances, holds and the like."),
    noop("The folder for what is paid and owed."),
    noop("How tables are written."),
    noop("The message catalogues."),
    noop("Bring the catalogues up to date with the source."),
    noop("Build the binary catalogues that the product reads."),
    noop("Fail on any message that a language lacks."),
    noop("Shortcomings to list."),
)


def speak() -> None:
    """Let the library use the words of the language that is active."""
    rich_utils.ARGUMENTS_PANEL_TITLE = pgettext("in the help of a shell", "Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = pgettext("in the help of a shell", "Options")
    rich_utils.COMMANDS_PANEL_TITLE = pgettext("in the help of a shell", "Commands")
    rich_utils.DEFAULT_STRING = pgettext("in the help of a shell", "[default: {}]")
    rich_utils.REQUIRED_LONG_STRING = pgettext("in the help of a shell", "[required]")
    usage = partialmethod(
        formatting.HelpFormatter.write_usage, prefix=pgettext("in the help of a shell", "Usage: ")
    )
    formatting.HelpFormatter.write_usage = usage  # type: ignore[assignment, method-assign]


def word(command: Any) -> None:
    """Put the help of a command, its options and the commands below it into that language."""
    command.help = gettext(command.help) if command.help else command.help
    command.options_metavar = pgettext("in the help of a shell", "[OPTIONS]")
    for option in command.params:
        if getattr(option, "help", None):
            option.help = gettext(option.help)
    own = command.get_help_option(command.make_context("paceline", [], resilient_parsing=True))
    if own is not None:
        own.help = pgettext("in the help of a shell", "Show this message and exit.")
    below = getattr(command, "commands", {})
    if below:
        command.subcommand_metavar = pgettext("in the help of a shell", "COMMAND [ARGS]...")
    for one in below.values():
        word(one)
