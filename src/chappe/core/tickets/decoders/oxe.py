"""Alcatel-Lucent OmniPCX Enterprise: the fixed-width accounting ticket (772-byte frames) and its tab-separated export.

Fields and widths stand in FIELDS, in the order of the ticket. Frames that are no accounting ticket (empty,
management, VoIP, keepalive) are skipped. The framing itself is the collector's business.
"""

import datetime as dt
import re
from collections.abc import Mapping

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, TextDecoder, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Segment, Way
from chappe.core.tickets.faults import refused, warning
from chappe.core.tickets.text import charge_of, count_of, seconds_of

FRAME = 772  # bytes: a label of 4, the fields, and filling
FIELDS: Mapping[str, int] = {
    "TicketVersion": 5, "CalledNumber": 30, "ChargedNumber": 30, "ChargedUserName": 20, "ChargedCostCenter": 10,
    "ChargedCompany": 16, "ChargedPartyNode": 5, "Subaddress": 20, "CallingNumber": 30, "CallType": 2, "CostType": 1,
    "EndDateTime": 17, "ChargeUnits": 5, "CostInfo": 10, "Duration": 10, "TrunkIdentity": 5, "TrunkGroupIdentity": 5,
    "TrunkNode": 5, "PersonalOrBusiness": 1, "AccessCode": 16, "SpecificChargeInfo": 7, "BearerCapability": 1,
    "HighLevelComp": 2, "DataVolume": 10, "UserToUserVolume": 5, "ExternalFacilities": 40, "InternalFacilities": 40,
    "CallReference": 10, "SegmentsRate1": 10, "SegmentsRate2": 10, "SegmentsRate3": 10, "ComType": 1, "X25In": 2,
    "X25Out": 2, "Carrier": 2, "InitialDialledNumber": 30, "WaitingDuration": 5, "EffectiveCallDuration": 10,
    "RedirectedCallIndicator": 1, "StartDateTime": 17, "ActingExtensionNumber": 30, "CalledNumberNode": 5,
    "CallingNumberNode": 5, "InitialDialledNumberNode": 5, "ActingExtensionNumberNode": 5,
    "TransitTrunkGroupIdentity": 5, "NodeTimeOffset": 6, "TimeDlt": 6,
}  # fmt: skip
WIDTH = sum(FIELDS.values())
#: Without the fields after the start: older versions end there.
SHORTEST = WIDTH - sum(list(FIELDS.values())[-8:])
#: CallType: name and direction. Calls over the private network count as inside, unless a trunk to the public one shows.
CALL_TYPES: Mapping[str, tuple[str, Way]] = {
    "0": ("OC", Way.OUT),
    "1": ("OCP", Way.OUT),
    "2": ("PN", Way.INTERNAL),
    "3": ("LN", Way.INTERNAL),
    "4": ("IC", Way.IN),
    "5": ("ICP", Way.IN),
    "6": ("UN", Way.UNKNOWN),
    "7": ("PO", Way.OUT),
    "8": ("POP", Way.OUT),
    "9": ("IP", Way.IN),
    "10": ("PIP", Way.IN),
    "11": ("PPO", Way.TRANSIT),
    "12": ("PPI", Way.TRANSIT),
    "13": ("PIC", Way.IN),
    "14": ("LL", Way.INTERNAL),
    "15": ("LT", Way.INTERNAL),
}
#: What the first bytes of a frame announce, when it is no accounting ticket.
OTHER_FRAMES: Mapping[bytes, str] = {
    b"\x01\x00\x01\x00": "empty-ticket",
    b"\x01\x00\x06\x00": "management-ticket",
    b"\x01\x00\x07\x00": "voip-ticket",
}
TICKET_LABEL = b"\x01\x00\x02\x00"
_VERSION = re.compile(r"ED\d\.\d\Z", re.ASCII)
_DATE = re.compile(r"\d{8} \d\d:\d\d:\d\d\Z", re.ASCII)
NOT_EXTRA = frozenset({
    "CalledNumber", "ChargedUserName", "CallingNumber", "EndDateTime", "Duration", "StartDateTime", "CostInfo",
    "AccessCode", "WaitingDuration", "EffectiveCallDuration", "ActingExtensionNumber",
})  # fmt: skip


class Oxe(TextDecoder):
    """Frames (with or without their label of 4 bytes) or lines of an export."""

    filler = " "

    def decode(self, raw: bytes, *, received: dt.datetime) -> Decoded:
        label = raw[:4]
        if label in OTHER_FRAMES:
            return Decoded(skipped=OTHER_FRAMES[label])
        if b"TEST_REQ" in raw[:12] or b"TEST_RSP" in raw[:12]:
            return Decoded(skipped="keepalive")
        if label == TICKET_LABEL:
            raw = raw[4:]
            # The filling of a frame is no fault to tell.
            raw = raw.rstrip(b"\0").replace(b"\0", b" ")
        return super().decode(raw, received=received)

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if "\t" in text:
            cells = [cell.strip() for cell in text.split("\t")]
            if cells[0] in {"TicketVersion", "Ticket Version"}:
                return HEADER
        else:
            cells = self._cut(text)
        if len(cells) < 40:
            raise refused("too-few-fields", found=len(cells), expected=len(FIELDS))
        row = dict(zip(FIELDS, cells, strict=False))
        if not _VERSION.match(row["TicketVersion"]):
            raise refused("not-a-ticket", value=text)
        return one(self._segment(row, remarks), remarks)

    def _cut(self, text: str) -> list[str]:
        at = 0 if _VERSION.match(text[:5]) else 4 if _VERSION.match(text[4:9]) else -1
        if at < 0:
            raise refused("not-a-ticket", value=text)
        if len(text) - at < SHORTEST:
            raise refused("too-short", found=len(text), expected=WIDTH)
        cells = []
        for width in FIELDS.values():
            cells.append(text[at : at + width].strip())
            at += width
        return cells

    def _segment(self, row: Mapping[str, str], remarks: list[Issue]) -> Segment:
        length = seconds_of(row["Duration"] or "0", "Duration")
        talk = seconds_of(row["EffectiveCallDuration"] or "0", "EffectiveCallDuration") or length
        ring = count_of(row["WaitingDuration"], "WaitingDuration", remarks)
        start = self._start(row, length, remarks)
        name, way = self._kind(row["CallType"], remarks)
        cost = self._cost(row["CostInfo"], remarks)
        charged, acting = row["ChargedNumber"], row.get("ActingExtensionNumber", "")
        called, incoming = row["CalledNumber"], way is Way.IN
        trunk = "-".join(filter(None, (row["TrunkGroupIdentity"].lstrip("0"), row["TrunkIdentity"].lstrip("0"))))
        target = called if incoming or way is Way.INTERNAL else ""
        reference = row["CallReference"]
        return Segment(
            start=start,
            key=f"{row['ChargedPartyNode']}/{reference}" if reference.strip("0") else "",
            way=way,
            outcome=Outcome.ANSWERED if talk else Outcome.MISSED,
            caller=row["CallingNumber"],
            called=called,
            dialled=row["InitialDialledNumber"] or called,
            party1=(target or charged) if incoming else charged or row["CallingNumber"],
            party1_name=row["ChargedUserName"],
            party2=target if way is Way.INTERNAL else "",
            reached=(acting or target) if talk and (incoming or way is Way.INTERNAL) else "",
            trunk=trunk,
            trunk_in=row.get("TransitTrunkGroupIdentity", "").lstrip("0") if way is Way.TRANSIT else "",
            ring=ring,
            talk=talk,
            account_code=row["AccessCode"],
            cause=name,
            is_transfer=bool(acting and acting not in {charged, row["CallingNumber"]} and not incoming),
            is_forward=row["RedirectedCallIndicator"] not in {"", "0"},
            pbx_charge=cost,
            pbx_currency=str(self.option("currency", "EUR")) if cost else "",
            extra=filled({key: value for key, value in row.items() if key not in NOT_EXTRA and value.strip("0")}),
        )

    def _start(self, row: Mapping[str, str], length: int, remarks: list[Issue]) -> dt.datetime:
        text = row.get("StartDateTime", "")
        if _DATE.match(text):
            return self.clock.read(text, "StartDateTime", remarks)
        end = row["EndDateTime"]
        if not _DATE.match(end):
            raise refused("bad-time", "EndDateTime", value=end)
        return self.clock.of(self.clock.read(end, "EndDateTime", remarks) - dt.timedelta(seconds=length))

    def _cost(self, text: str, remarks: list[Issue]) -> int | None:
        """A whole number of the unit the PBX is set to (cents by default), or a plain decimal."""
        cost = charge_of(text.lstrip("0") or "0", "CostInfo", remarks)
        if cost and "." not in text and "," not in text:
            cost //= 10 ** min(9, max(0, int(self.option("cost_decimals", 2))))
        return cost or None

    @staticmethod
    def _kind(code: str, remarks: list[Issue]) -> tuple[str, Way]:
        found = CALL_TYPES.get(code.lstrip("0") or "0") if code else None
        if found is None:
            remarks.append(warning("bad-direction", "CallType", value=code))
            return code, Way.UNKNOWN
        return found


OPTIONS = (
    Option("currency", "text", "EUR", N_("Currency of the cost counted by the PBX")),
    Option("cost_decimals", "int", 2, N_("Decimals of the cost counted by the PBX")),
)
DECODER = DecoderInfo("alcatel-oxe", N_("Alcatel-Lucent OmniPCX Enterprise"), Oxe, OPTIONS, framing="oxe")
