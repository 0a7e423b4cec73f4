"""Tickets decoded to be looked at: on the live page, on raw lines, in tests of a profile, in the wizard. Counts nothing."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chappe.apps.collect import words
from chappe.apps.collect.access import AREA
from chappe.apps.collect.records import sample_of
from chappe.apps.usage import policies
from chappe.core.base.issue import Issue, Severity
from chappe.core.calls.masking import mask
from chappe.core.tickets.contract import Decoded, Profile, Segment, Way
from chappe.kit.access.door import Level, may
from chappe.kit.ui import formats

TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "new"}
DIGITS = re.compile(r"\d{7,}")


@dataclass
class Shown:
    """One record as a page shows it. ``tone``: ok, warn, bad or new (skipped)."""

    number: int
    raw: str
    tone: str
    verdict: str
    segments: list[Segment] = field(default_factory=list)
    fields: list[list[tuple[str, str]]] = field(default_factory=list)
    issues: list[dict[str, str]] = field(default_factory=list)


def hidden_digits(user: Any) -> int:
    """How many last digits a page hides: none from those who mend tickets, for readers what the policy of screens says."""
    return 0 if may(user, AREA, Level.WRITE) else policies.current().screen


def masked(text: str, hidden: int) -> str:
    """A raw line for a reader: the last digits of anything that may be a number of somebody are hidden."""
    return DIGITS.sub(lambda found: mask(found[0], hidden), text) if hidden else text


def readable(data: bytes, encoding: str = "utf-8") -> str:
    """Bytes as text, control signs made visible."""
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        text = data.decode("cp1252", "replace")
    return "".join(f"\\x{ord(sign):02x}" if ord(sign) < 32 and sign not in "\t\n" else sign for sign in text)


def show(number: int, data: bytes, found: Decoded, *, hidden: int = 0, cut: str = "") -> Shown:
    """One record with everything that is said of it."""
    issues = [
        {"tone": TONES[issue.severity], "sentence": masked(words.issue_sentence(issue), hidden), "field": issue.field}
        for issue in found.issues
    ]
    if cut:
        issues.insert(0, {"tone": "bad", "sentence": words.issue_sentence(Issue(f"collect.{cut}-line")), "field": ""})
    bad = cut or any(issue["tone"] == "bad" for issue in issues)
    if found.segments and not bad:
        tone = "warn" if any(issue["tone"] == "warn" for issue in issues) else "ok"
        verdict = _("With a remark") if tone == "warn" else pgettext("a ticket", "Read")
    elif found.skipped and not bad:
        tone, verdict = "new", _("Left out: %(why)s") % {"why": skip_label(found.skipped)}
    else:
        tone, verdict = "bad", pgettext("a ticket", "Refused")
    rows = [[(name, masked(text, hidden)) for name, text in words.segment_rows(segment)] for segment in found.segments]
    return Shown(number, masked(readable(data), hidden), tone, verdict, list(found.segments), rows, issues)


def skip_label(code: str) -> str:
    """Why a record is rightly left out."""
    known = {
        "blank": _("empty line"),
        "header": _("header line"),
        "to-ignore": _("line that the profile ignores"),
        "keepalive": _("sign of life"),
        "command": _("command"),
        "page-header": _("heading of a page"),
        "rule": _("line of dashes"),
        "activity": _("event that is no call"),
        "other-method": _("message that is no call"),
        "event-twice": _("event that came before"),
        "waits-for-its-pair": _("waits for the other half of its call"),
        "empty-page": _("empty page"),
    }
    return known.get(code, code)


def show_all(
    profile: Profile, records: Iterable[bytes], *, received: dt.datetime | None = None, hidden: int = 0
) -> list[Shown]:
    """Pasted records through one decoder, in order."""
    from chappe.core.tickets.registry import make_decoder

    decoder = make_decoder(profile)
    moment = received or timezone.now()
    return [
        show(number, data, decoder.decode(data, received=moment), hidden=hidden)
        for number, data in enumerate(records, 1)
    ]


def split_sample(profile: Profile | None, data: bytes, most: int = 200) -> list[bytes]:
    """The first records of pasted bytes, cut as the profile says."""
    if profile is None:
        return sample_of(data, most)
    from itertools import islice

    from chappe.core.tickets.records import split

    return [record for _offset, record in islice(split(profile, iter([data])), most)]


def briefs(shown: Shown, hidden: int = 0) -> list[dict[str, Any]]:
    """The rows of the live page for one record: one a call, the raw text with the first alone; one row too where nothing was read."""
    told: dict[str, Any] = {
        "raw": shown.raw, "tone": shown.tone, "verdict": shown.verdict, "issues": shown.issues,
        "start": "", "way": "", "caller": "", "called": "", "reached": "", "talk": "", "ring": "", "trunk": "", "outcome": "",
    }  # fmt: skip
    if not shown.segments:
        return [told]
    more = {"raw": _("Another call of the same ticket"), "issues": []}
    return [
        {**told, **(more if rank else {}), **_columns(segment, hidden)} for rank, segment in enumerate(shown.segments)
    ]


def _columns(segment: Segment, hidden: int) -> dict[str, str]:
    # Of what comes in, party 1 is who was called.
    caller = segment.caller or ("" if segment.way == Way.IN else segment.party1)
    return {
        "start": f"{segment.start:%H:%M:%S}", "way": words.way_label(segment.way), "caller": masked(caller, hidden),
        "called": masked(segment.dialled or segment.called if segment.way == Way.OUT else segment.called, hidden),
        "reached": segment.reached, "talk": formats.duration(segment.talk),
        "ring": formats.duration(segment.ring) if segment.ring else "", "trunk": segment.trunk,
        "outcome": words.outcome_label(segment.outcome),
    }  # fmt: skip
