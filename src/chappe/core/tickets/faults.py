"""Everything a ticket or a profile can have wrong, as sentences; and the exception that stays inside a decoder.

An ERROR costs the ticket, a WARNING keeps it and tells what was supposed, an INFO only tells. ``Refused`` never
leaves this package: the base decoder turns it into an issue.
"""

from typing import Any

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.base.lang import N_

#: Longest piece of a ticket that is repeated in a sentence.
SHOWN = 60


class Refused(Exception):  # noqa: N818 - a verdict on a record, not an error of the program
    """A record that gives no segment, with the issue that says why."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.code)
        self.issue = issue


def _issue(code: str, severity: Severity, field: str, params: dict[str, Any]) -> Issue:
    shown = {
        name: value[:SHOWN] + "…" if isinstance(value, str) and len(value) > SHOWN else value
        for name, value in params.items()
    }
    if field:
        shown["field"] = field
    return Issue(f"tickets.{code}", severity, field=field, params=shown)


def refused(code: str, field: str = "", **params: Any) -> Refused:
    """The exception to raise for a record that gives no segment. ``code`` without its ``tickets.``."""
    return Refused(_issue(code, Severity.ERROR, field, params))


def error(code: str, field: str = "", **params: Any) -> Issue:
    return _issue(code, Severity.ERROR, field, params)


def warning(code: str, field: str = "", **params: Any) -> Issue:
    return _issue(code, Severity.WARNING, field, params)


def info(code: str, field: str = "", **params: Any) -> Issue:
    return _issue(code, Severity.INFO, field, params)


declare(
    {
        # the bytes
        "tickets.nul-bytes": N_("NUL bytes were left out, as some PBXs send them after a reconnection."),
        "tickets.not-utf8": N_("The line is not UTF-8; it was read as Windows-1252."),
        "tickets.line-too-long": N_("The ticket is longer than {limit} bytes; it was not read."),
        # the shape
        "tickets.too-few-fields": N_("{found} fields instead of at least {expected}: the ticket is cut short."),
        "tickets.surplus-fields": N_("{found} fields where {expected} are known; the rest was left out."),
        "tickets.wrong-field-count": N_("{found} fields; this format has {expected}."),
        "tickets.too-short": N_("{found} characters instead of {expected}: the ticket is cut short."),
        "tickets.shifted-fields": N_("A comma in a name shifts the fields, and no device code tells where."),
        "tickets.comma-repaired": N_("A field holds a comma; the fields behind it were put back in place."),
        "tickets.bad-csv": N_("The line is not readable CSV: a field is too long."),
        "tickets.several-lines": N_("Several lines came as one ticket: each must end before the next one begins."),
        "tickets.bad-json": N_("The record is not readable JSON from its character {at} on."),
        "tickets.too-deep": N_("The record is nested too deep to be read."),
        "tickets.bad-xml": N_("The record is not readable XML."),
        "tickets.no-header": N_("No header line has been seen, so the columns are unknown."),
        "tickets.not-a-ticket": N_("This is not a ticket of this format: “{value}”."),
        # fields
        "tickets.missing-field": N_("“{field}” is empty or absent."),
        "tickets.bad-time": N_("“{value}” is not a date and time ({field})."),
        "tickets.bad-duration": N_("“{value}” is not a duration ({field})."),
        "tickets.bad-count": N_("“{value}” is not a number of seconds ({field}); 0 was taken."),
        "tickets.bad-charge": N_("“{value}” is not an amount ({field}); it was left out."),
        "tickets.bad-flag": N_("“{value}” is not expected in {field}; “{taken}” was taken."),
        "tickets.bad-direction": N_("“{value}” is not a direction ({field}); the direction stays unknown."),
        "tickets.bad-outcome": N_("“{value}” is not a known end of call ({field})."),
        "tickets.unknown-device": N_("“{value}” is a kind of device not seen before; it counts as another party."),
        "tickets.end-before-start": N_("The call ends before it starts."),
        # the clock
        "tickets.no-seconds": N_("The time “{value}” has no seconds; second 0 was taken."),
        "tickets.ambiguous-hour": N_(
            "“{value}” occurs twice, on the night when clocks go back; the first one was taken."
        ),
        "tickets.missing-hour": N_(
            "“{value}” does not exist, on the night when clocks go forward; “{read}” was taken."
        ),
        # pairs of events
        "tickets.event-twice": N_("The same event of this call came twice; the second was left out."),
        "tickets.too-many-open": N_("An older call whose other half never came was given up."),
    }
)
