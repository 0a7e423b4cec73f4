"""Conditions on calls: what a Q object means over the lake, as SQL over ``calls``.

A :class:`Test` may also say which words the calls that pass it must have: reading copies list their words in order, so that few calls
are read (``shelf.py``). Decides no right and reads nothing but names of ids and the policy of masks.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import NotSupportedError
from django.db.models import Q

from chappe.apps.usage import labels, lake, numbers, policies, shelf

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
_BEGINNINGS = {"exact", "iexact", "startswith", "istartswith"}
_LOOKUPS = {*_COMPARE, "in", "isnull"}


@dataclass(frozen=True)
class Test:
    """A piece of SQL and the values of its question marks. ``words`` (see ``shelf.beginning``): a call that passes has a word that
    passes one of these; () when nothing is known of its words."""

    sql: str
    values: tuple[Any, ...] = ()
    words: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    @property
    def among(self) -> shelf.Among | None:
        """The calls of a copy among which those that pass are."""
        return shelf.beginning(*self.words) if self.words else None


TRUE, FALSE = Test("TRUE"), Test("FALSE")


def joined(parts: Sequence[Test]) -> Test:
    """All of these tests at once."""
    if not parts:
        return TRUE
    words = next((part.words for part in parts if part.words), ())
    return Test(" AND ".join(part.sql for part in parts), tuple(v for part in parts for v in part.values), words)


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
    whole = joined(parts) if q.connector == Q.AND else replace(joined(parts), words=_either(parts))
    test = replace(whole, sql="(" + joint.join(part.sql for part in parts) + ")")
    return Test(f"NOT coalesce({test.sql}, FALSE)", test.values) if q.negated else test


def _either(parts: Sequence[Test]) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """The words of calls that pass one of these tests: all of theirs, unless one knows none."""
    return tuple(dict.fromkeys(words for part in parts for words in part.words)) if all(p.words for p in parts) else ()


def _leaf(path: str, value: Any, batches: Callable[[dict[str, Any]], list[int]]) -> Test:
    name, _, rest = path.partition("__")
    if name == "batch" and rest and rest not in _LOOKUPS:
        return _among("batch", batches({rest: value}))
    lookup = rest or "exact"
    if lookup not in _LOOKUPS:
        raise NotSupportedError(f"the lake does not know the lookup {path}")
    if name in {"pk", "id"}:
        return by_keys(lookup, value)
    if name == "batch_id":
        name = "batch"
    if name in NAMES:
        return _named(NAMES[name], lookup, value)
    if name not in lake.SCHEMA.names and name not in COMPUTED:
        raise NotSupportedError(f"the lake has no field {name}")
    if name in MASKED and isinstance(value, str) and value:
        forms = numbers.forms(value) if lookup in {"startswith", "istartswith"} else [value]
        tests = [_by_number(name, lookup, form) for form in forms]
        if len(tests) == 1:
            return tests[0]
        return replace(joined(tests), sql="(" + " OR ".join(test.sql for test in tests) + ")", words=_either(tests))
    if name == "month" and value == LATEST:
        value = next(iter(lake.months()), "")
    return compared(name, lookup, getattr(value, "pk", value))


def compared(name: str, lookup: str, value: Any) -> Test:
    x = EXPRESSIONS.get(name, name)
    if lookup == "isnull" or value is None:
        return Test(f"{x} IS {'' if value or value is None else 'NOT '}NULL")
    if lookup == "in":
        return _among(x, value)
    if isinstance(value, str) and lookup in _FOLDED and value.lower() == value.upper():
        lookup = lookup.removeprefix("i")  # digits have no case: comparing them as they are is three times quicker
    if isinstance(value, dt.datetime):
        return Test(_COMPARE[lookup].format(x=x).replace("?", "?::TIMESTAMPTZ"), (value.isoformat(),))
    begins = name in shelf.WORDS and lookup in _BEGINNINGS and isinstance(value, str) and value
    return Test(_COMPARE[lookup].format(x=x), (value,), ((shelf.BEGINS, (value, value)),) if begins else ())


def _named(column: str, lookup: str, value: Any) -> Test:
    """A name, or ``=12`` for the id itself (what links from totals send); "=" alone is no id."""
    if lookup == "isnull" or value in (None, "="):
        return compared(column, "isnull", value in (None, "=") or value)
    text = str(value)
    if text.startswith("=") and text[1:].isdecimal():
        return compared(column, "exact", int(text[1:]))
    return _among(column, sorted(labels.search(column, text)))


def _by_number(name: str, lookup: str, value: str) -> Test:
    """A test on a number that tells no more than the screen shows: hidden digits answer neither yes nor no, and a number
    that is hidden whole is never found."""
    masks = policies.current(with_lines=True)
    plain = compared(name, lookup, value)
    if not (masks.screen or masks.no_detail) or lookup not in _COMPARE:
        return plain
    seen = f"rtrim({masks.sql(name)}, '*')"
    if lookup not in {"exact", "iexact", "startswith", "istartswith"}:
        shown = _COMPARE[lookup.removeprefix("i")].format(x=seen)
        return Test(f"({plain.sql} AND {shown})", (*plain.values, value), plain.words)
    longer = f"length({name}) = ?" if lookup in {"exact", "iexact"} else f"length({name}) >= ?"
    begins = value[: max(0, len(value) - masks.screen)]
    if masks.no_detail:
        begins = ""
    return Test(
        f"(starts_with({name}, ?) AND {longer} AND (starts_with({seen}, ?) OR ({seen} <> '' AND starts_with(?, {seen}))))",
        (begins, len(value), value, value),
        _masked_words(value, masks.screen) if name in shelf.WORDS else (),
    )


def _masked_words(value: str, digits: int) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """The words that may be numbers of which ``value`` tells no hidden digit: they begin with it, or it with what is shown of them,
    which their length says. What is shown is never empty, so that they have the first character of ``value`` at least."""
    shared = value[: max(1, len(value) - digits)]
    tests, values = "starts_with(word, lower(?)) OR ends_with(word, '*')", [value]
    for length in range(max(len(value), digits + 1), len(value) + digits):
        tests += f" OR (length(word) = {length} AND starts_with(word, lower(?)))"
        values.append(value[: length - digits])
    return ((f"{shelf.BEGINS} AND ({tests})", (shared, shared, *values)),)


def _among(x: str, values: Iterable[Any]) -> Test:
    listed = list(values)
    if not listed:
        return FALSE
    if all(isinstance(value, int) for value in listed):
        # Written out, so that DuckDB skips files and row groups by them; whole numbers need no binding.
        return Test(f"{x} IN ({', '.join(map(str, listed))})")
    return Test(f"list_contains(?, {x})", (listed,))


def by_keys(lookup: str, value: Any) -> Test:
    if lookup not in {"exact", "in"}:
        raise NotSupportedError(f"a call's key has no lookup {lookup}")
    asked = [value] if lookup == "exact" else value
    if isinstance(test := getattr(asked, "test", None), Test):  # calls of the lake
        return test
    keys = [key for key in map(key_of, asked) if key]
    if not keys:
        return FALSE
    lines = _among("line", sorted({n for _, n in keys}))
    pairs = " OR ".join(
        f"(batch = {b} AND {_among('line', sorted(n for c, n in keys if c == b)).sql})"
        for b in sorted({b for b, _ in keys})
    )
    return Test(f"({_among('batch', sorted({b for b, _ in keys})).sql} AND {lines.sql} AND ({pairs}))")
