"""Sums kept beside the lake say what its calls say: over random calls, after replays, ratings again, compaction and purges."""

import datetime as dt
import random

import pytest
from django.utils import timezone

from chappe.apps.usage import lake, restream, retention, sums, totals
from chappe.apps.usage.models import Call, RetentionRule, UsageBatch
from tests.support import rows
from tests.support import streams as made
from tests.support.calls import price_list

pytestmark = pytest.mark.django_db
BY = ("customer", "destination", "hour")
FILTERS = (
    {}, {"month": "2026-10"}, {"way": "in"}, {"status": "UNRATED"}, {"ext__istartswith": "20"}, {"customer": None}, {"customer__in": [1, 2]},
    {"hour__gte": 9, "hour__lte": 12}, {"weekday__in": [1, 3]}, {"trunk": "T1", "source": 2}, {"matched_destination": "Mobile"}, {"lost": True},
    {"start__gte": dt.datetime(2026, 10, 6, 22, tzinfo=dt.UTC), "start__lt": dt.datetime(2026, 10, 9, 22, tzinfo=dt.UTC)},
    {"start__gte": dt.datetime(2026, 10, 6, 22, 30, tzinfo=dt.UTC)}, {"total__gte": 60_000_000}, {"destination__startswith": "336"},
)  # fmt: skip


def some(seed: int, count: int, **fields) -> list[dict]:
    rng = random.Random(seed)
    found = []
    for n in range(count):
        call = rng.choice((made.row, made.row, made.incoming))(
            seed * 1000 + n, start=made.TEN + dt.timedelta(minutes=rng.randrange(20_000)), ext=rng.choice(("201", "202", "311", None)),
            customer=rng.choice((None, 1, 2, 3)), cost_centre=rng.choice((None, 7)), source=rng.choice((1, 2)), trunk=rng.choice(("T1", "T2", "", None)),
            answered=rng.random() < 0.8, ring=rng.choice((None, 3, 9)), seconds=rng.randrange(200), **fields,
        )  # fmt: skip
        if call["way"] == "out" and rng.random() < 0.4:
            call |= {"number": "33612345678", "shown": "33612345678", "kind": "mobile"}
        found.append(call)
    return found


@pytest.fixture
def stream(bruno, monkeypatch):
    monkeypatch.setattr(sums, "LARGE", 1)
    monkeypatch.setattr(sums, "WORTH", 0)
    return made.batch(bruno.organisation)


@pytest.fixture
def sell(bruno):
    return {"sell_version": price_list(bruno.organisation, made.MINUTE_PRICES).pk}


def answers() -> list:
    """Every total and count of every filter."""
    lake.forget()
    found = []
    for test in FILTERS:
        calls = Call.objects.filter(**test)
        found.append((test, calls.count(), [totals.whole(calls, totals.dimension(slug), limit=None) for slug in BY]))
    return found


def agree() -> list:
    """What the sums say, once sure that reading every call says the same."""
    by_sums = answers()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "cube_for", lambda *asked: None)
        assert by_sums == answers()
    return by_sums


def kept() -> set[str]:
    return {path.name for path in sums.location().glob("*/*.parquet")}


def test_sums_say_what_calls_say(stream, sell):
    made.commit(stream, "c1", *some(1, 60, **sell))
    made.commit(stream, "c2", *some(2, 60))
    found = agree()
    assert found[0][1] == 120
    assert len(kept()) == 2  # one a file, in each cube
    assert sums.cube_for("TRUE", (), totals.dimension("customer").sql).name == "who"


def test_a_file_without_sums_is_read_itself(stream, sell, monkeypatch):
    made.commit(stream, "c1", *some(1, 40, **sell))
    monkeypatch.setattr(sums, "LARGE", 1000)
    made.commit(stream, "c2", *some(2, 40, **sell))
    assert len(kept()) == 1
    assert agree()[0][1] == 80


def test_a_replay_a_lost_sum_and_compaction_change_nothing(stream, sell):
    first = some(1, 40, **sell)
    made.commit(stream, "c1", *first)
    before = agree()
    assert not made.commit(stream, "c1", *first).is_new
    assert agree() == before
    next(sums.location().glob("who/*.parquet")).unlink()
    assert agree() == before
    made.commit(stream, "c2", *some(2, 40, **sell))
    both = agree()
    assert lake.compact() == 2
    assert agree() == both
    assert {path.rsplit("/", 1)[-1] for path in lake.files(())} <= kept()


def test_rating_again_and_a_second_source(stream, sell, bruno):
    made.commit(stream, "c1", *some(1, 40))
    assert agree()[0][2][0][1].total == 0
    new = restream.ask(actor=rows.SYSTEM, batch=stream)
    other = {"sell_version": sell["sell_version"], "customer": 9}

    def attached(calls):
        table = calls.to_pylist()
        return made.as_batch(*({**row, **other} for row in table))

    from chappe.apps.usage import streams

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "_reattach", [lambda batch: attached])
        restream.run(actor=rows.SYSTEM, batch=UsageBatch.objects.get(pk=new.pk), progress=lambda done, whole: None)
    found = agree()
    assert found[0][1] == 40
    assert found[0][2][0][1].total > 0


def test_after_a_purge_and_the_sweep(stream, sell):
    made.commit(stream, "c1", *some(1, 60, **sell))
    whole = agree()[0][1]
    rules = [
        RetentionRule.objects.get_or_create(kind=kind, defaults={"months": 1})[0] for kind in ("technical", "billing")
    ]
    for rule in rules:
        rule.months = 1
    later = timezone.localdate().replace(year=2027, month=6, day=1)
    retention.purge(actor=rows.SYSTEM, rules=rules, progress=lambda done, all_of: None, today=later)
    assert 0 < agree()[0][1] < whole
    before = kept()
    for path in lake.location().rglob("*.parquet"):
        if str(path) not in lake.files(()):
            path.unlink()  # what the nightly vacuum does after a day
    sums.sweep()
    assert kept() < before
    agree()


@pytest.mark.parametrize("test", ["start >= ?::TIMESTAMPTZ", "start < ?::TIMESTAMPTZ"])
def test_moments_within_an_hour_are_read_from_calls(test):
    assert sums.cube_for(test, ("2026-10-07T00:00:00+02:00",)).name == "when"
    assert sums.cube_for(test, ("2026-10-07T00:00:01+02:00",)) is None
    assert sums.cube_for("start <= ?::TIMESTAMPTZ", ("2026-10-07T00:00:00+02:00",)) is None


def test_half_hour_zones_cut_time_finer(settings):
    assert sums.grain() == sums.HOUR
    settings.TIME_ZONE = "Asia/Kolkata"
    assert sums.grain() == sums.QUARTER
