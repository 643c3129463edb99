"""A project that is kept in step with a board in Trello, and what is known of both."""

from __future__ import annotations

from paceline.boards.trello.models.connections import Connection, Message, Turned
from paceline.boards.trello.models.twins import Conflict, Member, Twin, TwinKind

__all__ = ["Conflict", "Connection", "Member", "Message", "Turned", "Twin", "TwinKind"]
