"""Slots: the stretches of days in which nobody's assignment, employment or manager changes, and
what holds in each of them. A slot goes by its place; what holds on its first day holds in all of
it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.columns import PLACE
from paceline.engine.shape import arrow_type


@dataclass(frozen=True)
class Held:
    """For each of some rows the first slot in which it holds, and the one before which it ends."""

    first: pa.Array
    before: pa.Array

    def narrowed(self, other: Held) -> Held:
        """The slots in which both hold, row by row."""
        return Held(
            pc.max_element_wise(self.first, other.first),
            pc.min_element_wise(self.before, other.before),
        )

    def take(self, rows: pa.Array) -> Held:
        """The same of these rows."""
        return Held(self.first.take(rows), self.before.take(rows))

    def spread(self, columns: Mapping[str, pa.ChunkedArray]) -> pa.Table:
        """Each row once for each slot in which it holds, which is told in the column `slot`."""
        counts = pc.max_element_wise(pc.subtract(self.before, self.first), _places([0])[0])
        ends = pc.cumulative_sum(counts)
        starts = pa.concat_arrays([_places([0]), ends])
        ones = pa.repeat(pa.scalar(1, arrow_type(PLACE)), starts[-1].as_py())
        rows = pc.list_parent_indices(pa.ListArray.from_arrays(starts, ones))
        into = pc.subtract(pc.subtract(pc.cumulative_sum(ones), ones), starts.take(rows))
        found = {name: column.take(rows) for name, column in columns.items()}
        return pa.table(found | {"slot": pc.add(self.first.take(rows), into)})


def held(rows: pa.Table, slots: Sequence[date]) -> Held:
    """When rows with `starts_on` and `ends_before` hold; one without a first day never does."""
    first, before = (
        pc.fill_null(_reached(rows.column(name), slots), pa.scalar(len(slots), arrow_type(PLACE)))
        for name in ("starts_on", "ends_before")
    )
    return Held(first, before)


def always(count: int, slots: Sequence[date]) -> Held:
    """So many rows that hold in every slot."""
    kind = arrow_type(PLACE)
    return Held(*(pa.repeat(pa.scalar(place, kind), count) for place in (0, len(slots))))


def _reached(days: pa.ChunkedArray, slots: Sequence[date]) -> pa.Array:
    """The first slot that does not begin before each day."""
    days = days.combine_chunks().dictionary_encode()
    places = [bisect_left(slots, day) for day in days.dictionary.to_pylist()]
    return _places(places).take(days.indices)


def _places(places: list[int]) -> pa.Array:
    return pa.array(places, arrow_type(PLACE))
