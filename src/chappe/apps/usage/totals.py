"""Cumulative views: calls added up by extension, number, customer, trunk, destination, hour, day…

The calls are those of the list with the same filters (``Listing``), so a total and the list behind it never disagree. Reads
only. A dimension is a row of :data:`DIMENSIONS`: its SQL, how its values are named and which filter leads back to the list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.usage import labels, policies
from chappe.apps.usage.choices import KINDS, WAYS, WEEKDAYS, word
from chappe.apps.usage.conditions import EXPRESSIONS
from chappe.apps.usage.lakeset import LakeQuerySet
from chappe.apps.usage.sums import ADDED, MEASURES
from chappe.kit.ui import formats

MILLION = 1_000_000
SHOWN = 200  # rows on a page; exports have them all

Filter = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Dimension:
    """``sql`` gives the value of a call. ``names(values)`` writes them; ``filter(value)`` are the parameters of the list that
    lead to its calls ({} = no way back). ``in_order`` dimensions are read in their own order, the others by amount."""

    slug: str
    label: Any
    sql: str
    filter: Filter
    names: Callable[[list[Any]], dict[Any, str]] | None = None
    in_order: bool = False
    is_time: bool = False


def _same(name: str) -> Filter:
    return lambda value: {name: value} if value not in (None, "") else {}


def _of_id(name: str) -> Filter:
    return lambda value: {name: f"={value}" if value is not None else "="}


def _ids(kind: str) -> Callable[[list[Any]], dict[Any, str]]:
    return lambda values: labels.names_of(kind, values)


def _words(choices: Any) -> Callable[[list[Any]], dict[Any, str]]:
    return lambda values: {value: word(choices, value) for value in values}


def _days(values: list[Any]) -> dict[Any, str]:
    return {value: formats.day(value) for value in values if isinstance(value, date)}


def _hours(values: list[Any]) -> dict[Any, str]:
    return {value: f"{int(value):02d}–{int(value) + 1:02d} h" for value in values if value is not None}


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("ext", _("Extension"), "nullif(coalesce(ext, subject), '')", _same("ext")),
    Dimension("customer", _("Customer"), "customer", _of_id("customer"), _ids("customer")),
    Dimension("cost-centre", _("Cost centre"), "cost_centre", _of_id("cost_centre"), _ids("cost_centre")),
    Dimension("number", _("Number"), "{number}", lambda value: {}),
    Dimension("destination", _("Destination"), "nullif(matched_destination, '')", _same("matched_destination")),
    Dimension("kind", _("Kind of number"), "kind", _same("kind"), _words(KINDS)),
    Dimension("way", _("Way"), "way", _same("way"), _words(WAYS)),
    Dimension("source", _("Source"), "source", _of_id("source"), _ids("source")),
    Dimension("trunk", _("Trunk"), "nullif(trunk, '')", _same("trunk")),
    Dimension("account-code", _("Account code"), "nullif(account_code, '')", _same("account_code")),
    Dimension(
        "hour", _("Hour"), EXPRESSIONS["hour"], lambda value: {"hour_min": value, "hour_max": value}, _hours,
        in_order=True, is_time=True,
    ),
    Dimension("weekday", _("Day of the week"), EXPRESSIONS["weekday"], _same("weekday"), _words(WEEKDAYS), in_order=True, is_time=True),
    Dimension(
        "day", _("Day"), "CAST(start AS DATE)", lambda value: {"start_from": value, "start_to": value} if value else {},
        _days, in_order=True, is_time=True,
    ),
    Dimension("month", _("Month"), "month", _same("month"), in_order=True, is_time=True),
)  # fmt: skip
ORDERS = {"total": "total DESC", "calls": "calls DESC", "seconds": "seconds DESC", "value": "value"}


def dimension(slug: str) -> Dimension:
    """The dimension of that name, the first one for any other."""
    return next((one for one in DIMENSIONS if one.slug == slug), DIMENSIONS[0])


@dataclass(slots=True)
class Total:
    """One row. ``ring`` and ``seconds`` are sums; averages are properties."""

    value: Any
    name: str
    calls: int
    answered: int
    lost: int
    unrated: int
    seconds: int
    ring: int
    rung: int
    total: int
    buy: int
    bought: int

    @property
    def mean(self) -> int | None:
        """Mean length of the calls that were answered, in whole seconds."""
        return round(self.seconds / self.answered) if self.answered else None

    @property
    def mean_ring(self) -> int | None:
        """Mean ring of the calls that tell it."""
        return round(self.ring / self.rung) if self.rung else None

    @property
    def margin(self) -> int | None:
        """Sold minus bought, where anything was bought."""
        return self.total - self.buy if self.bought else None


def totals(calls: LakeQuerySet, by: Dimension, *, order: str = "", limit: int | None = SHOWN) -> list[Total]:
    """Calls added up by a dimension, largest amount first (times in their order)."""
    return whole(calls, by, order=order, limit=limit)[0]


def grand_total(calls: LakeQuerySet, by: Dimension) -> tuple[Total, int]:
    """Everything together, and how many rows the dimension has."""
    return whole(calls, by, limit=1)[1:]


def whole(
    calls: LakeQuerySet, by: Dimension, *, order: str = "", limit: int | None = SHOWN
) -> tuple[list[Total], Total, int]:
    """The rows of :func:`totals`, everything together, and how many rows there are without a limit: all in one reading."""
    chosen = ORDERS.get(order) or ("value" if by.in_order else ORDERS["total"])
    everything = ", ".join(f"CAST(sum({name}) OVER () AS BIGINT) AS all_{name}" for name in MEASURES)
    sql = (
        f"SELECT *, micro // {MILLION} AS seconds, count(*) OVER () AS groups, {everything} "
        f"FROM (SELECT value, {ADDED} FROM added GROUP BY 1) "
        f"ORDER BY {chosen} NULLS LAST, calls DESC, value{f' LIMIT {int(limit)}' if limit else ''}"
    )
    rows = calls.added(sql, _sql(by)).to_pylist()
    values = [row["value"] for row in rows]
    names = by.names(values) if by.names else {}
    first = rows[0] if rows else {}
    together = {name: first.get(f"all_{name}", 0) for name in MEASURES}
    return (
        [_total(row["value"], _name(row["value"], names), row) for row in rows],
        _total(None, _g("Total"), together),
        first.get("groups", 0),
    )


def _total(value: Any, name: str, sums: dict[str, Any]) -> Total:
    measures = {measure: sums[measure] for measure in MEASURES if measure in Total.__slots__}
    return Total(value=value, name=name, seconds=sums["micro"] // MILLION, **measures)


def _sql(by: Dimension) -> str:
    return policies.number_sql() if by.slug == "number" else by.sql


def _name(value: Any, names: dict[Any, str]) -> str:
    return names.get(value) or (str(value) if value not in (None, "") else _g("not told"))
