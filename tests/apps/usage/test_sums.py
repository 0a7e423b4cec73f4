"""Sums kept beside the lake say what its calls say: over random calls, after replays, ratings again, compaction and purges."""

import datetime as dt
import random

import pytest
from django.db.models import Q
from django.utils import timezone

from chappe.apps.usage import found, lake, lakeset, restream, retention, seeking, shelf, sums, totals
from chappe.apps.usage.models import Call, RetentionRule, UsageBatch
from chappe.kit.access.door import visible_to
from tests.support import rows
from tests.support import streams as made
from tests.support.calls import price_list

pytestmark = pytest.mark.django_db
BY = ("customer", "destination", "hour", "number", "account-code")
FILTERS = (
    {}, {"month": "2026-10"}, {"way": "in"}, {"status": "UNRATED"}, {"ext__istartswith": "20"}, {"customer": None}, {"customer__in": [1, 2]},
    {"hour__gte": 9, "hour__lte": 12}, {"weekday__in": [1, 3]}, {"trunk": "T1", "source": 2}, {"matched_destination": "Mobile"}, {"lost": True},
    {"start__gte": dt.datetime(2026, 10, 6, 22, tzinfo=dt.UTC), "start__lt": dt.datetime(2026, 10, 9, 22, tzinfo=dt.UTC)},
    {"start__gte": dt.datetime(2026, 10, 6, 22, 30, tzinfo=dt.UTC)}, {"total__gte": 60_000_000}, {"destination__startswith": "336"},
    {"total__gte": 5_000_000_000}, {"total": 0, "usage__gt": 0, "status": "RATED"}, {"total": 1}, {"usage__gte": 3600, "tor__in": ["0", "*voice"]},
    {"usage__lte": 0}, {"usage__lt": 1}, {"service__gt": 0}, {"transferred": True, "ext": "201"}, {"account_code": None, "way": "out"},
)  # fmt: skip


def some(seed: int, count: int, **fields) -> list[dict]:
    rng = random.Random(seed)
    found = []
    for n in range(count):
        call = rng.choice((made.row, made.row, made.incoming))(
            seed * 1000 + n, start=made.TEN + dt.timedelta(minutes=rng.randrange(20_000)), ext=rng.choice(("201", "202", "311", None)),
            customer=rng.choice((None, 1, 2, 3)), cost_centre=rng.choice((None, 7)), source=rng.choice((1, 2)), trunk=rng.choice(("T1", "T2", "", None)),
            answered=rng.random() < 0.8, ring=rng.choice((None, 3, 9)), seconds=rng.choice((0, 0, 1, 61, 150, 3599, 3600, 90_000)),
            transferred=rng.choice((True, False, None)), account_code=rng.choice((None, "", "42")), **fields,
        )  # fmt: skip
        if call["way"] == "out" and rng.random() < 0.4:
            call |= {"number": "33612345678", "shown": "33612345678", "kind": "mobile"}
        found.append(call)
    return found


@pytest.fixture
def stream(bruno, monkeypatch):
    monkeypatch.setattr(lakeset, "NEAR", 3)
    monkeypatch.setattr(sums, "LARGE", 1)
    monkeypatch.setattr(shelf, "LARGE", 1)
    monkeypatch.setattr(sums, "WORTH", 0)
    return made.batch(bruno.organisation)


@pytest.fixture
def sell(bruno):
    return {"sell_version": price_list(bruno.organisation, made.MINUTE_PRICES).pk}


def answers(turn: int) -> list:
    """Counts, totals and slices of a fifth of the filters: each turn another fifth."""
    lake.forget()
    found.forget()
    told = []
    for place, test in enumerate(FILTERS[turn::5]):
        calls, order = Call.objects.filter(**test), ORDERS[(turn + place) % len(ORDERS)]
        by = totals.dimension(BY[(turn + place) % len(BY)])
        told.append(
            (
                test,
                calls.count(),
                totals.whole(calls, by, limit=None),
                [call.pk for call in calls.order_by(*order)[5:17]],
            )
        )
    narrow = [Call.objects.filter(ext="201").filter(**test) for test in FILTERS[turn::5]]
    return [*told, Call.objects.counted_together(narrow), Call.objects.counted_together(narrow[:3])]


ORDERS = (("-start", "-pk"), ("start", "pk"), ("-total", "-pk"), ("ext", "pk"))


def agree(turn: int = 0) -> list:
    """What sums, copies and what was found say, once sure that reading every call says the same."""
    quickly = answers(turn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "cube_for", lambda *asked: None)
        patch.setattr(shelf.Shelves, "_name", lambda *asked: "")
        patch.setattr(found, "MOST", -1)
        patch.setattr(lakeset, "NEAR", 10**9)
        assert quickly == answers(turn)
    return quickly


def kept() -> set[str]:
    return {path.name for path in sums.location().glob("*/*.parquet")}


def tidy() -> None:
    """What compaction does after it has joined files."""
    shelf.keep(lake.files(()))
    sums.keep(lake.files(()))


def test_sums_say_what_calls_say(stream, sell):
    made.commit(stream, "c1", *some(1, 60, **sell))
    made.commit(stream, "c2", *some(2, 60))
    assert not kept()
    assert agree()[0][1] == 120
    tidy()
    assert agree()[0][1] == 120
    for turn in range(1, 5):
        agree(turn)
    assert len(kept()) == 2  # one a file, in each cube
    assert all(shelf.has(path) for path in lake.files(()))
    assert sums.cube_for("TRUE", (), totals.dimension("ext").sql).name == "who"


def test_a_file_without_sums_is_read_itself(stream, sell, monkeypatch):
    made.commit(stream, "c1", *some(1, 40, **sell))
    tidy()
    made.commit(stream, "c2", *some(2, 40, **sell))
    assert len(kept()) == 1
    assert agree()[0][1] == 80


def test_a_replay_a_lost_sum_and_compaction_change_nothing(stream, sell):
    first = some(1, 40, **sell)
    made.commit(stream, "c1", *first)
    tidy()
    before = agree()
    assert not made.commit(stream, "c1", *first).is_new
    assert agree() == before
    next(sums.location().glob("who-*/*.parquet")).unlink()
    next(shelf.folder().glob("*.duckdb")).unlink()
    assert agree() == before
    made.commit(stream, "c2", *some(2, 40, **sell))
    both = agree()
    assert lake.compact() == 2
    assert agree() == both
    assert {path.rsplit("/", 1)[-1] for path in lake.files(())} == kept()
    assert len(shelf.present()) == 1


def test_a_run_killed_half_way_leaves_what_the_next_one_mends(stream, sell, monkeypatch):
    """Killed while a copy is written: the draft is no copy, and the next run makes it whole."""
    made.commit(stream, "c1", *some(1, 40, **sell))
    before = agree()

    def killed(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shelf, "synced", killed)
        tidy()
    (shelf.folder() / "draft-left").write_bytes(b"half a copy")
    assert not shelf.present()
    assert agree() == before
    lake.compact()
    assert not list(shelf.root().glob("*/draft-*"))
    assert len(shelf.present()) == 1
    lake._engines.clear()  # as a process that begins
    next(iter(shelf.present())).write_bytes(b"no database")
    assert agree() == before  # a copy that is hurt is passed over


def test_rating_again_and_a_second_source(stream, sell, bruno):
    made.commit(stream, "c1", *some(1, 40))
    assert agree()[0][2][1].total == 0
    new = restream.ask(actor=rows.SYSTEM, batch=stream)
    other = {"sell_version": sell["sell_version"], "customer": 9}

    def attached(calls):
        table = calls.to_pylist()
        return made.as_batch(*({**row, **other} for row in table))

    from chappe.apps.usage import streams

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "_reattach", [lambda batch: attached])
        restream.run(actor=rows.SYSTEM, batch=UsageBatch.objects.get(pk=new.pk), progress=lambda done, whole: None)
    tidy()
    told = agree()
    assert told[0][1] == 40
    assert told[0][2][1].total > 0


def test_after_a_purge_and_the_sweep(stream, sell):
    made.commit(stream, "c1", *some(1, 60, **sell))
    tidy()
    whole = agree()[0][1]
    copies = shelf.present()
    rules = [
        RetentionRule.objects.get_or_create(kind=kind, defaults={"months": 1})[0] for kind in ("technical", "billing")
    ]
    for rule in rules:
        rule.months = 1
    later = timezone.localdate().replace(year=2027, month=6, day=1)
    retention.purge(actor=rows.SYSTEM, rules=rules, progress=lambda done, all_of: None, today=later)
    assert 0 < agree()[0][1] < whole
    lake.compact()
    assert not copies & shelf.present()  # what was purged does not live on in a copy
    assert kept() == {path.rsplit("/", 1)[-1] for path in lake.files(())}
    agree()


def _purge(kind: str) -> None:
    rule = RetentionRule.objects.get_or_create(kind=kind, defaults={"months": 1})[0]
    rule.months = 1
    later = timezone.localdate().replace(year=2027, month=6, day=1)
    retention.purge(actor=rows.SYSTEM, rules=[rule], progress=lambda done, all_of: None, today=later)


def _again(stream) -> None:
    held = UsageBatch.objects.filter(state="ready", is_erased=False).first()
    if held is not None:
        new = restream.ask(actor=rows.SYSTEM, batch=held)
        restream.run(actor=rows.SYSTEM, batch=UsageBatch.objects.get(pk=new.pk), progress=lambda done, whole: None)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_pages_say_what_calls_say(stream, sell, seed):
    """Late calls, corrections, purges, compaction in any order: sums and copies never disagree with the calls."""
    rng = random.Random(seed)
    made.commit(stream, "first", *some(seed, 30, **sell))
    deeds = {
        "more": lambda n: made.commit(stream, f"c{n}", *some(seed * 50 + n, 12, **sell)),
        "late": lambda n: made.commit(stream, f"l{n}", made.row(n, start=made.TEN - dt.timedelta(days=rng.randrange(5), hours=13))),
        "twice": lambda n: made.commit(stream, "first", *some(seed, 30, **sell)),
        "join": lambda n: lake.compact(lake.JOINED),
        "night": lambda n: lake.compact(),
        "copies": lambda n: tidy(),
        "again": lambda n: _again(stream),
        "purge": lambda n: _purge("technical"),
        "erase": lambda n: _purge("billing"),
    }  # fmt: skip
    order = list(deeds)
    rng.shuffle(order)
    for number, deed in enumerate([*order, "copies", "more"]):
        deeds[deed](number)
        if number % 2:
            agree(number // 2 % 5)


@pytest.mark.parametrize("test", ["start >= ?::TIMESTAMPTZ", "start < ?::TIMESTAMPTZ"])
def test_moments_within_an_hour_are_read_from_calls(test):
    assert sums.cube_for(test, ("2026-10-07T00:00:00+02:00",)).name == "when"
    assert sums.cube_for(test, ("2026-10-07T00:00:01+02:00",)) is None
    assert sums.cube_for("start <= ?::TIMESTAMPTZ", ("2026-10-07T00:00:00+02:00",)) is None


def test_half_hour_zones_cut_time_finer(settings):
    assert sums.grain() == sums.HOUR
    settings.TIME_ZONE = "Asia/Kolkata"
    assert sums.grain() == sums.QUARTER


NUMBERS = ("33612345678", "336123", "3361****", "*21*", "33144553311", "0612")
SOUGHT = (
    {"destination__istartswith": "336123"}, {"destination__istartswith": "33612345678"}, {"destination": "336123"}, {"destination__startswith": "3"},
    {"destination__istartswith": "*2"}, {"destination__iexact": "3361****"}, {"destination__istartswith": "3314"}, {"destination__iexact": "33"}, {"call_id__istartswith": "1000"}, {"ext__iexact": "201"}, {"subject__istartswith": "31"},
)  # fmt: skip


def found_by(test: Q) -> tuple:
    lake.forget()
    found.forget()
    calls = Call.objects.filter(test)
    return (
        calls.count(),
        [call.pk for call in calls.order_by("-start", "-pk")[:40]],
        [call.pk for call in calls.order_by("-total", "pk")[:3]],
    )


def test_what_is_sought_by_its_words_is_what_reading_all_finds(stream, sell, monkeypatch):
    """Numbers with hidden digits and without, words of several columns, either and both: the list of words leaves nothing out."""
    rng = random.Random(5)
    calls = [call | {"number": (number := rng.choice(NUMBERS)), "shown": number} for call in some(1, 80, **sell)]
    made.commit(stream, "c1", *calls)
    tests = [Q(**one) for one in SOUGHT]
    tests += [
        tests[0] | tests[6],
        tests[0] & ~tests[2],
        tests[1] | Q(way="in"),
        seeking.calls("0612"),
        seeking.calls("10003"),
    ]
    plainly = [found_by(test) for test in tests]
    assert {count for count, _page, _dear in plainly} > {80, 0}
    tidy()
    used = []
    monkeypatch.setattr(shelf.Shelves, "_few", lambda shelves, name, among: used.append(among) or True)
    assert [found_by(test) for test in tests] == plainly
    # Not used: an “or” one side of which has no words.
    assert len(used) == len(tests) - 1


def test_the_dearest_come_from_their_list_while_it_reaches(stream, sell, monkeypatch):
    made.commit(stream, "c1", *some(1, 60, **sell))
    made.commit(stream, "c2", *some(2, 60, **sell))

    def pages() -> list:
        found.forget()
        calls = Call.objects.order_by("-total", "-pk")
        return [
            [call.pk for call in rows]
            for rows in (calls[:4], calls[4:9], calls[3:60], calls.filter(way="out")[:3], calls.filter(way="in")[:3])
        ]

    plainly = pages()
    monkeypatch.setattr(shelf, "DEAREST", 6)
    monkeypatch.setattr(
        shelf, "LISTS", {name: sql.replace("LIMIT 10000", "LIMIT 6") for name, sql in shelf.LISTS.items()}
    )
    tidy()
    asked = []
    query = lake.query
    monkeypatch.setattr(
        lake, "query", lambda sql, **how: asked.append(how.get("dearer") is not None) or query(sql, **how)
    )
    assert pages() == plainly
    # Two pages are beyond the list and say so before it is asked; incoming calls have no price and are not in it.
    assert asked == [True, False, False, True, True, False]
    for copy in shelf.present():
        copy.unlink()
    assert pages() == plainly


def test_numbers_are_added_up_without_batches_for_who_sees_them_all(stream, sell, alice, bruno, chloe):
    other = made.batch(chloe.organisation, key="source-2")
    made.commit(stream, "c1", *some(1, 40, **sell))
    made.commit(other, "c2", *some(2, 30))
    lake.compact()
    assert len(lake.files(())) == 1
    by, everyone = totals.dimension("number"), [stream.pk, other.pk]
    cube = sums.numbers()
    assert sums._whole(cube, "TRUE", everyone).whole
    assert sums._whole(cube, "(month = ?)", everyone).whole
    assert not sums._whole(cube, "TRUE", [stream.pk]).whole
    assert not sums._whole(cube, "way = ?", everyone).whole
    for user, count in ((alice, 70), (bruno, 40), (chloe, 30)):
        calls = visible_to(user, Call)
        quickly = totals.whole(calls, by, limit=None)
        lake.forget()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sums, "cube_for", lambda *asked: None)
            assert totals.whole(calls, by, limit=None) == quickly
        assert quickly[1].calls == count
