"""To whom a call belongs: its line, the customer and cost centre that held the line that day, the customer's tariff plan.

A call is matched by its source and extension, then by its direct number, then by the alias (“SDA fixe”) of a line; the first
line that somebody holds on that day wins, else the first line that matches, held by nobody. Nothing is read from the
database after :meth:`Attachments.load`.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from chappe.apps.customers.models import Assignment, Customer, Line

EPOCH = dt.date(1970, 1, 1).toordinal()
DAY_BITS = 20  # a day since 1970 fits: 2^20 days are 2,800 years
NONE = 0  # no row has the key 0: it stands for “nobody” in the arrays

#: First digits of a national number overseas → country code (ARCEP numbering plan).
OVERSEAS = {
    "0590": "590", "0690": "590", "0691": "590", "0594": "594", "0694": "594", "0596": "596", "0696": "596", "0697": "596",
    "0262": "262", "0263": "262", "0692": "262", "0693": "262", "0269": "262", "0639": "262",
}  # fmt: skip


class Attachment(NamedTuple):
    """Keys of rows, or None. ``hide_detail``: the line's calls are counted and never listed."""

    line_id: int
    customer_id: int | None = None
    cost_centre_id: int | None = None
    sell_plan_id: int | None = None
    hide_detail: bool = False


class Attached(NamedTuple):
    """The same for many calls: one int64 array each, 0 for none."""

    line: np.ndarray
    customer: np.ndarray
    cost_centre: np.ndarray
    sell_plan: np.ndarray
    hide_detail: np.ndarray


def canonical(number: str) -> str:
    """A telephone number as digits from the country code: “01 45 67 89 01”, “+33145678901” → “33145678901”.

    What is no French number is only freed of its signs.
    """
    digits = "".join(character for character in number if character.isdigit())
    if number.lstrip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    if len(digits) == 10 and digits.startswith("0"):
        return OVERSEAS.get(digits[:4], "33") + digits[1:]
    return digits


@dataclass
class Attachments:
    """The lines of one owner with who holds them when. Make it by :meth:`load`; it is a picture, load it again for a new one."""

    by_number: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    by_did: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    by_alias: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    held: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)  # line → [first day, last day, payload]
    bare: dict[int, int] = field(default_factory=dict)  # line → payload when nobody holds it
    payloads: list[Attachment | None] = field(default_factory=lambda: [None])
    _timelines: dict[tuple[str, str, str], tuple[list[int], list[int]]] = field(default_factory=dict)
    _columns: Attached | None = None

    @classmethod
    def load(cls, owner: Any = None) -> "Attachments":
        """Lines and assignments of an operator (row or key), None for the house: three queries."""
        key = getattr(owner, "pk", owner)
        made = cls()
        plans = _sell_plans(key)
        hidden: set[int] = set()
        lines = Line.objects.filter(owner=key).order_by("-active", "pk")
        for pk, source, number, alias, hide in lines.values_list("pk", "source", "number", "alias", "hide_detail"):
            made._index(pk, source, number, alias)
            made.bare[pk] = made._payload(Attachment(pk, hide_detail=hide))
            if hide:
                hidden.add(pk)
        rows = Assignment.objects.filter(line__owner=key).order_by("line", "starts_on")
        for line, customer, centre, first, last in rows.values_list(
            "line", "customer", "cost_centre", "starts_on", "ends_on"
        ):
            payload = made._payload(Attachment(line, customer, centre, plans.get(customer), line in hidden))
            made.held.setdefault(line, []).append((_day(first), _day(last) if last else 1 << DAY_BITS, payload))
        return made

    def _index(self, pk: int, source: str, number: str, alias: str) -> None:
        self.by_number.setdefault((source, number), []).append(pk)
        self.by_did.setdefault((source, canonical(number)), []).append(pk)
        if alias:
            self.by_alias.setdefault((source, canonical(alias) or alias), []).append(pk)

    def _payload(self, value: Attachment) -> int:
        self.payloads.append(value)
        self._columns = None
        return len(self.payloads) - 1

    def of(self, source: str, extension: str, did: str, day: dt.date) -> Attachment | None:
        """Who one call belongs to; None when no line matches. ``day`` is the local day on which it began."""
        starts, values = self._timeline(source or "", extension or "", did or "")
        return self.payloads[values[bisect_right(starts, _day(day)) - 1]]

    def many(
        self,
        source: str | Sequence[str | None] | pa.Array,
        extension: Any,
        did: Any,
        days: np.ndarray | Iterable[dt.date],
    ) -> Attached:
        """The same for many calls at once: arrays of text (``source`` may be one text) and of days (datetime64[D] or dates).

        The work is done once for each different (source, extension, did), not for each call.
        """
        when = np.asarray(days if isinstance(days, np.ndarray) else list(days), dtype="datetime64[D]").astype(np.int64)
        sources = [_codes(pa.array([source] * 1))] if isinstance(source, str) else [_codes(source)]
        (s_codes, s_words), (e_codes, e_words), (d_codes, d_words) = sources[0], _codes(extension), _codes(did)
        if isinstance(source, str):
            s_codes = np.zeros(len(when), dtype=np.int64)
        key = (s_codes * len(e_words) + e_codes) * len(d_words) + d_codes
        distinct, which = np.unique(key, return_inverse=True)
        keys: list[int] = []
        values: list[int] = []
        for place, combined in enumerate(distinct.tolist()):
            rest, d = divmod(combined, len(d_words))
            s, e = divmod(rest, len(e_words))
            starts, payloads = self._timeline(s_words[s], e_words[e], d_words[d])
            base = place << DAY_BITS
            keys += [base + start for start in starts]
            values += payloads
        if not keys:
            return self._taken(np.zeros(0, dtype=np.int64))
        at = np.searchsorted(np.asarray(keys), (which.astype(np.int64) << DAY_BITS) + when, side="right") - 1
        return self._taken(np.asarray(values)[at])

    def _taken(self, chosen: np.ndarray) -> Attached:
        if self._columns is None:
            rows = [payload or Attachment(NONE) for payload in self.payloads]
            self._columns = Attached(*(np.asarray([row[n] or 0 for row in rows], dtype=np.int64) for n in range(5)))
        return Attached(*(column[chosen] for column in self._columns))

    def _timeline(self, source: str, extension: str, did: str) -> tuple[list[int], list[int]]:
        """From which day which payload holds, for one kind of call; begins at day 0."""
        key = (source, extension, did)
        known = self._timelines.get(key)
        if known is None:
            known = self._timelines[key] = self._laid(self._candidates(source, extension, did))
        return known

    def _candidates(self, source: str, extension: str, did: str) -> list[int]:
        """Lines that match, the best first."""
        found: list[int] = []
        places = (source, "") if source else ("",)
        if extension:
            for place in places:
                found += self.by_number.get((place, extension), [])
        for number in (did, extension):
            digits = canonical(number)
            if digits and (number == did or len(digits) > 6):
                for index in (self.by_did, self.by_alias):
                    for place in places:
                        found += index.get((place, digits), [])
        return list(dict.fromkeys(found))

    def _laid(self, lines: list[int]) -> tuple[list[int], list[int]]:
        if not lines:
            return [0], [0]
        cuts = {0}
        for line in lines:
            for first, last, _payload in self.held.get(line, ()):
                cuts |= {first, min(last + 1, (1 << DAY_BITS) - 1)}
        starts = sorted(cuts)
        return starts, [self._at(lines, day) for day in starts]

    def _at(self, lines: list[int], day: int) -> int:
        for line in lines:
            for first, last, payload in self.held.get(line, ()):
                if first <= day <= last:
                    return payload
        return self.bare[lines[0]]


def _day(day: dt.date) -> int:
    return max(0, day.toordinal() - EPOCH)


def _codes(values: Any) -> tuple[np.ndarray, list[str]]:
    """Numbers for the words of a column, and the words; a missing value is the empty word."""
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, type=pa.string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    coded = array.cast(pa.string()).fill_null("").dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist() or [""]


def _sell_plans(owner: int | None) -> dict[int, int | None]:
    """customer → its tariff plan, or that of the nearest customer above it."""
    rows = {
        pk: (parent, plan)
        for pk, parent, plan in Customer.objects.filter(owner=owner).values_list("pk", "parent", "sell_plan")
    }
    found: dict[int, int | None] = {}
    for pk in rows:
        seen, at = set(), pk
        while at in rows and at not in seen and rows[at][1] is None and rows[at][0] is not None:
            seen.add(at)
            at = rows[at][0]
        found[pk] = rows[at][1] if at in rows else None
    return found
