"""Mitel 3300 SMDR: 90 characters, a date without its year, CR LF."""

import datetime as dt
from collections.abc import Sequence

from chappe.connectors.pbx.simulators.calls import Call
from chappe.core.tickets.decoders.mitel import LAYOUTS

OUTSIDE_PREFIX = "0"
WIDTH = 90


def tickets(call: Call) -> Sequence[bytes]:
    """One line a call, with its line end."""
    talk = call.talk + call.to_talk
    trunk = f"T{call.trunk:03d}"
    calling = trunk if call.way == "in" else call.extension
    called = {"out": trunk, "in": call.extension, "int": call.to}[call.way]
    digits = {"out": OUTSIDE_PREFIX + call.outside, "in": call.extension, "int": call.to}[call.way]
    minutes = talk / 60
    values = {
        "long_call": "+" if minutes >= 30 else "%" if minutes >= 10 else "-" if minutes >= 5 else "",
        "date": f"{call.start:%m/%d}",
        "time": f"{call.start:%H:%M}",
        "duration": str(dt.timedelta(seconds=talk)).rjust(8, "0"),
        "calling": calling,
        "time_to_answer": f"{call.ring:03d}" if talk else "***",
        "digits": digits,
        "completion": "A" if talk else "",
        "called": called,
        "transfer": "T" if call.to and call.way == "in" else "",
        "third": call.to if call.way == "in" else "",
        "system": "001",
    }
    line = [" "] * WIDTH
    for name, (at, width) in LAYOUTS["90"].items():
        line[at : at + width] = values.get(name, "")[:width].ljust(width)
    return ["".join(line).encode("ascii") + b"\r\n"]
