"""From the bytes of a record to its text and its fields: encodings, CSV, whole numbers, durations, amounts.

Each function says with ``Refused`` what it cannot read, or leaves a remark and takes 0. Nothing here knows a format.
"""

import csv
import re

from chappe.core.base.issue import Issue
from chappe.core.base.money import to_nano
from chappe.core.tickets.faults import info, refused, warning

MAX_LINE = 1 << 16  # bytes of a line ticket; documents (JSON, XML) may have more
MAX_COUNT = 366 * 86400  # seconds: a longer ring, hold or talk is a fault of the line
_CLOCK = re.compile(r"(\d{1,5}):(\d{1,2}):(\d{1,2})(?:\.\d+)?\Z", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}(?:\.\d*)?\Z", re.ASCII)


def text_of(raw: bytes, encoding: str, remarks: list[Issue], *, limit: int = MAX_LINE, filler: str = "") -> str:
    """The text of a record: NULs in front dropped and others made ``filler``, ``encoding`` then Windows-1252."""
    if len(raw) > limit:
        raise refused("line-too-long", limit=limit)
    if b"\0" in raw:
        remarks.append(info("nul-bytes"))
        raw = raw.strip(b"\0").replace(b"\0", filler.encode("ascii"))
    try:
        text = raw.decode(encoding)
    except (UnicodeError, LookupError):
        remarks.append(info("not-utf8"))
        text = raw.decode("cp1252", "replace")
    return text.strip("\ufeff\r\n")


def cells_of(text: str, delimiter: str = ",", quote: str = '"') -> list[str]:
    """The fields of one line of CSV. Raises Refused when the line is not CSV."""
    if quote not in text and "\r" not in text and "\n" not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, quotechar=quote))
    except csv.Error:
        raise refused("several-lines" if "\n" in text or "\r" in text else "bad-csv") from None
    return rows[0] if rows else []


def count_of(text: str, field: str, remarks: list[Issue]) -> int:
    """Whole seconds; empty is 0, anything else that is not a count is 0 with a remark (fractions are cut)."""
    plain = text.strip()
    if not plain:
        return 0
    if _WHOLE.match(plain):
        count = int(plain.partition(".")[0])
        if count <= MAX_COUNT:
            return count
    remarks.append(warning("bad-count", field, value=text))
    return 0


def seconds_of(text: str, field: str) -> int:
    """A duration that a price depends on: whole seconds. Raises Refused when it is none."""
    plain = text.strip()
    if _WHOLE.match(plain) and int(plain.partition(".")[0]) <= MAX_COUNT:
        return int(plain.partition(".")[0])
    raise refused("bad-duration", field, value=text)


def clock_seconds(text: str, field: str) -> int:
    """``HH:MM:SS`` (hours without limit below a year) as seconds. Raises Refused."""
    found = _CLOCK.match(text.strip())
    if found:
        hours, minutes, seconds = map(int, found.groups())
        total = hours * 3600 + minutes * 60 + seconds
        if minutes < 60 and seconds < 60 and total <= MAX_COUNT:
            return total
    raise refused("bad-duration", field, value=text)


def charge_of(text: str, field: str, remarks: list[Issue]) -> int | None:
    """An amount of the PBX in nano, None when there is none or it cannot be read (with a remark)."""
    plain = text.strip()
    if not plain:
        return None
    try:
        return to_nano(plain)
    except ValueError:
        remarks.append(warning("bad-charge", field, value=text))
        return None


def without_host(number: str) -> tuple[str, str]:
    """``sip:0755…@203.0.113.9`` → the user part and the host; a plain number has no host."""
    plain = number.removeprefix("sips:").removeprefix("sip:").removeprefix("tel:")
    user, at, host = plain.partition("@")
    return user, host.partition(";")[0] if at else ""
