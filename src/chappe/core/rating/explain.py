"""Price one call and say why: the same kernel as for files, with its trace read back.

This module never prices: every amount comes from the kernel. It only lays the trace out as pieces and steps
(``steps.py`` writes the steps). numba is imported when a call is priced, not before.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from chappe.core.base.money import NANO, exact, plain
from chappe.core.rating import tables as tb
from chappe.core.rating.compile import CompiledTariff
from chappe.core.rating.contract import MILLION, Calls, Priced, Reason, Status, is_timed
from chappe.core.rating.model import Origin, Rate, Slot, UnitKind
from chappe.core.rating.narrate import Phrase, exact_text, reason_code, reason_sentence

TRACE_ROWS = 2_000  # an explanation longer than that is cut, and says so
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

__all__ = ["Explanation", "Piece", "Visit", "price_one", "reason_sentence"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A profile that was asked for the destination at ``position`` (millionths since the start)."""

    position: int
    level: int
    subject: str
    plan: str
    since: datetime | None
    outcome: int  # FOUND, NOT_IN_PLAN, … of tables.py


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch at one price. Usage in millionths, ``exact`` and ``cost`` in nano (fractions where unrounded)."""

    begin: datetime
    end: datetime
    position: int
    billed: int
    subject: str
    plan: str
    prefix: str
    destination: str
    timing: str
    rate: Rate
    origin: Origin
    slot: int
    price: Slot
    exact: Fraction
    cost: Fraction
    sum: int
    capped: bool


@dataclass(slots=True)
class Explanation:
    """One call, its price and the way to it. Amounts in nano, ``billed`` in millionths."""

    status: Status
    reason: Reason
    currency: str
    version: str
    tenant: str
    subject: str
    destination: str
    start: datetime | None
    usage: int
    timed: bool
    cost: int = 0
    connect_fee: int = 0
    service: int = 0
    total: int = 0
    billed: int = 0
    rate: Rate | None = None
    plan: str = ""
    matched_prefix: str = ""
    matched_destination: str = ""
    own_profile: bool = False
    has_profile: bool = False
    visits: list[Visit] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    piece_count: int = 0
    cut_short: bool = False  # more pieces than an explanation can show

    @property
    def steps(self) -> list[Phrase]:
        """The way from the call to its price, one sentence a step."""
        from chappe.core.rating.steps import steps_of

        return steps_of(self)

    def as_text(self, language: str = "en") -> str:
        """Numbered steps, one a line."""
        return "\n".join(f"{n}. {s.sentence(language)}" for n, s in enumerate(self.steps, 1))

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """The same for programs: money as plain decimal text, instants as RFC 3339."""
        return {
            "status": self.status.name,
            "reason": reason_code(self.reason),
            "reason_sentence": "" if self.reason is Reason.NONE else reason_sentence(self.reason, language),
            "currency": self.currency,
            "plan_version": self.version,
            "tenant": self.tenant,
            "subject": self.subject,
            "destination": self.destination,
            "start": self.start.isoformat() if self.start else "",
            "usage": _quantity(self.usage),
            "billed": _quantity(self.billed),
            "cost": plain(self.cost),
            "connect_fee": plain(self.connect_fee),
            "service": plain(self.service),
            "total": plain(self.total),
            "rate": self.rate.tag if self.rate else "",
            "plan": self.plan,
            "matched_prefix": self.matched_prefix,
            "matched_destination": self.matched_destination,
            "piece_count": self.piece_count,
            "cut_short": self.cut_short,
            "tried": [_visit_dict(v) for v in self.visits],
            "pieces": [_piece_dict(p) for p in self.pieces],
            "steps": [s.sentence(language) for s in self.steps],
        }


def _quantity(millionths: int) -> str:
    return exact_text(Fraction(millionths, MILLION))


def _visit_dict(visit: Visit) -> dict[str, Any]:
    outcomes = ("found", "not-in-plan", "no-valid-row", "no-plan", "not-active", "no-profile", "too-deep")
    return {
        "position": _quantity(visit.position),
        "level": visit.level,
        "subject": visit.subject,
        "plan": visit.plan,
        "since": visit.since.isoformat() if visit.since else "",
        "outcome": outcomes[visit.outcome],
    }


def _piece_dict(piece: Piece) -> dict[str, Any]:
    return {
        "from": piece.begin.isoformat(),
        "to": piece.end.isoformat(),
        "position": _quantity(piece.position),
        "billed": _quantity(piece.billed),
        "subject": piece.subject,
        "plan": piece.plan,
        "prefix": piece.prefix,
        "destination": piece.destination,
        "timing": piece.timing,
        "rate": piece.rate.tag,
        "file": piece.origin.file,
        "line": piece.origin.line,
        "slot_start": _quantity(piece.price.start),
        "price": exact_text(Fraction(piece.price.price.digits, 10**piece.price.price.scale)),
        "unit": _quantity(piece.price.unit),
        "increment": _quantity(piece.price.increment),
        "kind": str(piece.price.kind),
        "exact_cost": exact_text(piece.exact / 10**9),
        "rounding": str(piece.rate.rounding),
        "decimals": piece.rate.decimals,
        "cost": exact_text(piece.cost / 10**9),
        "capped": piece.capped,
    }


# --- pricing one call --------------------------------------------------------------------------------


def price_one(
    compiled: CompiledTariff,
    *,
    tenant: str,
    subject: str,
    destination: str,
    start: datetime | str,
    usage: int | str,
    tor: str = "0",
    category: str = "call",
    direction: str = "OUT",
    timed: bool | None = None,
) -> Explanation:
    """Price one call and explain it.

    ``start``: aware datetime or RFC 3339; without an offset it is read in the tariff's time zone, or UTC.
    ``usage``: seconds, bytes or count, as an integer or plain decimal text. ``timed``: None takes
    ``contract.is_timed(tor)``. What cannot be read gives a REJECTED explanation, never an exception.
    """
    counted_by_time = is_timed(tor) if timed is None else timed
    reason, moment, amount = _asked(compiled, start, usage)
    if reason is Reason.NONE and not compiled.has_tenant(tenant):
        reason = Reason.UNKNOWN_TENANT
    explanation = Explanation(
        Status.REJECTED if reason else Status.RATED,
        reason,
        compiled.currency,
        compiled.version,
        tenant,
        subject,
        destination,
        moment,
        amount,
        counted_by_time,
    )
    if moment is None or reason is not Reason.NONE:
        return explanation
    key = compiled.key_for(direction, tenant, category, tor, subject)
    explanation.has_profile = key >= 0
    explanation.own_profile = key >= 0 and compiled.keys[key].subject == subject
    offset = int((moment.utcoffset() or timedelta()).total_seconds())
    micros = (moment - EPOCH) // timedelta(microseconds=1)
    _run(compiled, explanation, _one_call(key, destination, micros, amount, offset=offset, timed=counted_by_time))
    return explanation


def _asked(compiled: CompiledTariff, start: datetime | str, usage: int | str) -> tuple[Reason, datetime | None, int]:
    """Start and usage (millionths) as the kernel takes them, or the first reason why one cannot be read."""
    reason, moment, amount = Reason.NONE, None, 0
    try:
        moment = _aware(start, compiled.timezone)
    except (ValueError, OverflowError):
        reason = Reason.BAD_TIME
    try:
        amount = _millionths(usage)
    except ValueError:
        reason = reason or Reason.BAD_USAGE
    return Reason(reason), moment, amount


def _aware(start: datetime | str, zone: str) -> datetime:
    moment = datetime.fromisoformat(start.strip()) if isinstance(start, str) else start
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
    return moment.astimezone(ZoneInfo(zone)) if zone else moment


def _millionths(usage: int | str) -> int:
    digits, scale = exact(str(usage))
    amount = Fraction(digits * MILLION, 10**scale)
    if amount.denominator != 1 or abs(amount) >= 2**62:
        raise ValueError(usage)
    return int(amount)


def _one_call(key: int, destination: str, start: int, usage: int, *, offset: int, timed: bool) -> Calls:
    text = destination.encode("utf-8", "surrogateescape")
    return Calls(
        key=np.array([key], np.int32),
        dest_bytes=np.frombuffer(text + b"\0", np.uint8).copy(),
        dest_start=np.zeros(1, np.int64),
        dest_len=np.array([len(text)], np.int32),
        start=np.array([start], np.int64),
        usage=np.array([usage], np.int64),
        offset=np.array([offset], np.int32),
        timed=np.array([timed], np.uint8),
        status=np.zeros(1, np.uint8),
        reason=np.zeros(1, np.uint8),
    )


def _run(compiled: CompiledTariff, into: Explanation, call: Calls) -> None:
    from chappe.core.rating.kernel import rate_arrays  # numba: only when something is priced

    out = Priced.empty(1)
    trace, kept = tb.new_trace(TRACE_ROWS)
    rate_arrays(compiled, call, out, trace, kept)
    into.status, into.reason = Status(int(out.status[0])), Reason(int(out.reason[0]))
    for name in ("cost", "connect_fee", "service", "total", "billed"):
        setattr(into, name, int(getattr(out, name)[0]))
    into.piece_count = int(out.pieces[0])
    into.cut_short = int(kept[0]) > TRACE_ROWS
    if out.rate[0] >= 0:
        into.rate = compiled.rates[out.rate[0]]
        into.plan = compiled.plans[out.plan[0]]
        into.matched_destination = compiled.destinations[out.destination[0]]
        into.matched_prefix = compiled.prefixes[out.prefix[0]] if out.prefix[0] >= 0 else ""
    for row in trace[: min(int(kept[0]), TRACE_ROWS)].tolist():
        if row[0] == tb.TRACE_VISIT:
            into.visits.append(_visit(compiled, into, row))
        else:
            into.pieces.append(_piece(compiled, into, row))


def _clock(compiled: CompiledTariff, explanation: Explanation) -> tzinfo:
    start = explanation.start
    if compiled.timezone:
        return ZoneInfo(compiled.timezone)
    return timezone((start.utcoffset() if start else None) or timedelta())


def _instant(compiled: CompiledTariff, micros: int, explanation: Explanation) -> datetime:
    try:
        return (EPOCH + timedelta(microseconds=micros)).astimezone(_clock(compiled, explanation))
    except OverflowError:  # "for ever": a plan may be active since before the calendar
        return datetime.min.replace(tzinfo=UTC) if micros < 0 else datetime.max.replace(tzinfo=UTC)


def _visit(compiled: CompiledTariff, explanation: Explanation, row: list[int]) -> Visit:
    fallback, key, number = row[tb.V_FALLBACK], row[tb.V_KEY], row[tb.V_ACTIVATION]
    subject = compiled.fallbacks[fallback] if fallback >= 0 else compiled.keys[key].subject
    activation = compiled.activations[number] if number >= 0 else None
    return Visit(
        position=row[tb.V_POSITION],
        level=row[tb.V_LEVEL],
        subject=subject,
        plan=activation.plan if activation else "",
        since=_instant(compiled, activation.at, explanation) if activation else None,
        outcome=row[tb.V_OUTCOME],
    )


def _piece(compiled: CompiledTariff, explanation: Explanation, row: list[int]) -> Piece:
    tables = compiled.tables
    position, billed = row[tb.P_POSITION], row[tb.P_BILLED]
    _, rate_number, entry_number, _ = tables.rows[row[tb.P_ROW]].tolist()
    slot = row[tb.P_SLOT]
    rate, entry = compiled.rates[rate_number], compiled.entries[entry_number]
    price = rate.slots[slot]
    line = tables.lines[row[tb.P_LINE]]
    start = (explanation.start or EPOCH) - EPOCH
    first = start // timedelta(microseconds=1)
    span = (position, position + billed) if explanation.timed else (0, 0)
    cost = row[tb.P_WHOLE] + Fraction(row[tb.P_NUM], row[tb.P_DEN])
    times = Fraction(bool(cost)) if price.kind is UnitKind.CALL else Fraction(billed, price.unit or MILLION)
    return Piece(
        begin=_instant(compiled, first + span[0], explanation),
        end=_instant(compiled, first + span[1], explanation),
        position=position,
        billed=billed,
        subject=compiled.keys[compiled.activation_key[row[tb.P_USED]]].subject,
        plan=compiled.plans[line[tb.LINE_PLAN]],
        prefix=compiled.prefixes[row[tb.P_PREFIX] - 1] if row[tb.P_PREFIX] > 0 else "",
        destination=compiled.destinations[line[tb.LINE_DESTINATION]],
        timing=entry.timing,
        rate=rate,
        origin=rate.origin if rate.origin.file else entry.origin,
        slot=slot,
        price=price,
        exact=Fraction(price.price.digits * NANO, 10**price.price.scale) * times,
        cost=cost,
        sum=row[tb.P_SUM],
        capped=bool(row[tb.P_CAPPED]),
    )
