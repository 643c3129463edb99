"""Every change to ways in: accounts, sessions, preferences, and the tokens of programs."""

from __future__ import annotations

from paceline.accounts.actions.answers import (
    KeyReused,
    RequestUnderWay,
    claim_key,
    forget_answers,
    forget_answers_about,
    keep_answer,
)
from paceline.accounts.actions.tokens import (
    TokenGone,
    TokenLivesTooLong,
    TooManyTokens,
    count_call,
    make_token,
    revoke_token,
    revoke_tokens,
)
from paceline.accounts.actions.ways_in import (
    AccountAlreadyClosed,
    AccountAlreadyOpen,
    AddressTaken,
    SessionGone,
    change_address,
    change_preferences,
    close_account,
    end_other_sessions,
    end_session,
    end_sessions,
    note_link,
    note_sign_in,
    open_account,
    reopen_account,
    sign_out_everywhere,
)

__all__ = [
    "AccountAlreadyClosed",
    "AccountAlreadyOpen",
    "AddressTaken",
    "KeyReused",
    "RequestUnderWay",
    "SessionGone",
    "TokenGone",
    "TokenLivesTooLong",
    "TooManyTokens",
    "change_address",
    "change_preferences",
    "claim_key",
    "close_account",
    "count_call",
    "end_other_sessions",
    "end_session",
    "end_sessions",
    "forget_answers",
    "forget_answers_about",
    "keep_answer",
    "make_token",
    "note_link",
    "note_sign_in",
    "open_account",
    "reopen_account",
    "revoke_token",
    "revoke_tokens",
    "sign_out_everywhere",
]
