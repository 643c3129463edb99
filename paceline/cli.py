"""The ``paceline`` command.

The engine's commands (``calculate``, ``settle``, ``check-plan``) need no database. They load Django
only to speak another language than English; the others set it up when they are called.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from types import FrameType, ModuleType
from typing import Annotated

import typer
from typer._click.exceptions import ClickException  # the library offers no other name for it

from paceline.engine.cli import app as engine_app
from paceline.engine.voice import Language, Voice, language_of, voices

# What a program loads is no garbage: looking for some took a seventh of its start.
gc.set_threshold(50_000, 20, 50)

TRIAL_SETTINGS = "paceline.settings.demo"

app = typer.Typer(
    help="Paceline: incentive pay that is fair, exact to the cent and explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
locale_app = typer.Typer(help="The message catalogues.", no_args_is_help=True)
app.add_typer(engine_app)
app.add_typer(locale_app, name="locale")

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on.")]


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port; the next free one if it is taken.")] = 8000,
) -> None:
    """Start the demonstration company on this machine; Ctrl-C stops all of it."""
    from paceline.kernel.trial import run_trial

    os.environ["DJANGO_SETTINGS_MODULE"] = TRIAL_SETTINGS
    raise typer.Exit(run_trial(port))


@app.command()
def prepare() -> None:
    """Set up the demonstration company; what is done already is not done again."""
    from paceline.kernel import trial

    os.environ["DJANGO_SETTINGS_MODULE"] = TRIAL_SETTINGS
    with _stoppable():
        _set_up()
        trial.prepare()


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="Processes that answer requests.")] = 1,
    access_log: Annotated[bool, typer.Option(help="Log every request.")] = False,
) -> None:
    """Serve the web pages."""
    import uvicorn

    _choose_settings()
    with _stoppable():
        uvicorn.run(
            "paceline.asgi:application",
            host=host,
            port=port,
            workers=workers,
            access_log=access_log,
            lifespan="off",
            server_header=False,
            # On a laden machine loading alone takes longer than uvicorn's five seconds: it would
            # kill every process while it starts, and begin another, for ever.
            timeout_worker_healthcheck=120,
            # Open event streams never end by themselves.
            timeout_graceful_shutdown=3,
        )


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(help="Jobs that run at the same time.")] = 2,
) -> None:
    """Run background jobs: imports, pay runs, messages."""
    _choose_settings()
    with _stoppable():
        _set_up()
        import asyncio

        from paceline.kernel import workers

        asyncio.run(workers.work(concurrency=concurrency))


@app.command()
def migrate() -> None:
    """Bring the database to this version: tables, constraints, cache table, search index."""
    _choose_settings()
    with _stoppable():
        _set_up()
        from paceline.kernel.migrating import migrate_if_empty

        migrate_if_empty()
        _manage("migrate", "--no-input", "--verbosity=1")
        _manage("createcachetable")
        _manage("reindex_search", "--if-empty")


@app.command()
def assets() -> None:
    """Gather, name by content and compress the files that browsers load."""
    _choose_settings()
    _manage("collectstatic", "--no-input", "--clear", "--verbosity=0")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def manage(context: typer.Context) -> None:
    """Run one of Django's own commands: paceline manage shell."""
    _choose_settings()
    with _stoppable():
        _manage(*context.args)


@locale_app.command("extract")
def locale_extract() -> None:
    """Bring the catalogues up to date with the source."""
    locales = _locales()
    for language, left in locales.extract_messages().items():
        typer.echo(f"{language}: {left} left to translate")


@locale_app.command("compile")
def locale_compile() -> None:
    """Build the binary catalogues that the product reads."""
    locales = _locales()
    for path in locales.compile_catalogues():
        typer.echo(path)


@locale_app.command("check")
def locale_check(
    limit: Annotated[int, typer.Option(help="Shortcomings to list.")] = 40,
) -> None:
    """Fail on any message that a language lacks."""
    locales = _locales()
    shortcomings = locales.check_catalogues()
    for shortcoming in shortcomings[:limit]:
        typer.echo(shortcoming)
    if shortcomings:
        typer.echo(f"{len(shortcomings)} shortcomings in the catalogues.")
        raise typer.Exit(1)
    typer.echo("The catalogues are complete.")


def _choose_settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paceline.settings")


def _set_up() -> None:
    import django

    django.setup()


def _voice(language: Language) -> Voice:
    """The engine's commands in a language of the catalogues. Nothing is asked of a database."""
    _choose_settings()
    _set_up()
    from django.utils import translation

    from paceline.incentives.shell_words import Translated

    translation.activate(language)
    return Translated()


voices.lent = _voice


def _manage(*words: str) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["paceline", *words])


def _locales() -> ModuleType:
    """The catalogues' module. It is about the source alone: no database, no set-up of Django."""
    _choose_settings()
    from paceline.kernel import locales

    return locales


@contextmanager
def _stoppable() -> Iterator[None]:
    """Hold the database while the command works; on SIGTERM leave in order, giving it back."""
    from paceline.kernel import postgres, processes

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    processes.end_with_parent()
    private = {
        TRIAL_SETTINGS: postgres.default_folder(),
        "paceline.settings.test": postgres.tests_folder(),
    }
    folder = private.get(os.environ["DJANGO_SETTINGS_MODULE"])
    with postgres.database_running(folder) if folder else nullcontext():
        yield


def main() -> None:
    language = _language_of_help(sys.argv[1:])
    if language is Language.ENGLISH:
        _run(_language_of(sys.argv[1:]))
    command = typer.main.get_command(app)
    _voice(language)
    from paceline.web import shell_help

    shell_help.speak()
    shell_help.word(command)
    command(prog_name="paceline")


def _run(language: Language) -> None:
    """Run the command. Only a mistake in how it was typed loads what speaks of it."""
    if language is Language.ENGLISH:
        app(prog_name="paceline")
    try:
        code = typer.main.get_command(app)(prog_name="paceline", standalone_mode=False)
    except ClickException as error:
        _voice(language)
        from paceline.web import shell_mistakes

        shell_mistakes.tell(error)
        code = error.exit_code
    except typer.Abort:
        code = 1
    raise SystemExit(code if isinstance(code, int) else 0)


def _language_of_help(words: list[str]) -> Language:
    """The language in which help is asked for; English where none is, for then nothing is told."""
    return Language.ENGLISH if words and "--help" not in words else _language_of(words)


def _language_of(words: list[str]) -> Language:
    """The language that a command names, else that of the shell."""
    named = [two for one, two in pairwise(words) if one == "--locale"]
    named += [one.partition("=")[2] for one in words if one.startswith("--locale=")]
    if named:
        return Language(named[-1]) if named[-1] in set(Language) else Language.ENGLISH
    return language_of(os.environ)


if __name__ == "__main__":
    main()
