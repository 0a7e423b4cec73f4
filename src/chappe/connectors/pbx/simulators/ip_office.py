"""Avaya IP Office SMDR: 37 fields, CR LF. A transferred call is two lines of one call ID, the first announcing the second."""

import datetime as dt
from collections.abc import Sequence

from chappe.connectors.pbx.simulators.calls import Call

OUTSIDE_PREFIX = "0"
FIELDS = 37


def tickets(call: Call) -> Sequence[bytes]:
    """One line, or two; with its line end."""
    if call.way == "int":
        return [_line(call, call.talk, False, (f"E{call.extension}", call.name), (f"E{call.to}", call.to_name))]
    trunk = (f"T{9000 + call.trunk}", f"Line {call.trunk}.1")
    first = _line(call, call.talk, bool(call.to), (f"E{call.extension}", call.name), trunk)
    if not call.to:
        return [first]
    return [first, _line(call, call.to_talk, False, (f"E{call.to}", call.to_name), trunk)]


def _line(call: Call, talk: int, more: bool, one: tuple[str, str], other: tuple[str, str]) -> bytes:
    if call.way == "out":
        caller, called, dialled = call.extension, OUTSIDE_PREFIX + call.outside, OUTSIDE_PREFIX + call.outside
    elif call.way == "in":
        caller, called, dialled = call.outside, call.extension, call.ddi
    else:
        caller, called, dialled = call.extension, call.to, call.to
    fields = [
        f"{call.start:%Y/%m/%d %H:%M:%S}", str(dt.timedelta(seconds=talk)).rjust(8, "0"), str(call.ring), caller,
        "I" if call.way == "in" else "O", called, dialled, "", "1" if call.way == "int" else "0", str(call.number),
        "1" if more else "0", *one, *other, "0", "0",
    ]  # fmt: skip
    fields += [""] * (FIELDS - len(fields))
    fields[34] = f"{call.end:%Y/%m/%d %H:%M:%S}"
    return (",".join(fields) + "\r\n").encode()
