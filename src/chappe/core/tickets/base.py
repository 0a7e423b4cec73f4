"""What decoders share: from bytes to text, and every refusal made an issue. A decoder adds ``read``."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any

from chappe.core.base.issue import Issue
from chappe.core.tickets.clock import clock
from chappe.core.tickets.contract import Decoded, Decoder, Profile, Segment
from chappe.core.tickets.faults import Refused
from chappe.core.tickets.text import MAX_LINE, text_of

BLANK = Decoded(skipped="blank")
HEADER = Decoded(skipped="header")


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a decoder; ``choices`` are the values of a choice, or those a table may hold. ``kind``: text, char (one or none), bool, int, choice, list, table, ranges (200-299), widths
    (of columns, as texts) or places (name = [position, width]); ``label`` in English, marked."""

    name: str
    kind: str
    default: Any
    label: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecoderInfo:
    """A decoder in the registry: how it is called, made and set. ``columns`` are the names an administrator may order;
    ``framing`` is how its files are cut: lines, csv, json, xml or oxe."""

    name: str
    label: str
    make: Callable[[Profile], Decoder]
    options: tuple[Option, ...] = ()
    columns: tuple[str, ...] = ()
    framing: str = "lines"
    takes_columns: bool = False
    needs_columns: bool = False
    checked: Mapping[str, str] = of(default_factory=dict)  # allowed keys of the option "fields", with labels


class TextDecoder(ABC):
    """A decoder of text records. Subclasses write ``read`` and may raise ``Refused``, nothing else."""

    limit = MAX_LINE
    filler = ""  # what a NUL inside the record becomes

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.clock = clock(profile.timezone)

    def decode(self, raw: bytes, *, received: dt.datetime) -> Decoded:
        remarks: list[Issue] = []
        try:
            text = text_of(raw, self.profile.encoding, remarks, limit=self.limit, filler=self.filler)
            if not text or text.isspace():
                return BLANK
            return self.read(text, received, remarks)
        except Refused as fault:
            return Decoded(issues=(fault.issue, *remarks))

    @abstractmethod
    def read(self, text: str, received: dt.datetime, remarks: list[Issue]) -> Decoded:
        """One record as text; Refused says what is wrong with it."""

    def state(self) -> dict[str, Any]:
        """What earlier records taught (a header, open pairs), as JSON, for another run to ``restore``."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where the decoder that gave ``state`` stopped. A state that makes no sense is left out."""
        return  # a decoder that learns nothing has nothing to take back

    def option(self, name: str, default: Any) -> Any:
        return self.profile.options.get(name, default)


def one(segment: Segment, remarks: list[Issue]) -> Decoded:
    return Decoded((segment,), tuple(remarks))


def filled(values: Mapping[str, str]) -> dict[str, str]:
    """Only the fields that say something: what ``Segment.extra`` keeps."""
    return {name: value for name, value in values.items() if value}
