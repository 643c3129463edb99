"""Tables that sort, search, filter, page, total, export, and remember how a person left them.

A view makes a ``Table`` from a QuerySet or a list; everything is fetched and worded here, so the
template that draws it asks nothing. One query counts (and totals), one fetches the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest, QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as _

from paceline.kernel import formats, sheets, workbooks
from paceline.kernel.columns import (
    Column,
    Heading,
    Row,
    Text,
    Total,
    cell,
    exporter,
    figure,
    follow,
    place_of,
    plain,
    sums,
    titles,
)
from paceline.kernel.filters import Filter, Narrowing, sift
from paceline.kernel.parts import InParts
from paceline.kernel.table_rows import ByNumber, is_plain, may_be_null, part_of

__all__ = ["Column", "Filter", "Table"]

PAGE_SIZES = (25, 50, 100, 200)
# Both are sent as they are made; a sheet has room for so many rows and the one that says so.
CSV_ROWS_MAX = 5_000_000
XLSX_ROWS_MAX = workbooks.ROWS_MAX - 1
SESSION_KEY = "tables"


@dataclass
class Table:
    """``name`` is unique on the page and stable: it prefixes the parameters and keys the memory.

    ``order`` is the key of the column to sort by at first (``-key`` for descending). ``choice``
    gives the value of a row's checkbox (``choice_name``, in the form ``choice_form``), or None for
    a row that cannot be chosen. ``finds`` says what rows a text finds besides those of the columns
    that are searched; ``search`` narrows the rows by a text
    instead of the columns. ``count_max`` stops counting there: for tables of millions; of more
    rows than are counted only the columns of ``sorts_many`` sort, where it says any: those that an
    index keeps in order. While it is looked at a table is fetched again when something happened to
    its ``topic``.

    An address may name a filter, or a choice of one, that is no more: ``gone`` says which, and no
    row is found, because otherwise everything would pass for what the filter left.
    """

    request: HttpRequest
    rows: Any
    name: str
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    order: str = ""
    caption: Text = ""
    empty: Text = ""
    empty_hint: Text = ""
    empty_link: tuple[str, Text] | None = None
    finds: Callable[[str], Q] | None = None
    search: Callable[[Any, str], Any] | None = None
    choice: Callable[[Any], Any] | None = None
    choice_name: str = ""
    choice_form: str = ""
    count_max: int | None = None
    sorts_many: frozenset[str] = frozenset()
    size: int = PAGE_SIZES[1]
    exports: bool = True
    topic: str = ""
    chosen: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._remember()
        if not self.wants_export:
            _ = self.body, self.totals

    # What the reader asked for

    def _key(self, part: str) -> str:
        return f"{self.name}-{part}"

    def _remember(self) -> None:
        """Take this request's choices; without any, those of last time."""
        query = self.request.GET
        memory: dict[str, dict[str, str]] = self.request.session.get(SESSION_KEY, {})
        if any(key.startswith(f"{self.name}-") for key in query):
            kept = {"sort", "size", *(one.part for one in self.filters)}
            asked = {part: query.get(self._key(part), "") for part in sorted(kept)}
            asked = {part: value[:100] for part, value in asked.items() if value}
            if memory.get(self.name, {}) != asked:
                self.request.session[SESSION_KEY] = {**memory, self.name: asked}
        else:
            asked = dict(memory.get(self.name, {}))
        self.chosen = asked

    @cached_property
    def text(self) -> str:
        return self.request.GET.get(self._key("q"), "").strip()[:100]

    @cached_property
    def page_size(self) -> int:
        asked = self.chosen.get("size", "")
        return int(asked) if asked in {str(size) for size in PAGE_SIZES} else self.size

    @cached_property
    def sorting(self) -> tuple[Column | None, bool]:
        """The column sorted by, and whether downwards."""
        asked = self.chosen.get("sort") or self.order
        if not self._sorts(asked.removeprefix("-")):
            asked = self.order
        key = asked.removeprefix("-")
        column = next((one for one in self.columns if one.key == key and one.sort), None)
        return column, asked.startswith("-")

    def _sorts(self, key: str) -> bool:
        return not self.sorts_many or key in self.sorts_many or not self.is_many

    @cached_property
    def is_many(self) -> bool:
        """Whether there are more rows than are counted."""
        return self.count_max is not None and self._counted > self.count_max

    @property
    def wants_export(self) -> bool:
        return self.exports and self.request.GET.get(self._key("export")) in {"csv", "xlsx"}

    @property
    def has_choices(self) -> bool:
        return self.choice is not None

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.gone) or any(key.startswith("is-") for key in self.chosen)

    @cached_property
    def shown(self) -> list[Column]:
        """The columns that the page has room for."""
        return [one for one in self.columns if not one.only_in_file]

    @cached_property
    def _narrowing(self) -> Narrowing:
        return sift(self.filters, self.chosen, self.request.GET, self.name)

    @property
    def gone(self) -> list[str]:
        """What the address wants it narrowed by and is no more."""
        return self._narrowing.gone

    # Rows

    @cached_property
    def found(self) -> Any:
        """The rows that search and filters leave, sorted."""
        return self._sorted(self._left)

    @cached_property
    def _left(self) -> Any:
        """The rows that search and filters leave."""
        rows = self.rows
        gone = self.gone
        for one in self.filters:
            value = self.chosen.get(one.part, "")
            if not value:
                continue
            if callable(one.apply):
                rows = one.apply(rows, value)
            elif isinstance(rows, QuerySet):
                rows = rows.filter(**{one.apply or one.key: value})
            else:
                path = one.apply or one.key
                rows = [row for row in rows if str(follow(row, path)) == value]
        if gone:
            rows = rows.none() if isinstance(rows, QuerySet) else []
        return self._searched(rows)

    @cached_property
    def _counted(self) -> int:
        """How many rows are left, as far as they are counted."""
        rows = self._left
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[: (self.count_max or 0) + 1].count()

    def _searched(self, rows: Any) -> Any:
        if self.text and self.search is not None:
            return self.search(rows, self.text)
        paths = [path for path in (one.search_path() for one in self.columns) if path]
        if not self.text or not paths:
            return rows
        if isinstance(rows, QuerySet):
            # Putting every name into capitals costs more than looking through it.
            is_cased = self.text.upper() != self.text.lower()
            how = "icontains" if is_cased else "contains"
            wanted = Q()
            for path in paths:
                wanted |= Q(**{f"{path}__{how}": self.text})
            if self.finds is not None:
                wanted |= self.finds(self.text)
            return rows.filter(wanted)
        low = self.text.casefold()
        return [row for row in rows if any(low in plain(row, path) for path in paths)]

    def _sorted(self, rows: Any) -> Any:
        column, downwards = self.sorting
        if column is None:
            return rows
        if isinstance(rows, QuerySet):
            path = ByNumber(F(column.sort)) if column.by_number else F(column.sort)
            # Where nothing can be missing the plain order stands in the index; the other does not.
            last = True if may_be_null(rows.model, column.sort) else None
            first = path.desc(nulls_last=last) if downwards else path.asc(nulls_last=last)
            return rows.order_by(first, "-pk" if downwards else "pk")
        known = [row for row in rows if follow(row, column.sort) is not None]
        known.sort(key=lambda row: place_of(row, column), reverse=downwards)
        return known + [row for row in rows if follow(row, column.sort) is None]

    @cached_property
    def _summary(self) -> tuple[int, dict[str, list[tuple[str, Decimal]]]]:
        """How many rows were found and, by column key, the totals of each currency."""
        summed = [one for one in self.columns if one.total]
        rows = self.found
        if not isinstance(rows, QuerySet):
            return len(rows), {one.key: sums(rows, one) for one in summed}
        if self._looked_up is not None:
            return len(self._looked_up), {}
        if self.count_max is not None:
            return self._counted, {}
        if not summed:
            return rows.count(), {}
        currency = str(summed[0].currency)
        path = "" if currency.isupper() else currency.replace(".", "__")
        added = {f"sum_{one.key}": Sum(one.sort or one.key) for one in summed}
        if path:
            groups = list(rows.order_by(path).values(path).annotate(n=Count("pk"), **added))
        else:
            groups = [rows.order_by().aggregate(n=Count("pk"), **added)]
        totals = {
            one.key: [
                (str(group[path]) if path else currency, group[f"sum_{one.key}"] or Decimal(0))
                for group in groups
            ]
            for one in summed
        }
        return sum(group["n"] for group in groups), totals

    @cached_property
    def _looked_up(self) -> list[Any] | None:
        """The keys of what a search found, in order, as far as it is counted.

        A search looks through every name: once, and not once to count and once for the page.
        """
        rows = self.found
        if not self.text or self.count_max is None or not isinstance(rows, QuerySet):
            return None
        if not is_plain(rows):
            return None
        return list(rows.values_list("pk", flat=True)[: self.count_max + 1])

    @cached_property
    def count(self) -> int:
        found = self._summary[0]
        return found if self.count_max is None else min(found, self.count_max)

    @property
    def has_more_than_counted(self) -> bool:
        return self.count_max is not None and self._summary[0] > self.count_max

    @cached_property
    def totals(self) -> list[Total]:
        """The totals of each column; empty without a summed column or a row."""
        found = self._summary[1]
        if not found or not self.count:
            return []
        return [
            Total(one, [figure(sum_, one, currency) for currency, sum_ in found.get(one.key, [])])
            for one in self.shown
        ]

    # The page

    @cached_property
    def pages(self) -> int:
        return max(1, -(-self.count // self.page_size))

    @cached_property
    def page(self) -> int:
        asked = self.request.GET.get(self._key("page"), "1")
        return min(max(int(asked), 1), self.pages) if asked.isascii() and asked.isdigit() else 1

    @cached_property
    def first(self) -> int:
        return (self.page - 1) * self.page_size + 1 if self.count else 0

    @cached_property
    def last(self) -> int:
        return min(self.page * self.page_size, self.count)

    @cached_property
    def body(self) -> list[Row]:
        start = (self.page - 1) * self.page_size
        end = start + self.page_size
        if self._looked_up is not None:
            rows = self.found.filter(pk__in=self._looked_up[start:end])
        else:
            rows = part_of(self.found, start, end)
        return [self._row(row) for row in rows]

    def _row(self, row: Any) -> Row:
        choice = None if self.choice is None else self.choice(row)
        return Row([cell(row, one) for one in self.shown], "" if choice is None else str(choice))

    @property
    def headings(self) -> list[Heading]:
        sorted_by, downwards = self.sorting
        found = []
        for one in self.shown:
            if not one.sort or not self._sorts(one.key):
                found.append(Heading(one))
                continue
            is_this = sorted_by is not None and sorted_by.key == one.key
            turn = f"-{one.key}" if (is_this and not downwards) else one.key
            direction = ("descending" if downwards else "ascending") if is_this else "none"
            found.append(Heading(one, self.url(sort=turn, page=""), direction))
        return found

    # Addresses

    def url(self, **changes: str) -> str:
        """This page's address with the table's parameters changed; an empty value removes one."""
        query: QueryDict = self.request.GET.copy()
        for part, value in self.chosen.items():
            query[self._key(part)] = value
        query.pop(self._key("export"), None)
        for part, value in changes.items():
            query.pop(self._key(part), None)
            if value:
                query[self._key(part)] = value
        return f"{self.request.path}?{query.urlencode()}"

    @property
    def previous_url(self) -> str:
        return self.url(page=str(self.page - 1)) if self.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.url(page=str(self.page + 1)) if self.page < self.pages else ""

    @property
    def csv_url(self) -> str:
        return self.url(export="csv")

    @property
    def xlsx_url(self) -> str:
        return self.url(export="xlsx")

    @property
    def clear_url(self) -> str:
        """Without search and filters; the empty sort says that this was asked for."""
        query: QueryDict = self.request.GET.copy()
        for key in [key for key in query if key.startswith(f"{self.name}-")]:
            query.pop(key)
        query[self._key("sort")] = self.chosen.get("sort", "")
        return f"{self.request.path}?{query.urlencode()}"

    @property
    def without_gone_url(self) -> str:
        """The same without what is no more."""
        query: QueryDict = self.request.GET.copy()
        for key in [key for key in query if key.startswith(self._key("is-"))]:
            query.pop(key)
        for part, value in self.chosen.items():
            query[self._key(part)] = value
        query.setdefault(self._key("sort"), "")
        return f"{self.request.path}?{query.urlencode()}"

    @property
    def other_parameters(self) -> list[tuple[str, str]]:
        """The page's other parameters and this table's sort: the form carries them on."""
        kept = [
            (key, value)
            for key, values in self.request.GET.lists()
            for value in values
            if not key.startswith(f"{self.name}-")
        ]
        return [*kept, (self._key("sort"), self.chosen.get("sort", ""))]

    @property
    def filter_fields(self) -> list[dict[str, Any]]:
        return [
            {
                "name": self._key(one.part),
                "label": one.label,
                "choices": [(str(value), label) for value, label in one.choices],
                "chosen": self.chosen.get(one.part, ""),
                "former": self._narrowing.former.get(one.key, ""),
            }
            for one in self.filters
        ]

    @property
    def can_search(self) -> bool:
        return any(one.search for one in self.columns)

    @property
    def page_sizes(self) -> tuple[int, ...]:
        return PAGE_SIZES

    # Export

    def export(self) -> InParts:
        """Every row found as CSV or XLSX, safe to open anywhere; a file that is cut off says so."""
        header = [str(title) for one in self.columns for title in titles(one)]
        name = slugify(self.name) or "table"
        if self.request.GET.get(self._key("export")) == "xlsx":
            return sheets.xlsx_response(name, header, self._exported(XLSX_ROWS_MAX))
        return sheets.csv_response(name, header, self._exported(CSV_ROWS_MAX))

    def _exported(self, most: int) -> Iterator[list[Any]]:
        rows = self.found[: most + 1]
        if isinstance(rows, QuerySet):
            rows = rows.iterator(chunk_size=2000)
        cells = exporter(self.columns)
        for place, row in enumerate(rows):
            if place == most:
                yield [
                    _("Cut off here: there are more than %(most)s rows.")
                    % {"most": formats.number(most)}
                ]
                return
            yield cells(row)
