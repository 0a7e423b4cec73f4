"""3CX: one line a call leg, whose columns, order, separator and widths the administrator of the 3CX chooses.

The profile holds that choice; nothing in the line tells it. ``chain`` keeps the whole path of the call.
"""

import datetime as dt
from collections.abc import Mapping
from itertools import accumulate

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import info, refused
from chappe.core.tickets.parties import OPTIONS as PARTY_OPTIONS
from chappe.core.tickets.parties import Inside
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells
from chappe.core.tickets.text import charge_of, clock_seconds, seconds_of

COLUMNS = (
    "historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no",
    "to-no", "from-dn", "to-dn", "dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate",
    "bill-cost", "bill-name", "chain", "from-type", "to-type", "final-type", "from-dispname", "to-dispname",
    "final-dispname", "missed-queue-calls",
)  # fmt: skip
NAMES = frozenset({"from-dispname", "to-dispname", "final-dispname", "bill-name"})
#: Types that are inside, and types that are a trunk.
INSIDE = frozenset({"extension", "ext", "queue", "ringgroup", "ivr", "voicemail", "fax", "park", "conference"})
OUTSIDE = frozenset({"line", "externalline", "external", "provider", "outboundrule", "bridge", "gateway"})
MARKS: tuple[tuple[str, Outcome], ...] = (
    ("busy", Outcome.BUSY),
    ("fail", Outcome.FAILED),
    ("error", Outcome.FAILED),
    ("reject", Outcome.MISSED),
)
NOT_EXTRA = frozenset({
    "callid", "duration", "time-start", "from-no", "to-no", "from-dn", "bill-code", "bill-cost", "dial-no",
    "from-dispname", "reason-terminated",
})  # fmt: skip


def extension_of(number: str) -> str:
    """``Ext.101`` → ``101``; anything else is outside."""
    return number[4:] if number[:4].casefold() == "ext." else ""


class ThreeCx(HeaderDecoder):
    """Lines of the CDR output, by socket or file."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.header = Header(COLUMNS, profile.columns or COLUMNS)
        self.inside = Inside.of(profile)
        self.delimiter = str(self.option("delimiter", ","))
        widths = [int(each) for each in self.option("widths", ()) if each.isascii() and each.isdigit()]
        self.edges = [0, *accumulate(widths)]
        self.utc = bool(self.option("utc", True))

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        cells = self._cells(text)
        if self.header.is_header(cells):
            self.header.learn(cells)
            return HEADER
        expected = len(self.header.names)
        if len(cells) < expected:
            raise refused("too-few-fields", found=len(cells), expected=expected)
        if len(cells) > expected:
            cells = self._without_commas(cells, expected, remarks)
        row = self.header.row(cells)
        return one(self._segment(row, remarks), remarks)

    def _cells(self, text: str) -> list[str]:
        if self.delimiter or len(self.edges) < 2:
            return csv_cells(text, self.delimiter or ",")
        return [text[first:last] for first, last in zip(self.edges, self.edges[1:], strict=False)]

    def _without_commas(self, cells: list[str], expected: int, remarks: list[Issue]) -> list[str]:
        """Empty surplus dropped; else a comma inside the first name column, which no price depends on."""
        surplus = len(cells) - expected
        if not any(cell.strip() for cell in cells[expected:]):
            return cells[:expected]
        at = next((index for index, name in enumerate(self.header.names) if name in NAMES), -1)
        if at < 0:
            raise refused("wrong-field-count", found=len(cells), expected=expected)
        remarks.append(info("comma-repaired", self.header.names[at]))
        return [*cells[:at], self.delimiter.join(cells[at : at + surplus + 1]), *cells[at + surplus + 1 :]]

    def _segment(self, row: Row, remarks: list[Issue]) -> Segment:
        if not row.get("time-start"):
            raise refused("missing-field", "time-start")
        start = self.clock.read(row["time-start"], "time-start", remarks, utc=self.utc)
        answered, end = (self._moment(row, name, remarks) for name in ("time-answered", "time-end"))
        talk = self._talk(row, answered, end)
        rang_until = answered or end
        ring = max(0, int((rang_until - start).total_seconds()) - (0 if answered else talk)) if rang_until else 0
        way, trunk, trunk_in = self._way(row)
        reason = row.get("reason-terminated", "")
        outcome = Outcome.ANSWERED if talk or answered else Outcome.MISSED
        if outcome is Outcome.MISSED:
            outcome = next((found for mark, found in MARKS if mark in reason.casefold()), outcome)
        return self._filled(row, start, (ring, talk), (way, trunk, trunk_in), outcome, remarks)

    def _filled(
        self, row: Row, start: dt.datetime, times: tuple[int, int], side: tuple[Way, str, str], outcome: Outcome,
        remarks: list[Issue],
    ) -> Segment:  # fmt: skip
        way, trunk, trunk_in = side
        caller = extension_of(row.get("from-no", "")) or row.get("from-no", "")
        asked = extension_of(row.get("to-no", "")) or row.get("to-no", "")
        number = row.get("dial-no", "") or row.get("final-number", "")
        final = extension_of(row.get("final-number", "")) or row.get("final-dn", "") or asked
        final = final if self.inside.has(final) else ""
        incoming = way is Way.IN
        changed = row.get("reason-changed", "").casefold()
        return Segment(
            start=start,
            key=row.get("callid", "") or row.get("historyid", ""),
            way=way,
            outcome=outcome,
            caller=caller,
            called=(extension_of(number) or number or asked) if way in {Way.OUT, Way.TRANSIT} else asked,
            dialled=extension_of(row.get("dial-no", "")) or row.get("dial-no", "") or asked,
            party1=final if incoming else extension_of(row.get("from-no", "")),
            party1_name=row.get("final-dispname" if incoming else "from-dispname", ""),
            party2=final if way is Way.INTERNAL else "",
            party2_name=row.get("to-dispname", "") if way is Way.INTERNAL else "",
            reached=final if outcome is Outcome.ANSWERED and way in {Way.IN, Way.INTERNAL} else "",
            trunk=trunk or trunk_in,
            trunk_in=trunk_in if trunk else "",
            ring=times[0],
            talk=times[1],
            account_code=row.get("bill-code", ""),
            pbx_charge=charge_of(row.get("bill-cost", ""), "bill-cost", remarks) or None,
            cause=row.get("reason-terminated", ""),
            is_voicemail=row.get("final-type", "").casefold() == "voicemail",
            is_conference="conference" in {row.get("to-type", "").casefold(), row.get("final-type", "").casefold()},
            is_transfer="transfer" in changed or "replaced" in changed,
            is_forward="forward" in changed or "divert" in changed,
            extra=filled({name: value for name, value in row.items() if name not in NOT_EXTRA}),
        )

    def _talk(self, row: Row, answered: dt.datetime | None, end: dt.datetime | None) -> int:
        text = row.get("duration", "")
        if text:
            return clock_seconds(text, "duration") if ":" in text else seconds_of(text, "duration")
        if answered is None or end is None:
            return 0
        if end < answered:
            raise refused("end-before-start", "time-end")
        return int((end - answered).total_seconds())

    def _moment(self, row: Mapping[str, str], name: str, remarks: list[Issue]) -> dt.datetime | None:
        return self.clock.read(row[name], name, remarks, utc=self.utc) if row.get(name) else None

    def _way(self, row: Row) -> tuple[Way, str, str]:
        """Direction, trunk to the outside, trunk from the outside: by types, else by ``Ext.`` before the numbers."""
        from_inside = self._is_inside(row.get("from-type", ""), row.get("from-no", ""))
        to_inside = self._is_inside(row.get("to-type", ""), row.get("to-no", ""))
        final_type = row.get("final-type", "").casefold().replace(" ", "")
        if final_type in OUTSIDE and to_inside:
            to_inside = False
        out = "" if to_inside else row.get("to-dn", "") or row.get("final-dn", "")
        back = "" if from_inside else row.get("from-dn", "")
        if from_inside:
            return (Way.INTERNAL, "", "") if to_inside else (Way.OUT, out, "")
        return (Way.IN, "", back) if to_inside else (Way.TRANSIT, out, back)

    def _is_inside(self, kind: str, number: str) -> bool:
        plain = kind.casefold().replace(" ", "")
        if plain in INSIDE or plain in OUTSIDE:
            return plain in INSIDE
        return bool(extension_of(number))


OPTIONS = (
    Option("delimiter", "char", ",", N_("Separator of the columns; empty for fixed widths")),
    Option("widths", "widths", (), N_("Widths of the columns, when they are fixed")),
    Option("utc", "bool", True, N_("Times are written in UTC")),
    *PARTY_OPTIONS,
)
DECODER = DecoderInfo("3cx", N_("3CX"), ThreeCx, OPTIONS, COLUMNS, framing="csv", takes_columns=True)
