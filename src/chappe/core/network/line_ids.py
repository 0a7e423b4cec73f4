"""Identifiers of lines (PTO): ``OO-XXXX-XXXX``, an operator's two characters and eight of its own.

Source: ARCEP decision 2015-0776, §4.1.2. Older references are of any form and stay as they are: nothing is guessed, a letter O
is never taken for a zero.
"""

import re

_LINE = re.compile(r"([A-Z0-9]{2})[\s-]?([A-Z0-9]{4})[\s-]?([A-Z0-9]{4})\Z")


def written_line(text: str) -> str:
    """The one way to write a line identifier; another reference comes back without the spaces around it."""
    found = _LINE.match(text.strip().upper())
    return "-".join(found.groups()) if found else text.strip()
