"""Made-up calls of a small operator: weekday mornings, short calls, a few anomalies worth finding.

Seeded, so that two demonstrations hold the same calls. Numbers are drawn in the ranges that ARCEP keeps for
fiction where there are some (0199 00, 0261 91, 0353 01, 0465 71, 0536 49, 0639 98), otherwise at random.
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
HEADER = "id,tenant,tor,category,direction,subject,account,destination,start,end,usage"

#: What people of a small French firm call, with how often: (prefix, digits to draw, weight, mean seconds)
DESTINATIONS = (
    ("3319900", 4, 22, 210), ("3326191", 4, 9, 190), ("3335301", 4, 9, 200), ("3346571", 4, 8, 190), ("3353649", 4, 8, 205),
    ("3363998", 4, 24, 130), ("337559", 5, 8, 120), ("339", 8, 4, 260), ("262692", 6, 1, 300), ("590690", 6, 1, 240),
    ("32470", 6, 2, 240), ("41791", 6, 2, 310), ("4930", 8, 2, 280), ("44207", 7, 2, 260), ("34911", 6, 2, 230),
    ("39066", 6, 1, 220), ("212661", 6, 1, 350), ("1212555", 4, 1, 420), ("33800", 6, 2, 160), ("33825", 6, 1, 240),
    ("33899", 6, 1, 300), ("118218", 0, 1, 90), ("3631", 0, 1, 120),
)  # fmt: skip
HOURS = (0, 0, 0, 0, 0, 0, 1, 3, 14, 22, 24, 20, 9, 12, 22, 23, 20, 16, 8, 4, 2, 1, 1, 0)
WEEKDAYS = (1.0, 1.05, 1.0, 1.02, 0.9, 0.15, 0.06)


@dataclass(frozen=True)
class Customer:
    """A firm: its tenant and the numbers that call."""

    tenant: str
    account: str
    numbers: tuple[str, ...]
    calls_a_day: int


def customers() -> tuple[Customer, ...]:
    """Firms of two partner operators, from a bakery to a call centre."""
    made = []
    for rank, (tenant, name, lines, calls) in enumerate(
        (
            ("ALTITEL", "boulangerie-du-pont", 2, 14), ("ALTITEL", "cabinet-des-tanneurs", 6, 60), ("ALTITEL", "garage-de-la-loue", 4, 35),
            ("ALTITEL", "mairie-de-salins", 12, 110), ("ALTITEL", "clinique-des-salines", 24, 260),
            ("BOREAL", "hotel-des-sapins", 5, 40), ("BOREAL", "transports-morez", 9, 120), ("BOREAL", "lunetterie-du-haut-jura", 14, 170),
        )
    ):  # fmt: skip
        numbers = tuple(f"33384{rank + 10}{line:04d}" for line in range(lines))
        made.append(Customer(tenant, name, numbers, calls))
    return tuple(made)


def week(monday: dt.date, *, seed: int, until: dt.datetime) -> Iterator[str]:
    """Lines of a file of calls for the seven days from ``monday``, header first, none that would begin after ``until``."""
    dice = random.Random(f"{seed}-{monday.isoformat()}")  # noqa: S311 - made-up calls, not secrets
    yield HEADER
    weights = [row[2] for row in DESTINATIONS]
    serial = 0
    for day in (monday + dt.timedelta(days=n) for n in range(7)):
        if day > until.astimezone(PARIS).date():
            break
        for customer in customers():
            wanted = customer.calls_a_day * WEEKDAYS[day.weekday()] * dice.uniform(0.85, 1.15)
            for _ in range(round(wanted)):
                serial += 1
                start, line = _call(dice, day, customer, weights, f"{monday:%y%m%d}-{serial:05d}")
                if start <= until:
                    yield line
    yield from _oddities(dice, monday, serial)


def _call(
    dice: random.Random, day: dt.date, customer: Customer, weights: list[int], ident: str
) -> tuple[dt.datetime, str]:
    prefix, digits, _weight, mean = dice.choices(DESTINATIONS, weights)[0]
    number = prefix + "".join(dice.choices("0123456789", k=digits))
    hour = dice.choices(range(24), HOURS)[0]
    start = dt.datetime.combine(day, dt.time(hour, dice.randrange(60), dice.randrange(60)), PARIS)
    seconds = 0 if dice.random() < 0.07 else max(3, min(7200, round(dice.expovariate(1 / mean))))
    end = (start.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)).astimezone(PARIS)
    line = dice.choice(customer.numbers)
    return (
        start,
        f"{ident},{customer.tenant},0,call,OUT,{line},{customer.account},{number},{start.isoformat()},{end.isoformat()},",
    )


def _oddities(dice: random.Random, monday: dt.date, serial: int) -> Iterator[str]:
    """What every real file has: a number that no plan knows, a clock gone wrong, a line cut short, a line sent twice."""
    stamp = f"{monday:%y%m%d}"
    ten = f"{monday.isoformat()}T10:15:00+01:00"
    line = dice.choice(customers()[1].numbers)
    for shift, unknown in enumerate(("999000123", "8835100012", "979123456"), 1):
        yield f"{stamp}-{serial + shift:05d},ALTITEL,0,call,OUT,{line},cabinet-des-tanneurs,{unknown},{ten},,{40 * shift}"
    yield f"{stamp}-{serial + 4:05d},ALTITEL,0,call,OUT,{line},cabinet-des-tanneurs,33199001234,{ten},{monday.isoformat()}T10:12:00+01:00,"
    yield f"{stamp}-{serial + 5:05d},BOREAL,0,call,OUT,33384150002,hotel-des-sapins,33363998004"
    yield f"{stamp}-{serial + 1:05d},ALTITEL,0,call,OUT,{line},cabinet-des-tanneurs,3319900777,{ten},,61"


def sms_and_data(monday: dt.date, *, seed: int) -> Iterator[str]:
    """A few messages and data records of the same week, for the events and volumes of a plan."""
    dice = random.Random(f"{seed}-sms-{monday.isoformat()}")  # noqa: S311
    yield HEADER
    for n in range(60):
        customer = dice.choice(customers())
        at = dt.datetime.combine(monday + dt.timedelta(days=n % 7), dt.time(9 + n % 9, n % 60), PARIS)
        yield f"S{monday:%y%m%d}-{n:04d},{customer.tenant},*sms,sms,OUT,{customer.numbers[0]},{customer.account},3363998{n:04d},{at.isoformat()},,1"
