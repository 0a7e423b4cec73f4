"""Made-up calls of a small company: who, whom, when, how long. The same seed gives the same calls."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PEOPLE = (
    ("201", "Alice Martin"), ("202", "Bruno Petit"), ("203", "Chloé Bernard"), ("204", "Durand, Paul"),
    ("205", "Émile Robert"), ("206", "Fatou Diallo"), ("207", "Accueil"), ("208", "Salle de réunion"),
)  # fmt: skip
#: (share, prefix, digits that follow): ranges kept for fiction, then short and special numbers
OUTSIDE = (
    (40, "0639980", 3), (12, "019900", 4), (8, "026191", 4), (8, "035301", 4), (5, "046571", 4), (4, "053649", 4),
    (5, "00441632960", 3), (4, "0012025550", 3), (2, "0800", 6), (2, "0899", 6), (2, "3949", 0), (1, "15", 0),
)  # fmt: skip
SITE = "03530199"  # the DDIs of the company: this, then the last two digits of the extension
OPENS, CLOSES = 8, 19


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``way`` is out, in or int; ``to`` the second extension of a transfer or of an internal call, or ""."""

    number: int
    start: dt.datetime  # local time of the PBX, without zone, as PBXs write it
    way: str
    extension: str
    name: str
    outside: str
    ring: int
    talk: int  # seconds; 0 is a call that nobody answered
    trunk: int
    to: str = ""
    to_name: str = ""
    to_talk: int = 0

    @property
    def end(self) -> dt.datetime:
        return self.start + dt.timedelta(seconds=self.ring + self.talk + self.to_talk)

    @property
    def ddi(self) -> str:
        """The number that somebody outside dials for this extension."""
        return SITE + self.extension[-2:]


def calls(
    count: int, *, start: dt.datetime, seed: int = 1, first: int = 1_000_000, per_hour: float = 60.0
) -> Iterator[Call]:
    """So many calls from ``start`` on, in opening hours of working days, numbered from ``first``."""
    dice = random.Random(seed)  # noqa: S311 - for play
    moment = start.replace(microsecond=0)
    for number in range(first, first + count):
        moment = _open(moment + dt.timedelta(seconds=round(dice.expovariate(per_hour / 3600))))
        yield _call(dice, number, moment)


def _open(moment: dt.datetime) -> dt.datetime:
    """The next opening, when it is closed."""
    if moment.hour >= CLOSES:
        moment = moment.replace(hour=OPENS, minute=0, second=0) + dt.timedelta(days=1)
    elif moment.hour < OPENS:
        moment = moment.replace(hour=OPENS, minute=0, second=0)
    while moment.weekday() >= 5:
        moment = moment.replace(hour=OPENS, minute=0, second=0) + dt.timedelta(days=1)
    return moment


def _call(dice: random.Random, number: int, moment: dt.datetime) -> Call:
    way = dice.choices(("out", "in", "int"), (50, 38, 12))[0]
    (extension, name), (to, to_name) = dice.sample(PEOPLE, 2)
    answered = dice.random() < 0.85
    talk = min(7200, round(dice.lognormvariate(4.4, 1.1))) if answered else 0
    transferred = answered and way == "in" and dice.random() < 0.15
    return Call(
        number=number,
        start=moment,
        way=way,
        extension=extension,
        name=name,
        outside=outside(dice, OUTSIDE[:8] if way == "in" else OUTSIDE),
        ring=dice.randint(1, 25),
        talk=talk,
        trunk=dice.randint(1, 8),
        to=to if transferred or way == "int" else "",
        to_name=to_name if transferred or way == "int" else "",
        to_talk=min(3600, round(dice.lognormvariate(4.0, 1.0))) if transferred else 0,
    )


def outside(dice: random.Random, rows: Sequence[tuple[int, str, int]] = OUTSIDE) -> str:
    """A number as one would dial it from France; only people call in."""
    _share, prefix, digits = dice.choices(rows, [row[0] for row in rows])[0]
    return prefix + "".join(dice.choices("0123456789", k=digits))
