"""A segment made six times quicker, for the one decoder that must keep up with a million lines a minute.

``Segment`` is frozen, and Python fills a frozen dataclass by a slow call a field. ``quick_segment`` fills an open twin
with the same slots, then hands it over by setting its class; what comes out is a ``Segment`` like any other (a test
compares them). Nothing else may use the twin.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields

from chappe.core.tickets.contract import Outcome, Segment, Way

_NAMES = tuple(field.name for field in fields(Segment))


class _Open:
    """The twin: the slots of ``Segment``, in its order, not frozen."""

    __slots__ = _NAMES

    def __init__(
        self,
        start: dt.datetime, key: str, more: bool | None, way: Way, outcome: Outcome, caller: str,
        called: str, dialled: str, party1: str, party1_name: str, party2: str, party2_name: str,
        reached: str, trunk: str, trunk_in: str, ring: int, talk: int, hold: int, park: int,
        segment_start: dt.datetime | None, account_code: str, auth_code: str, targeter: str, cause:
        str, is_voicemail: bool, is_conference: bool, is_transfer: bool, is_forward: bool,
        pbx_charge: int | None, pbx_currency: str, extra: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.start = start
        self.key = key
        self.more = more
        self.way = way
        self.outcome = outcome
        self.caller = caller
        self.called = called
        self.dialled = dialled
        self.party1 = party1
        self.party1_name = party1_name
        self.party2 = party2
        self.party2_name = party2_name
        self.reached = reached
        self.trunk = trunk
        self.trunk_in = trunk_in
        self.ring = ring
        self.talk = talk
        self.hold = hold
        self.park = park
        self.segment_start = segment_start
        self.account_code = account_code
        self.auth_code = auth_code
        self.targeter = targeter
        self.cause = cause
        self.is_voicemail = is_voicemail
        self.is_conference = is_conference
        self.is_transfer = is_transfer
        self.is_forward = is_forward
        self.pbx_charge = pbx_charge
        self.pbx_currency = pbx_currency
        self.extra = extra


def quick_segment(*values: object) -> Segment:
    """``Segment(*values)`` with every field given, in order."""
    twin = _Open(*values)  # type: ignore[arg-type]
    twin.__class__ = Segment  # type: ignore[assignment]
    return twin  # type: ignore[return-value]
