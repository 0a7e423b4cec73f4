"""Panasonic KX-TDE, NS and NCP: SMDR in patterns A and B (80 columns) or C (120 columns), with page headers.

The place of the duration (``hh:mm'ss``) tells the pattern. The time is that of the end of the call, unless the PBX
is set otherwise. Lines of activity (log in, check in…) are skipped.
"""

import datetime as dt
import re
from collections.abc import Mapping

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import DecoderInfo, Option, TextDecoder, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused
from chappe.core.tickets.text import charge_of, clock_seconds

#: Pattern → columns and widths, one space between them.
PATTERNS: Mapping[str, Mapping[str, int]] = {
    "A": {"date": 8, "time": 7, "ext": 5, "co": 2, "dial": 25, "ring": 4, "duration": 8, "acc": 10, "cd": 3},
    "B": {"date": 8, "time": 7, "ext": 5, "co": 2, "dial": 20, "duration": 8, "cost": 10, "acc": 10, "cd": 3},
    "C": {"date": 8, "time": 7, "ext": 5, "co": 4, "dial": 50, "ring": 4, "duration": 8, "cost": 11, "acc": 10, "cd": 3},
}  # fmt: skip
#: Condition codes: transfer, forward to an outside line, DISA or TIE line, not answered, arrival, answer.
CONDITIONS = {"TR": "transfer", "FW": "forward", "D0": "disa", "NA": "not-answered", "RC": "arrival", "AN": "answered"}
_DATE = re.compile(r"(\d\d)[/.-](\d\d)[/.-](\d\d)\Z", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d\d)\s?([AP]M)?\Z", re.ASCII | re.IGNORECASE)
_DURATION = re.compile(r"(\d\d):(\d\d)'(\d\d)\Z", re.ASCII)
_RING = re.compile(r"(\d{1,2})'(\d\d)\Z", re.ASCII)
_RULE = re.compile(r"[-=\s\f]+\Z")
_NUMBER = re.compile(r"[+\d*#](?:[\d*#.=-]|[PF](?=[\d*#]))*X*\Z", re.ASCII)
_INTERCOM = re.compile(r"EXT\s*(\d+)\Z", re.ASCII | re.IGNORECASE)
_COST = re.compile(r"(\d+(?:[.,]\d+)?)\s*([A-Z]{0,3})\Z", re.ASCII)


def place(pattern: str, field: str) -> tuple[int, int]:
    """Where a field of a pattern begins and ends."""
    at = 0
    for name, width in PATTERNS[pattern].items():
        if name == field:
            return at, at + width
        at += width + 1
    raise KeyError(field)


#: Pattern → column → first and last position.
PLACES = {name: {field: place(name, field) for field in columns} for name, columns in PATTERNS.items()}


def name_and_number(text: str) -> tuple[str, str]:
    """``ABC COMPANY12345678`` → name and number: the longest run of digits at the end."""
    for at in range(len(text)):
        if _NUMBER.match(text[at:]) and (at == 0 or not text[at - 1].isdigit()):
            return text[:at].strip(), text[at:]
    return text.strip(), ""


class Panasonic(TextDecoder):
    """Lines of the SMDR port or of its telnet session."""

    filler = " "

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.pattern = str(self.option("pattern", "auto"))
        self.order = str(self.option("date_order", "dmy"))
        self.time_is_end = self.option("time_is", "end") == "end"

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if _RULE.match(text) or text.lstrip().startswith(("Date ", "DATE ")):
            return Decoded(skipped="page-header")
        if not _DATE.match(text[:8]):
            raise refused("not-a-ticket", value=text.strip())
        pattern = self._pattern(text)
        if pattern is None:
            return self._without_duration(text)
        row = {field: text[first:last].strip() for field, (first, last) in PLACES[pattern].items()}
        found = _DURATION.match(row["duration"])
        if not found:
            raise refused("bad-duration", "duration", value=row["duration"])
        talk = clock_seconds(":".join(found.groups()), "duration")
        rang = _RING.match(row.get("ring", ""))
        ring = int(rang.group(1)) * 60 + int(rang.group(2)) if rang else 0
        start = self._moment(row["date"], row["time"], remarks)
        if self.time_is_end:
            start = self.clock.of(start - dt.timedelta(seconds=talk + ring))
        return one(self._segment(row, start, (ring, talk), remarks), remarks)

    def _pattern(self, text: str) -> str | None:
        if self.pattern in PATTERNS:
            return self.pattern
        for name, places in PLACES.items():
            first, last = places["duration"]
            if _DURATION.match(text[first:last]):
                return name
        return None

    def _without_duration(self, text: str) -> Decoded:
        """Activity of an extension (log in, check in, wake-up call): told by words where a number would stand."""
        dial = text[PLACES["A"]["co"][0] :].strip()
        if _TIME.match(text[9:16].strip()) and any(letter.isalpha() for letter in dial) and "'" not in dial:
            return Decoded(skipped="activity")
        raise refused("bad-duration", "duration", value=text[24:].strip())

    def _moment(self, date: str, time: str, remarks: list[Issue]) -> dt.datetime:
        day, hour = _DATE.match(date), _TIME.match(time)
        if not day:
            raise refused("bad-time", "date", value=date)
        if not hour or (hour.group(3) and not 1 <= int(hour.group(1)) <= 12):
            raise refused("bad-time", "time", value=time)
        hours = int(hour.group(1))
        if hour.group(3):
            hours = hours % 12 + (12 if hour.group(3).upper() == "PM" else 0)
        parts = dict(zip(self.order, map(int, day.groups()), strict=True))
        return self.clock.local(
            (2000 + parts["y"], parts["m"], parts["d"], hours, int(hour.group(2)), 0, 0),
            "date",
            remarks,
            f"{date} {time}",
        )

    def _segment(
        self, row: Mapping[str, str], start: dt.datetime, times: tuple[int, int], remarks: list[Issue]
    ) -> Segment:
        dial, code = row["dial"], row["cd"].upper()
        incoming = "<I>" in dial or "<D>" in dial
        internal = None if incoming else _INTERCOM.match(dial)
        way = Way.IN if incoming else Way.INTERNAL if internal else Way.OUT
        ddi, name, number, added = self._numbers(dial, internal.group(1) if internal else "")
        owner = row["ext"]
        doorphone = owner[:1] in {"D", "T", "*"} and owner[1:].isdigit()
        answered = times[1] > 0 and code != "NA"
        charge, currency = self._cost(row.get("cost", ""), remarks)
        party = "" if doorphone else owner
        return Segment(
            start=start,
            way=way,
            outcome=Outcome.ANSWERED if answered else Outcome.UNKNOWN if code == "RC" else Outcome.MISSED,
            caller=number if incoming else party,
            called=owner if incoming else number.replace("P", "").replace("F", ""),
            dialled=(ddi or owner) if incoming else number,
            party1=party,
            party2=number if internal else "",
            reached=(party if incoming else number) if answered and way is not Way.OUT else "",
            trunk="" if internal else row["co"],
            ring=times[0],
            talk=times[1],
            account_code=row["acc"],
            auth_code=owner[1:] if doorphone and owner[0] == "*" else "",
            cause=code,
            is_transfer=code == "TR",
            is_forward=code == "FW",
            pbx_charge=charge,
            pbx_currency=currency,
            extra=filled({
                "name": name, "condition": CONDITIONS.get(code, ""), "added_digits": added,
                "device": owner if doorphone else "",
            }),
        )  # fmt: skip

    @staticmethod
    def _numbers(dial: str, internal: str) -> tuple[str, str, str, str]:
        """DDI, name of the other side, its number, digits added after a transfer."""
        if internal:
            return "", "", internal, ""
        if "<I>" in dial or "<D>" in dial:
            before, _, after = dial.partition("<I>")
            return name_and_number(before.replace("<D>", ""))[1], *name_and_number(after), ""
        name, number = name_and_number(dial)
        # What stands before "=" is the access code of a PBX behind which this one is.
        number, _, added = number.rpartition("=")[2].partition("-")
        return "", name, number, added

    @staticmethod
    def _cost(text: str, remarks: list[Issue]) -> tuple[int | None, str]:
        found = _COST.match(text)
        if not found:
            return charge_of(text, "cost", remarks), ""
        charge = charge_of(found.group(1).lstrip("0") or "0", "cost", remarks)
        return (charge, found.group(2)) if charge else (None, "")


OPTIONS = (
    Option("pattern", "choice", "auto", N_("Pattern of the printout"), ("auto", *PATTERNS)),
    Option("date_order", "choice", "dmy", N_("Order of the date"), ("dmy", "mdy", "ymd")),
    Option(
        "time_is",
        "choice",
        "end",
        N_("The time written is that of the start or of the end of the call"),
        ("end", "start"),
    ),
)
DECODER = DecoderInfo("panasonic", N_("Panasonic KX (SMDR)"), Panasonic, OPTIONS)
