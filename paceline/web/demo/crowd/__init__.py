"""Many customers: the company as if it had sold for years, for whoever wants to see how that goes.

The same day and number give the same crowd. Rows are written as the product's own import writes
them, in sets; order lines come in through that import, and what follows from orders (sums, links
that wait, what each customer bought) is left to the product's own job.
"""

from __future__ import annotations

from paceline.web.demo.crowd.story import bring_in

__all__ = ["bring_in"]
