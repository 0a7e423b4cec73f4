"""How segments of one PBX are joined into calls, as data.

One :class:`Rules` a source. Only settings: no reading, no joining (``builder.py`` does that).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from dataclasses import field as of
from enum import StrEnum
from typing import Any, Self


class Pays(StrEnum):
    """Which extension bears an outside call that changed hands."""

    FIRST = "first"  # who started it (or first answered it)
    LAST = "last"  # who had it at the end
    EACH = "each"  # each its own part: one built call an extension


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of a source. Times in seconds.

    ``repeats_start``: every segment of a call carries the start of the whole call (IP Office), so that a number that
    starts again after a reboot is another call. Otherwise segments of one key further apart than ``span`` are
    other calls. ``timeout``: a call whose announced segments do not come is closed and marked; ``settle``: where the
    format never announces, how long silence must last before a call is complete.
    """

    repeats_start: bool = True
    timeout: int = 1800
    settle: int = 60
    span: int = 86_400
    bills_hold: bool = True
    bills_park: bool = True
    pays: Pays = Pays.FIRST
    targeter_pays: bool = True
    names: Mapping[str, str] = of(default_factory=dict)  # user name → extension, where tickets name users only

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Self:
        """Rules from a profile's table; names it does not know are left aside, ``pays`` is a word of :class:`Pays`.

        Raises ValueError for a value of the wrong type.
        """
        known = {field.name: given[field.name] for field in fields(cls) if field.name in given}
        for name, value in known.items():
            wanted = type(getattr(cls(), name))
            if name == "pays":
                known[name] = Pays(value)
            elif name == "names":
                known[name] = {str(k): str(v) for k, v in dict(value).items()}
            elif not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
                raise ValueError(f"{name}: {value!r} is not a {wanted.__name__}")
        return cls(**known)


#: What each decoder's tickets are like; a source's own settings come on top.
USUAL: dict[str, Mapping[str, Any]] = {
    "avaya-ip-office": {"repeats_start": True},
    "asterisk": {"repeats_start": False},
    "freeswitch": {"repeats_start": False},
    "freeswitch-document": {"repeats_start": False},
    "cisco-cucm": {"repeats_start": False},
    "3cx": {"repeats_start": False},
    "grandstream": {"repeats_start": False},
    "alcatel-oxe": {"repeats_start": False},
    "teams": {"repeats_start": False},
    "kamailio": {"repeats_start": False},
}


def rules_for(decoder: str, **settings: Any) -> Rules:
    """The usual rules of a decoder (those of no grouping at all for one that is not listed), with settings of a source."""
    return Rules.from_mapping({**USUAL.get(decoder, {"repeats_start": False}), **settings})
