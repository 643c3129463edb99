"""Why a plan of quotas stays as it is; each is named for the fact."""

from __future__ import annotations


class NameTaken(Exception):
    """Another plan of quotas has this name."""


class NobodyAsked(Exception):
    """No salesperson of the teams works here in these months."""


class PotentialUnknown(Exception):
    """No figure of the kind was entered for anybody."""


class VersionClosed(Exception):
    """The version waits for approval or was approved: nothing of it changes any more."""


class NotAsked(Exception):
    """The plan has no part for this person."""


class NothingToSubmit(Exception):
    """The version waits already, or was approved."""


class OwnWork(Exception):
    """Nobody approves what they made or submitted."""


class NotSubmitted(Exception):
    """The version does not wait for approval."""
