"""Answering questions from order lines, statements, quotas, deals and feedback."""

from __future__ import annotations
