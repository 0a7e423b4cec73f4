"""Kamailio and OpenSIPS: the events of ``acc`` paired into calls, and rows of ``cdrs`` that are calls already.

An ``acc`` row is an event: the INVITE's 200 and the BYE of one dialogue make a call, in whichever order they come.
What waits for its other half is kept (within bounds) and can be carried to the next run with ``state``.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import info, refused, warning
from chappe.core.tickets.parties import OPTIONS as PARTY_OPTIONS
from chappe.core.tickets.parties import Inside, sip_outcome
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells, flat, loads
from chappe.core.tickets.text import seconds_of

COLUMNS = (
    "id", "method", "from_tag", "to_tag", "callid", "sip_code", "sip_reason", "time",
    "src_user", "src_domain", "src_ip", "dst_ouser", "dst_user", "dst_domain",
)  # fmt: skip
MORE = ("duration", "ms_duration", "setuptime", "created", "start_time", "end_time")
ALIASES = {
    "time_stamp": "time", "cdr_id": "id", "src_username": "src_user", "dst_username": "dst_user",
    "dst_ousername": "dst_ouser", "call_start_time": "start_time", "sip_call_id": "callid",
    "sip_from_tag": "from_tag", "sip_to_tag": "to_tag", "caller": "src_user", "callee": "dst_user",
}  # fmt: skip
MOST_OPEN = 100_000  # halves of calls kept in memory
NOT_EXTRA = frozenset({"src_user", "dst_user", "time", "start_time", "duration", "method"})


class Half(NamedTuple):
    """The event that came first: its row and its moment."""

    row: Row
    moment: dt.datetime


class Kamailio(HeaderDecoder):
    """Rows as CSV (with a header or in the usual order) or as JSON objects, one a record."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.header = Header((*COLUMNS, *MORE), profile.columns or COLUMNS, ALIASES)
        self.inside = Inside.of(profile)
        self.gmt = bool(self.option("gmt", False))
        self.delimiter = str(self.option("delimiter", ","))
        self._invites: dict[str, Half] = {}
        self._byes: dict[str, Half] = {}

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if text.lstrip().startswith("{"):
            document = loads(text)
            row = {self.header.name_of(name): value for name, value in flat(document).items()}
            return self._event(row, remarks)
        cells = csv_cells(text, self.delimiter)
        if self.header.is_header(cells):
            self.header.learn(cells)
            return HEADER
        if len(cells) < min(8, len(self.header.names)):
            raise refused("too-few-fields", found=len(cells), expected=len(self.header.names))
        return self._event(self.header.row(cells), remarks)

    def _event(self, row: Row, remarks: list[Issue]) -> Decoded:
        if row.get("duration") or row.get("ms_duration") or row.get("end_time"):
            return one(self._whole(row, remarks), remarks)
        method, code = row.get("method", "").upper(), row.get("sip_code", "") or "200"
        if not method:
            raise refused("missing-field", "method")
        if not method.isalpha() or not (code.isascii() and code.isdigit()):
            raise refused("not-a-ticket", value=",".join(row.values()))
        moment = self.clock.read(row.get("time", ""), "time", remarks, utc=self.gmt)
        if not row.get("callid"):
            raise refused("missing-field", "callid")
        if method == "INVITE" and not code.startswith("2"):
            return one(self._call(row, moment, 0, sip_outcome(code, 0)), remarks)
        if method not in {"INVITE", "BYE"}:
            return Decoded(skipped="other-method", issues=tuple(remarks))
        return self._pair(method, row, moment, remarks)

    def _pair(self, method: str, row: Row, moment: dt.datetime, remarks: list[Issue]) -> Decoded:
        # The callee's BYE has the two tags the other way round.
        key = "/".join([row["callid"], *sorted([row.get("from_tag", ""), row.get("to_tag", "")])])
        mine, others = (self._invites, self._byes) if method == "INVITE" else (self._byes, self._invites)
        other = others.pop(key, None)
        if other is None:
            if key in mine:
                return Decoded(issues=(*remarks, info("event-twice")), skipped="event-twice")
            if len(mine) >= MOST_OPEN:
                mine.pop(next(iter(mine)))
                remarks.append(warning("too-many-open"))
            mine[key] = Half(row, moment)
            return Decoded(issues=tuple(remarks), skipped="waits-for-its-pair")
        invite, bye = (Half(row, moment), other) if method == "INVITE" else (other, Half(row, moment))
        if bye.moment < invite.moment:
            raise refused("end-before-start", "time")
        talk = int((bye.moment - invite.moment).total_seconds())
        return one(self._call(invite.row, invite.moment, talk, Outcome.ANSWERED), remarks)

    def _whole(self, row: Row, remarks: list[Issue]) -> Segment:
        """A row that is a call: of ``cdrs``, or of OpenSIPS with its durations."""
        name = next((each for each in ("start_time", "time", "created") if row.get(each)), "time")
        start = self.clock.read(row.get(name, ""), name, remarks, utc=self.gmt)
        if row.get("duration"):
            talk = seconds_of(row["duration"], "duration")
        elif row.get("ms_duration"):
            talk = seconds_of(row["ms_duration"], "ms_duration") // 1000
        else:
            talk = int((self.clock.read(row["end_time"], "end_time", remarks, utc=self.gmt) - start).total_seconds())
            if talk < 0:
                raise refused("end-before-start", "end_time")
        setup = row.get("setuptime", "")
        ring = int(setup) if setup.isascii() and setup.isdigit() and len(setup) < 6 else 0
        outcome = sip_outcome(row.get("sip_code", ""), talk) if row.get("sip_code") else Outcome.UNKNOWN
        if not row.get("sip_code"):
            outcome = Outcome.ANSWERED if talk else Outcome.MISSED
        return self._call(row, start, talk, outcome, ring)

    def _call(self, row: Row, start: dt.datetime, talk: int, outcome: Outcome, ring: int = 0) -> Segment:
        caller, called = row.get("src_user", ""), row.get("dst_user", "") or row.get("dst_ouser", "")
        way = self.inside.way(caller, called)
        target = called if way in {Way.IN, Way.INTERNAL} else ""
        return Segment(
            start=start,
            key=row.get("callid", ""),
            way=way,
            outcome=outcome,
            caller=caller,
            called=called,
            dialled=row.get("dst_ouser", "") or called,
            party1=target if way is Way.IN else caller if self.inside.owns(caller) else "",
            party2=target if way is Way.INTERNAL else "",
            reached=target if outcome is Outcome.ANSWERED else "",
            ring=ring,
            talk=talk,
            cause=" ".join(filter(None, (row.get("sip_code", ""), row.get("sip_reason", "")))),
            extra=filled({name: value for name, value in row.items() if name not in NOT_EXTRA}),
        )

    def waiting(self) -> int:
        """Halves of calls that wait for the other half."""
        return len(self._invites) + len(self._byes)

    def state(self) -> dict[str, Any]:
        halves = [("INVITE", key, half) for key, half in self._invites.items()]
        halves += [("BYE", key, half) for key, half in self._byes.items()]
        saved = [[method, key, dict(half.row), half.moment.isoformat()] for method, key, half in halves]
        return {**super().state(), "open": saved} if saved else super().state()

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        for saved in state.get("open", ()):
            try:
                method, key, row, moment = saved
                half = Half({str(name): str(value) for name, value in row.items()}, dt.datetime.fromisoformat(moment))
            except (AttributeError, TypeError, ValueError):
                continue
            (self._invites if method == "INVITE" else self._byes)[str(key)] = half


OPTIONS = (
    Option("gmt", "bool", False, N_("Times are written in GMT")),
    Option("delimiter", "char", ",", N_("Separator of the columns")),
    *PARTY_OPTIONS,
)
DECODER = DecoderInfo("kamailio", N_("Kamailio / OpenSIPS (acc)"), Kamailio, OPTIONS, framing="csv", takes_columns=True)
