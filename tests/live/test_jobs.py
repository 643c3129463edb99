"""Jobs belong to the transaction that asks for them, and the jobs of dead workers run again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction

from paceline.kernel import jobs
from tests.loops import in_thread

ran: list[str] = []


@jobs.task(name="tests.note")
def note(*, word: str) -> None:
    if word == "bad":
        raise ValueError(word)
    ran.append(word)


@pytest.fixture(autouse=True)
def _nothing_ran_yet() -> None:
    ran.clear()


def sweep() -> int:
    """What every worker does once in a while, here and now."""
    return in_thread(async_to_sync(jobs.retry_stalled))


def states() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")
        return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_rolled_back_transaction_never_existed(run_jobs: Callable[[], int]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue(note, word="never")
        raise ZeroDivisionError
    with transaction.atomic():
        jobs.enqueue(note, word="once")
    assert run_jobs() == 1
    assert ran == ["once"]


@pytest.mark.django_db(transaction=True)
def test_what_a_job_asks_for_waits_for_its_transaction_in_a_worker_too() -> None:
    """A worker's queue has connections of its own; a job over them could run before the commit."""

    def inside() -> list[tuple[str, str]]:
        try:
            with transaction.atomic():
                jobs.enqueue(note, word="early")
                jobs.enqueue("tests.note", word="early too")
                seen = in_thread(states)
                transaction.set_rollback(True)
        finally:
            connection.close()
        return seen

    async def as_in_a_worker() -> list[tuple[str, str]]:
        with jobs.queue.replace_connector(jobs.queue.connector.get_worker_connector()):  # type: ignore[attr-defined]
            async with jobs.queue.open_async():
                return await asyncio.to_thread(inside)

    assert in_thread(lambda: asyncio.run(as_in_a_worker())) == []
    assert states() == []


@pytest.mark.django_db
def test_a_failing_job_is_marked_and_raised(run_jobs: Callable[[], int]) -> None:
    jobs.enqueue(note, word="bad")
    with pytest.raises(ValueError, match="bad"):
        run_jobs()
    assert states() == [("tests.note", "failed")]
    assert run_jobs() == 0


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_silent_worker_is_run_again(run_jobs: Callable[[], int]) -> None:
    jobs.enqueue(note, word="again")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '10 minutes') RETURNING id"
        )
        (dead,) = cursor.fetchone()  # type: ignore[misc]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [dead])
    assert run_jobs() == 0, "it belongs to the worker that is gone"
    sweep()
    assert run_jobs() == 1
    assert ran == ["again"]
    assert states() == [("tests.note", "succeeded")]


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_living_worker_is_left_alone(run_jobs: Callable[[], int]) -> None:
    jobs.enqueue(note, word="again")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        (alive,) = cursor.fetchone()  # type: ignore[misc]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [alive])
    sweep()
    assert run_jobs() == 0
    assert states() == [("tests.note", "doing")]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_cannot_be_given_back_does_not_keep_the_others(
    run_jobs: Callable[[], int],
) -> None:
    """Of a periodic job the next one waits already: two may not, so the dead one is closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs"
            " (queue_name, priority, task_name, args, queueing_lock, status) VALUES"
            " ('default', 0, 'tests.note', '{\"word\": \"dead\"}', 'periodic:note', 'doing'),"
            " ('default', 0, 'tests.note', '{\"word\": \"again\"}', NULL, 'doing'),"
            " ('default', 0, 'tests.note', '{\"word\": \"next\"}', 'periodic:note', 'todo')"
        )
    assert sweep() == 1
    assert [state for _name, state in states()] == ["failed", "todo", "todo"]
    assert run_jobs() == 2
    assert sorted(ran) == ["again", "next"]
    assert sweep() == 0
