"""From built calls to the rows that usage prices: numbers understood, the line and customer of the day, the tariffs in force.

Pure reading of the database, once a batch; pricing is the business of ``usage.streams``.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from chappe.apps.collect.models import Source
from chappe.apps.collect.services import ranges_of
from chappe.apps.customers.attach import Attachments
from chappe.apps.customers.models import Customer
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.usage.models import UsageBatch
from chappe.apps.usage.streams import CALLS
from chappe.core.calls.builder import BuiltCall
from chappe.core.calls.numbers import Normaliser, Number
from chappe.core.tickets.contract import Way

KEY = "collect-"


@dataclass(frozen=True)
class Built:
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
        self._known: dict[int, tuple[list[dt.datetime], list[int]]] = {}

    def version(self, plan: int | None, moment: dt.datetime) -> int | None:
        """pk of the version that prices a call begun at ``moment``; None without one."""
        if not plan:
            return None
        if plan not in self._known:
            rows = TariffVersion.objects.filter(plan=plan, state=TariffVersion.State.ACTIVE, active_from__isnull=False)
            pairs = list(rows.order_by("active_from", "number").values_list("active_from", "pk"))
            self._known[plan] = ([begin for begin, _pk in pairs], [pk for _begin, pk in pairs])
        begins, keys = self._known[plan]
        at = bisect_right(begins, moment) - 1
        return keys[at] if at >= 0 else None


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

    def columns(self, exts: Sequence[str], dids: Sequence[str], starts: Sequence[dt.datetime]) -> dict[str, list[Any]]:
        """Line, customer, cost centre and versions of many calls."""
        days = [start.astimezone(self.zone).date() for start in starts]
        found = self.lines.many(self.source.slug, list(exts), list(dids), days)
        made: dict[str, list[Any]] = {
            name: [] for name in ("line_id", "customer", "cost_centre", "sell_version", "buy_version")
        }
        for rank, start in enumerate(starts):
            customer = int(found.customer[rank]) or None
            plan = int(found.sell_plan[rank]) or None
            if customer is None and self.source.customer_id:
                customer, plan = self.source.customer_id, self.customer_plan
            made["line_id"].append(int(found.line[rank]) or None)
            made["customer"].append(customer)
            made["cost_centre"].append(int(found.cost_centre[rank]) or None)
            made["sell_version"].append(self.plans.version(plan or self.default_plan, start))
            made["buy_version"].append(self.plans.version(self.source.buy_plan_id, start))
        return made


def as_rows(source: Source, built: Sequence[Built]) -> pa.RecordBatch:
    """Calls as :data:`CALLS`, ready to be priced."""
    attaching, normaliser = Attaching(source), normaliser_of(source)
    seen: dict[tuple[str, str], Number] = {}

    def number(raw: str, way: Way) -> Number:
        key = (raw, way)
        if key not in seen:
            seen[key] = normaliser.normalise(raw, way)
        return seen[key]

    rows = [_row(one, attaching.zone, number) for one in built]
    calls = [one.call for one in built]
    attached = attaching.columns(
        [call.payer for call in calls], [call.did for call in calls], [call.start for call in calls]
    )
    data = {name: [row[name] for row in rows] for name in rows[0]} | attached
    data["source"] = [source.pk] * len(rows)
    return pa.RecordBatch.from_pydict({name: data[name] for name in CALLS.names if name in data}, schema=_schema(data))


def _schema(data: dict[str, Any]) -> pa.Schema:
    return pa.schema([field for field in CALLS if field.name in data])


def _row(one: Built, zone: ZoneInfo, number: Any) -> dict[str, Any]:
    call = one.call
    local = call.start.astimezone(zone)
    offset = local.utcoffset() or dt.timedelta()
    if call.way == Way.IN:
        other, priced = number(call.caller, Way.IN), number(call.dialled or call.called, Way.INTERNAL)
    else:
        other = priced = number(call.called or call.dialled, call.way)
    return {
        "call_id": call.key or one.ref, "start": call.start, "utc_offset": int(offset.total_seconds()),
        "seconds": call.billable, "number": priced.rated, "shown": priced.shown, "subject": "", "account": call.payer,
        "tenant": "", "kind": str(other.kind), "way": str(call.way), "ext": call.payer,
        "caller": other.shown if call.way == Way.IN else call.caller, "asked": call.asked, "reached": call.reached,
        "transferred": call.transferred, "answered": call.answered, "ring": call.ring, "talk": call.talk,
        "hold": call.hold + call.park, "trunk": call.trunk, "account_code": call.account_code, "user_name": call.user,
        "raw_ref": one.ref,
    }  # fmt: skip


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
                for rank, value in zip(ranks, values, strict=True):
                    rows[name][rank] = value
        return pa.RecordBatch.from_pydict(rows, schema=calls.schema)

    return done


def _did(rows: dict[str, list[Any]], rank: int) -> str:
    """The direct number of a call already in the lake: called for what came in, presented for what went out."""
    name = "shown" if rows["way"][rank] == Way.IN else "caller"
    return rows[name][rank] or ""
