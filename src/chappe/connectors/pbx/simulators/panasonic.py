"""Panasonic KX-NS and TDE: 80 columns (pattern A), day before month as the packaged profile, sent behind a sign-in."""

from collections.abc import Sequence

from chappe.connectors.pbx.simulators.calls import Call

OUTSIDE_PREFIX = "0"


def tickets(call: Call) -> Sequence[bytes]:
    """One line a call, with its line end. Internal calls are not written, as by default on these systems."""
    if call.way == "int":
        return []
    talk = call.talk + call.to_talk
    dial = f"<I>{call.outside}" if call.way == "in" else OUTSIDE_PREFIX + call.outside
    line = (
        f"{call.end:%d/%m/%y} {call.end:%I:%M%p} {call.extension:>5} {call.trunk:02d} {dial:<25} "
        f"{call.ring // 60}'{call.ring % 60:02d} {talk // 3600:02d}:{talk // 60 % 60:02d}'{talk % 60:02d} "
        f"{'':<10} {'' if talk else 'NA':<3}"
    )
    return [line.rstrip().encode("ascii") + b"\r\n"]
