"""Jobs: changing many records, following orders, and looking for the same customer twice."""

from __future__ import annotations

from django.utils import timezone

from paceline.crm.actions import batches
from paceline.crm.actions import credit_late_lines as credit_them
from paceline.crm.actions import find_duplicates as look_for_pairs
from paceline.crm.actions import follow_orders as follow_them
from paceline.crm.actions import measure_again as measure_them
from paceline.crm.actions.waking import FOLLOW_JOB
from paceline.crm.models import DOUBLED, Batch
from paceline.kernel import jobs
from paceline.org.models import Person


@jobs.task(name=batches.BATCH_JOB)
def change_many(batch_id: int) -> None:
    """Change the records of a batch; again after a dead worker, it goes on where it stopped."""
    batch = Batch.objects.select_related("by", "progress").get(pk=batch_id)
    batches.run_batch(batch=batch, at=timezone.now())


@jobs.task(name=batches.UNDO_JOB)
def undo_many(batch_id: int) -> None:
    """Take a large change back; again after a dead worker, it begins anew."""
    batch = Batch.objects.select_related("by", "progress").get(pk=batch_id)
    batches.run_undo(batch=batch, at=timezone.now())


@jobs.every("*/10 * * * *", name="crm.credit_late_lines")
def credit_late_lines(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """An order may get more lines after its deal was credited: those are the deal's as well."""
    credit_them(at=timezone.now())


@jobs.task(name=FOLLOW_JOB)
def follow_orders() -> None:
    """As soon as orders or customers come; one run takes all that waits."""
    follow_them(at=timezone.now())


@jobs.every("* * * * *", name="crm.follow_orders_each_minute")
def follow_orders_each_minute(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """What came while nobody was called: one cheap query where nothing did, or another is at it."""
    follow_them(at=timezone.now(), waits=False)


@jobs.every("10 19 * * *", name="crm.measure_again")
def measure_again(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """Every night (of Taipei and Shanghai), by the rates as they are then."""
    measure_them(at=timezone.now())


@jobs.task(name="crm.measure_now")
def measure_now() -> None:
    """The rules changed: everything is counted by the new ones."""
    measure_them(at=timezone.now())


@jobs.every("40 2 * * *", name="crm.find_duplicates_nightly")
def find_duplicates_nightly(timestamp: int) -> None:  # noqa: ARG001 - the time planned for
    """Every night, what came in by day is looked through for the same customer twice."""
    for kind in DOUBLED:
        look_for_pairs(kind=kind, by=None, at=timezone.now())


@jobs.task(name="crm.find_duplicates")
def find_duplicates(kind: str, by_id: int) -> None:
    look_for_pairs(kind=kind, by=Person.objects.get(pk=by_id), at=timezone.now())
