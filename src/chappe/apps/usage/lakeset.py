"""The lake behind the queryset methods that a Screen uses, so that calls are a list like any other.

A :class:`LakeQuerySet` understands ``filter`` with Q objects, ``order_by``, slices, ``count``, ``values("pk")`` and
iteration; it turns them into one DuckDB query over the batches that stand now. Rights reach it as an ordinary
filter on ``batch__owner`` (``visible_to``). It never writes, and refuses what it does not understand.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db import NotSupportedError, models
from django.db.models import Q, QuerySet

from chappe.apps.usage import labels, lake, policies, sums

#: Fields whose value on screen is not the value in the lake: whole units instead of millionths.
EXPRESSIONS = {
    "usage": "(usage // 1000000)",
    "billed": "(billed // 1000000)",
    "weekday": "isodow(CAST(start AS DATE))",  # 1 is Monday, in the house's time zone like every day here
    "hour": "date_part('hour', start)",
    "lost": "(way = 'in' AND answered = FALSE)",
    "margin": "(total - buy)",
}
COMPUTED = {"weekday", "hour", "lost", "margin"}
#: Texts that stand for an id: looked up by who registered its names.
NAMES = {
    "source_name": "source",
    "customer_name": "customer",
    "line_name": "line_id",
    "cost_centre_name": "cost_centre",
}
MASKED = {"destination", "caller"}
LATEST = "*latest"  # Q(month=LATEST): the last month that holds calls
CHUNK = 5_000
NEAR = 500  # rows from the top that DuckDB finds best by itself; deeper, sorting whole rows is what costs

_COMPARE: dict[str, str] = {
    "exact": "{x} = ?",
    "iexact": "lower({x}) = lower(?)",
    "contains": "contains({x}, ?)",
    "icontains": "contains(lower({x}), lower(?))",
    "startswith": "starts_with({x}, ?)",
    "istartswith": "starts_with(lower({x}), lower(?))",
    "gt": "{x} > ?",
    "gte": "{x} >= ?",
    "lt": "{x} < ?",
    "lte": "{x} <= ?",
}
_FOLDED = {"icontains", "istartswith", "iexact"}
_LOOKUPS = {*_COMPARE, "in", "isnull"}


@dataclass(frozen=True)
class Test:
    """A piece of SQL and the values of its question marks."""

    sql: str
    values: tuple[Any, ...] = ()


TRUE, FALSE = Test("TRUE"), Test("FALSE")


def joined(parts: Sequence[Test]) -> Test:
    """All of these tests at once."""
    if not parts:
        return TRUE
    return Test(" AND ".join(part.sql for part in parts), tuple(value for part in parts for value in part.values))


def shared(several: Sequence[tuple[Test, ...]]) -> tuple[Test, ...]:
    """The tests that all of these begin with."""
    columns = itertools.takewhile(lambda tests: all(one == tests[0] for one in tests), zip(*several, strict=False))
    return tuple(tests[0] for tests in columns)


def key_of(pk: Any) -> tuple[int, int] | None:
    """``"12-345"`` → (12, 345): batch and line. None for anything else."""
    batch, _, line = str(pk).partition("-")
    return (int(batch), int(line)) if batch.isdecimal() and line.isdecimal() and len(str(pk)) < 40 else None


def compiled(q: Q, batches: Callable[[dict[str, Any]], list[int]]) -> Test:
    """A Q object as SQL over ``calls``. ``batches`` answers filters on ``batch__…`` with ids of the database.

    Raises NotSupportedError for a field or a lookup that the lake does not know.
    """
    parts = [compiled(child, batches) if isinstance(child, Q) else _leaf(*child, batches) for child in q.children]
    if not parts:
        return TRUE
    joint = f" {q.connector} "
    test = Test("(" + joint.join(part.sql for part in parts) + ")", tuple(v for part in parts for v in part.values))
    return Test(f"NOT coalesce({test.sql}, FALSE)", test.values) if q.negated else test


def _leaf(path: str, value: Any, batches: Callable[[dict[str, Any]], list[int]]) -> Test:
    name, _, rest = path.partition("__")
    if name == "batch" and rest and rest not in _LOOKUPS:
        return _among("batch", batches({rest: value}))
    lookup = rest or "exact"
    if lookup not in _LOOKUPS:
        raise NotSupportedError(f"the lake does not know the lookup {path}")
    if name in {"pk", "id"}:
        return _keys(lookup, value)
    if name == "batch_id":
        name = "batch"
    if name in NAMES:
        return _named(NAMES[name], lookup, value)
    if name not in lake.SCHEMA.names and name not in COMPUTED:
        raise NotSupportedError(f"the lake has no field {name}")
    if name in MASKED and isinstance(value, str) and value:
        return _by_number(name, lookup, value)
    if name == "month" and value == LATEST:
        value = next(iter(lake.months()), "")
    return _compare(name, lookup, getattr(value, "pk", value))


def _compare(name: str, lookup: str, value: Any) -> Test:
    x = EXPRESSIONS.get(name, name)
    if lookup == "isnull" or value is None:
        return Test(f"{x} IS {'' if value or value is None else 'NOT '}NULL")
    if lookup == "in":
        return _among(x, value)
    if isinstance(value, str) and lookup in _FOLDED and value.lower() == value.upper():
        lookup = lookup.removeprefix("i")  # digits have no case: comparing them as they are is three times quicker
    if isinstance(value, dt.datetime):
        return Test(_COMPARE[lookup].format(x=x).replace("?", "?::TIMESTAMPTZ"), (value.isoformat(),))
    return Test(_COMPARE[lookup].format(x=x), (value,))


def _named(column: str, lookup: str, value: Any) -> Test:
    """A name, or ``=12`` for the id itself (what links from totals send); "=" alone is no id."""
    if lookup == "isnull" or value in (None, "="):
        return _compare(column, "isnull", value in (None, "=") or value)
    text = str(value)
    if text.startswith("=") and text[1:].isdecimal():
        return _compare(column, "exact", int(text[1:]))
    return _among(column, sorted(labels.search(column, text)))


def _by_number(name: str, lookup: str, value: str) -> Test:
    """A test on a number that tells no more than the screen shows: hidden digits answer neither yes nor no, and a number
    that is hidden whole is never found."""
    masks = policies.current(with_lines=True)
    plain = _compare(name, lookup, value)
    if not (masks.screen or masks.no_detail) or lookup not in _COMPARE:
        return plain
    seen = f"rtrim({masks.sql(name)}, '*')"
    if lookup not in {"exact", "iexact", "startswith", "istartswith"}:
        shown = _COMPARE[lookup.removeprefix("i")].format(x=seen)
        return Test(f"({plain.sql} AND {shown})", (*plain.values, value))
    longer = f"length({name}) = ?" if lookup in {"exact", "iexact"} else f"length({name}) >= ?"
    begins = value[: max(0, len(value) - masks.screen)]
    if masks.no_detail:
        begins = ""
    return Test(
        f"(starts_with({name}, ?) AND {longer} AND (starts_with({seen}, ?) OR ({seen} <> '' AND starts_with(?, {seen}))))",
        (begins, len(value), value, value),
    )


def _among(x: str, values: Iterable[Any]) -> Test:
    listed = list(values)
    if not listed:
        return FALSE
    if all(isinstance(value, int) for value in listed):
        # Written out, so that DuckDB skips files and row groups by them; whole numbers need no binding.
        return Test(f"{x} IN ({', '.join(map(str, listed))})")
    return Test(f"list_contains(?, {x})", (listed,))


def _keys(lookup: str, value: Any) -> Test:
    if lookup not in {"exact", "in"}:
        raise NotSupportedError(f"a call's key has no lookup {lookup}")
    asked = [value] if lookup == "exact" else value
    if isinstance(asked, LakeQuerySet):
        return asked.test
    keys = [key for key in map(key_of, asked) if key]
    if not keys:
        return FALSE
    lines = _among("line", sorted({n for _, n in keys}))
    pairs = " OR ".join(
        f"(batch = {b} AND {_among('line', sorted(n for c, n in keys if c == b)).sql})"
        for b in sorted({b for b, _ in keys})
    )
    return Test(f"({_among('batch', sorted({b for b, _ in keys})).sql} AND {lines.sql} AND ({pairs}))")


class LakeQuerySet(QuerySet):
    """Rows of the lake as objects of ``model`` (an unmanaged model whose fields are the lake's columns)."""

    slices_whole = True  # for the kit's pages: see _rows

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
        is_long = offset == 0 and (limit is None or limit > NEAR)  # a few rows are found sooner than all are counted
        if is_long and sums.cube_for(self.test.sql, self.test.values) is not None:
            rows = self.added("SELECT CAST(coalesce(sum(m_calls), 0) AS BIGINT) AS n FROM added", "NULL").to_pylist()
            return int(rows[0]["n"]) if limit is None else min(int(rows[0]["n"]), limit)
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
        """How many calls each of these querysets has: those that no sum tells, in one reading of the lake."""
        found: dict[int, int] = {}
        left = []
        for place, one in enumerate(wanted):
            if sums.cube_for(one.test.sql, one.test.values) is not None:
                found[place] = one.count()
            else:
                left.append((place, one))
        if left:
            # What they have in common narrows the reading: DuckDB then skips what is not of it.
            common = shared([one.parts for _place, one in left])
            tests = [joined(one.parts[len(common) :]) for _place, one in left]
            counts = ", ".join(f"count(*) FILTER (WHERE {test.sql}) AS n{n}" for n, test in enumerate(tests))
            values = [value for test in (*tests, joined(common)) for value in test.values]
            sql = f"SELECT {counts} FROM calls WHERE {joined(common).sql}"
            row = lake.remembered(sql, values, left[0][1].model.standing()).to_pylist()[0]
            found |= {place: row[f"n{n}"] for n, (place, _one) in enumerate(left)}
        return [found[place] for place in range(len(wanted))]

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
        if self.only_keys:
            return self._run(f"SELECT batch, line FROM calls {self._tail()}").to_pylist()
        if self.window[1] is None or self.window[0] + self.window[1] <= NEAR:
            return self._run(f"SELECT * FROM calls {self._tail()}").to_pylist()
        return self._wide_page()

    def _wide_page(self) -> list[dict[str, Any]]:
        """A slice in two steps: the keys by the sorted columns alone, then whole rows by their keys.

        Sorting every column of ten million rows to show fifty would read twenty times as much.
        """
        keys = self._run(f"SELECT batch, line FROM calls {self._tail()}").to_pylist()
        wanted = [(row["batch"], row["line"]) for row in keys]
        test = _keys("in", [f"{batch}-{line}" for batch, line in wanted])
        rows = lake.query(
            f"SELECT * FROM calls WHERE {test.sql}", parameters=test.values, batches=sorted({b for b, _ in wanted})
        )
        found = {(row["batch"], row["line"]): row for row in rows.to_pylist()}
        return [found[key] for key in wanted]

    def _shaped(self, rows: list[dict[str, Any]]) -> list[Any]:
        match self.only_keys:
            case "":
                return self.model.from_lake(rows)
            case "flat":
                return [f"{row['batch']}-{row['line']}" for row in rows]
            case "tuple":
                return [(f"{row['batch']}-{row['line']}",) for row in rows]
        return [{"pk": f"{row['batch']}-{row['line']}"} for row in rows]

    def _tail(self) -> str:
        order = []
        for name in self.order:
            direction = "DESC" if name.startswith("-") else "ASC"
            names = ("batch", "line") if name.lstrip("-") in {"pk", "id"} else (name.lstrip("-"),)
            order += [f"{EXPRESSIONS[one] if one in COMPUTED else one} {direction} NULLS LAST" for one in names]
        ordering = f" ORDER BY {', '.join(order)}" if order else ""
        return f"WHERE {self.test.sql}{ordering}{self._window_sql()}"

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
