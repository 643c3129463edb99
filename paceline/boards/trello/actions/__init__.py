"""Every change that comes of a connection with Trello."""

from __future__ import annotations

from paceline.boards.trello.actions.connections import (
    BoardTaken,
    IsConnected,
    NotConnected,
    access_to,
    boards_of,
    choose_board,
    connect,
    disconnect,
    match_member,
    renew_access,
    start,
    try_again,
    wake_due,
)
from paceline.boards.trello.actions.labels import guess
from paceline.boards.trello.actions.messages import forget_old_messages, receive, turn_away
from paceline.boards.trello.actions.passes import keep_in_step

__all__ = [
    "BoardTaken",
    "IsConnected",
    "NotConnected",
    "access_to",
    "boards_of",
    "choose_board",
    "connect",
    "disconnect",
    "forget_old_messages",
    "guess",
    "keep_in_step",
    "match_member",
    "receive",
    "renew_access",
    "start",
    "try_again",
    "turn_away",
    "wake_due",
]
