"""The segments of one call while it is not complete. Data and durations only."""

import datetime as dt
from dataclasses import dataclass

from chappe.core.tickets.contract import Outcome, Segment, Way

OUTSIDE = frozenset({Way.IN, Way.OUT, Way.TRANSIT})


@dataclass(frozen=True, slots=True)
class Part:
    """A segment and where its raw record is."""

    segment: Segment
    ref: str = ""

    @property
    def start(self) -> dt.datetime:
        """When the segment itself began, as far as its ticket tells."""
        return self.segment.segment_start or self.segment.start

    @property
    def length(self) -> int:
        """Seconds from its first ring to its end: ring, talk, hold and park."""
        s = self.segment
        return s.ring + s.talk + s.hold + s.park

    @property
    def ended(self) -> dt.datetime:
        """End of the segment by its own account."""
        return self.start + dt.timedelta(seconds=self.length)

    @property
    def is_outside(self) -> bool:
        """Whether a trunk was held."""
        return bool(self.segment.trunk) or self.segment.way in OUTSIDE

    @property
    def was_answered(self) -> bool:
        """Whether somebody (or a voicemail) spoke."""
        return self.segment.outcome == Outcome.ANSWERED or self.segment.talk > 0

    @property
    def extension(self) -> str:
        """Who of the house held it: who answered, else the first party."""
        return self.segment.reached or self.segment.party1


@dataclass(slots=True)
class Group:
    """Parts in order of arrival. ``seen`` is when the last one arrived."""

    key: str
    parts: list[Part]
    seen: dt.datetime

    @property
    def announced(self) -> bool:
        """Whether the last part said that another one follows."""
        return self.parts[-1].segment.more is True

    def add(self, part: Part, seen: dt.datetime) -> None:
        """One part more."""
        self.parts.append(part)
        self.seen = max(self.seen, seen)
