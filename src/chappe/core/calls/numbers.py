"""What was dialled or who called, as a number that can be priced and named.

French table first (``data/fr_numbers.csv``: dated, with its source), then the world's plans by ``phonenumbers``. The outside
prefix of a PBX is stripped because a setting says so, never guessed. A number that nothing recognises is kept as it is
with kind UNKNOWN: it has no price, and says so. Order of the rules: vno-pbx-orange §5.5.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from chappe.core.calls.french import french, overseas_national
from chappe.core.calls.kinds import LEFT_OUT_OF_BILLS, NEVER_CHARGED, Number, NumberKind
from chappe.core.calls.world import abroad, emergency, local
from chappe.core.tickets.contract import Way


@dataclass(frozen=True, slots=True)
class Normaliser:
    """The dialling habits of one source.

    ``outside_prefix`` is what its users dial to get a line ("" = none); ``prefix_on_cli`` says that the PBX also puts it before
    the numbers of callers. ``country`` (ISO) is where it stands. ``area`` completes local numbers where a country has them
    (none in France). ``own_ranges`` are its direct numbers, "0144553300-0144553399" or "0144553300": a DDI of which tickets
    give the last digits only is completed by them. ``on`` (a day) chooses the rows of the dated tables.
    """

    outside_prefix: str = ""
    country: str = "FR"
    area: str = ""
    own_ranges: Sequence[str] = ()
    prefix_on_cli: bool = False
    on: dt.date | None = None

    def normalise(self, raw: str, way: Way, *, is_caller: bool | None = None) -> Number:
        """``raw`` understood. ``way`` is that of the call; ``is_caller`` says that this is who called rather than who was
        called (by default: of an incoming call, the caller). Never raises."""
        caller = way == Way.IN if is_caller is None else is_caller
        ours = caller != (way == Way.IN)  # the end that is inside
        habits = (self.outside_prefix, self.country, self.area, tuple(self.own_ranges), self.prefix_on_cli, self.on)
        return _normalised(raw, way, caller, ours, habits)


Habits = tuple[str, str, str, tuple[str, ...], bool, dt.date | None]
SHORTEST_RANGE_TAIL, LONGEST_EXTENSION = 2, 6
HIDDEN_WORDS = frozenset(
    [
        "anonymous",
        "unavailable",
        "restricted",
        "private",
        "withheld",
        "unknown",
        "unknown-number",
        "hidden",
        "masqué",
        "masque",
        "secret",
        "coverage-unavailable",
        "n/a",
        "none",
        "null",
        "-",
    ]
)
#: Codes dialled before a number that change nothing of where it goes (hide or show one's own number).
LINE_CODES = ("#31#", "*31*", "*31#")
_SEPARATORS = re.compile(r"[\s.\-/()\x00\u00a0\u202f]+")
_ADDRESS = re.compile(r"<([^>]*)>")
_CARRIER = re.compile(r"16\d\d(0[1-9]\d{8})")
_FRANCE = frozenset({"FR", "RE", "YT", "GP", "GF", "MQ", "PM", "BL", "MF"})


@lru_cache(maxsize=200_000)
def _normalised(raw: str, way: Way, caller: bool, ours: bool, habits: Habits) -> Number:
    if raw.isascii() and raw.isdecimal():  # nothing to take off, and no word
        return _said(raw, (), _understood(raw, way, caller, ours, habits))
    text = _bare(raw)
    if not text or text in HIDDEN_WORDS:
        return Number(raw, kind=NumberKind.HIDDEN if caller and not ours else NumberKind.UNKNOWN)
    if "@" in text:
        text, _, host = text.partition("@")
        if text in HIDDEN_WORDS:
            return Number(raw, kind=NumberKind.HIDDEN)
        if not text.lstrip("+").isdecimal():
            return Number(raw, kind=NumberKind.SIP, label=host)
    text, tags = _without_codes(text, "" if ours else habits[0])
    return _said(raw, tags, _understood(text, way, caller, ours, habits))


def _said(raw: str, tags: tuple[str, ...], found: Number) -> Number:
    """What was understood of ``raw``; by hand, since ``replace`` takes longer than the rest."""
    tags = (*tags, *found.tags)
    return Number(
        raw, found.e164, found.rated, found.kind, found.country, found.label, found.zone, tags, found.warnings
    )


def _bare(raw: str) -> str:
    """Without separators, display name, scheme and parameters of an address."""
    inside = _ADDRESS.search(raw)
    text = (inside[1] if inside else raw).strip().lower()
    for scheme in ("sip:", "sips:", "tel:"):
        text = text.removeprefix(scheme)
    return _SEPARATORS.sub("", text.partition(";")[0]) if "@" not in text else text.partition(";")[0].strip()


def _without_codes(text: str, prefix: str = "") -> tuple[str, tuple[str, ...]]:
    """Without a code of the line, which may stand before or behind the outside prefix, and without a final #."""
    for code in LINE_CODES:
        for before in {prefix, ""}:
            if text.startswith(before + code) and len(text) > len(before + code):
                return before + text.removeprefix(before + code), ("clir",)
    if text[0] not in "*#":
        return text.rstrip("#"), ()
    return text, ()


def _understood(text: str, way: Way, caller: bool, ours: bool, habits: Habits) -> Number:
    prefix, country, area, ranges, on_cli, on = habits
    if not text.lstrip("+").isdecimal():
        kind = NumberKind.SERVICE if text[:1] in {"*", "#"} else NumberKind.UNKNOWN
        return Number(text, kind=kind, warnings=() if kind == NumberKind.SERVICE else ("not-a-number",))
    if way == Way.INTERNAL:
        return Number(text, kind=NumberKind.INTERNAL)
    if ours:
        return _own(text, ranges, country, on)
    if text.startswith("+"):
        return _e164(text, on)
    urgent = french(text, on) if country in _FRANCE else emergency(text, country)
    if urgent and urgent.kind == NumberKind.EMERGENCY:
        return urgent  # may be dialled without the outside prefix
    stripped = text
    if prefix and (on_cli if caller else True) and text.startswith(prefix) and len(text) > len(prefix):
        stripped = text.removeprefix(prefix)
    found = _from_france(stripped, caller, prefix, on) if country in _FRANCE else local(stripped, country, area)
    return found or Number(text, kind=NumberKind.UNKNOWN, warnings=("unknown-number",))


def _own(text: str, ranges: tuple[str, ...], country: str, on: dt.date | None) -> Number:
    """The inside end: an extension, or one of the direct numbers, of which a ticket may give the last digits only."""
    if text.startswith("+"):
        return _e164(text, on)
    if len(text) > LONGEST_EXTENSION:
        whole = _from_france(text, True, "", on) if country in _FRANCE else local(text, country, "")
        return whole or Number(text, kind=NumberKind.UNKNOWN, warnings=("unknown-number",))
    if len(text) >= SHORTEST_RANGE_TAIL and (complete := _completed(text, ranges)):
        found = _from_france(complete, True, "", on) if country in _FRANCE else local(complete, country, "")
        if found:
            return replace(found, tags=(*found.tags, "own"))
    return Number(text, kind=NumberKind.INTERNAL)


def _completed(tail: str, ranges: tuple[str, ...]) -> str:
    """The one direct number that ends so, or "" when none or several do."""
    ends: set[str] = set()
    for written in ranges:
        first, *rest = (_SEPARATORS.sub("", bound) for bound in re.split("[-–]", written))
        last = rest[0] if rest else first
        if not (first.isdecimal() and last.isdecimal() and len(first) == len(last) > len(tail)):
            continue
        step = 10 ** len(tail)
        number = int(first) - int(first) % step + int(tail)
        number += step if number < int(first) else 0
        while number <= int(last) and len(ends) < 2:
            ends.add(str(number).zfill(len(first)))
            number += step
    return ends.pop() if len(ends) == 1 else ""


def _from_france(text: str, caller: bool, prefix: str, on: dt.date | None) -> Number | None:
    """A number written or dialled in France, without its outside prefix."""
    carried = _CARRIER.fullmatch(text)
    if carried:
        found = french(carried[1], on)
        return replace(found, warnings=("carrier-prefix",)) if found else None
    if found := french(text, on):
        return found
    if text.startswith("00"):
        if not prefix and not caller and french(text[1:], on) and _e164(f"+{text[2:]}", on).warnings:
            return Number(text, kind=NumberKind.UNKNOWN, warnings=("outside-prefix-missing",))
        return _e164(f"+{text[2:]}", on)
    if text.startswith("0"):
        return None
    if caller and len(text) == 9 and (found := french(f"0{text}", on)):
        return found  # networks give the national number without its 0
    if len(text) >= 10 and not (found := _e164(f"+{text}", on)).warnings:
        return replace(found, warnings=("no-international-prefix",))
    return None


def _e164(text: str, on: dt.date | None) -> Number:
    """``+…``: by the French table where it is the country's or a territory's, else by the world's plans."""
    national = overseas_national(text)
    if national and (found := french(national, on)):
        return found
    return abroad(text, on)


__all__ = ["LEFT_OUT_OF_BILLS", "NEVER_CHARGED", "Normaliser", "Number", "NumberKind"]
