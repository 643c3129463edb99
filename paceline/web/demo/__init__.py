"""The demonstration company: three online-sales teams under one roof, made from a fixed seed.

``calendar`` says which days it lives through, ``cast`` who works there, ``shops`` and ``sales``
what they sell, ``teams`` what is particular to each team's pay, ``papers`` writes the files that
such companies would send, and ``story`` brings them in and lives through the quarters by the
product's own actions. Nothing here writes a row.
"""

from __future__ import annotations
