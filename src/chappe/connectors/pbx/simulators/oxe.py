"""Alcatel-Lucent OXE: the accounting ticket, a message of 772 bytes behind its length."""

from collections.abc import Sequence

from chappe.connectors.pbx.simulators.calls import Call
from chappe.core.tickets.decoders.oxe import FIELDS, FRAME, TICKET_LABEL

OUTSIDE_PREFIX = "0"
CALL_TYPE = {"out": "0", "in": "4", "int": "3"}


def tickets(call: Call) -> Sequence[bytes]:
    """One message a call, length included."""
    message = ticket(call)
    return [len(message).to_bytes(2, "big") + message]


def ticket(call: Call) -> bytes:
    """The message alone."""
    payer = call.to if call.to and call.way == "in" else call.extension
    called = {"out": OUTSIDE_PREFIX + call.outside, "in": call.extension, "int": call.to}[call.way]
    caller = call.outside if call.way == "in" else call.extension
    values = {
        "TicketVersion": "ED5.2",
        "CalledNumber": called,
        "ChargedNumber": payer,
        "ChargedUserName": call.to_name if payer == call.to and call.way == "in" else call.name,
        "CallingNumber": caller,
        "CallType": CALL_TYPE[call.way],
        "CostType": "0",
        "EndDateTime": f"{call.end:%Y%m%d %H:%M:%S}",
        "ChargeUnits": "0",
        "CostInfo": "0",
        "Duration": str(call.talk + call.to_talk),
        "TrunkIdentity": str(call.trunk),
        "TrunkGroupIdentity": "1",
        "TrunkNode": "1",
        "PersonalOrBusiness": "B",
        "CallReference": str(call.number),
        "ComType": "0",
        "InitialDialledNumber": call.ddi if call.way == "in" else called,
        "WaitingDuration": str(call.ring),
        "EffectiveCallDuration": str(call.talk + call.to_talk),
        "RedirectedCallIndicator": "1" if call.to and call.way == "in" else "0",
        "StartDateTime": f"{call.start:%Y%m%d %H:%M:%S}",
        "ActingExtensionNumber": payer,
    }
    text = "".join(values.get(name, "")[:width].ljust(width) for name, width in FIELDS.items())
    return (TICKET_LABEL + text.encode("latin-1", "replace")).ljust(FRAME, b"\0")
