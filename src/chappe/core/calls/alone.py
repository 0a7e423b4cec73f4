"""A call of one complete segment, joined without ceremony: nineteen calls in twenty, and the pace of the whole collection.

Says what ``joined.calls_of`` says of a group of one part (a test compares them), six times quicker: nothing to put in
order, to sum or to share. ``BuiltCall`` is frozen, and Python fills a frozen dataclass by a slow call a field:
``_Open`` is its open twin, handed over by setting its class (as ``core/tickets/quick.py`` does). Nothing else may use it.
"""

import datetime as dt
from dataclasses import fields

from chappe.core.calls.joined import NO_EXTENSION, NO_WAY, BuiltCall
from chappe.core.calls.rules import Rules
from chappe.core.tickets.contract import Outcome, Segment, Way

_NAMES = tuple(field.name for field in fields(BuiltCall))
_IN, _OUT, _INTERNAL, _TRANSIT, _UNKNOWN, _ANSWERED = (
    Way.IN, Way.OUT, Way.INTERNAL, Way.TRANSIT, Way.UNKNOWN, Outcome.ANSWERED,
)  # fmt: skip
_NOTHING: tuple[str, ...] = ()


class _Open:
    """The twin: the slots of ``BuiltCall``, in its order, not frozen."""

    __slots__ = _NAMES

    def __init__(
        self, key: str, start: dt.datetime, way: Way, caller: str, called: str, dialled: str, asked: str, reached: str, payer: str,
        did: str, user: str, transferred: bool, answered: bool, forwarded: bool, conference: bool, voicemail: bool, ring: int,
        talk: int, hold: int, park: int, billable: int, trunk: str, trunk_in: str, account_code: str, auth_code: str,
        pbx_charge: int | None, pbx_currency: str, part: int, segments: tuple[str, ...], warnings: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.key = key
        self.start = start
        self.way = way
        self.caller = caller
        self.called = called
        self.dialled = dialled
        self.asked = asked
        self.reached = reached
        self.payer = payer
        self.did = did
        self.user = user
        self.transferred = transferred
        self.answered = answered
        self.forwarded = forwarded
        self.conference = conference
        self.voicemail = voicemail
        self.ring = ring
        self.talk = talk
        self.hold = hold
        self.park = park
        self.billable = billable
        self.trunk = trunk
        self.trunk_in = trunk_in
        self.account_code = account_code
        self.auth_code = auth_code
        self.pbx_charge = pbx_charge
        self.pbx_currency = pbx_currency
        self.part = part
        self.segments = segments
        self.warnings = warnings


def is_plain(s: Segment) -> bool:
    """Whether nothing sent the call on: no forward, no twinning, nobody else who pays."""
    return not (s.targeter or s.is_forward)


def call_of(s: Segment, ref: str, rules: Rules) -> BuiltCall:
    """The call of one plain segment (:func:`is_plain`)."""
    way = s.way or _UNKNOWN
    answered = s.outcome == _ANSWERED or s.talk > 0
    extension = s.reached or s.party1
    payer = "" if s.is_voicemail else extension
    inside = way is _IN or way is _INTERNAL
    warnings = (NO_EXTENSION,) if not payer and not (inside and s.called) else _NOTHING
    if way is _INTERNAL:
        payer = s.caller or payer
    elif way is _UNKNOWN:
        warnings = (*warnings, NO_WAY)
    dialled = s.dialled or s.called
    billable = 0
    if answered and (s.trunk or way is _IN or way is _OUT or way is _TRANSIT):
        billable = s.talk + (s.hold if rules.bills_hold else 0) + (s.park if rules.bills_park else 0)
    user = ""
    if payer:
        user = (s.party1_name if s.party1 == payer else "") or (s.party2_name if s.party2 == payer else "")
    charged = s.pbx_charge is not None
    twin = _Open(
        s.key, s.start, way, s.caller, s.called, dialled, s.called if inside else "",
        extension if answered and not s.is_voicemail else "", payer,
        dialled if way is _IN else s.caller if way is _OUT else "", user,
        answered and s.is_transfer, answered, False, s.is_conference, answered and s.is_voicemail, s.ring, s.talk, s.hold, s.park,
        billable, s.trunk, s.trunk_in, s.account_code, s.auth_code, s.pbx_charge, s.pbx_currency if charged else "", 0, (ref,),
        warnings,
    )  # fmt: skip
    twin.__class__ = BuiltCall  # type: ignore[assignment]
    return twin  # type: ignore[return-value]
