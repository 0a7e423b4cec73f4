"""What is said of sources and tickets: an alarm, a fate, a field of a segment. Kept as codes, said in the reader's language."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.connectors.files import sentence_of
from chappe.connectors.pbx import words as pbx_words
from chappe.connectors.pbx.source import Problem
from chappe.core.base.issue import SENTENCES, Issue
from chappe.core.tickets.contract import Outcome, Segment, Way
from chappe.kit.ui import formats

ALARMS = {
    "silence": N_(
        "No ticket since {since}, in opening hours. The PBX may be off, its link cut, or its buffer filling up."
    ),
    "gap": N_("{found} calls between {from} and {to}, where about {usual} are usual."),
    "disk": N_("The disk is full: tickets are refused and stay with the PBX until there is room. {reason}"),
    "format": N_("{refused} lines of {records} could not be read with the profile “{profile}”. {guess}"),
    "connection": N_("The PBX cannot be reached. {reason}"),
    "fetch": N_("Files cannot be fetched. {reason}"),
    "failed": N_("A batch of tickets could not be counted; those behind it wait. {reason}"),
}
GUESSES = {
    "better": N_("They look like “{better}”: change the profile if that is so."),
    "none": N_("They look like nothing known: see the mapping wizard."),
}
MOMENTS = frozenset({"since", "from", "to"})


class _Holes(dict):
    def __missing__(self, key: str) -> str:
        return "?"


def alarm_sentence(code: str, params: Mapping[str, Any]) -> str:
    """What happened, as a sentence; moments in the reader's clock."""
    params = dict(params)
    if fault := params.pop("fault", None):
        params["reason"] = _fault(code, *fault)
    said = {name: _moment(value) if name in MOMENTS else _plain(value) for name, value in params.items()}
    if code == "format":
        guess = "better" if params.get("better") else "none"
        said["guess"] = _(GUESSES[guess]).format_map(_Holes(said))
    source = ALARMS.get(code, "")
    return _(source).format_map(_Holes(said)).strip() if source else code


def issue_sentence(issue: Issue) -> str:
    """What is wrong with a ticket, in the reader's language: the words of the decoders, or ours for what we found ourselves."""
    if issue.code.startswith("collect."):
        return _(SENTENCES[issue.code]).format_map(_Holes(issue.params))
    return issue.sentence((get_language() or "fr")[:2])


def collector_sentence(code: str, params: Mapping[str, Any]) -> str:
    """What the collector told, kept as a code, in the reader's language."""
    return pbx_words.sentence(Problem(code, params), (get_language() or "fr")[:2])


def _fault(alarm: str, code: str, params: Mapping[str, Any]) -> str:
    """What the connectors told, kept as a code, in the reader's language."""
    if alarm == "fetch":
        return sentence_of(code, params, (get_language() or "fr")[:2])
    return collector_sentence(code, params)


def _moment(value: Any) -> str:
    parsed = parse_datetime(str(value)) if value else None
    return formats.moment(parsed) if parsed else _("the beginning")


def _plain(value: Any) -> str:
    return formats.number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def way_label(way: str) -> str:
    """Direction of a segment or a call."""
    return {
        Way.IN: pgettext("a call", "Incoming"),
        Way.OUT: pgettext("a call", "Outgoing"),
        Way.INTERNAL: pgettext("a call", "Internal"),
        Way.TRANSIT: pgettext("a call", "Transit"),
    }.get(way, pgettext("a call", "Unknown"))  # type: ignore[call-overload]


def choice_label(word: str) -> str:
    """A setting of a decoder that is one word of a few, for people; names of layouts stay as they are."""
    known = {
        "": formats.DASH, "auto": _("found out by itself"), "text": _("as text: 31/12/2026 08:30"), "epoch": _("seconds since 1970"),
        "epoch-ms": _("milliseconds since 1970"), "epoch-us": _("microseconds since 1970"), "dmy": _("day, month, year"),
        "mdy": _("month, day, year"), "ymd": _("year, month, day"), "minutes": _("in minutes"), "csv": "CSV", "json": "JSON",
        "start": _("the start"), "end": _("the end"),
    }  # fmt: skip
    if word in {Way.IN, Way.OUT, Way.INTERNAL} and word:
        return way_label(word)
    return str(known.get(word, word))


def outcome_label(outcome: str) -> str:
    """How a segment ended."""
    return {
        Outcome.ANSWERED: pgettext("a call", "Answered"),
        Outcome.MISSED: pgettext("a call", "Missed"),
        Outcome.BUSY: pgettext("a call", "Busy"),
        Outcome.FAILED: pgettext("a call", "Not put through"),
    }.get(outcome, formats.DASH)  # type: ignore[call-overload]


def segment_rows(segment: Segment) -> list[tuple[str, str]]:
    """A decoded ticket field by field, empty ones left out: (name, value) in the reader's words."""
    rows: list[tuple[str, Any]] = [
        (_("Start"), _start(segment.start)),
        (_("Direction"), way_label(segment.way) if segment.way else ""),
        (_("End"), outcome_label(segment.outcome) if segment.outcome else ""),
        (_("Caller"), segment.caller),
        (_("Number called"), segment.called),
        (_("Digits dialled"), segment.dialled),
        (_("First party"), _with_name(segment.party1, segment.party1_name)),
        (_("Second party"), _with_name(segment.party2, segment.party2_name)),
        (_("Extension reached"), segment.reached),
        (_("Trunk"), segment.trunk),
        (_("Trunk it came by"), segment.trunk_in),
        (_("Ringing"), formats.duration(segment.ring) if segment.ring else ""),
        (_("Conversation"), formats.duration(segment.talk)),
        (_("On hold"), formats.duration(segment.hold) if segment.hold else ""),
        (_("Parked"), formats.duration(segment.park) if segment.park else ""),
        (_("Account code"), segment.account_code),
        (_("Authorisation code"), segment.auth_code),
        (_("Sent outside by"), segment.targeter),
        (_("Cause"), segment.cause),
        (_("Call"), segment.key),
        (
            _("More tickets of this call"),
            "" if segment.more is None else (_("announced") if segment.more else _("none")),
        ),
        (_("Marks"), ", ".join(_marks(segment))),
        (_("Charge of the PBX"), formats.money(segment.pbx_charge, segment.pbx_currency) if segment.pbx_charge else ""),
    ]
    return [(name, str(value)) for name, value in rows if value not in ("", None)]


def _marks(segment: Segment) -> list[str]:
    marks = (
        (segment.is_voicemail, _("voicemail")),
        (segment.is_conference, _("conference")),
        (segment.is_transfer, _("transfer")),
        (segment.is_forward, _("forwarded")),
    )
    return [word for on, word in marks if on]


def _with_name(party: str, name: str) -> str:
    return f"{party} · {name}" if party and name and name != party else party or name


def _start(start: dt.datetime) -> str:
    """In the clock of the PBX, with its offset: the ticket is compared with what is on paper."""
    return f"{formats.moment(start.replace(tzinfo=None), 'second')} ({start:%z})"
