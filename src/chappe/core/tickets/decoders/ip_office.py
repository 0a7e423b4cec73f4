"""Avaya IP Office SMDR: one comma-separated line a segment, 17 to 37 fields by version, never quoted.

Fields and codes follow Avaya's description of SMDR. Names are not quoted, so a comma in one shifts what follows: the
device codes before each name and the two whole numbers behind the second put it back. Never guesses an outside prefix.
"""

import datetime as dt
import re

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, TextDecoder
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import info, refused, warning
from chappe.core.tickets.quick import quick_segment
from chappe.core.tickets.text import charge_of, clock_seconds, count_of, without_host

FEWEST, MOST = 17, 37
#: Lengths the versions of IP Office write (a trailing comma gives 31), to choose between two repairs.
KNOWN_LENGTHS = frozenset({17, 30, 31, 35, 36, 37})
#: Names of fields 18 to 37, as kept in ``extra``.
TAIL = (
    "auth_valid", "auth_code", "user_charged", "call_charge", "currency", "amount_at_last_user_change", "call_units",
    "units_at_last_user_change", "cost_per_unit", "mark_up", "targeting_cause", "targeter", "targeted_number",
    "caller_server", "caller_unique_id", "called_server", "called_unique_id", "record_time", "consent",
    "number_verification",
)  # fmt: skip
RECORD_TIME = FEWEST + TAIL.index("record_time")
LAST = TAIL[TAIL.index("record_time") :]
CAUSE_SOURCES = frozenset({"HG", "U", "LINE", "AA", "ICR", "RAS", "MT"})
FORWARDS = frozenset({"fb", "fu", "fnr", "fdnd", "MT", "TW"})  # busy, always, no reply, do not disturb, twinning, home
TRANSFERS = frozenset({"XfP", "Xfd"})
CONFERENCES = frozenset({"CfP", "Cfd"})
#: Kinds of device: extension, trunk, voicemail, conference, other party, none.
EXTENSION, TRUNK, VOICEMAIL, CONFERENCE, OTHER, NOBODY = "E", "T", "V", "C", "U", ""
PLAIN = frozenset({EXTENSION, TRUNK, NOBODY})
_DEVICE = re.compile(r"([A-Za-z]{1,2})(\d{1,15})\Z", re.ASCII)
_COUNT = re.compile(r"\d{0,7}\Z", re.ASCII)
_AMOUNT = re.compile(r"-?\d*\.?\d*\Z", re.ASCII)
_NUMBER = re.compile(r"[+\d*#]*(?:@\S+)?\Z", re.ASCII)
_NAMED = (("user_charged", 19, _AMOUNT), ("targeter", 28, _NUMBER))  # names of the tail, and what stands behind them
_AUTOMATIC_NAME = re.compile(r"[Ee]xtn(\d+)\Z", re.ASCII)
_REMEMBERED = 50_000
_LENGTHS = [dt.timedelta(seconds=seconds) for seconds in range(7200)]


def device_kind(code: str, name: str) -> str:
    """Kind of a device by its code (``E201``, ``T9001``, ``V9502``…) and, for the V ones, its name."""
    letter = code[:1]
    if letter in PLAIN:
        return letter
    if letter == "V" and code[1:].isdigit():
        number = int(code[1:])
        if name.startswith("VM Channel") or (9500 <= number < 9550 and not name.startswith("CO ")):
            return VOICEMAIL
        if name.startswith("CO Channel") or 11000 <= number < 12000 or 9550 <= number < 9600:
            return CONFERENCE
    return OTHER


def _is_header(f: list[str]) -> bool:
    """A line of headings, as some collectors write before the tickets."""
    return len(f) >= 5 and not any(map(str.isdigit, f[0])) and any(map(str.isalpha, f[0]))


class IpOffice(TextDecoder):
    """Decoder of the lines. Keeps memos of what it has seen, for speed alone."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._durations: dict[str, int] = {}
        self._devices: set[str] = {""}
        self._counts: dict[str, int] = {"": 0, "0": 0}

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        f = text.rstrip(",").split(",")  # most versions end in commas
        if len(f) < FEWEST:
            f = text.split(",")
            if not f[0][:1].isdigit() and _is_header(f):
                return HEADER
            if len(f) < FEWEST:
                raise refused("too-few-fields", found=len(f), expected=FEWEST)
        devices, counts = self._devices, self._counts
        hold, park = counts.get(f[15]), counts.get(f[16])
        if hold is None or park is None or f[11] not in devices or f[13] not in devices or (f[14] and not f[13]):
            if not f[0][:1].isdigit() and _is_header(f):
                return HEADER
            if not self._in_place(f) or (f[14] and not f[13]):
                f = self._repaired(f, remarks)
            hold, park = self._count(f[15], "hold_time", remarks), self._count(f[16], "park_time", remarks)
        if len(f) > FEWEST:
            f = self._tail(f, remarks)
        start = self._start(f[0], remarks)
        talk = self._durations.get(f[1])
        if talk is None:
            talk = self._duration(f[1])
        ring = counts.get(f[2])
        if ring is None:
            ring = self._count(f[2], "ring_time", remarks)
        return Decoded((self._segment(f, start, (ring, talk, hold, park), remarks),), tuple(remarks))

    def _in_place(self, f: list[str]) -> bool:
        """Whether devices and counts stand where they should: no comma shifted them."""
        return (
            self._is_device(f[13])
            and _COUNT.match(f[15]) is not None
            and _COUNT.match(f[16]) is not None
            and self._is_device(f[11])
        )

    def _segment(
        self, f: list[str], start: dt.datetime, times: tuple[int, int, int, int], remarks: list[Issue]
    ) -> Segment:
        ring, talk, hold, park = times
        kinds = kind1, kind2 = device_kind(f[11], f[12]), device_kind(f[13], f[14])
        if OTHER in kinds:
            self._odd_devices(f, remarks)
        way = self._way(f, kind1, kind2, remarks)
        answered = talk or hold or park
        caller, called, dialled = f[3], f[5], f[6]
        extra: dict[str, str] = {}
        if "@" in caller or ":" in caller:
            caller, host = without_host(caller)
            extra["caller_host"] = host
        if "@" in called or "@" in dialled or ":" in called or ":" in dialled:
            (called, host), (dialled, _) = without_host(called), without_host(dialled)
            extra["called_host"] = host
        party1, party2 = f[11][1:] if kind1 == EXTENSION else "", f[13][1:] if kind2 == EXTENSION else ""
        charge, currency, cause, targeter, began = None, "", "", "", None
        if len(f) > FEWEST:
            charge, currency, cause, targeter = self._spoken(f, (party1, party2), extra, remarks)
            began = self._began(f, start, ring + talk + hold + park, remarks)
        if TRUNK in kinds or OTHER in kinds:
            self._more_about_devices(f, kind1, kind2, extra)
        reason = cause.rpartition(" ")[2] if cause else ""
        if way is Way.IN:
            reached = party1 if answered else ""
        else:
            reached = party2 if answered and way is Way.INTERNAL else ""
        trunk1, trunk2 = f[11] if kind1 == TRUNK else "", f[13] if kind2 == TRUNK else ""
        return quick_segment(
            start, f"{f[9]}/{f[0]}", f[10] == "1", way, Outcome.ANSWERED if answered else Outcome.MISSED,
            caller, called, dialled, party1, f[12] if party1 else "", party2, f[14] if party2 else "", reached,
            trunk2 or trunk1, trunk1 if trunk2 else "", ring, talk, hold, park, began, f[7],
            extra.pop("auth_code", ""), targeter, cause,
            VOICEMAIL in kinds, CONFERENCE in kinds or reason in CONFERENCES, reason in TRANSFERS,
            reason in FORWARDS, charge, currency, extra,
        )  # fmt: skip

    def _way(self, f: list[str], kind1: str, kind2: str, remarks: list[Issue]) -> Way:
        inside = f[8]
        if inside not in {"0", "1"}:
            remarks.append(warning("bad-flag", "is_internal", value=inside, taken="0"))
        if inside == "1":
            return Way.INTERNAL
        if kind1 == kind2 == TRUNK:
            return Way.TRANSIT
        if f[4] == "I":
            return Way.IN
        if f[4] != "O":
            remarks.append(warning("bad-direction", "direction", value=f[4]))
            return Way.UNKNOWN
        # Listening to one's voicemail is written with either flag; without a trunk nothing left the house.
        kinds = (kind1, kind2)
        return Way.INTERNAL if VOICEMAIL in kinds and TRUNK not in kinds else Way.OUT

    def _spoken(
        self, f: list[str], parties: tuple[str, str], extra: dict[str, str], remarks: list[Issue]
    ) -> tuple[int | None, str, str, str]:
        """Charge, its currency, targeting cause and who pays instead; the other fields of the tail go to ``extra``."""
        if not "".join(f[FEWEST:RECORD_TIME]):  # the usual line says nothing but when it was written
            extra |= {
                name: value for name, value in zip(LAST, f[RECORD_TIME:], strict=False) if value and value != "n/a"
            }
            return None, "", "", ""
        extra |= {name: value for name, value in zip(TAIL, f[FEWEST:], strict=False) if value and value != "n/a"}
        charge: int | None = None
        cause, currency = extra.pop("targeting_cause", "").strip(), extra.pop("currency", "")
        if "call_charge" in extra:
            charge = charge_of(extra.pop("call_charge"), "call_charge", remarks)
            charge = charge if charge or currency else None
        who = extra.get("targeter", "")
        if not who or cause.rpartition(" ")[2] not in FORWARDS:
            return charge, currency, cause, ""
        automatic = _AUTOMATIC_NAME.match(who)
        if who == f[12] and parties[0]:
            return charge, currency, cause, parties[0]
        if who == f[14] and parties[1]:
            return charge, currency, cause, parties[1]
        return charge, currency, cause, automatic.group(1) if automatic else who

    def _began(self, f: list[str], start: dt.datetime, length: int, remarks: list[Issue]) -> dt.datetime | None:
        """When the segment began: the record's own time (R11) less what it lasted, never before the call."""
        if len(f) < 35 or not f[34]:
            return None
        written = self.clock.stamp(f[34], "record_time", remarks)
        began = written - _LENGTHS[length] if length < len(_LENGTHS) else written - dt.timedelta(seconds=length)
        return began if began > start else start

    def _start(self, text: str, remarks: list[Issue]) -> dt.datetime:
        if len(text) == 16:
            remarks.append(info("no-seconds", "call_start", value=text))
        return self.clock.stamp(text, "call_start", remarks)

    def _duration(self, text: str) -> int:
        seconds = clock_seconds(text, "connected_time")
        if len(self._durations) < _REMEMBERED:
            self._durations[text] = seconds
        return seconds

    def _count(self, text: str, field: str, remarks: list[Issue]) -> int:
        before = len(remarks)
        count = count_of(text, field, remarks)
        if len(remarks) == before and len(self._counts) < _REMEMBERED:
            self._counts[text] = count
        return count

    def _is_device(self, text: str) -> bool:
        if text in self._devices:
            return True
        if _DEVICE.match(text) is None:
            return False
        if len(self._devices) < _REMEMBERED:
            self._devices.add(text)
        return True

    @staticmethod
    def _odd_devices(f: list[str], remarks: list[Issue]) -> None:
        for field, code in (("party1_device", f[11]), ("party2_device", f[13])):
            if code and code[0] not in "ETVU":
                remarks.append(info("unknown-device", field, value=code))

    @staticmethod
    def _more_about_devices(f: list[str], kind1: str, kind2: str, extra: dict[str, str]) -> None:
        for kind, at, side in ((kind1, 11, "party1"), (kind2, 13, "party2")):
            if kind == TRUNK and f[at + 1]:
                extra["trunk_in_name" if at == 11 and kind2 == TRUNK else "trunk_name"] = f[at + 1]
            elif kind == OTHER:
                extra[f"{side}_device"] = f[at]
                extra[f"{side}_name"] = f[at + 1]

    def _repaired(self, f: list[str], remarks: list[Issue]) -> list[str]:
        """The fields again when commas in names shifted them; Refused when no device code tells where."""
        if not self._is_device(f[11]):
            raise refused("shifted-fields", "party1_device")
        best: list[str] | None = None
        for second in range(13, len(f) - 3):
            if not (self._is_device(f[second]) and (f[second] or not f[second + 1])):
                continue
            for hold in range(second + 2, len(f) - 1):
                if not (f[hold] and _COUNT.match(f[hold]) and _COUNT.match(f[hold + 1])):
                    continue
                found = [*f[:12], ",".join(f[12:second]), f[second], ",".join(f[second + 1 : hold]), *f[hold:]]
                if len(found) in KNOWN_LENGTHS:
                    remarks.append(info("comma-repaired", "party_name"))
                    return found
                best = best or found
        if best is None:
            if self._in_place(f):  # a name without a device, and no comma at all
                return f
            raise refused("shifted-fields", "party_name")
        remarks.append(info("comma-repaired", "party_name"))
        return best

    @staticmethod
    def _tail(f: list[str], remarks: list[Issue]) -> list[str]:
        """Commas in the two names of the tail put back; empty surplus dropped, other surplus told."""
        for name, at, behind in _NAMED:
            if len(f) <= at or not f[at]:
                continue
            end = at + 1
            while end < len(f) and not behind.match(f[end]):
                end += 1
            if end > at + 1 and end < len(f):
                f = [*f[:at], ",".join(f[at:end]), *f[end:]]
                remarks.append(info("comma-repaired", name))
        if len(f) > MOST:
            if any(f[MOST:]):
                remarks.append(warning("surplus-fields", found=len(f), expected=MOST))
            f = f[:MOST]
        return f


DECODER = DecoderInfo("avaya-ip-office", N_("Avaya IP Office (SMDR)"), IpOffice)
