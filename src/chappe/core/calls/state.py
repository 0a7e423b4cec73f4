"""Groups in progress as JSON and back, so that a call may end in a later file than it began. Nothing else."""

import datetime as dt
from dataclasses import asdict, fields
from typing import Any

from chappe.core.calls.group import Group, Part
from chappe.core.tickets.contract import Outcome, Segment, Way

_MOMENTS = ("start", "segment_start")
_FIELDS = {field.name for field in fields(Segment)}


def segment_to(segment: Segment) -> dict[str, Any]:
    """A segment as JSON."""
    row = asdict(segment)
    row["extra"] = dict(segment.extra)
    for name in _MOMENTS:
        row[name] = row[name].isoformat() if row[name] is not None else None
    return row


def segment_from(row: dict[str, Any]) -> Segment:
    """The segment of :func:`segment_to`; fields of a later version are left aside."""
    known = {name: value for name, value in row.items() if name in _FIELDS}
    for name in _MOMENTS:
        known[name] = dt.datetime.fromisoformat(known[name]) if known.get(name) else None
    return Segment(**{**known, "way": Way(known["way"]), "outcome": Outcome(known["outcome"])})


def group_to(group: Group) -> dict[str, Any]:
    """A group as JSON."""
    return {
        "key": group.key,
        "seen": group.seen.isoformat(),
        "parts": [{"segment": segment_to(part.segment), "ref": part.ref} for part in group.parts],
    }


def group_from(row: dict[str, Any]) -> Group:
    """The group of :func:`group_to`."""
    parts = [Part(segment_from(part["segment"]), part["ref"]) for part in row["parts"]]
    return Group(row["key"], parts, dt.datetime.fromisoformat(row["seen"]))
