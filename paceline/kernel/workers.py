"""A worker: the process that runs the jobs of the queue, for as long as nobody asks it to stop.

Procrastinate's own worker ends with the connections of its queue. Where nobody starts it again,
what it had in hand would wait for ever; so this one begins anew, over new connections, as often as
it takes until the database answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat

import psycopg
from procrastinate.contrib.django import app as queue
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AppNotOpen, ConnectorException, ProcrastinateException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.signals import on_stop
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

from paceline.kernel.jobs import SILENT_SECONDS_MAX, retry_stalled

log = logging.getLogger(__name__)

SWEEP_EVERY_SECONDS = 15
STOPPING_SECONDS = 10
ANSWER_SECONDS = 10
# For so long the worker tries to tell what became of its jobs; a server that starts again is back
# by then, and after it everything that still waits for a connection waits in vain.
LOST_SECONDS = 5
# Between one attempt to reach the database and the next; the last counts for all that follow.
PAUSES = (1, 2, 4, 8, 15)
# Of workers that were silent for so long nothing but their row is left.
FORGOTTEN_SECONDS = 24 * 60 * 60


class _Away(Exception):
    """The database did not answer, or does no more; the message says how that was noticed."""


async def work(*, concurrency: int) -> None:
    """Run jobs until asked to stop, and take up those of workers that died.

    A database that is not there yet, or no more, is waited for; SIGTERM and SIGINT end that, too.
    """
    asked = asyncio.Event()
    spell = _Spell(concurrency)
    failed = 0
    with on_stop(asked.set), _outages_told_once():
        while not asked.is_set():
            try:
                await _until_asked(asked, spell)
            except _Away as away:
                failed = 1 if spell.worked else failed + 1
                pause = PAUSES[min(failed, len(PAUSES)) - 1]
                log.warning("%s; the worker tries again in %s s.", away, pause)
                with suppress(TimeoutError):
                    await asyncio.wait_for(asked.wait(), pause)
                spell = _Spell(concurrency, after=spell)


class _Spell:
    """The time of a worker over one set of connections to the database."""

    def __init__(self, concurrency: int, *, after: _Spell | None = None) -> None:
        self.worked = False
        self.follows = after is not None
        # Nothing of the spell before is at work any more, although its row may say so.
        self._left_behind: int | None = after.registered if after else None
        # Django's own connections can neither wait nor be shared.
        self._connector = PsycopgConnector(
            kwargs=connector_params(),
            timeout=ANSWER_SECONDS,
            reconnect_timeout=LOST_SECONDS,
            reconnect_failed=self._give_up,
        )
        self._closing: asyncio.Task[None] | None = None
        self._worker: Worker = Worker(
            app=queue,
            concurrency=concurrency,
            shutdown_graceful_timeout=STOPPING_SECONDS,
            install_signal_handlers=False,
            # While the database was away everybody was silent: whose row is old may still work.
            stalled_worker_timeout=FORGOTTEN_SECONDS,
        )

    @property
    def registered(self) -> int | None:
        """The row by which the others know this worker, or the one that it should have removed."""
        mine: int | None = self._worker.worker_id
        return mine or self._left_behind

    async def _give_up(self, pool: AsyncConnectionPool) -> None:
        """Fail at once whoever waits for a connection, one after the other, for as long again."""
        self._closing = self._closing or asyncio.create_task(pool.close())

    async def run(self) -> None:
        """Work until cancelled, which lets the jobs in hand end. Raises ``_Away``."""
        await reach()
        with queue.replace_connector(self._connector):
            try:
                await self._work()
            except (ConnectorException, psycopg.OperationalError) as error:
                if not _is_away(error):
                    raise
                raise _Away("The database does not answer any more") from error
            finally:
                await self._connector.close_async()
        raise _Away("The queue lost its connection to the database")

    async def _work(self) -> None:
        await self._connector.open_async()
        if self._left_behind:
            await queue.job_manager.unregister_worker(self._left_behind)
            self._left_behind = None
        self.worked = True
        queue.perform_import_paths()  # type: ignore[no-untyped-call]
        sweep = asyncio.create_task(self._sweep())
        try:
            await self._worker.run()  # type: ignore[no-untyped-call]
        finally:
            sweep.cancel()

    async def _sweep(self) -> None:
        """Beside the jobs and none of them: as a job it could die with its worker and keep its own
        successors waiting, and it would queue behind the long work it is there for.
        """
        for silence in self._silences():
            try:
                # The worker's own pulse stops while it waits for its last jobs before it leaves.
                if self._worker.worker_id is not None:
                    await queue.job_manager.update_heartbeat(self._worker.worker_id)
                await retry_stalled(silent_seconds=silence)
            except ConnectorException as error:
                log.warning("The jobs of dead workers could not be looked for: %s", _reason(error))
            await asyncio.sleep(SWEEP_EVERY_SECONDS)

    def _silences(self) -> Iterable[int]:
        """For how long somebody must have been silent to be dead, sweep by sweep. After a time
        without a database the living get time to say that they live.
        """
        spared = SILENT_SECONDS_MAX // SWEEP_EVERY_SECONDS if self.follows else 0
        return chain(repeat(FORGOTTEN_SECONDS, spared), repeat(SILENT_SECONDS_MAX))

    async def let_go(self) -> None:
        """Where the database is away, do not wait for it in order to say goodbye."""
        try:
            await reach()
        except _Away:
            await self._connector.close_async()


async def _until_asked(asked: asyncio.Event, spell: _Spell) -> None:
    work = asyncio.create_task(spell.run())
    stop = asyncio.create_task(asked.wait())
    await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if work.done():
        return work.result()
    work.cancel()
    await spell.let_go()
    with suppress(asyncio.CancelledError, _Away, ProcrastinateException, psycopg.Error):
        await work
    return None


async def reach() -> None:
    """Raises ``_Away`` where the database takes no connection."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await psycopg.AsyncConnection.connect(**connector_params())
            await found.close()
    except (psycopg.OperationalError, TimeoutError) as error:
        raise _Away(f"The database takes no connection ({_reason(error)})") from error


class _ToldAnyway(logging.Filter):
    """Leaves out what the queue and its connections say of a database that is away: for each of
    them, with where in their source they noticed. The worker says it in a line.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        gone = isinstance(error, AppNotOpen) or (isinstance(error, Exception) and _is_away(error))
        return not gone and record.name != "psycopg.pool"


@contextmanager
def _outages_told_once() -> Iterator[None]:
    told = _ToldAnyway()
    names = ("psycopg.pool", "procrastinate.worker.worker", "procrastinate.utils", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    for one in loggers:
        one.addFilter(told)
    try:
        yield
    finally:
        for one in loggers:
            one.removeFilter(told)


def _is_away(error: Exception) -> bool:
    """Whether what went wrong is the connection, not what was asked over it."""
    cause = error.__cause__ if isinstance(error, ConnectorException) else error
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


def _reason(error: BaseException) -> str:
    """The first line of what the database, or the way to it, said."""
    lines = str(error.__cause__ or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
