"""One page of a long list, at a cost that does not grow with the table.

Counting stops at the screen's estimate, pages stop there too (the far end is reached by turning the order
round), and only keys are skipped over: the rows themselves are read by key, twenty-five to a hundred of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.sql.where import WhereNode

from .query import Count, counted, of_found

LISTED = 1_000  # keys that one statement names
FEW = 10_000  # rows that are ordered at no cost that anybody sees


@dataclass(frozen=True)
class Slice:
    """Rows ``first`` to ``last`` (from 1) of ``count``; ``more`` tells that a next page can be shown."""

    rows: Sequence[Any]
    number: int
    per_page: int
    count: Count
    more: bool

    @property
    def first(self) -> int:
        return (self.number - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * self.per_page + len(self.rows)

    @property
    def pages(self) -> int:
        return max(1, -(-self.count.number // self.per_page))

    @property
    def at_limit(self) -> bool:
        """The last page that can be shown, while there are more rows."""
        return self.count.capped and self.number >= self.pages

    def numbers(self) -> list[int | None]:
        """Page numbers to offer: ends and neighbours, None where some are left out."""
        wanted = sorted({1, self.pages, self.number - 1, self.number, self.number + 1} & set(range(1, self.pages + 1)))
        shown: list[int | None] = []
        for number in wanted:
            if shown and shown[-1] is not None and number - shown[-1] == 2:
                shown.append(number - 1)
            elif shown and number - (shown[-1] or 0) > 2:
                shown.append(None)
            shown.append(number)
        return shown


def narrowed(qs: QuerySet) -> bool:
    """Whether few rows of a filtered list are better found first and ordered after: a database that is asked for both at once
    may walk the whole table in the right order, looking for them. Not for rows ordered by what was worked out for them."""
    query = qs.query
    return bool(query.where) and not (query.annotations or query.distinct or query.combinator or query.group_by)


def by_key(qs: QuerySet, keys: Sequence[Any]) -> QuerySet:
    """The rows of these keys, with all that ``qs`` reads of a row. Its conditions have been answered: asked again beside the keys,
    they would tempt a database to walk all rows of a state, looking for fifty keys."""
    rows = qs.order_by()
    if narrowed(qs):
        rows.query.where = WhereNode()
    return rows.filter(pk__in=keys)


def _all_keys(bare: QuerySet, limit: int) -> list[Any] | None:
    """The keys of a filtered list that is not counted far: its filters are then answered once, and not again to order what they
    found. None where the rows are counted by the database, without being read."""
    if limit > FEW or getattr(bare, "slices_whole", False) or not narrowed(bare):
        return None
    return list(bare.order_by().values_list("pk", flat=True)[: limit + 1])


def page_of(qs: QuerySet, number: int, per_page: int, limit: int) -> Slice:
    """Page ``number`` (from 1, brought back into range) of an ordered ``qs``; three queries, whatever the size."""
    bare = qs.select_related(None).prefetch_related(None)
    keys_of_all = _all_keys(bare, limit)
    count = counted(qs, limit) if keys_of_all is None else of_found(len(keys_of_all), limit)
    number = min(max(1, number), max(1, -(-count.number // per_page)))
    start = (number - 1) * per_page
    if getattr(qs, "slices_whole", False):  # it knows itself how to read a page of wide rows
        rows = list(qs[start : start + per_page]) if count.number else []
        return Slice(rows, number, per_page, count, start + per_page < count.number)
    if count.number and not count.capped and count.number <= FEW and narrowed(bare):
        listed = keys_of_all is not None and len(keys_of_all) <= LISTED
        few = keys_of_all if listed else bare.order_by().values("pk")[: FEW + 1]
        bare = bare.model._base_manager.filter(pk__in=few).order_by(*bare.query.order_by)
    keys = list(bare.values_list("pk", flat=True)[start : start + per_page]) if count.number else []
    found = {row.pk: row for row in by_key(qs, keys)} if keys else {}
    rows = [found[key] for key in keys if key in found]
    return Slice(rows, number, per_page, count, start + per_page < count.number)
