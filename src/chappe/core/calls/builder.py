"""Segments of a PBX joined into calls: transfers, hold, park, forwards, twinning, conferences.

Fed one decoded segment at a time in the order of arrival; gives back calls as they complete. Its state is plain
data (:meth:`CallBuilder.pending`), kept between files. It never prices, normalises numbers nor looks at a clock:
``flush`` is told the time. Rules: vno-pbx-orange §1.3.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chappe.core.calls.alone import call_of, is_plain
from chappe.core.calls.group import Group, Part
from chappe.core.calls.joined import BuiltCall, calls_of
from chappe.core.calls.rules import Pays, Rules, rules_for
from chappe.core.calls.state import group_from, group_to
from chappe.core.tickets.contract import Segment

MOST_NAMES = 20_000  # user names learnt from tickets; a PBX has far fewer


@dataclass(slots=True)
class _Known:
    """Groups in progress by their key, and the extensions of the names that tickets gave."""

    groups: dict[str, list[Group]]
    names: dict[str, str]


class CallBuilder:
    """Joins the segments of **one** source. Not safe to share between threads."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._known = _Known({}, dict(self.rules.names))

    def add(self, segment: Segment, ref: str = "", *, at: dt.datetime | None = None) -> list[BuiltCall]:
        """Take one segment; the calls that it completes (usually none or one).

        ``ref`` is any word that finds the raw record again. ``at`` (aware) is when it was received, for
        :meth:`flush`; by default when the segment ended by its own account.
        """
        self._learn(segment)
        if (not segment.key or (segment.more is False and segment.key not in self._known.groups)) and is_plain(segment):
            return [call_of(segment, ref, self.rules)]
        part = Part(segment, ref)
        seen = at or part.ended
        if not segment.key:
            return self._close(Group("", [part], seen), complete=True)
        group = self._group_of(segment, part, seen)
        if segment.more is False:
            self._drop(group)
            return self._close(group, complete=True)
        return []

    def flush(self, now: dt.datetime, *, everything: bool = False) -> list[BuiltCall]:
        """Close what has waited long enough at ``now`` (aware), or ``everything`` (a source that ends).

        A call whose last segment announced another one is marked ``incomplete``.
        """
        closed: list[BuiltCall] = []
        for group in sorted(
            (g for found in self._known.groups.values() for g in found), key=lambda g: g.parts[0].start
        ):
            waits = self.rules.timeout if group.announced else self.rules.settle
            if everything or (now - group.seen).total_seconds() >= waits:
                self._drop(group)
                closed += self._close(group, complete=not group.announced)
        return closed

    def pending(self) -> list[dict[str, object]]:
        """Groups in progress and learnt names, as JSON."""
        rows: list[dict[str, object]] = [group_to(g) for found in self._known.groups.values() for g in found]
        return [*rows, {"names": dict(self._known.names)}]

    def restore(self, rows: Iterable[dict[str, object]]) -> None:
        """Take back what :meth:`pending` gave; what is in progress already is replaced."""
        self._known = _Known({}, dict(self.rules.names))
        for row in rows:
            if "names" in row:
                names = row["names"]
                assert isinstance(names, dict)
                self._known.names.update(names)
                continue
            group = group_from(row)
            self._known.groups.setdefault(group.key, []).append(group)

    # -- groups --------------------------------------------------------------------------------------------------
    def _group_of(self, segment: Segment, part: Part, seen: dt.datetime) -> Group:
        """The group that the segment belongs to, with it inside."""
        found = self._known.groups.setdefault(segment.key, [])
        for group in found:
            if self._same_call(group, segment):
                group.add(part, seen)
                return group
        group = Group(segment.key, [part], seen)
        found.append(group)
        return group

    def _same_call(self, group: Group, segment: Segment) -> bool:
        if self.rules.repeats_start:
            return group.parts[0].segment.start == segment.start
        return abs((segment.start - group.parts[0].segment.start).total_seconds()) <= self.rules.span

    def _drop(self, group: Group) -> None:
        found = self._known.groups[group.key]
        found.remove(group)
        if not found:
            del self._known.groups[group.key]

    def _close(self, group: Group, *, complete: bool) -> list[BuiltCall]:
        return calls_of(group, self.rules, self._known.names, complete=complete)

    def _learn(self, segment: Segment) -> None:
        names = self._known.names
        for extension, name in ((segment.party1, segment.party1_name), (segment.party2, segment.party2_name)):
            if extension and name and (name in names or len(names) < MOST_NAMES):
                names[name] = extension


def build(rules: Rules, segments: Sequence[Segment]) -> list[BuiltCall]:
    """The calls of a whole file: every segment, then what is left."""
    builder = CallBuilder(rules)
    calls = [call for n, segment in enumerate(segments) for call in builder.add(segment, str(n))]
    return calls + builder.flush(dt.datetime.now(dt.UTC), everything=True)


__all__ = ["BuiltCall", "CallBuilder", "Pays", "Rules", "build", "rules_for"]
