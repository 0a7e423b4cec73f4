"""What rules say of a period: one reading of the lake for all that look at the same days, then one query a rule. Decides nothing.

``wide`` are the calls read once. A query has three steps: ``base`` are the calls that the rule looks at, ``marked`` gives each the value that the counter has when it
begins, the last one keeps the peak of each day and each customer (or line) with the calls that made it. Everything put into the SQL
is a number or a checked word of ours: nothing that people or switches wrote.
"""
# ruff: noqa: S608 - whole numbers, days and checked words of ours, never a text that came from outside

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pyarrow as pa
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch
from chappe.apps.usage.patience import TooLong
from chappe.apps.watch import countries
from chappe.apps.watch.kinds import NANO, Counter, base
from chappe.apps.watch.models import DAY_MINUTES, Alert, RiskyPrefix, Rule

MOST = 500  # findings of a rule in one look
RULE_SECONDS = 60  # what one rule may take, so that the others and the worker go on
READ_SECONDS = 600  # what reading the days of all may take
SAMPLE = 20  # calls kept as evidence
HISTORY = 5  # days with calls, below which no usual is known
KNOWN_DAYS = 7  # a customer younger than this calls every country for the first time
RANGE_DIGITS = 4  # last digits that make a range
MOST_TIMES = 1_000_000  # thousandths: a usual of nothing is passed a thousand times

_NUMBER = (
    "CASE WHEN kind IS NULL AND regexp_matches(destination, '^0[1-9][0-9]{8}$') THEN '33' || substr(destination, 2) "
    "ELSE regexp_replace(coalesce(destination, ''), '^([+]|00)', '') END"
)
#: Files of rated calls do not say what a number is: their first digits must do.
_KIND = (
    "CASE WHEN kind <> '' THEN kind WHEN regexp_matches(n, '^33(81|82|89)') THEN 'sva' WHEN starts_with(n, '33') THEN 'national' "
    "WHEN regexp_matches(n, '^(870|88[123])') THEN 'satellite' WHEN length(n) >= 8 THEN 'international' ELSE '' END"
)
_VOICE = "tor IN ('', '0', '*voice', 'voice')"
_GROUP = "owner, who, extra"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of somebody on a day. ``extra``: country, range or prefix; ``usual`` nano, of a cost."""

    rule: Rule
    owner: int | None
    customer: int | None
    line: int | None
    account: str
    day: dt.date
    value: int
    calls: int
    seconds: int
    total: int
    first: dt.datetime
    last: dt.datetime
    sample: tuple[str, ...]
    who: str
    extra: str = ""
    usual: int | None = None

    @property
    def severity(self) -> str:
        critical = base(self.rule.unit, self.rule.critical)
        return Alert.Severity.CRITICAL if critical is not None and self.value >= critical else Alert.Severity.WARNING

    @property
    def threshold(self) -> int:
        """The one that was passed."""
        name = "critical" if self.severity == Alert.Severity.CRITICAL else "warning"
        return base(self.rule.unit, getattr(self.rule, name)) or 0

    @property
    def period(self) -> dt.date:
        """The day that its key names: a monthly cap speaks once a month."""
        monthly = self.rule.counter == Counter.SPEND and self.rule.period == Rule.Period.MONTH
        return self.day.replace(day=1) if monthly else self.day

    @property
    def subject(self) -> str:
        """Who, for this rule, without the day."""
        return _digest(self.rule.pk, self.owner or 0, self.who)

    @property
    def key(self) -> str:
        """The same facts give the same key."""
        return _digest(self.rule.pk, self.owner or 0, self.who, self.extra, self.period)


def _digest(*parts: Any) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Look:
    """A rule over the days ``begin`` to ``end`` (both included), as known at ``now``."""

    rule: Rule
    begin: dt.date
    end: dt.date
    now: dt.datetime = field(default_factory=timezone.now)

    @property
    def window(self) -> int:
        return min(self.rule.window, DAY_MINUTES)

    @property
    def is_day(self) -> bool:
        return self.window >= DAY_MINUTES

    def read_from(self) -> dt.date:
        """The first day that must be read to know the first one asked."""
        rule = self.rule
        if rule.needs.past:
            return self.begin - dt.timedelta(days=rule.past_days)
        if rule.counter == Counter.SPEND and rule.period == Rule.Period.MONTH:
            return self.begin.replace(day=1)
        return self.begin - dt.timedelta(days=1)


def findings(look: Look) -> list[Finding]:
    """What the rule says, day by day, the largest first; at most :data:`MOST`. Raises TooLong."""
    found: list[Finding] = []
    for _look, some in findings_of([look]):
        if some is None:
            raise TooLong
        found += some
    return found


def findings_of(
    looks: Iterable[Look], *, check: Callable[[], None] = lambda: None
) -> Iterator[tuple[Look, list[Finding] | None]]:
    """What each of these rules says; None for one that was stopped because it took too long: the others go on. Rules that read the
    same days share one reading of the lake. ``check`` raises when nobody wants the answers any more, in the middle of one too."""
    groups: dict[tuple[dt.date, dt.date], list[Look]] = {}
    for look in looks:
        groups.setdefault((look.read_from(), look.end), []).append(look)
    for (begin, end), some in groups.items():
        owners = _owners({look.rule.owner_id for look in some}, begin)
        first = (begin - dt.timedelta(days=1)).strftime("%Y-%m")
        months = [month for month in lake.months() if month >= first]
        if owners and months:
            yield from _together(some, _wide(owners, begin, end), months, sorted(owners), check)
        else:  # no call in those days
            yield from ((look, []) for look in some)


def _together(
    some: list[Look], wide: str, months: Sequence[str], batches: Sequence[int], check: Callable[[], None]
) -> Iterator[tuple[Look, list[Finding] | None]]:
    done = 0
    try:
        with lake.kept("wide", wide, months=months, batches=batches, seconds=READ_SECONDS, check=check) as ask:
            for look in some:
                done += 1
                yield look, _said(look, ask)
    except TooLong:  # the days themselves could not be read in time
        yield from ((look, None) for look in some[done:])


def patience(_look: Look) -> float:
    """Seconds that a rule may take to answer."""
    return RULE_SECONDS


def _said(look: Look, ask: Callable[[str, float], pa.Table]) -> list[Finding] | None:
    listed = _listed(look.rule) if look.rule.counter == Counter.LISTED else []
    if look.rule.counter == Counter.LISTED and not listed:
        return []
    try:
        return [_finding(look.rule, row) for row in ask(_sql(look, listed), patience(look)).to_pylist()]
    except TooLong:
        return None


def _finding(rule: Rule, row: dict[str, Any]) -> Finding:
    of_line = rule.per == Rule.Per.LINE and rule.counter != Counter.SPREAD
    hidden = rule.counter == Counter.SEQUENTIAL  # a whole number: in the key, never kept
    return Finding(
        rule=rule, owner=row["owner"] or None, customer=row["customer"], line=row["line_id"] if of_line else None,
        account=row["account"] or "", day=row["day"], value=int(row["value"]), calls=row["calls"], seconds=int(row["seconds"]),
        total=int(row["total"]), first=row["first"], last=row["last"], sample=tuple(row["sample"]), usual=row["usual"],
        who=f"{row['who']}|{row['extra']}" if hidden else row["who"], extra="" if hidden else row["extra"],
    )  # fmt: skip


def _owners(wanted: Set[int | None], since: dt.date) -> dict[int, int]:
    """Batch that stands now → its owner (0: the house); of these operators alone unless the house (None) is among them."""
    moment = timezone.make_aware(dt.datetime.combine(since, dt.time.min), ZoneInfo(settings.TIME_ZONE))
    rows = UsageBatch.objects.filter(state=UsageBatch.State.READY).filter(
        Q(last_call__gte=moment) | Q(last_call__isnull=True)
    )
    if None not in wanted:
        rows = rows.filter(owner__in=wanted)
    return {pk: owner or 0 for pk, owner in rows.values_list("pk", "owner")}


def _listed(rule: Rule) -> list[str]:
    rows = RiskyPrefix.objects.filter(Q(owner=None) | Q(owner=rule.owner_id))
    return sorted(set(rows.values_list("prefix", flat=True)))


# -- SQL -----------------------------------------------------------------------------------------------------------
def _wide(owners: dict[int, int], begin: dt.date, end: dt.date) -> str:
    """The calls of these days that go out, with what any rule may ask of them: read once, whatever the number of rules."""
    pairs = ", ".join(f"({batch}, {owner})" for batch, owner in sorted(owners.items()))
    return (
        f"SELECT batch, line, owner, customer, line_id, coalesce(ext, '') AS ext, start, CAST(start AS DATE) AS day, seconds, total, n, "
        "coalesce(nullif(account, ''), nullif(subject, ''), ext, '') AS account, answered IS NOT FALSE AS answered, "
        f"coalesce({_VOICE}, FALSE) AS voice, {_KIND} AS k "
        f"FROM (SELECT batch, line, o.owner, customer, line_id, ext, start, account, subject, answered, tor, kind, {_NUMBER} AS n, "
        "coalesce(usage, 0) // 1000000 AS seconds, coalesce(total, 0) AS total "
        f"FROM calls JOIN (VALUES {pairs}) AS o(batch, owner) USING (batch) "
        f"WHERE start >= {_at(begin)} AND start < {_at(end + dt.timedelta(days=1))} AND coalesce(way, 'out') IN ('out', 'transit'))"
    )


def _sql(look: Look, listed: Sequence[str]) -> str:
    """The question of one rule over ``wide``."""
    steps = [f"base AS ({_base(look)})"]
    if look.rule.counter == Counter.LISTED:
        steps += _risky(look, listed)
    else:
        steps += _MARKS.get(look.rule.counter, _counted)(look)
    return f"SELECT * FROM (WITH {', '.join([*steps, *_peaks(look)])})"


def _base(look: Look) -> str:
    """The calls that the rule looks at, with who makes them, and whether the rule means their number and their moment."""
    rule = look.rule
    tests = ["TRUE"]
    if rule.owner_id is not None:
        tests.append(f"owner = {int(rule.owner_id)}")
    if rule.customer_id:
        tests.append(f"customer = {int(rule.customer_id)}")
    if rule.counter not in {Counter.COST, Counter.SPEND}:
        tests.append("voice")
    if rule.counter != Counter.SHORT:
        tests.append("answered")
    return (
        f"SELECT batch, line, owner, {_who(rule)} AS who, customer, line_id, account, n AS number, start, day, seconds, "
        f"start + to_seconds(seconds) AS stop, total, ({_numbers(rule)}) AND ({_moments(look)}) AS matches "
        f"FROM wide WHERE {' AND '.join(tests)}"
    )


def _at(day: dt.date) -> str:
    """Midnight of a day in the house's clock, as SQL."""
    return f"TIMESTAMPTZ '{day.isoformat()} 00:00:00'"


def _who(rule: Rule) -> str:
    customer = "CASE WHEN customer IS NOT NULL THEN 'c' || customer ELSE 'a' || account END"
    if rule.per == Rule.Per.CUSTOMER or rule.counter == Counter.SPREAD:
        return customer
    return f"CASE WHEN line_id IS NOT NULL THEN 'l' || line_id ELSE {customer} || '/' || ext END"


def _numbers(rule: Rule) -> str:
    tests = [f"starts_with(n, '{prefix}')" for prefix in rule.prefix_list()]
    if rule.kind_list():
        tests.append(f"k IN ({', '.join(repr(kind) for kind in rule.kind_list())})")
    return " OR ".join(tests) or "TRUE"


def _moments(look: Look) -> str:
    rule = look.rule
    if rule.moments == Rule.Moments.ALWAYS:
        return "TRUE"
    hour, begin, end = "date_part('hour', start)", rule.hour_from, rule.hour_to
    hours = f"({hour} >= {begin} {'AND' if begin < end else 'OR'} {hour} < {end})"
    days = ", ".join(sorted(set(rule.days))) or "1, 2, 3, 4, 5, 6, 7"
    within = f"({hours} AND isodow(day) IN ({days}))"
    if rule.moments == Rule.Moments.WITHIN:
        return within
    closed = holidays.country_holidays("FR", years=range(look.read_from().year, look.end.year + 1))
    listed = ", ".join(f"DATE '{day.isoformat()}'" for day in sorted(closed))
    return f"NOT {within} OR day IN ({listed})"


def _over(look: Look, group: str = _GROUP) -> str:
    """The window of the rule: the whole day, or what has begun since so many minutes (the first instant left out)."""
    if look.is_day:
        return f"(PARTITION BY {group}, day)"
    return (
        f"(PARTITION BY {group} ORDER BY start RANGE BETWEEN INTERVAL '{look.window * 60_000_000 - 1} microseconds' "
        "PRECEDING AND CURRENT ROW)"
    )


def _marked(value: str, *, source: str = "base", extra: str = "''", where: str = "matches", usual: str = "NULL") -> str:
    return (
        f"marked AS (SELECT *, {value} AS value, CAST({usual} AS BIGINT) AS usual "
        f"FROM (SELECT *, {extra} AS extra FROM {source} WHERE {where}))"
    )


def _counted(look: Look) -> list[str]:
    where = f"matches AND seconds < {int(look.rule.short_seconds)}" if look.rule.counter == Counter.SHORT else "matches"
    value = "CAST(sum(seconds) OVER {w} AS BIGINT)" if look.rule.counter == Counter.MINUTES else "count(*) OVER {w}"
    return [_marked(value.format(w=_over(look)), where=where)]


def _risky(look: Look, listed: Sequence[str]) -> list[str]:
    """By length, longest first: equality with a list is a join that costs nothing, ``starts_with`` would not be."""
    lengths = sorted({len(prefix) for prefix in listed}, reverse=True)
    cases = " ".join(
        f"WHEN left(number, {n}) IN (SELECT prefix FROM risky WHERE length(prefix) = {n}) THEN left(number, {n})"
        for n in lengths
    )
    known = f"known AS (SELECT *, CASE {cases} ELSE '' END AS hit FROM base WHERE matches)"
    risky = f"risky AS (SELECT unnest([{', '.join(repr(prefix) for prefix in listed)}]) AS prefix)"
    return [risky, known, _marked(f"count(*) OVER {_over(look)}", source="known", extra="hit", where="hit <> ''")]


def _duration(_look: Look) -> list[str]:
    return [_marked("seconds")]


def _concurrent(_look: Look) -> list[str]:
    """Calls held when each begins: a call that ends at that very instant is over."""
    events = (
        "held AS (SELECT * FROM (SELECT *, CAST(sum(step) OVER (PARTITION BY owner, who ORDER BY instant, step, batch, line "
        "ROWS UNBOUNDED PRECEDING) AS BIGINT) AS held FROM (SELECT *, start AS instant, 1 AS step FROM base WHERE matches AND seconds > 0 "
        "UNION ALL SELECT *, stop AS instant, -1 AS step FROM base WHERE matches AND seconds > 0)) WHERE step = 1)"
    )
    return [events, _marked("held", source="held")]


def _sequential(look: Look) -> list[str]:
    """Runs of calls to one number: another number in between begins a new one."""
    runs = (
        "runs AS (SELECT *, row_number() OVER (PARTITION BY owner, who ORDER BY start, batch, line) "
        "- row_number() OVER (PARTITION BY owner, who, number ORDER BY start, batch, line) AS run FROM base)"
    )
    return [runs, _marked(f"count(*) OVER {_over(look, f'{_GROUP}, run')}", source="runs", extra="number")]


def _spread(look: Look) -> list[str]:
    extra = f"left(number, greatest(length(number) - {RANGE_DIGITS}, 4))"
    return [_marked(f"count(DISTINCT who) OVER {_over(look, 'extra')}", extra=extra)]


def _country(look: Look) -> list[str]:
    """Calls to a country that the customer, known for a week or more, did not call in the days before."""
    pairs = ", ".join(f"('{code}', '{region}')" for code, region in countries.codes())
    past = int(look.rule.past_days)
    return [
        f"codes AS (SELECT * FROM (VALUES {pairs}) AS c(code, region))",
        "heads AS (SELECT DISTINCT left(number, 4) AS head FROM base WHERE length(number) >= 8)",
        "places AS (SELECT head, arg_max(region, length(code)) AS region FROM heads JOIN codes ON starts_with(head, code) GROUP BY head)",
        (
            "seen AS (SELECT owner, who, region, day, lag(day) OVER (PARTITION BY owner, who, region ORDER BY day) AS before "
            "FROM (SELECT DISTINCT owner, who, region, day FROM base JOIN places ON left(number, 4) = head))"
        ),
        "young AS (SELECT owner, who, min(day) AS born FROM base GROUP BY owner, who)",
        (
            f"fresh AS (SELECT base.*, region FROM base JOIN places ON left(number, 4) = head JOIN seen USING (owner, who, region, day) "
            f"JOIN young USING (owner, who) WHERE region <> 'FR' AND (before IS NULL OR day - before > {past}) AND day - born >= {KNOWN_DAYS})"
        ),
        _marked("count(*) OVER (PARTITION BY owner, who, extra, day)", source="fresh", extra="region"),
    ]


def _cost(look: Look) -> list[str]:
    """The amount of a day in thousandths of the middle one of the days before that have calls."""
    past, floor = int(look.rule.past_days), _nano(look.rule)
    span = (
        "OVER (PARTITION BY owner, who ORDER BY day RANGE BETWEEN "
        f"INTERVAL '{past} days' PRECEDING AND INTERVAL '1 day' PRECEDING)"
    )
    ratio = f"least(CASE WHEN middle > 0 THEN spent * 1000 // middle ELSE {MOST_TIMES} END, {MOST_TIMES})"
    return [
        "days AS (SELECT owner, who, day, CAST(sum(total) AS BIGINT) AS spent FROM base WHERE matches GROUP BY owner, who, day)",
        f"usuals AS (SELECT *, quantile_disc(spent, 0.5) {span} AS middle, count(*) {span} AS known FROM days)",
        (
            f"dear AS (SELECT base.*, middle, CAST({ratio} AS BIGINT) AS times FROM base JOIN usuals USING (owner, who, day) "
            f"WHERE matches AND known >= {HISTORY} AND spent >= {floor})"
        ),
        _marked("times", source="dear", usual="middle"),
    ]


def _spend(look: Look) -> list[str]:
    """What is spent of a cap, in thousandths; from a quarter of the period on, what it will be at its end at this pace."""
    month = look.rule.period == Rule.Period.MONTH
    begin = "date_trunc('month', day)" if month else "day"
    end = "last_day(day) + 1" if month else "day + 1"
    spent = "sum(total) OVER (PARTITION BY owner, who, date_trunc('month', day) ORDER BY day)" if month else "total"
    now = f"TIMESTAMPTZ '{look.now.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}+00'"
    since, until = f"CAST(epoch({begin}::TIMESTAMPTZ) AS BIGINT)", f"CAST(epoch(({end})::TIMESTAMPTZ) AS BIGINT)"
    passed = f"CAST(epoch(least({now}, (day + 1)::TIMESTAMPTZ)) AS BIGINT) - {since}"
    ends = "CASE WHEN passed > 0 AND passed * 4 >= whole THEN spent * whole // passed ELSE spent END"
    return [
        "sums AS (SELECT owner, who, day, sum(total) AS total FROM base WHERE matches GROUP BY owner, who, day)",
        f"paces AS (SELECT owner, who, day, CAST({spent} AS HUGEINT) AS spent, {passed} AS passed, {until} - {since} AS whole FROM sums)",
        (
            f"caps AS (SELECT base.*, CAST(spent AS BIGINT) AS spent, CAST(({ends}) * 1000 // {_nano(look.rule)} AS BIGINT) AS share "
            "FROM base JOIN paces USING (owner, who, day) WHERE matches)"
        ),
        _marked("share", source="caps", usual="spent"),
    ]


def _nano(rule: Rule) -> int:
    return int((rule.amount or 0) * NANO)


_MARKS: dict[str, Callable[[Look], list[str]]] = {
    Counter.DURATION: _duration, Counter.CONCURRENT: _concurrent, Counter.SEQUENTIAL: _sequential, Counter.SPREAD: _spread,
    Counter.COUNTRY: _country, Counter.COST: _cost, Counter.SPEND: _spend,
}  # fmt: skip


def _peaks(look: Look) -> list[str]:
    """The peak of each day, and the calls that made it. Returns the last steps with the final SELECT."""
    counter = look.rule.counter
    group = {Counter.SPREAD: "extra", Counter.SEQUENTIAL: f"{_GROUP}, run"}.get(Counter(counter), _GROUP)
    evidence = f"m.start <= p.instant AND m.start > p.instant - INTERVAL '{look.window} minutes'"
    if counter == Counter.DURATION:
        evidence = f"m.day = p.day AND m.value >= {look.rule.least()}"
    elif counter == Counter.CONCURRENT:
        evidence = "m.start <= p.instant AND m.stop > p.instant"
    elif look.is_day or not look.rule.needs.windowed:
        evidence = "m.day = p.day"
    same = " AND ".join(f"m.{name} = p.{name}" for name in group.split(", "))
    owner, who = "p.owner", "p.who"
    if counter == Counter.SPREAD:  # customers of several operators: the house's matter
        owner, who = "CASE WHEN min(m.owner) = max(m.owner) THEN max(m.owner) ELSE 0 END", "''"
    one = "CASE WHEN count(DISTINCT m.who) = 1 THEN {} END"
    grouped = ", ".join(f"p.{name}" for name in [*group.split(", "), "day"])
    order = "m.total DESC, m.start" if counter in {Counter.COST, Counter.SPEND} else "m.start"
    return [
        (
            f"tops AS (SELECT *, max(value) OVER (PARTITION BY {group}, day) AS top FROM marked "
            f"WHERE day BETWEEN DATE '{look.begin.isoformat()}' AND DATE '{look.end.isoformat()}')"
        ),
        (
            f"peaks AS (SELECT {group}, day, any_value(top) AS value, max(start) FILTER (WHERE value = top) AS instant, any_value(usual) AS usual "
            f"FROM tops WHERE top >= {look.rule.least()} GROUP BY {group}, day) "
            f"SELECT {owner} AS owner, {who} AS who, p.extra AS extra, p.day AS day, any_value(p.value) AS value, any_value(p.usual) AS usual, "
            f"{one.format('any_value(m.customer)')} AS customer, {one.format('any_value(m.line_id)')} AS line_id, "
            f"CASE WHEN count(DISTINCT m.who) = 1 AND any_value(m.customer) IS NULL THEN any_value(m.account) END AS account, "
            "count(*) AS calls, CAST(sum(m.seconds) AS BIGINT) AS seconds, CAST(sum(m.total) AS BIGINT) AS total, "
            "min(m.start) AS first, max(m.start) AS last, "
            f"list(m.batch || '-' || m.line ORDER BY {order})[1:{SAMPLE}] AS sample "
            f"FROM peaks p JOIN marked m ON {same} AND {evidence} GROUP BY {grouped} "
            f"ORDER BY p.day, value DESC, who, p.extra LIMIT {MOST}"
        ),
    ]
