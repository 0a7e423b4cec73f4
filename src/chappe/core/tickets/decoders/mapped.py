"""Any CSV (or JSON, one object a record) by a mapping of its columns to the fields of a ticket.

The mapping is the profile's ``fields`` option: field → heading, or ``#3`` for the third column. What the file's own
words for directions and ends of calls are, ``ways`` and ``outcomes`` say; the usual French and English ones are known.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal, InvalidOperation

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, filled
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused, warning
from chappe.core.tickets.parties import OPTIONS as PARTY_OPTIONS
from chappe.core.tickets.parties import Inside
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells, flat, loads, objects_with
from chappe.core.tickets.text import MAX_COUNT, charge_of, clock_seconds, count_of, seconds_of
from chappe.core.tickets.words import FIELDS, OUTCOME_WORDS, WAY_WORDS, squeezed

EPOCHS: Mapping[str, int] = {"epoch": 1, "epoch-ms": 1000, "epoch-us": 1_000_000}
IGNORED = Decoded(skipped="to-ignore")
_WAYS = {str(way.value): way for way in Way}
_OUTCOMES = {str(outcome.value): outcome for outcome in Outcome}


class Mapped(HeaderDecoder):
    """Records of a file whose columns a person has named."""

    limit = 1 << 22

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.fields = {str(field): str(column) for field, column in dict(self.option("fields", {})).items()}
        self.json = self.option("form", "csv") == "json"
        self.delimiter, self.quote = str(self.option("delimiter", ",")) or ",", str(self.option("quote", '"')) or '"'
        self.header = Header(profile.columns, profile.columns)
        self.has_header = bool(self.option("header", True)) and not self.json
        self.inside = Inside.of(profile)
        self.utc = bool(self.option("utc", False))
        self.order = str(self.option("date_order", "dmy"))
        self.unit = EPOCHS.get(str(self.option("time_form", "text")))
        self.durations = str(self.option("duration_form", "auto"))
        ways, outcomes = dict(self.option("ways", {})), dict(self.option("outcomes", {}))
        self.ways = {
            **WAY_WORDS,
            **{squeezed(str(word)): _WAYS.get(str(way), Way.UNKNOWN) for word, way in ways.items()},
        }
        self.outcomes = {
            **OUTCOME_WORDS,
            **{squeezed(str(word)): _OUTCOMES.get(str(end), Outcome.UNKNOWN) for word, end in outcomes.items()},
        }
        self._places: tuple[tuple[str, ...], dict[str, int]] = ((), {})
        self.ignored = tuple(words.strip() for words in str(self.option("ignore", "")).split("|") if words.strip())
        self.headings = {squeezed(column) for column in self.fields.values() if not column.startswith("#")}

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if self.json:
            needed = [column for column in self.fields.values() if not column.startswith("#")]
            rows = [flat(node) for node in objects_with(loads(text), *needed)]
            if not rows:
                raise refused("missing-field", ", ".join(needed[:1]))
            return Decoded(tuple(self._segment(row, remarks) for row in rows), tuple(remarks))
        if self.ignored and text.lstrip().startswith(self.ignored):
            return IGNORED
        cells = csv_cells(text, self.delimiter, self.quote)
        if self._is_header(cells):
            self.header.learn(cells)
            return HEADER
        return Decoded((self._segment(self._row(cells), remarks),), tuple(remarks))

    def _is_header(self, cells: Sequence[str]) -> bool:
        """A line that has every heading of the mapping (or, without a heading in it, one that holds words alone)."""
        if not self.has_header:
            return False
        if self.headings:
            if self.header.learned and any(cell[:1].isdigit() for cell in cells):
                return False
            return self.headings <= {squeezed(cell) for cell in cells}
        return not self.header.learned and not any(letter.isdigit() for cell in cells for letter in cell)

    def _row(self, cells: Sequence[str]) -> Row:
        row = {f"#{number}": cell.strip() for number, cell in enumerate(cells, 1)}
        if self.headings and not self.header.names:
            raise refused("no-header")
        if self.header.names and len(cells) < len(self.header.names):
            raise refused("too-few-fields", found=len(cells), expected=len(self.header.names))
        for column, place in self._named().items():
            row[column] = cells[place].strip()
        return row

    def _named(self) -> dict[str, int]:
        """Where the columns that the mapping names stand, in the order now in force."""
        names, places = self._places
        if names is not self.header.names:
            names = self.header.names
            order = {squeezed(name): place for place, name in reversed(list(enumerate(names)))}
            columns = [column for column in self.fields.values() if squeezed(column) in order]
            places = {column: order[squeezed(column)] for column in columns if not column.startswith("#")}
            self._places = (names, places)
        return places

    def _of(self, row: Row, field: str) -> str:
        return row.get(self.fields.get(field, ""), "")

    def _segment(self, row: Row, remarks: list[Issue]) -> Segment:
        start, talk = self._times(row, remarks)
        caller, called = self._of(row, "caller"), self._of(row, "called") or self._of(row, "dialled")
        way = self._way(row, caller, called, remarks)
        outcome = self._outcome(row, talk, remarks)
        extension = self._of(row, "extension") or self._extension(way, caller, called)
        incoming = way in {Way.IN, Way.INTERNAL}
        target = called if way is Way.INTERNAL else extension
        used = set(self.fields.values())
        return Segment(
            start=start,
            key=self._of(row, "key"),
            way=way,
            outcome=outcome,
            caller=caller or ("" if way is Way.IN else extension),
            called=called or (extension if way is Way.IN else ""),
            dialled=self._of(row, "dialled") or called,
            party1=extension,
            party1_name=self._of(row, "user"),
            party2=called if way is Way.INTERNAL else "",
            reached=self._of(row, "reached") or (target if incoming and outcome is Outcome.ANSWERED else ""),
            trunk=self._of(row, "trunk"),
            ring=self._count(row, "ring", remarks),
            talk=talk if outcome is not Outcome.MISSED else 0,
            hold=self._count(row, "hold", remarks),
            account_code=self._of(row, "account_code"),
            cause=self._of(row, "cause"),
            pbx_charge=charge_of(self._of(row, "charge").replace(" ", "").rstrip("€"), "charge", remarks),
            pbx_currency=self._of(row, "currency") or str(self.option("currency", "")),
            extra=filled({name: value for name, value in row.items() if name not in used and self._worth(name)}),
        )

    def _worth(self, name: str) -> bool:
        """Whether a column is told by its name; numbered twins of named columns are not kept twice."""
        return self.json or not self.header.names or not name.startswith("#")

    def _times(self, row: Row, remarks: list[Issue]) -> tuple[dt.datetime, int]:
        """Start and seconds of conversation, from two of start, end and duration."""
        said, end_said = self._of(row, "start"), self._of(row, "end")
        if not said and self._of(row, "date"):
            said = f"{self._of(row, 'date')} {self._of(row, 'time')}".strip()
        duration = self._of(row, "duration")
        start = self._moment(said, "start", remarks) if said else None
        end = self._moment(end_said, "end", remarks) if end_said else None
        talk = self._seconds(duration) if duration else None
        if start is None:
            if end is None:
                raise refused("missing-field", "start")
            start = self.clock.of(end - dt.timedelta(seconds=talk or 0))
        if talk is None:
            talk = int((end - start).total_seconds()) if end else 0
        if talk < 0:
            raise refused("end-before-start", "end")
        if talk > MAX_COUNT:
            raise refused("bad-duration", "end", value=end_said)
        return start, talk

    def _moment(self, text: str, field: str, remarks: list[Issue]) -> dt.datetime:
        if self.unit:
            return self.clock.epoch(text, field, unit=self.unit)
        return self.clock.read(text, field, remarks, utc=self.utc, order=self.order)

    def _seconds(self, text: str) -> int:
        if self.durations == "minutes":
            try:
                exact = Decimal(text.replace(",", ".")) * 60
                seconds = int(exact.to_integral_value(ROUND_CEILING)) if exact.is_finite() else -1
            except (InvalidOperation, OverflowError, ValueError):
                seconds = -1
            if not 0 <= seconds <= MAX_COUNT:
                raise refused("bad-duration", "duration", value=text)
            return seconds
        if ":" in text:
            return clock_seconds(text if text.count(":") > 1 else f"00:{text}", "duration")
        return seconds_of(text.replace(",", ".").rstrip("s "), "duration")

    def _count(self, row: Row, field: str, remarks: list[Issue]) -> int:
        text = self._of(row, field)
        return clock_seconds(text, field) if text.count(":") == 2 else count_of(text, field, remarks)

    def _way(self, row: Row, caller: str, called: str, remarks: list[Issue]) -> Way:
        said = self._of(row, "way")
        if not said:
            fixed = _WAYS.get(str(self.option("default_way", "")), Way.UNKNOWN)
            return fixed or self.inside.way(caller, called)
        way = self.ways.get(squeezed(said))
        if way is None:
            remarks.append(warning("bad-direction", "way", value=said))
            return Way.UNKNOWN
        return way

    def _outcome(self, row: Row, talk: int, remarks: list[Issue]) -> Outcome:
        said = self._of(row, "outcome")
        if said:
            outcome = self.outcomes.get(squeezed(said))
            if outcome is not None:
                return outcome
            remarks.append(warning("bad-outcome", "outcome", value=said))
        return Outcome.ANSWERED if talk else Outcome.MISSED

    def _extension(self, way: Way, caller: str, called: str) -> str:
        return called if way is Way.IN and self.inside.has(called) else caller if self.inside.has(caller) else ""


OPTIONS = (
    Option("fields", "table", {}, N_("Which column holds which field: field = heading, or #3 for the third column")),
    Option("form", "choice", "csv", N_("Form of the records"), ("csv", "json")),
    Option("delimiter", "char", ",", N_("Separator of the columns")),
    Option("quote", "char", '"', N_("Quotation mark")),
    Option("header", "bool", True, N_("The first line holds the headings")),
    Option("ignore", "text", "", N_("Ignore the lines that begin with (several: separated by |)")),
    Option("time_form", "choice", "text", N_("How times are written"), ("text", *EPOCHS)),
    Option("date_order", "choice", "dmy", N_("Order of the date"), ("dmy", "mdy")),
    Option("utc", "bool", False, N_("Times are written in UTC")),
    Option("duration_form", "choice", "auto", N_("How durations are written"), ("auto", "minutes")),
    Option("ways", "table", {}, N_("Words of the direction: word = in, out, int or transit"), tuple(_WAYS)),
    Option(
        "outcomes",
        "table",
        {},
        N_("Words of the end of a call: word = answered, missed, busy or failed"),
        tuple(_OUTCOMES),
    ),
    Option("default_way", "choice", "", N_("Direction when no column tells it"), ("", "in", "out", "int")),
    Option("currency", "text", "", N_("Currency of the cost, when no column tells it")),
    *PARTY_OPTIONS,
)
DECODER = DecoderInfo(
    "mapped", N_("Any CSV, by its columns"), Mapped, OPTIONS, framing="csv", takes_columns=True, checked=FIELDS
)
