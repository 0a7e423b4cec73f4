"""Asterisk: Master.csv (16, 17 or 18 columns), cdr_custom in any order, exports of the ``cdr`` table with a header.

One row is one leg; rows of one call share ``linkedid``, else ``uniqueid``. Grandstream's UCM writes the same columns
and reads them with ``AsteriskRow`` too.
"""

import datetime as dt
import re
from collections.abc import Mapping

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, TextDecoder, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused, warning
from chappe.core.tickets.parties import OPTIONS as PARTY_OPTIONS
from chappe.core.tickets.parties import Inside
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells
from chappe.core.tickets.text import seconds_of

MASTER = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata",
    "start", "answer", "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
COLUMNS = (*MASTER, "uniqueid", "userfield", "linkedid", "peeraccount", "sequence", "calldate", "did", "recordingfile")
#: Names of the manager's event, and of other exports.
ALIASES = {
    "Source": "src", "Destination": "dst", "DestinationContext": "dcontext", "CallerID": "clid",
    "DestinationChannel": "dstchannel", "LastApplication": "lastapp", "StartTime": "start", "AnswerTime": "answer",
    "EndTime": "end", "BillableSeconds": "billsec", "answerdate": "answer", "hangupdate": "end",
}  # fmt: skip
DISPOSITIONS: Mapping[str, Outcome] = {
    "ANSWERED": Outcome.ANSWERED,
    "NO ANSWER": Outcome.MISSED,
    "NOANSWER": Outcome.MISSED,
    "CANCEL": Outcome.MISSED,
    "BUSY": Outcome.BUSY,
    "FAILED": Outcome.FAILED,
    "CONGESTION": Outcome.FAILED,
}
VOICEMAILS = frozenset({"voicemail", "voicemailmain", "minivmrecord"})
CONFERENCES = frozenset({"confbridge", "meetme", "conference"})
TRANSFERS = frozenset({"transfer", "blindtransfer", "attendedtransfer"})
INBOUND = ("from-trunk", "from-pstn", "from-did-direct", "from-external", "ext-did", "incoming", "inbound")
_CLID = re.compile(r'\s*"?([^"<]*)"?\s*(?:<[^>]*>)?\s*\Z')
_UNIQUE = re.compile(r"(?:\S+-)?\d{6,}\.\d+\Z", re.ASCII)
NOT_EXTRA = frozenset({"src", "dst", "start", "calldate", "duration", "billsec", "accountcode", "disposition"})
GMT = Option("gmt", "bool", False, N_("Times are written in GMT (usegmtime=yes)"))
INBOUND_CONTEXTS = Option("inbound_contexts", "list", INBOUND, N_("Dialplan contexts of incoming calls"))


def peer_of(channel: str) -> str:
    """``PJSIP/ovh-0000002a`` → ``ovh``; ``Local/201@from-internal-1;2`` → ``201``; ``""`` → ``""``."""
    _, slash, rest = channel.partition("/")
    if not slash:
        return ""
    name = rest.rpartition("-")[0] or rest
    return name.partition("@")[0] if channel.startswith("Local/") else name


def dialled_peer(lastdata: str) -> str:
    """The peer that ``Dial`` was told to call: ``PJSIP/0612345678@ovh,60,tT`` → ``ovh``."""
    first = lastdata.split(",", 1)[0].split("&", 1)[0].split("|", 1)[0]
    _, slash, rest = first.partition("/")
    if not slash:
        return ""
    return rest.partition("@")[2] or rest.partition("/")[0]


class AsteriskRow:
    """From a row of named columns to a segment."""

    def __init__(self, profile: Profile, decoder: TextDecoder) -> None:
        self.inside = Inside.of(profile)
        self.clock = decoder.clock
        self.gmt = bool(profile.options.get("gmt", False))
        self.inbound = frozenset(profile.options.get("inbound_contexts", INBOUND))

    def segment(self, row: Row, remarks: list[Issue], said: Way | None = None) -> Segment:
        """The segment of a row; ``said`` is the direction when the format tells it."""
        started = row.get("start") or row.get("calldate", "")
        if not started:
            raise refused("missing-field", "start")
        start = self.clock.read(started, "start", remarks, utc=self.gmt)
        length = seconds_of(row.get("duration", "0") or "0", "duration")
        billed = seconds_of(row.get("billsec", "0") or "0", "billsec")
        disposition = row.get("disposition", "").upper()
        outcome = DISPOSITIONS.get(disposition)
        if outcome is None:
            remarks.append(warning("bad-outcome", "disposition", value=row.get("disposition", "")))
            outcome = Outcome.ANSWERED if billed else Outcome.UNKNOWN
        talk = billed if outcome is Outcome.ANSWERED else 0
        return self._segment(row, start, (max(0, length - talk), talk), outcome, said)

    def _segment(
        self, row: Row, start: dt.datetime, times: tuple[int, int], outcome: Outcome, said: Way | None
    ) -> Segment:
        caller, called = row.get("src", ""), row.get("dst", "")
        peer1, peer2 = peer_of(row.get("channel", "")), peer_of(row.get("dstchannel", ""))
        peer2 = peer2 or dialled_peer(row.get("lastdata", ""))
        app = row.get("lastapp", "").casefold()
        way = said or self._way(row, (peer1, peer2), app)
        answered_by = peer2 if self.inside.has(peer2) else ""
        found = _CLID.match(row.get("clid", ""))
        name = found.group(1).strip() if found else ""
        incoming = way in {Way.IN, Way.TRANSIT}
        target = answered_by or (called if self.inside.has(called) else "")
        reached = "" if app in VOICEMAILS or outcome is not Outcome.ANSWERED or way is Way.OUT else target
        return Segment(
            start=start,
            key=row.get("linkedid") or row.get("uniqueid", ""),
            way=way,
            outcome=outcome,
            caller=caller,
            called=called,
            dialled=row.get("did") or called,
            party1=target if way is Way.IN else "" if incoming else caller if self.inside.has(caller) else peer1,
            party1_name=name if not incoming and name != caller else "",
            party2=target if way is Way.INTERNAL else "",
            reached=reached,
            trunk=peer2 if way in {Way.OUT, Way.TRANSIT} else peer1 if way is Way.IN else "",
            trunk_in=peer1 if way is Way.TRANSIT else "",
            ring=times[0],
            talk=times[1],
            account_code=row.get("accountcode", ""),
            is_voicemail=app in VOICEMAILS,
            is_conference=app in CONFERENCES,
            is_transfer=app in TRANSFERS,
            cause=row.get("disposition", ""),
            extra=filled({key: value for key, value in row.items() if key not in NOT_EXTRA}),
        )

    def _way(self, row: Row, peers: tuple[str, str], app: str) -> Way:
        caller, called = row.get("src", ""), row.get("dst", "")
        outside2 = bool(peers[1]) and not self.inside.has(peers[1])
        if row.get("dcontext", "") in self.inbound:
            return Way.TRANSIT if outside2 and app == "dial" and not self.inside.has(called) else Way.IN
        if app in VOICEMAILS and self.inside.has(caller):
            return Way.INTERNAL
        if self.inside.has(peers[0]) or self.inside.has(caller):
            if outside2:
                return Way.OUT
            return Way.INTERNAL if peers[1] else self.inside.way(caller, called)
        if peers[0] and not self.inside.has(caller) and (self.inside.has(peers[1]) or self.inside.has(called)):
            return Way.IN
        return Way.TRANSIT if peers[0] and outside2 else self.inside.way(caller, called)


class Asterisk(HeaderDecoder):
    """Lines of CSV. A header line, if one comes, gives the order of the columns from then on."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.header = Header(COLUMNS, profile.columns, ALIASES)
        self.rows = AsteriskRow(profile, self)
        self.delimiter = str(self.option("delimiter", ","))

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        cells = csv_cells(text, self.delimiter)
        if self.header.is_header(cells):
            self.header.learn(cells)
            return HEADER
        return one(self.rows.segment(self._row(cells), remarks), remarks)

    def _row(self, cells: list[str]) -> Row:
        if self.header.names:
            if len(cells) != len(self.header.names):
                raise refused("wrong-field-count", found=len(cells), expected=len(self.header.names))
            return self.header.row(cells)
        if not 16 <= len(cells) <= 18:
            raise refused("wrong-field-count", found=len(cells), expected="16–18")
        names = list(MASTER)
        if len(cells) == 18:
            names += ["uniqueid", "userfield"]
        elif len(cells) == 17:
            names.append("uniqueid" if _UNIQUE.match(cells[16].strip()) else "userfield")
        return {name: cell.strip() for name, cell in zip(names, cells, strict=True)}


DELIMITER = Option("delimiter", "char", ",", N_("Separator of the columns"))
DECODER = DecoderInfo(
    "asterisk", N_("Asterisk (CSV)"), Asterisk, (GMT, INBOUND_CONTEXTS, DELIMITER, *PARTY_OPTIONS), COLUMNS,
    framing="csv", takes_columns=True,
)  # fmt: skip
