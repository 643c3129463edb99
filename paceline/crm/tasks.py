"""Jobs: changing many records."""

from __future__ import annotations

from django.utils import timezone

from paceline.crm.actions import lists
from paceline.crm.models import Batch
from paceline.kernel import jobs


@jobs.task(name=lists.BATCH_JOB)
def change_many(batch_id: int) -> None:
    """Change the records of a batch; again after a dead worker, it goes on where it stopped."""
    batch = Batch.objects.select_related("by", "progress").get(pk=batch_id)
    lists.run_batch(batch=batch, at=timezone.now())
