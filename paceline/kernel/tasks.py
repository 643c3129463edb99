"""Housekeeping of the job queue itself."""

from __future__ import annotations

from paceline.kernel import jobs


@jobs.every("41 3 * * *", name="kernel.remove_finished_jobs")
async def remove_finished_jobs(timestamp: int) -> None:  # noqa: ARG001 - given to every periodic job
    """The queue stays small."""
    await jobs.remove_finished()
