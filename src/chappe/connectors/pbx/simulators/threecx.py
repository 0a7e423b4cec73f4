"""3CX CDR: the columns in their usual order, separated by commas, times in UTC as 3CX writes them."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from chappe.connectors.pbx.simulators.calls import Call
from chappe.core.tickets.decoders.threecx import COLUMNS

PARIS = ZoneInfo("Europe/Paris")


def tickets(call: Call) -> Sequence[bytes]:
    """One line a call, with its line end."""
    inside, line = f"Ext.{call.extension}", f"Line.{call.trunk:05d}"
    parties = {"out": (inside, call.outside), "in": (call.outside, inside), "int": (inside, f"Ext.{call.to}")}
    source, target = parties[call.way]
    final = f"Ext.{call.to}" if call.to and call.way == "in" else target
    talk = call.talk + call.to_talk
    answer = call.start + dt.timedelta(seconds=call.ring)
    types = {"out": ("Extension", "Line"), "in": ("Line", "Extension"), "int": ("Extension", "Extension")}[call.way]
    fields = {
        "historyid": f"IDACFF{call.number}",
        "callid": f"{call.number:08X}_{call.trunk}",
        "duration": str(dt.timedelta(seconds=talk)).rjust(8, "0") if talk else "",
        "time-start": _utc(call.start),
        "time-answered": _utc(answer) if talk else "",
        "time-end": _utc(call.end),
        "reason-terminated": "TerminatedBySrc" if talk else "NoAnswer",
        "from-no": source,
        "to-no": target,
        "from-dn": call.extension if call.way != "in" else line.removeprefix("Line."),
        "to-dn": line.removeprefix("Line.") if call.way == "out" else target.removeprefix("Ext."),
        "dial-no": target.removeprefix("Ext.") if call.way != "in" else call.ddi,
        "reason-changed": "ReplacedDst" if final != target else "",
        "final-number": final,
        "final-dn": final.removeprefix("Ext."),
        "chain": "Chain: " + ";".join(dict.fromkeys((source, target, final))) + ";",
        "from-type": types[0],
        "to-type": types[1],
        "final-type": "Extension" if final.startswith("Ext.") else types[1],
        "from-dispname": call.name.replace(",", "") if call.way != "in" else "",
        "to-dispname": call.name.replace(",", "") if call.way == "in" else "",
    }
    return [(",".join(fields.get(name, "") for name in COLUMNS) + "\r\n").encode()]


def _utc(moment: dt.datetime) -> str:
    return f"{moment.replace(tzinfo=PARIS).astimezone(dt.UTC):%Y/%m/%d %H:%M:%S}"
