"""FreeSWITCH: mod_cdr_csv by its template string, and the JSON and XML of mod_json_cdr and mod_xml_cdr.

The three give the same variables, so one reader makes the segment. Values of JSON and XML are URL-encoded.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, Option, TextDecoder, filled, one
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused
from chappe.core.tickets.parties import OPTIONS as PARTY_OPTIONS
from chappe.core.tickets.parties import Inside, plain_text
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells, loads, objects_with
from chappe.core.tickets.text import seconds_of

#: The "example" template of mod_cdr_csv.
TEMPLATE = (
    '"${caller_id_name}","${caller_id_number}","${destination_number}","${context}","${start_stamp}",'
    '"${answer_stamp}","${end_stamp}","${duration}","${billsec}","${hangup_cause}","${uuid}","${bleg_uuid}",'
    '"${accountcode}","${read_codec}","${write_codec}"'
)
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_-]+)\}", re.ASCII)
KNOWN = (
    "caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp", "end_stamp",
    "duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode", "direction", "sip_gateway_name",
)  # fmt: skip
#: Hangup causes that are not failures of the network.
CAUSES: Mapping[str, Outcome] = {
    "": Outcome.UNKNOWN,
    "NORMAL_CLEARING": Outcome.MISSED,
    "NO_ANSWER": Outcome.MISSED,
    "NO_USER_RESPONSE": Outcome.MISSED,
    "ORIGINATOR_CANCEL": Outcome.MISSED,
    "LOSE_RACE": Outcome.MISSED,
    "CALL_REJECTED": Outcome.MISSED,
    "USER_BUSY": Outcome.BUSY,
}
TRANSFERS = frozenset({"ATTENDED_TRANSFER", "BLIND_TRANSFER"})
#: Variables worth keeping beside the segment.
KEPT = (
    "context", "direction", "sip_call_id", "bleg_uuid", "read_codec", "write_codec", "network_addr", "last_app",
    "sip_gateway_name", "sip_user_agent", "sip_hangup_disposition",
)  # fmt: skip
_GATEWAY = re.compile(r"sofia/gateway/(?:\w+::)?([^/]+)/", re.ASCII)


class Variables:
    """From the variables of a call to its segment."""

    def __init__(self, profile: Profile, decoder: TextDecoder) -> None:
        self.inside = Inside.of(profile)
        self.clock = decoder.clock
        self.gmt = bool(profile.options.get("gmt", False))

    def segment(self, row: Row, remarks: list[Issue]) -> Segment:
        start, answered, ended = (self._moment(row, name, remarks) for name in ("start", "answer", "end"))
        if start is None:
            raise refused("missing-field", "start_stamp")
        talk = self._talk(row, answered, ended)
        length = seconds_of(row["duration"], "duration") if row.get("duration") else talk
        if answered is not None and answered >= start:
            ring = int((answered - start).total_seconds())
        else:
            ring = max(0, length - talk)
        cause = row.get("hangup_cause", "").upper()
        outcome = Outcome.ANSWERED if talk or answered is not None else CAUSES.get(cause, Outcome.FAILED)
        return self._segment(row, start, (ring, talk), outcome, cause)

    def _segment(self, row: Row, start: dt.datetime, times: tuple[int, int], outcome: Outcome, cause: str) -> Segment:
        caller, called = row.get("caller_id_number", ""), row.get("destination_number", "")
        trunk, trunk_in = self._trunks(row, caller)
        way = self.inside.way(caller, called, trunk_in=trunk_in, trunk_out=trunk)
        internal = way is Way.INTERNAL
        user = caller if self.inside.has(caller) else ""
        target = called if way in {Way.IN, Way.INTERNAL} and self.inside.has(called) else ""
        app = row.get("last_app", "")
        return Segment(
            start=start,
            # Both legs of a call name it: the caller's leg by its uuid, the other by its originator's.
            key=row.get("originating_leg_uuid") or row.get("originator") or row.get("uuid", ""),
            way=way,
            outcome=outcome,
            caller=caller,
            called=called,
            dialled=row.get("sip_req_user") or called,
            party1=target if way is Way.IN else user,
            party1_name=row.get("caller_id_name", "") if user and row.get("caller_id_name") != caller else "",
            party2=target if internal else "",
            reached=target if outcome is Outcome.ANSWERED and app != "voicemail" else "",
            trunk=trunk or trunk_in,
            trunk_in=trunk_in if trunk else "",
            ring=times[0],
            talk=times[1],
            account_code=row.get("accountcode", ""),
            is_voicemail=app == "voicemail",
            is_conference=app == "conference",
            is_transfer=cause in TRANSFERS,
            cause=cause,
            extra=filled({name: row.get(name, "") for name in KEPT}),
        )

    def _trunks(self, row: Row, caller: str) -> tuple[str, str]:
        found = _GATEWAY.search(row.get("last_arg", "") or row.get("bridge_channel", ""))
        gateway = row.get("sip_gateway_name") or row.get("sip_gateway", "")
        out = found.group(1) if found else ""
        if gateway and not out:
            if row.get("direction") == "inbound" and not self.inside.has(caller):
                return "", gateway
            return gateway, ""
        return out, gateway if gateway != out and not self.inside.has(caller) else ""

    def _talk(self, row: Row, answered: dt.datetime | None, ended: dt.datetime | None) -> int:
        if row.get("billsec"):
            return seconds_of(row["billsec"], "billsec")
        if answered is None or ended is None:
            return 0
        if ended < answered:
            raise refused("end-before-start", "end_stamp")
        return int((ended - answered).total_seconds())

    def _moment(self, row: Row, name: str, remarks: list[Issue]) -> dt.datetime | None:
        for field, unit in ((f"{name}_epoch", 1), (f"{name}_uepoch", 1_000_000)):
            if row.get(field, "0").strip("0"):
                return self.clock.epoch(row[field], field, unit=unit)
        stamp = row.get(f"{name}_stamp", "")
        return self.clock.read(stamp, f"{name}_stamp", remarks, utc=self.gmt) if stamp else None


class FreeswitchCsv(HeaderDecoder):
    """Lines of mod_cdr_csv; the option ``template`` is the very string of its configuration."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        template = str(self.option("template", TEMPLATE))
        names = profile.columns or tuple(_VARIABLE.findall(template))
        between = re.search(r"\}[\"']?([^\"'$}{\r\n\0])[\"']?\$\{", template)
        self.delimiter = between.group(1) if between else ","
        self.quote = "'" if "'${" in template else '"'
        self.header = Header(KNOWN, names)
        self.variables = Variables(profile, self)

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        cells = csv_cells(text, self.delimiter, self.quote)
        if self.header.is_header(cells):
            self.header.learn(cells)
            return HEADER
        if len(cells) != len(self.header.names):
            raise refused("wrong-field-count", found=len(cells), expected=len(self.header.names))
        return one(self.variables.segment(self.header.row(cells), remarks), remarks)


class FreeswitchDocument(TextDecoder):
    """JSON and XML documents, one call each (or a JSON list of calls), as posted over HTTP or kept in files."""

    limit = 1 << 22

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.variables = Variables(profile, self)

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        rows = list(_xml_rows(text) if text.lstrip().startswith("<") else _json_rows(text))
        if not rows:
            raise refused("missing-field", "variables")
        return Decoded(tuple(self.variables.segment(row, remarks) for row in rows), tuple(remarks))


def _json_rows(text: str) -> Iterator[Row]:
    for node in objects_with(loads(text), "variables"):
        variables = node.get("variables")
        if not isinstance(variables, dict):
            continue
        flow = node.get("callflow")
        flows = flow if isinstance(flow, list) else [flow]
        first = next((each for each in flows if isinstance(each, dict)), {})
        profile, times = first.get("caller_profile"), first.get("times")
        yield _row(
            {str(name): plain_text(value) for name, value in variables.items()},
            {name: plain_text(value) for name, value in profile.items()} if isinstance(profile, dict) else {},
            {name: plain_text(value) for name, value in times.items()} if isinstance(times, dict) else {},
        )


def _xml_rows(text: str) -> Iterator[Row]:
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        raise refused("bad-xml") from None
    for cdr in [root] if root.tag == "cdr" else root.iter("cdr"):
        flow = cdr.find("callflow")
        profile = _children(None if flow is None else flow.find("caller_profile"))
        times = _children(None if flow is None else flow.find("times"))
        yield _row(_children(cdr.find("variables")), profile, times)


def _children(node: Element | None) -> dict[str, str]:
    return {} if node is None else {each.tag: each.text or "" for each in node if isinstance(each.tag, str)}


#: Moments of the call flow (microseconds) and the variable each stands for.
_TIMES: Sequence[tuple[str, str]] = (
    ("created_time", "start_uepoch"),
    ("answered_time", "answer_uepoch"),
    ("hangup_time", "end_uepoch"),
)


def _row(variables: Mapping[str, str], profile: Mapping[str, str], times: Mapping[str, str]) -> Row:
    row = {name: unquote(value).strip() for name, value in variables.items()}
    for name in ("caller_id_name", "caller_id_number", "destination_number", "context", "network_addr"):
        if not row.get(name):
            row[name] = unquote(profile.get(name, "")).strip()
    for name, variable in _TIMES:
        if times.get(name) and not row.get(variable):
            row[variable] = times[name].strip()
    return row


GMT = Option("gmt", "bool", False, N_("Times are written in GMT"))
TEMPLATE_OPTION = Option("template", "text", TEMPLATE, N_("Template string of mod_cdr_csv"))
DECODERS = (
    DecoderInfo(
        "freeswitch", N_("FreeSWITCH (CSV)"), FreeswitchCsv, (TEMPLATE_OPTION, GMT, *PARTY_OPTIONS),
        framing="csv", takes_columns=True,
    ),
    DecoderInfo(
        "freeswitch-document", N_("FreeSWITCH (JSON or XML)"), FreeswitchDocument, (GMT, *PARTY_OPTIONS), framing="json"
    ),
)  # fmt: skip
