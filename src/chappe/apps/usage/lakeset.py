"""The lake behind the queryset methods that a Screen uses, so that calls are a list like any other.

A :class:`LakeQuerySet` understands ``filter`` with Q objects, ``order_by``, slices, ``count``, ``values("pk")`` and
iteration; it turns them into one DuckDB query over the batches that stand now. Rights reach it as an ordinary
filter on ``batch__owner`` (``visible_to``). It never writes, and refuses what it does not understand.
"""

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, Self

from django.db import NotSupportedError, models
from django.db.models import Q, QuerySet

from chappe.apps.usage import found, lake, shelf, sums
from chappe.apps.usage.conditions import COMPUTED, EXPRESSIONS, FALSE, Test, by_keys, compared, compiled, joined

CHUNK = 5_000
PAGE = 1_000  # rows of a slice that are looked up one by one
NEAR = 500  # rows from the top that DuckDB finds best by itself; deeper, sorting whole rows is what costs


def shared(several: Sequence[tuple[Test, ...]]) -> tuple[Test, ...]:
    """The tests that all of these begin with."""
    columns = itertools.takewhile(lambda tests: all(one == tests[0] for one in tests), zip(*several, strict=False))
    return tuple(tests[0] for tests in columns)


def split(parts: Sequence[Test]) -> tuple[tuple[Test, ...], tuple[Test, ...]]:
    """The tests that choose few calls with those of rights, and the rest, which can be put to what was found: () and all when
    no test chooses few, or one of the rest looks at what is not kept."""
    hard = tuple(part for part in parts if found.is_hard(part.sql))
    if not hard:
        return (), tuple(parts)
    rights = tuple(part for part in parts if part not in hard and _RIGHTS.fullmatch(part.sql))
    easy = tuple(part for part in parts if part not in hard and part not in rights)
    if not all(found.is_easy(part.sql) for part in easy):
        return (), tuple(parts)
    return (*rights, *hard), easy


_CLOCK = re.compile(r"date_part|isodow")
_RIGHTS = re.compile(r"\(?batch IN \([\d, ]+\)\)?|\(?FALSE\)?")


def _found(hard: tuple[Test, ...], batches: Sequence[int]) -> Any:
    """The calls that these tests choose, kept narrow; None without a test, or when they are many."""
    test = joined(hard)
    return found.calls(test.sql, test.values, batches, test.among) if hard else None


def _counted(hard: tuple[Test, ...], several: Sequence[tuple[Test, ...]], batches: Sequence[int]) -> list[int]:
    """How many calls pass each of these lists of tests, which share what is ``hard`` in them."""
    calls = _found(hard, batches)
    # What they have in common narrows the reading: DuckDB then skips what is not of it.
    common = () if calls is not None else shared(several)
    tests = [joined(split(parts)[1] if calls is not None else parts[len(common) :]) for parts in several]
    counts = ", ".join(f"count(*) FILTER (WHERE {test.sql}) AS n{n}" for n, test in enumerate(tests))
    values = [value for test in (*tests, joined(common)) for value in test.values]
    sql = f"SELECT {counts} FROM calls WHERE {joined(common).sql}"
    rows = lake.over(sql, calls, values) if calls is not None else lake.remembered(sql, values, batches)
    return [rows.column(n)[0].as_py() for n in range(len(tests))]


def hours_of_slice(
    calls: dict[int | None, int], offset: int, limit: int, *, falling: bool
) -> tuple[int, int, int] | None:
    """The first and last hour of a slice of calls in the order of time, and how many calls stand before that hour in that order;
    None when it reaches calls without a start, or beyond the last."""
    first: int | None = None
    seen = before = 0
    for hour in sorted((hour for hour in calls if hour is not None), reverse=falling):
        if first is None and seen + calls[hour] > offset:
            first, before = hour, seen
        seen += calls[hour]
        if first is not None and seen >= offset + limit:
            return min(first, hour), max(first, hour), before
    if first is None or None in calls:
        return None
    ends = [hour for hour in calls if hour is not None]
    return min(first, min(ends) if falling else first), max(first, first if falling else max(ends)), before


class LakeQuerySet(QuerySet):
    """Rows of the lake as objects of ``model`` (an unmanaged model whose fields are the lake's columns)."""

    slices_whole = True  # for the kit's pages: see _wide

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts: tuple[Test, ...] = ()
        self.order: tuple[str, ...] = ()
        self.window: tuple[int, int | None] = (0, None)
        self.only_keys = ""  # "", "dict", "tuple" or "flat"

    def _clone(self) -> Self:
        clone = super()._clone()
        clone.parts, clone.order, clone.window, clone.only_keys = self.parts, self.order, self.window, self.only_keys
        return clone

    @property
    def test(self) -> Test:
        """What a call of this queryset passes."""
        return joined(self.parts)

    # -- narrowing -------------------------------------------------------------------------------------------
    def filter(self, *args: Any, **kwargs: Any) -> Self:
        return self._narrowed(Q(*args, **kwargs))

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        return self._narrowed(~Q(*args, **kwargs))

    def _narrowed(self, q: Q) -> Self:
        clone = self._clone()
        clone.parts = (*self.parts, compiled(q, self.model.batches_where))
        return clone

    def none(self) -> Self:
        clone = self._clone()
        clone.parts = (FALSE,)
        return clone

    def order_by(self, *names: str) -> Self:
        clone = self._clone()
        for name in names:
            if name.lstrip("-") not in {"pk", "id", *lake.SCHEMA.names, *COMPUTED}:
                raise NotSupportedError(f"the lake cannot order by {name}")
        clone.order = names
        return clone

    def distinct(self, *_names: str) -> Self:
        return self._clone()

    select_related = prefetch_related = distinct  # the batch is always read along, in one query
    all = QuerySet.all

    def values(self, *names: str, **_expressions: Any) -> Self:
        return self._keys_only("dict", names)

    def values_list(self, *names: str, flat: bool = False, named: bool = False) -> Self:
        return self._keys_only("flat" if flat else "tuple", names)

    def _keys_only(self, shape: str, names: Sequence[str]) -> Self:
        if tuple(names) not in {("pk",), ("id",)}:
            raise NotSupportedError("the lake gives whole calls or their keys")
        clone = self._clone()
        clone.only_keys = shape
        return clone

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int):
            return next(iter(self[key : key + 1]))
        if key.step is not None or (key.start or 0) < 0 or (key.stop is not None and key.stop < 0):
            raise NotSupportedError("the lake is read in slices from its beginning")
        clone = self._clone()
        start, limit = self.window
        first = key.start or 0
        wanted = None if key.stop is None else max(0, key.stop - first)
        left = None if limit is None else max(0, limit - first)
        clone.window = (start + first, wanted if left is None else left if wanted is None else min(wanted, left))
        return clone

    # -- reading ---------------------------------------------------------------------------------------------
    @property
    def ordered(self) -> bool:
        return bool(self.order)

    def count(self) -> int:
        offset, limit = self.window
        if offset == 0 and (limit is None or limit > NEAR):  # a few rows are found sooner than all are counted
            whole = self._clone()
            whole.window = (0, None)
            number = self.counted_together([whole])[0]
            return number if limit is None else min(number, limit)
        inner = f"SELECT 1 FROM calls WHERE {self.test.sql}{self._window_sql()}"
        return int(self._run(f"SELECT count(*) AS n FROM ({inner})").to_pylist()[0]["n"])

    def exists(self) -> bool:
        return self[:1].count() > 0

    def get(self, *args: Any, **kwargs: Any) -> Any:
        found = list(self.filter(*args, **kwargs)[:2])
        if len(found) != 1:
            raise (self.model.MultipleObjectsReturned if found else self.model.DoesNotExist)(str(kwargs))
        return found[0]

    def grouped(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """A query of ours over the chosen calls, as an Arrow table: ``sql`` reads them as ``chosen``."""
        whole = f"SELECT * FROM (WITH chosen AS (SELECT * FROM calls WHERE {self.test.sql}) {sql})"
        return lake.remembered(whole, [*self.test.values, *parameters], self.model.standing())

    def added(self, sql: str, expression: str) -> Any:
        """The same over ``added``: the chosen calls as rows of ``value`` (``expression`` of a call) and sums ``m_…``."""
        return sums.added(sql, expression, test=self.test.sql, values=self.test.values, batches=self.model.standing())

    @staticmethod
    def counted_together(wanted: "Sequence[LakeQuerySet]") -> list[int]:
        """How many calls each of these querysets (of one reader) has: by sums where some tell, else in one reading of the lake."""
        batches = wanted[0].model.standing()
        several = [one.parts for one in wanted]
        hards = [split(parts)[0] for parts in several]
        hard = hards[0] if all(one == hards[0] for one in hards) else ()
        if _found(hard, batches) is not None:  # the page itself asks for them
            return _counted(hard, several, batches)
        common = shared(several)  # looked at once, not once a count
        own = [joined(parts[len(common) :]) for parts in several]
        always = joined(common)
        counts = sums.counted([(test.sql, test.values) for test in own], batches, (always.sql, always.values))
        if counts is not None:
            return counts
        numbers: dict[int, int] = {}
        left: dict[str, list[int]] = {}
        for place, parts in enumerate(several):
            alone = sums.counted([(joined(parts).sql, joined(parts).values)], batches)
            if alone is not None:
                numbers[place] = alone[0]
            else:
                left.setdefault(repr(hards[place]), []).append(place)
        for places in left.values():
            counts = _counted(hards[places[0]], [several[place] for place in places], batches)
            numbers |= zip(places, counts, strict=True)
        return [numbers[place] for place in range(len(wanted))]

    def first(self) -> Any:
        return next(iter(self[:1]), None)

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            self._result_cache = self._shaped(self._rows())

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Rows as they come from the lake; memory does not grow with their number."""
        for batch in self._stream("*", chunk_size or CHUNK):
            yield from self._shaped(batch.to_pylist())

    def _rows(self) -> list[dict[str, Any]]:
        limit = self.window[1]
        if limit is None or limit > PAGE or (not self.order and not self.only_keys):
            columns = "batch, line" if self.only_keys else "*"
            return self._run(f"SELECT {columns} FROM calls {self._tail()}").to_pylist()
        keys = self._page_keys()
        return keys if self.only_keys else self._wide(keys)

    def _page_keys(self) -> list[dict[str, Any]]:
        """The keys and starts of a slice: from what was found for the same page, else by the columns of the order alone."""
        batches, sql = self.model.standing(), "SELECT batch, line, start, copy, row FROM calls "
        hard, easy = split(self.parts)
        if hard and all(found.is_easy(EXPRESSIONS.get(name, name)) for name in self._order_names()):
            calls = _found(hard, batches)
            if calls is not None:
                return lake.over(sql + self._tail(joined(easy)), calls, joined(easy).values).to_pylist()
        near = self._nearer()
        dearest = self._of_dearest(sql, batches)
        if dearest is not None:
            return dearest
        among = near.test.among
        return lake.query(
            sql + near._tail(), parameters=near.test.values, batches=batches, among=among, is_placed=True
        ).to_pylist()

    def _of_dearest(self, sql: str, batches: Sequence[int]) -> list[dict[str, Any]] | None:
        """A slice of calls, dearest first, from the lists of the dearest; None when it reaches below them."""
        offset, limit = self.window
        if self.order[:1] != ("-total",) or limit is None or offset + limit > shelf.DEAREST:
            return None
        floor = lake.dearest_floor()
        if floor is None:
            return None
        test = joined([*self.parts, Test("total > ?", (floor,))])
        found = lake.query(
            sql + self._tail(test), parameters=test.values, batches=batches, is_placed=True, dearer=floor
        )
        return found.to_pylist() if found.num_rows == limit else None

    def _nearer(self) -> Self:
        """The same slice of the calls of fewer hours: how many calls each hour has tells where a page deep in time begins."""
        offset, limit = self.window
        by_start = self.order and self.order[0].lstrip("-") == "start"
        if not by_start or limit is None:
            return self
        is_summed = sums.cube_for(self.test.sql, self.test.values, sums.HOUR_OF) is not None
        # Near the top too where every call would be asked for its hour.
        if offset + limit <= NEAR and not (is_summed and _CLOCK.search(self.test.sql)):
            return self
        if is_summed:
            sql = "SELECT value, CAST(sum(m_calls) AS BIGINT) AS n FROM added GROUP BY 1"
            rows = self.added(sql, sums.HOUR_OF).to_pylist()
        else:
            rows = self.grouped(f"SELECT {sums.HOUR_OF} AS value, count(*) AS n FROM chosen GROUP BY 1").to_pylist()
        span = hours_of_slice({row["value"]: row["n"] for row in rows}, offset, limit, falling=self.order[0][0] == "-")
        if span is None:
            return self
        first, last, before = span
        clone = self._clone()
        edges = [dt.datetime.fromtimestamp(hour * 3600, dt.UTC) for hour in (first, last + 1)]
        clone.parts = (*self.parts, compared("start", "gte", edges[0]), compared("start", "lt", edges[1]))
        clone.window = (offset - before, limit)
        return clone

    def _wide(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Whole rows by their keys: sorting every column of ten million rows to show fifty would read twenty times as much."""
        if not keys:
            return []
        places: dict[str, list[int]] = {}
        for row in keys:
            if row.get("copy"):
                places.setdefault(row["copy"], []).append(row["row"])
        whole = {(row["batch"], row["line"]): row for row in lake.at(places)} if places else {}
        left = [row for row in keys if (row["batch"], row["line"]) not in whole]
        whole |= {(row["batch"], row["line"]): row for row in self._by_keys(left)} if left else {}
        return [whole[key] for row in keys if (key := (row["batch"], row["line"])) in whole]

    def _by_keys(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        tests = [by_keys("in", [f"{row['batch']}-{row['line']}" for row in keys])]
        starts = [row["start"].astimezone(dt.UTC) for row in keys if row["start"] is not None]
        if len(starts) == len(keys):  # they stand together in time: the rest of the lake is passed over
            tests += [compared("start", "gte", min(starts)), compared("start", "lte", max(starts))]
        test = joined(tests)
        sql, batches = f"SELECT * FROM calls WHERE {test.sql}", sorted({row["batch"] for row in keys})
        return list(lake.query(sql, parameters=test.values, batches=batches).to_pylist())

    def _shaped(self, rows: list[dict[str, Any]]) -> list[Any]:
        match self.only_keys:
            case "":
                return self.model.from_lake(rows)
            case "flat":
                return [f"{row['batch']}-{row['line']}" for row in rows]
            case "tuple":
                return [(f"{row['batch']}-{row['line']}",) for row in rows]
        return [{"pk": f"{row['batch']}-{row['line']}"} for row in rows]

    def _order_names(self) -> list[str]:
        """The fields of the order, "pk" told as its two."""
        bare = [name.lstrip("-") for name in self.order]
        return [one for name in bare for one in (("batch", "line") if name in {"pk", "id"} else (name,))]

    def _tail(self, test: Test | None = None) -> str:
        order = []
        for name in self.order:
            direction = "DESC" if name.startswith("-") else "ASC"
            names = ("batch", "line") if name.lstrip("-") in {"pk", "id"} else (name.lstrip("-"),)
            order += [f"{EXPRESSIONS[one] if one in COMPUTED else one} {direction} NULLS LAST" for one in names]
        ordering = f" ORDER BY {', '.join(order)}" if order else ""
        return f"WHERE {(test or self.test).sql}{ordering}{self._window_sql()}"

    def _window_sql(self) -> str:
        offset, limit = self.window
        return (f" LIMIT {limit}" if limit is not None else "") + (f" OFFSET {offset}" if offset else "")

    def _run(self, sql: str) -> Any:
        return lake.query(sql, parameters=self.test.values, batches=self.model.standing())

    def _stream(self, columns: str, size: int) -> Iterator[Any]:
        sql = f"SELECT {columns} FROM calls {self._tail()}"
        yield from lake.stream(sql, size, parameters=self.test.values, batches=self.model.standing())

    # -- what a lake does not do --------------------------------------------------------------------------------
    def _refused(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotSupportedError("calls are read only: rate the file again to change what it costs")

    create = bulk_create = update = delete = aggregate = annotate = _refused  # type: ignore[assignment]
    create.alters_data = delete.alters_data = True  # type: ignore[attr-defined]


class LakeManager(models.Manager.from_queryset(LakeQuerySet)):  # type: ignore[misc]
    """``Call.objects``."""
