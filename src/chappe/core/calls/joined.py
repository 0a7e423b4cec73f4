"""What the segments of one call say together: who called whom, who was asked for, who answered, who pays.

Rules: vno-pbx-orange §1.3. Pure: a group in, calls out.
"""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from chappe.core.calls.group import OUTSIDE, Group, Part
from chappe.core.calls.rules import Pays, Rules
from chappe.core.tickets.contract import Way

#: warnings of a built call, as words that files and pages carry
INCOMPLETE, TARGETER_UNKNOWN, NO_EXTENSION, NO_WAY = "incomplete", "targeter-unknown", "no-extension", "no-way"


@dataclass(frozen=True, slots=True)
class BuiltCall:
    """One call. Durations in whole seconds; numbers as the PBX wrote them.

    ``payer`` is the extension that bears it ("" when no ticket names one: then ``did`` may attach it, the
    « SDA fixe »). ``asked`` is the extension that was called, ``reached`` the last one that answered. ``billable`` is
    how long the trunk was held since the answer, hold and park included where the rules say so; 0 when nobody
    answered or no trunk was held. ``ring`` is up to the first answer. ``part`` numbers the shares of a call that
    several extensions bear (:attr:`Pays.EACH`), from 0.
    """

    key: str
    start: dt.datetime
    way: Way
    caller: str = ""
    called: str = ""
    dialled: str = ""
    asked: str = ""
    reached: str = ""
    payer: str = ""
    did: str = ""
    user: str = ""
    transferred: bool = False
    answered: bool = False
    forwarded: bool = False
    conference: bool = False
    voicemail: bool = False
    ring: int = 0
    talk: int = 0
    hold: int = 0
    park: int = 0
    billable: int = 0
    trunk: str = ""
    trunk_in: str = ""
    account_code: str = ""
    auth_code: str = ""
    pbx_charge: int | None = None
    pbx_currency: str = ""
    part: int = 0
    segments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_lost(self) -> bool:
        """A call from outside that nobody answered."""
        return self.way == Way.IN and not self.answered


def calls_of(group: Group, rules: Rules, names: Mapping[str, str], *, complete: bool) -> list[BuiltCall]:
    """The calls of a group: one, or two when it came in and was sent out again under the same key."""
    legs = _legs(group.parts)
    built: list[BuiltCall] = []
    for number, parts in enumerate(legs):
        key = group.key if number == 0 else f"{group.key}/{number}"
        call = _joined(key, parts, rules, names)
        if not complete:
            call = replace(call, warnings=(*call.warnings, INCOMPLETE))
        built += _shares(call, parts, rules, names)
    return built


def _legs(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that came in, and parts that a forward sent out: each is an outside call of its own."""
    ways = {part.segment.way for part in parts if part.is_outside}
    if not {Way.IN, Way.OUT} <= ways:
        return [list(parts)]
    sent_out = [part for part in parts if part.segment.way == Way.OUT]
    return [[part for part in parts if part.segment.way != Way.OUT], sent_out]


def _joined(key: str, parts: Sequence[Part], rules: Rules, names: Mapping[str, str]) -> BuiltCall:
    ordered = _in_order(parts)
    first = ordered[0].segment
    way = _way(ordered)
    spoken = [part for part in ordered if part.was_answered]
    payer, warnings = _payer(ordered, spoken, rules, names)
    if way == Way.INTERNAL:  # who called bears it, as for a call that goes out
        payer = _first(part.segment.caller for part in ordered) or payer
    is_coming = way in {Way.IN, Way.INTERNAL}
    return BuiltCall(
        key=key,
        start=min(part.segment.start for part in ordered),
        way=way,
        caller=_first(part.segment.caller for part in ordered),
        called=_first(part.segment.called for part in ordered),
        dialled=_first(part.segment.dialled for part in ordered) or first.called,
        asked=_first(part.segment.called for part in ordered) if is_coming else "",
        reached=_last(part.extension for part in spoken if not part.segment.is_voicemail),
        payer=payer,
        did=(first.dialled or first.called) if way == Way.IN else first.caller if way == Way.OUT else "",
        user=_name_of(payer, ordered),
        transferred=_was_transferred(spoken),
        answered=bool(spoken),
        forwarded=any(_is_sent_out(part) for part in ordered),
        conference=any(part.segment.is_conference for part in ordered),
        voicemail=any(part.segment.is_voicemail for part in spoken),
        ring=_ring(ordered),
        **_durations(ordered),
        billable=_billable(ordered, rules) if spoken else 0,
        trunk=_first(part.segment.trunk for part in ordered),
        trunk_in=_first(part.segment.trunk_in for part in ordered),
        account_code=_last(part.segment.account_code for part in ordered),
        auth_code=_last(part.segment.auth_code for part in ordered),
        **_charge(ordered),
        segments=tuple(part.ref for part in parts),
        warnings=(*warnings, *(() if way != Way.UNKNOWN else (NO_WAY,))),
    )


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """By beginning where every segment tells its own; else as they were written, which is by end."""
    if all(part.segment.segment_start is not None for part in parts):
        return sorted(parts, key=lambda part: part.start)
    return list(parts)


def _way(parts: Sequence[Part]) -> Way:
    """The first outside way, else the first that is known."""
    known: list[Way] = [part.segment.way for part in parts if part.segment.way]
    outside = [way for way in known if way in OUTSIDE]
    return (outside or known or [Way.UNKNOWN])[0]


def _payer(
    parts: Sequence[Part], spoken: Sequence[Part], rules: Rules, names: Mapping[str, str]
) -> tuple[str, tuple[str, ...]]:
    """Who bears the call, and what is doubtful about it."""
    targeter = _first(part.segment.targeter for part in parts if _is_sent_out(part))
    if targeter and rules.targeter_pays:
        known = names.get(targeter, "")
        if known or targeter.isdecimal():
            return known or targeter, ()
        named = _first(part.segment.party1 for part in parts if part.segment.party1_name == targeter)
        return (named, ()) if named else (targeter, (TARGETER_UNKNOWN,))
    held = [part.extension for part in (spoken or parts) if part.extension and not part.segment.is_voicemail]
    asked = [part.segment.called for part in parts if part.segment.way in {Way.IN, Way.INTERNAL}]
    payer = (held[0] if rules.pays != Pays.LAST else held[-1]) if held else ""
    if not payer and not any(asked):
        return "", (NO_EXTENSION,)
    return payer, ()


def _is_sent_out(part: Part) -> bool:
    """A forward or twinning leg: outside, nobody of the house dialled it. A transfer names its author too."""
    s = part.segment
    return s.way != Way.IN and (s.is_forward or (not s.caller and bool(s.targeter))) and not s.is_transfer


def _was_transferred(spoken: Sequence[Part]) -> bool:
    """Whether the call changed hands after an answer; a conference keeps everybody, and is no transfer."""
    if any(part.segment.is_transfer for part in spoken):
        return True
    hands = [(part.extension, part.segment.is_voicemail) for part in spoken if not part.segment.is_conference]
    return any(one != other for one, other in itertools.pairwise(hands))


def _ring(parts: Sequence[Part]) -> int:
    ring = 0
    for part in parts:
        ring += part.segment.ring
        if part.was_answered:
            break
    return ring


class _Durations(TypedDict):
    talk: int
    hold: int
    park: int


class _Charge(TypedDict):
    pbx_charge: int | None
    pbx_currency: str


def _durations(parts: Sequence[Part]) -> _Durations:
    said = [part.segment for part in parts]
    return {"talk": sum(s.talk for s in said), "hold": sum(s.hold for s in said), "park": sum(s.park for s in said)}


def _billable(parts: Sequence[Part], rules: Rules) -> int:
    """How long the trunk was held after the answer."""
    seconds = 0
    for part in parts:
        s = part.segment
        if part.is_outside:
            seconds += s.talk + (s.hold if rules.bills_hold else 0) + (s.park if rules.bills_park else 0)
    return seconds


def _charge(parts: Sequence[Part]) -> _Charge:
    """What the PBX counted itself, summed; nothing when its currencies differ."""
    counted = [(p.segment.pbx_charge, p.segment.pbx_currency) for p in parts if p.segment.pbx_charge is not None]
    if not counted or len({currency for _, currency in counted}) > 1:
        return {"pbx_charge": None, "pbx_currency": ""}
    return {"pbx_charge": sum(amount or 0 for amount, _ in counted), "pbx_currency": counted[0][1]}


def _shares(call: BuiltCall, parts: Sequence[Part], rules: Rules, names: Mapping[str, str]) -> list[BuiltCall]:
    """The call, or one share an extension that held it, in order."""
    if rules.pays != Pays.EACH or not call.billable or call.forwarded:
        return [call]
    held: dict[str, list[Part]] = {}
    holder = call.payer
    for part in _in_order(parts):
        holder = part.extension or holder  # a conference leg belongs to whoever held the call before
        held.setdefault(holder, []).append(part)
    if len(held) < 2:
        return [call]
    return [_share(call, number, extension, own, rules) for number, (extension, own) in enumerate(held.items())]


def _share(call: BuiltCall, number: int, extension: str, parts: Sequence[Part], rules: Rules) -> BuiltCall:
    return replace(
        call,
        key=call.key if number == 0 else f"{call.key}#{number}",
        start=call.start if number == 0 else min(part.start for part in parts),
        payer=extension,
        user=_name_of(extension, parts),
        part=number,
        ring=call.ring if number == 0 else 0,
        **_durations(parts),
        billable=_billable(parts, rules),
        **_charge(parts),
        segments=tuple(part.ref for part in parts),
    )


def _name_of(extension: str, parts: Sequence[Part]) -> str:
    for part in parts:
        s = part.segment
        for number, name in ((s.party1, s.party1_name), (s.party2, s.party2_name)):
            if number and number == extension and name:
                return name
    return ""


def _first(values: Iterator[str]) -> str:
    return next((value for value in values if value), "")


def _last(values: Iterator[str]) -> str:
    found = ""
    for value in values:
        found = value or found
    return found
