"""Mitel MiVoice Business (3300) SMDR: fixed width, 90 to 120 characters by options, a date without a year.

The year is the one that brings the date nearest to the moment of reception, not after it: in January, a ticket of
December is last year's. Positions stand in LAYOUTS and may be moved by the profile.
"""

import datetime as dt
import re
from collections.abc import Mapping

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import DecoderInfo, Option, TextDecoder, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused
from chappe.core.tickets.text import clock_seconds

#: Length of the line → field → (first position from 0, width).
_PLAIN: Mapping[str, tuple[int, int]] = {
    "long_call": (0, 1), "date": (1, 5), "time": (7, 6), "duration": (14, 8), "calling": (23, 4),
    "attendant": (27, 2), "time_to_answer": (29, 4), "digits": (33, 26), "completion": (59, 2), "called": (61, 4),
    "transfer": (65, 2), "third": (67, 4), "account": (72, 12), "system": (86, 3),
}  # fmt: skip
_EXTENDED: Mapping[str, tuple[int, int]] = {
    "long_call": (0, 1), "date": (1, 5), "time": (7, 6), "duration": (14, 8), "calling": (23, 7),
    "attendant": (30, 2), "time_to_answer": (32, 4), "digits": (36, 26), "completion": (62, 2), "called": (64, 7),
    "transfer": (71, 2), "third": (73, 7), "account": (81, 12), "system": (95, 3),
}  # fmt: skip
LAYOUTS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "90": _PLAIN,
    "101": _EXTENDED,
    "112": {**_PLAIN, "ani": (91, 10), "dnis": (102, 10)},
    "120": {**_EXTENDED, "ani": (102, 10), "dnis": (113, 7)},
}
LONG_CALLS = {"-": "5–9 min", "%": "10–29 min", "+": "30 min"}
#: Completion codes that are no answer.
COMPLETIONS: Mapping[str, Outcome] = {
    "A": Outcome.ANSWERED,
    "B": Outcome.BUSY,
    "E": Outcome.FAILED,
    "T": Outcome.FAILED,
    "I": Outcome.FAILED,
    "O": Outcome.FAILED,
    "D": Outcome.MISSED,
    "S": Outcome.FAILED,
    "U": Outcome.FAILED,
}
SHORTEST = 62  # up to the called party; what follows may be cut with the spaces at the end
_TRUNK = re.compile(r"[TX]\d+\Z", re.ASCII)
_DATE = re.compile(r"(\d\d)/(\d\d)\Z", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d\d)([pPaA]?)\Z", re.ASCII)
_EARLY = dt.timedelta(days=2)  # a PBX clock may run ahead of ours


def is_trunk(party: str) -> bool:
    return _TRUNK.match(party) is not None


class Mitel(TextDecoder):
    """Lines of the SMDR port."""

    filler = " "

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.chosen = str(self.option("length", "auto"))
        self.moved = {name: (place[0], place[1]) for name, place in dict(self.option("layout", {})).items()}
        self.meters = int(self.option("meter_digits", 0))

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if len(text.rstrip()) < 22:
            raise refused("too-short", found=len(text), expected=SHORTEST)
        layout = {**LAYOUTS[self._length(text)], **self.moved}
        row = {name: text[max(0, first) : first + width].strip() for name, (first, width) in layout.items()}
        start = self._start(row, received, remarks)
        talk = clock_seconds(row["duration"], "duration")
        if len(text) < SHORTEST and not row["digits"] and not row["called"]:
            raise refused("too-short", found=len(text), expected=SHORTEST)
        return one(self._segment(row, start, talk), remarks)

    def _length(self, text: str) -> str:
        if self.chosen in LAYOUTS:
            return self.chosen
        # The system's identifier stands at the end, so a line is as long as its layout; else the profile says it.
        length = len(text)
        if length > 112:
            return "120"
        if length > 101:
            return "112"
        return "101" if length > 90 else "90"

    def _start(self, row: Mapping[str, str], received: dt.datetime, remarks: list[Issue]) -> dt.datetime:
        day, hour = _DATE.match(row["date"]), _TIME.match(row["time"])
        if not day:
            raise refused("bad-time", "date", value=row["date"])
        if not hour:
            raise refused("bad-time", "time", value=row["time"])
        hours, half = int(hour.group(1)), hour.group(3).casefold()
        if half and hours > 12:
            raise refused("bad-time", "time", value=row["time"])
        if half == "p" and hours < 12:
            hours += 12
        elif half == "a" and hours == 12:
            hours = 0
        month, date = int(day.group(1)), int(day.group(2))
        said = f"{row['date']} {row['time']}"
        here = self.clock.of(received)
        for year in (here.year + 1, here.year, here.year - 1, *range(here.year - 2, here.year - 9, -1)):
            try:
                naive = dt.datetime(year, month, date, hours, int(hour.group(2)))  # noqa: DTZ001 - zone put on below
            except ValueError:
                continue  # 29 February, or no date at all
            if naive <= here.replace(tzinfo=None) + _EARLY:
                return self.clock.local((year, month, date, hours, naive.minute, 0, 0), "date", remarks, said)
        raise refused("bad-time", "date", value=said)

    def _segment(self, row: Mapping[str, str], start: dt.datetime, talk: int) -> Segment:
        calling, called, third = row["calling"], row["called"], row["third"]
        digits, meter = row["digits"], ""
        if self.meters and " " in digits:
            digits, _, meter = digits.rpartition(" ")
        digits = digits.strip()
        waited = row["time_to_answer"]
        ring = int(waited) if waited.isascii() and waited.isdigit() else 0
        came, went = is_trunk(calling), is_trunk(called) or (is_trunk(third) and not is_trunk(calling))
        way = (Way.TRANSIT if went else Way.IN) if came else Way.OUT if went else Way.INTERNAL
        outcome = self._outcome(row["completion"], talk)
        trunk = called if is_trunk(called) else third if is_trunk(third) else ""
        answered = outcome is Outcome.ANSWERED
        return Segment(
            start=start,
            way=way,
            outcome=outcome,
            caller=row.get("ani", "") if came else calling,
            called=called if way in {Way.IN, Way.INTERNAL} else digits,
            dialled=(row.get("dnis", "") or digits) if came else digits or called,
            party1=calling if not came else called if not went else "",
            party2=called if way is Way.INTERNAL else third if third and not is_trunk(third) else "",
            reached=called if answered and way in {Way.IN, Way.INTERNAL} else "",
            trunk=trunk or (calling if came else ""),
            trunk_in=calling if came and trunk else "",
            ring=ring,
            talk=talk if answered else 0,
            account_code=row["account"],
            cause=row["completion"],
            is_transfer="T" in row["transfer"].upper(),
            is_conference="C" in row["transfer"].upper(),
            extra=filled({
                "long_call": LONG_CALLS.get(row["long_call"], ""), "attendant": row["attendant"], "third": third,
                "meter_pulses": meter, "system": row["system"], "digits": digits if came else "",
                "time_to_answer": waited if waited.startswith("*") else "",
            }),
        )  # fmt: skip

    @staticmethod
    def _outcome(completion: str, talk: int) -> Outcome:
        """By the completion code; a conversation outweighs every code but busy."""
        outcome = COMPLETIONS.get(completion[:1].upper(), Outcome.UNKNOWN)
        if outcome is Outcome.BUSY or (outcome not in {Outcome.UNKNOWN, Outcome.ANSWERED} and not talk):
            return outcome
        return Outcome.ANSWERED if talk else Outcome.MISSED


OPTIONS = (
    Option("length", "choice", "auto", N_("Length of a line"), ("auto", *LAYOUTS)),
    Option("layout", "places", {}, N_("Fields that stand elsewhere: name = [position from 0, width]")),
    Option("meter_digits", "int", 0, N_("Meter pulses follow the digits: how many of them at most")),
)
DECODER = DecoderInfo("mitel-3300", N_("Mitel MiVoice Business (3300)"), Mitel, OPTIONS)
