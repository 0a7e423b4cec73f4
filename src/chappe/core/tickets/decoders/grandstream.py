"""Grandstream UCM: Asterisk's columns and some more, whose ``lastdata`` may hold commas that nothing quotes.

The three times and the disposition behind ``lastdata`` are the anchor that puts a shifted line back. JSON of the
UCM's interface is read too.
"""

import datetime as dt
import re
from collections.abc import Mapping

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, one
from chappe.core.tickets.contract import Decoded, Profile, Segment, Way
from chappe.core.tickets.decoders.asterisk import DISPOSITIONS, GMT, AsteriskRow
from chappe.core.tickets.faults import info, refused
from chappe.core.tickets.parties import OPTIONS as PARTY_OPTIONS
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells, flat, loads, objects_with

COLUMNS = (
    "AcctId", "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata",
    "start", "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield",
    "channel_ext", "dstchannel_ext", "service", "caller_name", "answer_by", "session", "action_owner", "action_type",
    "source_trunk_name", "destination_trunk_name", "new_src",
)  # fmt: skip
BEFORE_LASTDATA, FEWEST = 9, 22
#: What ``userfield`` of a UCM says.
WAYS: Mapping[str, Way] = {
    "inbound": Way.IN,
    "outbound": Way.OUT,
    "internal": Way.INTERNAL,
    "external": Way.TRANSIT,
}
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z", re.ASCII)


class Grandstream(HeaderDecoder):
    """Lines of the real-time output, of an export with header, or JSON."""

    limit = 1 << 22

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.header = Header(COLUMNS, COLUMNS)
        self.rows = AsteriskRow(profile, self)

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if text.lstrip()[:1] in {"{", "["}:
            found = [self._segment(flat(node), remarks) for node in objects_with(loads(text), "start")]
            if not found:
                raise refused("missing-field", "start")
            return Decoded(tuple(found), tuple(remarks))
        cells = csv_cells(text)
        if self.header.is_header(cells):
            self.header.learn(cells)
            return HEADER
        return one(self._segment(self.header.row(self._in_place(cells, remarks)), remarks), remarks)

    def _in_place(self, cells: list[str], remarks: list[Issue]) -> list[str]:
        if len(cells) < FEWEST:
            raise refused("too-few-fields", found=len(cells), expected=FEWEST)
        if self.header.learned:
            return cells
        for at in range(BEFORE_LASTDATA + 1, len(cells) - 5):
            if _TIME.match(cells[at]) and _TIME.match(cells[at + 2]) and cells[at + 5].upper() in DISPOSITIONS:
                if at == BEFORE_LASTDATA + 1:
                    return cells
                remarks.append(info("comma-repaired", "lastdata"))
                return [*cells[:BEFORE_LASTDATA], ",".join(cells[BEFORE_LASTDATA:at]), *cells[at:]]
        raise refused("not-a-ticket", value=",".join(cells))

    def _segment(self, row: Row, remarks: list[Issue]) -> Segment:
        if row.get("session"):
            row["linkedid"] = row["session"]
        if row.get("caller_name") and not row.get("clid"):
            row["clid"] = row["caller_name"]
        said = WAYS.get(row.get("userfield", "").casefold())
        return self.rows.segment(row, remarks, said)


DECODER = DecoderInfo("grandstream", N_("Grandstream UCM"), Grandstream, (GMT, *PARTY_OPTIONS), COLUMNS, framing="csv")
