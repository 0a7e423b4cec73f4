"""Cisco CUCM: CDR files with two header lines (names, then types), read by name because versions append columns.

Times are seconds since 1970; addresses are signed 32-bit numbers in reversed byte order. Quality records (CMR) and
start records are skipped. A call without duration is a real, missed call.
"""

import datetime as dt
import ipaddress
from collections.abc import Mapping

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused
from chappe.core.tickets.parties import OPTIONS as PARTY_OPTIONS
from chappe.core.tickets.parties import Inside, q850_outcome
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells
from chappe.core.tickets.text import seconds_of

COLUMNS = (
    "cdrRecordType", "globalCallID_callManagerId", "globalCallID_callId", "origLegCallIdentifier",
    "dateTimeOrigination", "origNodeId", "origSpan", "origIpAddr", "callingPartyNumber",
    "callingPartyUnicodeLoginUserID", "origCause_location", "origCause_value", "destLegIdentifier", "destNodeId",
    "destSpan", "destIpAddr", "originalCalledPartyNumber", "finalCalledPartyNumber",
    "finalCalledPartyUnicodeLoginUserID", "destCause_location", "destCause_value", "dateTimeConnect",
    "dateTimeDisconnect", "lastRedirectDn", "pkid", "duration", "origDeviceName", "destDeviceName",
    "origCalledPartyRedirectReason", "lastRedirectRedirectReason", "globalCallId_ClusterID", "comment",
    "clientMatterCode", "authorizationCodeValue", "huntPilotDN", "outpulsedCallingPartyNumber",
    "outpulsedCalledPartyNumber", "origIpv4v6Addr", "destIpv4v6Addr",
)  # fmt: skip
SKIPPED = {"0": "start", "2": "quality"}  # kinds of record that are no calls
PHONES = ("SEP", "CSF", "TCT", "BOT", "TAB", "ATA", "CIPC", "UCCX", "CTI", "VGC")
CALL_SPLIT = 393216  # the leg went on under another leg: transfer, conference
FORWARDS = frozenset({"1", "2", "3", "15"})  # busy, no answer, ring no answer of a group, always
#: What tells calls apart, the number of the call first: lists show what stands before the "/".
KEY = ("globalCallID_callId", "globalCallID_callManagerId", "globalCallId_ClusterID")
KEPT = (
    "finalCalledPartyNumber", "finalCalledPartyUnicodeLoginUserID", "origDeviceName", "destDeviceName", "huntPilotDN",
    "lastRedirectDn", "comment", "pkid", "outpulsedCallingPartyNumber", "outpulsedCalledPartyNumber",
)  # fmt: skip


def address_of(number: str) -> str:
    """``-2113732412`` → ``196.0.3.130``: signed 32 bits, first byte lowest. Empty when it is no address."""
    try:
        value = int(number)
        return str(ipaddress.IPv4Address(value.to_bytes(4, "little", signed=value < 0))) if value else ""
    except (ValueError, OverflowError):
        return ""


def _extra(row: Row) -> dict[str, str]:
    extra = {name: row.get(name, "") for name in KEPT}
    extra["caller_ip"] = row.get("origIpv4v6Addr", "") or address_of(row.get("origIpAddr", ""))
    extra["called_ip"] = row.get("destIpv4v6Addr", "") or address_of(row.get("destIpAddr", ""))
    return filled(extra)


class Cucm(HeaderDecoder):
    """Lines of a CDR file. Without a header nothing is read, unless the profile gives the columns."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.header = Header(COLUMNS, profile.columns)
        self.inside = Inside.of(profile)
        self.phones = tuple(self.option("phone_devices", PHONES))

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        cells = csv_cells(text)
        if cells[0].strip() == "cdrRecordType":
            self.header.learn(cells)
            return HEADER
        if cells[0].strip().upper().startswith(("INTEGER", "VARCHAR")):
            return HEADER
        if not self.header.names:
            raise refused("no-header")
        if len(cells) < len(self.header.names):
            raise refused("too-few-fields", found=len(cells), expected=len(self.header.names))
        row = self.header.row(cells)
        kind = row.get("cdrRecordType", "")
        if kind in SKIPPED:
            return Decoded(skipped=SKIPPED[kind])
        if kind != "1":
            raise refused("not-a-ticket", value=text)
        return one(self._segment(row), remarks)

    def _segment(self, row: Row) -> Segment:
        start = self.clock.epoch(row.get("dateTimeOrigination", ""), "dateTimeOrigination")
        talk = seconds_of(row.get("duration", "") or "0", "duration")
        connect, end = (self._moment(row, name) for name in ("dateTimeConnect", "dateTimeDisconnect"))
        rang_until = connect or end
        ring = max(0, int((rang_until - start).total_seconds())) if rang_until else 0
        causes = row.get("origCause_value", "") or "0", row.get("destCause_value", "") or "0"
        way, trunk, trunk_in = self._way(row)
        return self._filled(row, start, (ring, talk), (way, trunk, trunk_in), causes, connect is not None)

    def _filled(
        self, row: Row, start: dt.datetime, times: tuple[int, int], side: tuple[Way, str, str],
        causes: tuple[str, str], connected: bool,
    ) -> Segment:  # fmt: skip
        way, trunk, trunk_in = side
        caller, final = row.get("callingPartyNumber", ""), row.get("finalCalledPartyNumber", "")
        dialled = row.get("originalCalledPartyNumber", "") or final
        outside = way in {Way.OUT, Way.TRANSIT}
        cause = next((each for each in causes if each not in {"0", ""}), "0")
        number = int(cause) if cause.isascii() and cause.isdigit() and len(cause) < 10 else 0
        forwarded = bool({row.get("origCalledPartyRedirectReason"), row.get("lastRedirectRedirectReason")} & FORWARDS)
        answered = connected or times[1] > 0
        user, target = row.get("callingPartyUnicodeLoginUserID", ""), row.get("finalCalledPartyUnicodeLoginUserID", "")
        return Segment(
            start=start,
            key="/".join(row.get(name, "") for name in KEY),
            way=way,
            outcome=Outcome.ANSWERED if answered else q850_outcome(number, 0),
            caller=caller,
            called=final if outside else dialled,
            dialled=dialled,
            party1=final if way is Way.IN else "" if way is Way.TRANSIT else caller,
            party1_name=target if way is Way.IN else "" if way is Way.TRANSIT else user,
            party2=final if way is Way.INTERNAL else "",
            party2_name=target if way is Way.INTERNAL else "",
            reached=final if answered and way in {Way.IN, Way.INTERNAL} else "",
            trunk=trunk or trunk_in,
            trunk_in=trunk_in if trunk else "",
            ring=times[0],
            talk=times[1],
            account_code=row.get("clientMatterCode", ""),
            auth_code=row.get("authorizationCodeValue", ""),
            targeter=row.get("lastRedirectDn", "") if forwarded and outside else "",
            cause="/".join(causes),
            is_conference="ConfControllerDn" in row.get("comment", "") or final.startswith("b00"),
            is_transfer=str(CALL_SPLIT) in causes,
            is_forward=forwarded,
            extra=_extra(row),
        )

    def _way(self, row: Row) -> tuple[Way, str, str]:
        """Direction, trunk to the outside, trunk from the outside: by devices, else by numbers."""
        source, target = row.get("origDeviceName", ""), row.get("destDeviceName", "")
        if not source and not target:
            return self.inside.way(row.get("callingPartyNumber", ""), row.get("finalCalledPartyNumber", "")), "", ""
        from_phone, to_phone = source.startswith(self.phones), target.startswith(self.phones)
        if from_phone and (to_phone or (not target and self.inside.has(row.get("finalCalledPartyNumber", "")))):
            return Way.INTERNAL, "", ""
        if from_phone:
            return Way.OUT, target, ""
        if to_phone or not target:
            return Way.IN, "", source
        return Way.TRANSIT, target, source

    def _moment(self, row: Mapping[str, str], name: str) -> dt.datetime | None:
        text = row.get(name, "")
        return self.clock.epoch(text, name) if text.strip("0") else None


PHONE_DEVICES = Option("phone_devices", "list", PHONES, N_("How the names of phones begin (other devices are trunks)"))
DECODER = DecoderInfo(
    "cisco-cucm", N_("Cisco Unified Communications Manager"), Cucm, (PHONE_DEVICES, *PARTY_OPTIONS),
    framing="csv", takes_columns=True,
)  # fmt: skip
