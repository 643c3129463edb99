"""The ledger: one row for each payee, one column for each figure of the plan.

A plan compiles to figures. A figure is a named, typed expression over figures before it, so a
clause may use any other clause's result, and the database works through all payees at once.
"""
