"""Alcatel-Lucent OmniPCX Office, text in LISTING mode: the header line says which fields there are and where.

A field begins under its heading and ends before the next one. Until a header has come, nothing is read, unless
the profile gives the columns and their widths.
"""

import datetime as dt
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, TextDecoder, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused, warning
from chappe.core.tickets.text import charge_of, clock_seconds, count_of

#: Heading → what it is (the words of the PBX).
COLUMNS: Mapping[str, str] = {
    "SUB": "set", "TYP": "type", "TRK": "trunk", "DAT": "date", "TIM": "time", "DUR": "duration", "TAX": "tax units",
    "SER": "service", "FAC": "facility", "DNU": "dialled number", "DMO": "dialling mode", "RIN": "ring time",
    "CST": "cost", "ACC": "account code", "SUN": "user name", "IUS": "initial user", "NOD": "node", "CAR": "carrier",
    "SU8": "set of 8 digits", "TR4": "trunk of 4 digits",
}  # fmt: skip
NEEDED = ("DAT", "TIM")
#: First letters of the type and their direction, in the languages of the PBX; the profile may say otherwise.
TYPES: Mapping[str, Way] = {
    "O": Way.OUT, "S": Way.OUT, "D": Way.OUT, "G": Way.OUT,
    "I": Way.IN, "E": Way.IN, "A": Way.IN, "K": Way.IN,
    "T": Way.TRANSIT,
    "L": Way.INTERNAL,
}  # fmt: skip
WAYS = tuple(str(way.value) for way in Way)
_WAYS = {str(way.value): way for way in Way}
_WORD = re.compile(r"\S+")
_SHORT = re.compile(r"(\d{1,3}):(\d\d)\Z", re.ASCII)


class Oxo(TextDecoder):
    """Lines of the printout; pages repeat the header."""

    filler = " "

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.places: dict[str, tuple[int, int | None]] = {}
        widths = [int(each) for each in self.option("widths", ()) if each.isascii() and each.isdigit()]
        if profile.columns and len(widths) == len(profile.columns):
            starts = [0, *accumulate(width + 1 for width in widths)]
            self.places = {
                name: (first, first + width)
                for name, first, width in zip(profile.columns, starts, widths, strict=False)
            }
        given = dict(self.option("types", {})).items()
        self.types = {str(code).upper(): _WAYS.get(str(way), Way.UNKNOWN) for code, way in given}

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if self._learns(text):
            return HEADER
        if not text.strip(" -=_*+|\t\f"):
            return Decoded(skipped="rule")
        if not self.places:
            raise refused("no-header")
        row = {name: text[first:last].strip() for name, (first, last) in self.places.items()}
        for name in NEEDED:
            if not row.get(name):
                raise refused("not-a-ticket", value=text.strip())
        start = self.clock.read(
            f"{row['DAT']} {row['TIM']}", "DAT", remarks, order=str(self.option("date_order", "dmy"))
        )
        return one(self._segment(row, start, remarks), remarks)

    def _learns(self, text: str) -> bool:
        """Whether this is a line of headings; learns their places if so."""
        words = list(_WORD.finditer(text))
        known = [word for word in words if word.group() in COLUMNS]
        if len(known) < 4 or len(known) * 2 <= len(words):
            return False
        ends = [word.start() for word in words[1:]]
        self.places = {word.group(): (word.start(), end) for word, end in zip(words, [*ends, None], strict=True)}
        return True

    def _segment(self, row: Mapping[str, str], start: dt.datetime, remarks: list[Issue]) -> Segment:
        talk = self._seconds(row.get("DUR", ""))
        ring_text = row.get("RIN", "")
        ring = self._seconds(ring_text) if ":" in ring_text else count_of(ring_text, "RIN", remarks)
        code = row.get("TYP", "").upper()
        way = self.types.get(code) or self.types.get(code[:1]) or TYPES.get(code[:1], Way.UNKNOWN)
        if way is Way.UNKNOWN:
            remarks.append(warning("bad-direction", "TYP", value=code))
        owner, number = row.get("SU8", "") or row.get("SUB", ""), row.get("DNU", "")
        incoming = way is Way.IN
        charge = charge_of(row.get("CST", ""), "CST", remarks)
        answered = talk > 0
        return Segment(
            start=start,
            way=way,
            outcome=Outcome.ANSWERED if answered else Outcome.MISSED,
            caller=number if incoming else owner,
            called=owner if incoming else number,
            dialled=owner if incoming else number,
            party1=owner,
            party1_name=row.get("SUN", ""),
            party2=number if way is Way.INTERNAL else "",
            reached=(owner if incoming else number) if answered and way in {Way.IN, Way.INTERNAL} else "",
            trunk=row.get("TR4", "") or row.get("TRK", ""),
            ring=ring,
            talk=talk,
            account_code=row.get("ACC", ""),
            cause=row.get("FAC", ""),
            is_transfer=bool(row.get("IUS")) and row.get("IUS") != row.get("SUB"),
            pbx_charge=charge or None,
            pbx_currency=str(self.option("currency", "EUR")) if charge else "",
            extra=filled({name: row.get(name, "") for name in ("TYP", "TAX", "SER", "DMO", "IUS", "NOD", "CAR")}),
        )

    @staticmethod
    def _seconds(text: str) -> int:
        """``HH:MM:SS`` or ``MM:SS``; empty is 0 (a call nobody answered)."""
        plain = text.strip()
        if not plain:
            return 0
        return clock_seconds(f"00:{plain}" if _SHORT.match(plain) else plain, "DUR")

    def state(self) -> dict[str, Any]:
        return {"places": {name: list(place) for name, place in self.places.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        places = state.get("places")
        if not isinstance(places, dict):
            return
        try:
            self.places = {str(name): (int(first), last) for name, (first, last) in places.items()}
        except (TypeError, ValueError):
            self.places = {}


OPTIONS = (
    Option("types", "table", {}, N_("Types of call and their direction: code = in, out, int or transit"), WAYS),
    Option("widths", "widths", (), N_("Widths of the columns, when no header is sent")),
    Option("date_order", "choice", "dmy", N_("Order of the date"), ("dmy", "mdy")),
    Option("currency", "text", "EUR", N_("Currency of the cost counted by the PBX")),
)
DECODER = DecoderInfo(
    "alcatel-oxo", N_("Alcatel-Lucent OmniPCX Office"), Oxo, OPTIONS, tuple(COLUMNS), takes_columns=True
)
