"""When a cron falls due, in a time zone that changes its clocks twice a year.

The rule, which is that of cron itself: a fixed hour starts once a day, also on the days of change (a time
that the spring skips starts as much later as the clock jumped; one that the autumn has twice starts at the
first). A cron of every hour (``*`` or ``*/1`` in the hour field) follows the elapsed time: it misses the
hour that does not exist and runs in both of those that come twice. Pure: no database, no settings.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

CHANGE = timedelta(hours=3)  # no zone moves its clock further at once
LOOK_BACK = (
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=8),
    timedelta(days=32),
    timedelta(days=367),
    timedelta(days=1500),
)


def _instants(wall: datetime, zone: ZoneInfo, every_hour: bool) -> Iterator[datetime]:
    """The moments (UTC) at which the clock on the wall shows ``wall``, as the rule above picks them."""
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        yield first.astimezone(UTC)
        return
    skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall
    if skipped and every_hour:
        return
    yield first.astimezone(UTC)  # for a skipped time, fold 0 is "as much later as the clock jumped"
    if every_hour:
        yield second.astimezone(UTC)


def _next_wall(walls: croniter, cron: str, best: datetime | None) -> datetime | None:
    try:
        return walls.get_next(datetime)
    except CroniterBadDateError:
        if best is not None:
            return None
        raise ValueError(f"the cron {cron!r} never falls due") from None


def next_after(cron: str, moment: datetime, zone: ZoneInfo) -> datetime:
    """The first due time strictly after ``moment`` (aware); answer in UTC.

    Raises ValueError for a cron that never falls due (31 February).
    """
    every_hour = cron.split()[1] in {"*", "*/1"}
    start = moment.astimezone(zone).replace(tzinfo=None)
    walls = croniter(cron, start - CHANGE)
    best: datetime | None = None
    while True:
        wall = _next_wall(walls, cron, best)
        if wall is None:
            return best  # type: ignore[return-value]  # None only once there is a best
        if best is not None and wall > best.astimezone(zone).replace(tzinfo=None) + CHANGE:
            return best
        for instant in _instants(wall, zone, every_hour):
            if instant > moment and (best is None or instant < best):
                best = instant


def last_until(cron: str, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The last due time at or before ``moment``; None when there is none in four years."""
    for span in LOOK_BACK:
        last, due = None, next_after(cron, moment - span, zone)
        while due <= moment:
            last, due = due, next_after(cron, due, zone)
        if last is not None:
            return last
    return None
