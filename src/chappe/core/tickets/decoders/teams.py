"""Microsoft Teams call records: PSTN calls (Calling Plan) and direct routing, as JSON of Graph or as exported CSV.

A JSON record is one row or a whole page (``value``). Times are UTC; a charge is kept as the exact decimal it was.
"""

import datetime as dt
from collections.abc import Mapping

from chappe.core.base.issue import Issue
from chappe.core.base.lang import N_
from chappe.core.tickets.base import HEADER, DecoderInfo, filled
from chappe.core.tickets.contract import Decoded, Outcome, Profile, Segment, Way
from chappe.core.tickets.faults import refused, warning
from chappe.core.tickets.parties import sip_outcome
from chappe.core.tickets.rows import Header, HeaderDecoder, Row, csv_cells, flat, loads, objects_with
from chappe.core.tickets.text import charge_of, seconds_of

PSTN = (
    "id", "callId", "userId", "userPrincipalName", "userDisplayName", "startDateTime", "endDateTime", "duration",
    "charge", "callType", "currency", "calleeNumber", "usageCountryCode", "tenantCountryCode", "connectionCharge",
    "callerNumber", "destinationContext", "destinationName", "conferenceId", "licenseCapability", "inventoryType",
    "operator", "callDurationSource",
)  # fmt: skip
DIRECT = (
    "correlationId", "inviteDateTime", "failureDateTime", "callEndSubReason", "finalSipCode", "finalSipCodePhrase",
    "trunkFullyQualifiedDomainName", "mediaBypassEnabled", "signalingLocation", "mediaPathLocation", "successfulCall",
)  # fmt: skip
#: Names of the administration centre's exports.
ALIASES = {
    "Usage ID": "id", "UPN": "userPrincipalName", "Display name": "userDisplayName", "Caller ID": "callerNumber",
    "Destination dialed": "destinationName", "Destination number": "calleeNumber", "Start time": "startDateTime",
    "End time": "endDateTime", "Duration seconds": "duration", "Connection fee": "connectionCharge",
    "Caller number": "callerNumber", "Callee number": "calleeNumber", "Invite time": "inviteDateTime",
    "Failure time": "failureDateTime", "SBC": "trunkFullyQualifiedDomainName", "Final SIP code": "finalSipCode",
    "Final SIP phrase": "finalSipCodePhrase", "Shared correlation ID": "correlationId",
    "Microsoft subcode": "callEndSubReason", "Number type": "inventoryType",
}  # fmt: skip
#: A call type ends in its direction (``user_in``, ``ucap_out``, ``ByotOutUserForwarding``): words looked for, in order.
WAYS: tuple[tuple[str, Way], ...] = (("out", Way.OUT), ("in", Way.IN))
NOT_EXTRA = frozenset({"startDateTime", "duration", "calleeNumber", "callerNumber", "charge", "currency"})


class Teams(HeaderDecoder):
    """Rows of either kind; the columns that are there tell which."""

    limit = 1 << 24

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.header = Header((*PSTN, *DIRECT), profile.columns, ALIASES)

    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        if text.lstrip()[:1] in {"{", "["}:
            return self._document(text, remarks)
        cells = csv_cells(text)
        if self.header.is_header(cells):
            self.header.learn(cells)
            return HEADER
        if not self.header.names:
            raise refused("no-header")
        if len(cells) < len(self.header.names):
            raise refused("too-few-fields", found=len(cells), expected=len(self.header.names))
        return Decoded((self._segment(self.header.row(cells), remarks),), tuple(remarks))

    def _document(self, text: str, remarks: list[Issue]) -> Decoded:
        document = loads(text)
        rows = [flat(node) for node in objects_with(document, "callType", "startDateTime", "correlationId")]
        if not rows:
            if isinstance(document, dict) and document.get("value") == []:
                return Decoded(skipped="empty-page")
            raise refused("missing-field", "startDateTime")
        return Decoded(tuple(self._segment(row, remarks) for row in rows), tuple(remarks))

    def _segment(self, row: Row, remarks: list[Issue]) -> Segment:
        invited, began, ended = (self._moment(row, name) for name in ("inviteDateTime", "startDateTime", "endDateTime"))
        start = invited or began or self._moment(row, "failureDateTime")
        if start is None:
            raise refused("missing-field", "startDateTime")
        if row.get("duration"):
            talk = seconds_of(row["duration"], "duration")
        else:
            talk = max(0, int((ended - began).total_seconds())) if began and ended else 0
        failed = self._moment(row, "failureDateTime")
        rang_until = began if talk else failed or began
        ring = max(0, int((rang_until - start).total_seconds())) if rang_until and invited else 0
        code = row.get("finalSipCode", "")
        outcome = sip_outcome(code, talk) if code else Outcome.ANSWERED if talk else Outcome.MISSED
        if not talk and outcome is Outcome.ANSWERED and row.get("successfulCall", "").casefold() == "false":
            outcome = Outcome.FAILED
        return self._filled(row, start, (ring, talk), outcome, remarks)

    def _filled(
        self, row: Row, start: dt.datetime, times: tuple[int, int], outcome: Outcome, remarks: list[Issue]
    ) -> Segment:
        kind = row.get("callType", "")
        way = self._way(kind, remarks)
        user = row.get("userPrincipalName", "") or row.get("userId", "")
        called = row.get("calleeNumber", "")
        charge = charge_of(row.get("charge", ""), "charge", remarks)
        return Segment(
            start=start,
            key=row.get("callId") or row.get("correlationId") or row.get("id", ""),
            way=way,
            outcome=outcome,
            caller=row.get("callerNumber", ""),
            called=called,
            dialled=called,
            party1=user,
            party1_name=row.get("userDisplayName", ""),
            reached=user if way is Way.IN and outcome is Outcome.ANSWERED else "",
            trunk=row.get("trunkFullyQualifiedDomainName", ""),
            ring=times[0],
            talk=times[1],
            cause=row.get("finalSipCode", "") or row.get("callEndSubReason", ""),
            is_conference="conf" in kind.casefold() or bool(row.get("conferenceId")),
            is_forward="forward" in kind.casefold(),
            is_transfer="transfer" in kind.casefold(),
            pbx_charge=charge,
            pbx_currency=row.get("currency", ""),
            extra=filled({name: value for name, value in row.items() if name not in NOT_EXTRA}),
        )

    def _way(self, kind: str, remarks: list[Issue]) -> Way:
        plain = kind.casefold()
        for word, way in WAYS:
            if word in plain:
                return way
        if kind:
            remarks.append(warning("bad-direction", "callType", value=kind))
        return Way.UNKNOWN

    def _moment(self, row: Mapping[str, str], name: str) -> dt.datetime | None:
        text = row.get(name, "")
        if not text or text.startswith("0001-"):
            return None
        return self.clock.read(text, name, [], utc=True)


DECODER = DecoderInfo(
    "teams", N_("Microsoft Teams (PSTN and direct routing)"), Teams, framing="json", takes_columns=True
)
