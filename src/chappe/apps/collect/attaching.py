"""From built calls to the rows that usage prices: numbers understood, the line and customer of the day, the tariffs in force.

Pure reading of the database, once a batch; pricing is the business of ``usage.streams``.
"""

import datetime as dt
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from chappe.apps.collect.models import Source
from chappe.apps.collect.services import ranges_of
from chappe.apps.customers.attach import NONE, Attachments
from chappe.apps.customers.models import Customer
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.usage.models import UsageBatch
from chappe.apps.usage.streams import CALLS
from chappe.core.calls.builder import BuiltCall
from chappe.core.calls.numbers import Normaliser, Number
from chappe.core.tickets.contract import Way

KEY = "collect-"
QUARTER = 900
#: columns of :data:`CALLS` that a built call has, by the name it gives them
NAMED = {
    "start": "start", "asked": "asked", "reached": "reached", "transferred": "transferred", "answered": "answered", "ring": "ring",
    "talk": "talk", "trunk": "trunk", "account_code": "account_code", "seconds": "billable", "ext": "payer", "user_name": "user",
}  # fmt: skip
SAID = attrgetter(*NAMED.values())


class Built(NamedTuple):
    """A call with the batch and number of its records (``12:340 12:341``), which find its raw lines again."""

    call: BuiltCall
    ref: str


def normaliser_of(source: Source) -> Normaliser:
    """How this source writes numbers, as people said it."""
    return Normaliser(
        outside_prefix=source.outside_prefix, country="FR", area=source.area, own_ranges=tuple(ranges_of(source))
    )


class Plans:
    """Versions in force by plan and moment, read once a plan."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def versions(self, plans: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """pk of the version that prices each call (plan or 0, start in seconds since 1970); 0 without one."""
        made = np.zeros(len(plans), np.int64)
        for plan in np.unique(plans).tolist():
            if plan != NONE:
                begins, keys = self._of(plan)
                chosen = plans == plan
                made[chosen] = keys[np.searchsorted(begins, moments[chosen], side="right")]
        return made

    def _of(self, plan: int) -> tuple[np.ndarray, np.ndarray]:
        """Beginnings of its versions, and the key from each on; before the first one there is none."""
        if plan not in self._known:
            rows = TariffVersion.objects.filter(plan=plan, state=TariffVersion.State.ACTIVE, active_from__isnull=False)
            pairs = list(rows.order_by("active_from", "number").values_list("active_from", "pk"))
            begins = np.asarray([begin.timestamp() for begin, _pk in pairs], np.float64)
            self._known[plan] = begins, np.asarray([NONE, *(pk for _begin, pk in pairs)], np.int64)
        return self._known[plan]


class Attaching:
    """Everything that attaches the calls of one source, as it is now."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.zone = ZoneInfo(source.zone())
        self.lines = Attachments.load(source.owner)
        self.plans = Plans()
        self.default_plan = source.sell_plan_id
        self.customer_plan = None
        if source.customer_id:
            plan = Customer.objects.filter(pk=source.customer_id).values_list("sell_plan", flat=True).first()
            self.customer_plan = plan

    def columns(
        self,
        exts: Sequence[str],
        dids: Sequence[str],
        starts: Sequence[dt.datetime],
        days: np.ndarray | None = None,
        seconds: np.ndarray | None = None,
    ) -> dict[str, pa.Array]:
        """Line, customer, cost centre and versions of many calls. ``days``, ``seconds``: local day and moment of each, where known."""
        when = [start.astimezone(self.zone).date() for start in starts] if days is None else days
        found = self.lines.many(self.source.slug, exts, dids, when)
        customer, plan = found.customer, found.sell_plan
        if self.source.customer_id:
            nobody = customer == NONE
            customer = np.where(nobody, self.source.customer_id, customer)
            plan = np.where(nobody, self.customer_plan or NONE, plan)
        plan = np.where(plan == NONE, self.default_plan or NONE, plan)
        moments = seconds
        if moments is None:
            moments = np.fromiter((start.timestamp() for start in starts), np.float64, len(starts))
        bought = np.full(len(starts), self.source.buy_plan_id or NONE)
        return {
            "line_id": _ids(found.line),
            "customer": _ids(customer),
            "cost_centre": _ids(found.cost_centre),
            "sell_version": _ids(self.plans.versions(plan, moments)),
            "buy_version": _ids(self.plans.versions(bought, moments)),
        }


def _ids(column: np.ndarray) -> pa.Array:
    """Keys of rows, null for none."""
    return pa.array(column, pa.int64(), mask=column == NONE)


def as_rows(source: Source, built: Sequence[Built]) -> pa.RecordBatch:
    """Calls as :data:`CALLS`, ready to be priced. Column by column: a call is never a row of anything here."""
    attaching = Attaching(source)
    calls = [one.call for one in built]
    seconds = np.fromiter((int(call.start.timestamp()) for call in calls), np.int64, len(calls))
    offsets = _offsets(seconds, attaching.zone)
    days = ((seconds + offsets) // 86_400).astype("datetime64[D]")
    data: dict[str, Any] = dict(zip(NAMED, zip(*map(SAID, calls), strict=True), strict=True))
    data |= _numbers(calls, normaliser_of(source))
    data["call_id"] = [one.call.key or one.ref for one in built]
    data["raw_ref"] = [one.ref for one in built]
    data["hold"] = [call.hold + call.park for call in calls]
    data["way"] = [call.way.value for call in calls]
    data["utc_offset"] = offsets
    empty = [""] * len(calls)
    data["subject"] = data["tenant"] = empty
    data["account"] = data["ext"]
    data["source"] = np.full(len(calls), source.pk)
    data |= attaching.columns(data["ext"], [call.did for call in calls], data["start"], days, seconds)
    fields = [field for field in CALLS if field.name in data]
    return pa.RecordBatch.from_arrays([_typed(data[one.name], one.type) for one in fields], schema=pa.schema(fields))


def _typed(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _offsets(seconds: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    """Seconds that the clock of ``zone`` was ahead of UTC at each moment: asked once a quarter of an hour, on which clocks change."""
    quarters, which = np.unique(seconds // QUARTER, return_inverse=True)
    there = (dt.datetime.fromtimestamp(int(one) * QUARTER, zone).utcoffset() for one in quarters)
    known = [int((offset or dt.timedelta()).total_seconds()) for offset in there]
    return np.asarray(known, np.int64)[which]


def _numbers(calls: Sequence[BuiltCall], normaliser: Normaliser) -> dict[str, list[str]]:
    """Who was called, as a tariff and as people say it; who called; the kind of the other end. Each number is understood once."""
    known: dict[tuple[str, Way], Number] = {}

    def number(raw: str, way: Way) -> Number:
        found = known.get((raw, way))
        if found is None:
            found = known[raw, way] = normaliser.normalise(raw, way)
        return found

    rated, shown, kind, caller = [], [], [], []
    for call in calls:
        if call.way == Way.IN:
            other, priced = number(call.caller, Way.IN), number(call.dialled or call.called, Way.INTERNAL)
            caller.append(other.shown)
        else:
            other = priced = number(call.called or call.dialled, call.way)
            caller.append(call.caller)
        rated.append(priced.rated)
        shown.append(priced.shown)
        kind.append(other.kind.value)
    return {"number": rated, "shown": shown, "kind": kind, "caller": caller}


def reattach(batch: UsageBatch) -> Any:
    """For ``usage.streams.on_reattach``: the calls of a stream with the lines, customers and tariffs of today."""
    sources = {source.pk: source for source in Source.objects.select_related("owner")}
    attaching: dict[int, Attaching] = {}

    def done(calls: pa.RecordBatch) -> pa.RecordBatch:
        rows = calls.to_pydict()
        places: dict[int, list[int]] = {}
        for rank, pk in enumerate(rows["source"]):
            if pk in sources:
                places.setdefault(pk, []).append(rank)
        for pk, ranks in places.items():
            if pk not in attaching:
                attaching[pk] = Attaching(sources[pk])
            exts = [rows["ext"][rank] or "" for rank in ranks]
            dids = [_did(rows, rank) for rank in ranks]
            fresh = attaching[pk].columns(exts, dids, [rows["start"][rank] for rank in ranks])
            for name, values in fresh.items():
                for rank, value in zip(ranks, values.to_pylist(), strict=True):
                    rows[name][rank] = value
        return pa.RecordBatch.from_pydict(rows, schema=calls.schema)

    return done


def _did(rows: dict[str, list[Any]], rank: int) -> str:
    """The direct number of a call already in the lake: called for what came in, presented for what went out."""
    name = "shown" if rows["way"][rank] == Way.IN else "caller"
    return rows[name][rank] or ""
