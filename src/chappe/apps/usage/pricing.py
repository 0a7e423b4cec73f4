"""Calls of a stream with their prices: who is charged, by which version, and why the rest is not.

What a call becomes, in this order:

- towards a number that nobody is charged for (emergency, helpline, freephone), or not answered: UNCHARGED;
- incoming: priced where the tariff has profiles of direction IN, else UNCHARGED;
- internal: priced where the tariff has profiles of category ``internal``, else UNCHARGED;
- anything else is billable: RATED by its tariff, or UNRATED with a reason (no tariff, no number, no price…). Never free.

The purchase cost follows the same rules with the other version. The kernel is imported when calls are priced.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from chappe.apps.tariffs.loading import Content, compiled_content, content_of
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.usage import columns as lake_columns
from chappe.apps.usage import words
from chappe.core.calls.kinds import NEVER_CHARGED, SHORT_CODE, NumberKind

MILLION = 1_000_000
IN, INTERNAL, OUT = "in", "int", "out"
_WAYS = {IN, INTERNAL, OUT, "transit"}
_FREE = {kind.value for kind in NEVER_CHARGED}
#: What rating appends, as the lake names it; the offset of a call is its source's.
RESULTS = (
    "status", "reason", "cost", "connect_fee", "service", "total", "billed", "pieces", "rate", "matched_prefix",
    "matched_destination", "plan_version", "tenant",
)  # fmt: skip
_TYPES = {name: lake_columns.SCHEMA.field(name).type for name in RESULTS}
_NUMBERLESS = {NumberKind.UNKNOWN, NumberKind.HIDDEN, NumberKind.SIP, NumberKind.SERVICE, NumberKind.INTERNAL}
SHORT = 6  # digits


def rated_number(shown: str, kind: str, way: str) -> str:
    """What a tariff looks up for a number of the lake: the contrary of Number.shown. Hidden digits do not count."""
    digits = shown.partition("*")[0]
    if way == IN:
        return digits if len(digits) > SHORT else ""
    if kind in _NUMBERLESS or not digits.isdecimal():
        return ""
    return f"{SHORT_CODE}{digits}" if len(shown) <= SHORT else digits


def priced(calls: pa.RecordBatch, *, batch: int, lines: Any, month: str, hidden: int = 0) -> pa.RecordBatch:
    """``calls`` (complete) as rows of the lake: ``lines`` are their keys in ``batch``, ``month`` where a call without a
    start stands, ``hidden`` how many last digits are not kept."""
    from chappe.core.usage.rows import months

    sold, bought = _by_version(calls, "sell_version"), _by_version(calls, "buy_version")
    columns = {name: sold[name] for name in RESULTS}  # the tenant is settled below
    is_bought = pc.is_valid(calls.column("buy_version"))
    columns |= {
        "batch": pa.array(np.full(calls.num_rows, batch, np.int64)),
        "line": pa.array(lines, pa.int64()),
        "month": months(calls.column("start"), settings.TIME_ZONE, month),
        "usage": pc.multiply(calls.column("seconds"), MILLION),
        "destination": kept(calls.column("shown"), calls.column("kind"), hidden),
        "tor": pa.array(["0"] * calls.num_rows, pa.string()),
        "category": pa.array([_category(way) for way in calls.column("way").to_pylist()], pa.string()),
        "direction": pa.array(
            ["IN" if way == IN else "OUT" for way in calls.column("way").to_pylist()], pa.string()
        ),
        "subject": _subjects(calls),
        "account": pc.fill_null(calls.column("account"), ""),
        "tenant": pc.coalesce(sold["tenant"], calls.column("tenant"), pa.scalar("")),
        "buy": bought["total"],
        "buy_reason": pc.if_else(is_bought, bought["reason"], None),
        "caller": kept(calls.column("caller"), _if_incoming(calls), hidden),
    }  # fmt: skip
    for name in lake_columns.SCHEMA.names:
        if name not in columns:
            columns[name] = calls.column(name)
    return pa.RecordBatch.from_pydict({name: columns[name] for name in lake_columns.SCHEMA.names})


def check(calls: pa.RecordBatch) -> None:
    """Raises ValueError when a version that the calls name does not exist: before anything is written."""
    for column in ("sell_version", "buy_version"):
        _raters(calls.column(column).to_pylist())


def kept(numbers: pa.Array, kinds: pa.Array, hidden: int) -> pa.Array:
    """Numbers as they are stored."""
    if hidden <= 0:
        return pc.fill_null(numbers, "")
    from chappe.core.calls.masking import shown

    pairs = zip(numbers.to_pylist(), kinds.to_pylist(), strict=True)
    return pa.array([shown(number or "", kind or "", hidden) for number, kind in pairs], pa.string())


def _if_incoming(calls: pa.RecordBatch) -> pa.Array:
    """The kind of who called: that of the other end for incoming calls, an extension otherwise."""
    coming = pc.equal(calls.column("way"), IN)
    return pc.if_else(pc.fill_null(coming, False), calls.column("kind"), NumberKind.INTERNAL.value)


def _category(way: str | None) -> str:
    return "internal" if way == INTERNAL else "call"


def _subjects(calls: pa.RecordBatch) -> pa.Array:
    """Whose profile is looked up: what the call names, else its extension or own number, else anybody."""
    empty = pa.scalar(None, pa.string())
    outside = pc.fill_null(pc.equal(calls.column("way"), IN), False)  # the caller is somebody else then
    own = pc.if_else(outside, empty, calls.column("caller"))
    candidates = (calls.column("subject"), calls.column("ext"), own)
    named = [pc.if_else(pc.equal(column, ""), empty, column) for column in candidates]
    return pc.fill_null(pc.coalesce(*named), "*")


# -- one side: sold or bought ---------------------------------------------------------------------------------------
def _by_version(calls: pa.RecordBatch, column: str) -> dict[str, pa.Array]:
    """The result columns of all calls by the versions that ``column`` names."""
    rows = calls.num_rows
    status, reason = [""] * rows, [""] * rows
    versions = calls.column(column).to_pylist()
    raters = _raters(versions)
    asked: dict[int, list[int]] = {}
    for row, (state, why) in enumerate(_first_look(calls, versions, raters)):
        if state:
            status[row], reason[row] = state, why
        else:
            asked.setdefault(versions[row], []).append(row)
    parts = [(chosen, _rated(calls, raters[version], chosen)) for version, chosen in asked.items()]
    return _gathered(rows, status, reason, parts)


def _first_look(calls: pa.RecordBatch, versions: list[int | None], raters: dict[int, Any]) -> Iterator[tuple[str, str]]:
    """For each call (status, reason) when no tariff need be asked, else two empty words."""
    inward = {number: (_prices(rater, IN), _prices(rater, INTERNAL)) for number, rater in raters.items()}
    seen = (calls.column(name).to_pylist() for name in ("way", "kind", "answered", "seconds", "number"))
    for way, kind, answered, seconds, number, version in zip(*seen, versions, strict=True):
        coming, inside = inward.get(version, (False, False))
        if not (answered if answered is not None else bool(seconds)):
            yield "UNCHARGED", words.UNANSWERED
        elif way not in {IN, INTERNAL} and kind in _FREE:
            yield "UNCHARGED", words.FREE
        elif way == IN and not coming:
            yield "UNCHARGED", words.INCOMING
        elif way == INTERNAL and not inside:
            yield "UNCHARGED", words.INTERNAL
        elif version is None:
            yield "UNRATED", words.NO_TARIFF
        elif way not in _WAYS:
            yield "UNRATED", words.NO_WAY
        elif not number:
            yield "UNRATED", words.NO_NUMBER
        else:
            yield "", ""


def _rated(calls: pa.RecordBatch, rater: Any, chosen: list[int]) -> dict[str, pa.Array]:
    """The chosen calls priced by a version, as result columns."""
    from chappe.core.usage.rows import typed_rows

    some = calls.take(pa.array(chosen, pa.int64()))
    ways = some.column("way").to_pylist()
    file_of_calls = {
        "id": some.column("call_id"),
        "tenant": pc.fill_null(some.column("tenant"), ""),
        "category": pa.array([_category(way) for way in ways], pa.string()),
        "direction": pa.array(["IN" if way == IN else "OUT" for way in ways], pa.string()),
        "subject": _subjects(some),
        "destination": some.column("number"),
        "start": _local(some),
        "usage": some.column("seconds"),
    }
    given = pa.RecordBatch.from_pydict(file_of_calls)
    typed = typed_rows(rater, given, np.arange(1, given.num_rows + 1, dtype=np.int64))
    return _without_strays(some.column("number"), {name: typed.column(name) for name in RESULTS})


def _without_strays(numbers: pa.Array, found: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """A short number is priced by a prefix of short numbers or not at all: never as a call to France or to anywhere."""
    short = pc.fill_null(pc.starts_with(numbers, SHORT_CODE), False)
    strays = pc.and_(short, pc.invert(pc.fill_null(pc.starts_with(found["matched_prefix"], SHORT_CODE), False)))
    strays = pc.and_(strays, pc.equal(found["status"], "RATED"))
    if not pc.any(strays).as_py():
        return found
    said = {"status": "UNRATED", "reason": "no-destination"}
    out = {}
    for name, column in found.items():
        instead = found["tenant"] if name == "tenant" else pa.scalar(said.get(name), column.type)
        out[name] = pc.if_else(strays, instead, column)
    return out


def _local(calls: pa.RecordBatch) -> pa.Array:
    """Starts as the source's clock wrote them: some tariffs follow the call's own offset."""
    offsets = calls.column("utc_offset").to_pylist()
    if not any(offsets):
        return calls.column("start")
    local = pc.add(calls.column("start").cast(pa.int64()), pa.array([(o or 0) * MILLION for o in offsets], pa.int64()))
    written = pc.strftime(local.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(written, pa.array([_offset(o or 0) for o in offsets]), "")


def _offset(seconds: int) -> str:
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def _gathered(
    rows: int, status: list[str], reason: list[str], parts: list[tuple[list[int], dict[str, pa.Array]]]
) -> dict[str, pa.Array]:
    """The answers of each version put back in the order of the calls, with those that needed none."""
    place = np.full(rows, -1, np.int64)
    found: dict[str, list[pa.Array]] = {name: [] for name in RESULTS}
    at = 0
    for chosen, columns in parts:
        place[chosen] = np.arange(at, at + len(chosen))
        at += len(chosen)
        for name in RESULTS:
            found[name].append(columns[name].cast(_TYPES[name]))
    where = pa.array(place, mask=place < 0)
    out = {}
    for name in RESULTS:
        whole = pa.chunked_array(found[name], _TYPES[name]).combine_chunks() if parts else pa.nulls(0, _TYPES[name])
        out[name] = whole.take(where)
    unasked = pa.array(place < 0)
    out["status"] = pc.if_else(unasked, pa.array(status, pa.string()), out["status"])
    out["reason"] = pc.if_else(unasked, pa.array(reason, pa.string()), out["reason"])
    for name in ("rate", "matched_prefix", "matched_destination", "plan_version"):
        out[name] = pc.fill_null(out[name], "")
    return out


# -- versions ---------------------------------------------------------------------------------------------------
def _prices(rater: Any, way: str) -> bool:
    """Whether a version has profiles for calls that come in, or stay inside."""
    keys = rater.rater.compiled.key_index
    return any(key[0] == "IN" for key in keys) if way == IN else any(key[2] == "internal" for key in keys)


def _raters(versions: list[int | None]) -> dict[int, Any]:
    """What prices with each of these versions. Raises ValueError for a version that does not exist."""
    wanted = {version for version in versions if version is not None}
    found = TariffVersion.objects.select_related("content").in_bulk(wanted)
    if missing := wanted - set(found):
        raise ValueError(f"no tariff version {min(missing)}")
    return {number: _rater(content_of(version)) for number, version in found.items()}


@lru_cache(maxsize=32)
def _rater(content: Content) -> Any:
    from chappe.core.usage.arrow import BatchRater

    names = ("id", "tenant", "category", "direction", "subject", "destination", "start", "usage")
    return BatchRater(compiled_content(content), pa.schema([(name, pa.string()) for name in names]))
