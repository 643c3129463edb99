"""The plan: a strict document with places, read into frozen clauses."""
