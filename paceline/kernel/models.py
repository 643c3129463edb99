from __future__ import annotations

from paceline.kernel.audit import AuditEntry

__all__ = ["AuditEntry"]
