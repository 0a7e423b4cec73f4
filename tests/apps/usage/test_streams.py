"""Calls that arrive little by little: each priced by its own versions, counted once, rated again without losing any."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from chappe.apps.usage import lake, pricing, restream, services, streams
from chappe.apps.usage.counts import Counts
from chappe.apps.usage.models import Call, StreamCommit, UsageBatch, UsageDay
from tests.support import rows
from tests.support import streams as made
from tests.support.calls import price_list

pytestmark = pytest.mark.django_db
CENT = 10_000_000


@pytest.fixture
def sell(bruno):
    return price_list(bruno.organisation, made.MINUTE_PRICES)


@pytest.fixture
def buy(bruno):
    return price_list(bruno.organisation, [("33", "France", "0.02"), ("336", "Mobile", "0.05")])


@pytest.fixture
def stream(bruno):
    return made.batch(bruno.organisation)


def stored(batch: UsageBatch) -> dict[str, dict]:
    found = lake.query("SELECT * FROM calls ORDER BY line", batches=[batch.pk]).to_pylist()
    return {row["call_id"]: row for row in found}


def what(batch: UsageBatch) -> dict[str, tuple]:
    return {key: (row["status"], row["reason"], row["total"]) for key, row in stored(batch).items()}


def test_one_batch_a_source_and_month(bruno, stream):
    assert made.batch(bruno.organisation) == stream
    assert made.batch(bruno.organisation, month="2026-11") != stream
    assert (stream.state, stream.is_stream, stream.owner) == ("ready", True, bruno.organisation)


def test_each_call_has_its_own_versions(stream, sell, buy, bruno):
    other = price_list(bruno.organisation, [("33", "France", "0.6")])
    counts = made.commit(
        stream,
        "c1",
        made.row(1, sell_version=sell.pk, buy_version=buy.pk),
        made.row(2, sell_version=other.pk, buy_version=buy.pk, customer=7, line_id=8, cost_centre=9),
        made.row(3, sell_version=sell.pk, number="33612345678", shown="33612345678", kind="mobile"),
    )
    assert counts == Counts(calls=3, rated=3, total=(6 + 60 + 12) * CENT, buy=4 * CENT)
    found = stored(stream)
    assert [found[f"1000{n}"]["total"] for n in (1, 2, 3)] == [6 * CENT, 60 * CENT, 12 * CENT]
    assert [found[f"1000{n}"]["buy"] for n in (1, 2, 3)] == [2 * CENT, 2 * CENT, None]
    second = found["10002"]
    assert (second["customer"], second["line_id"], second["cost_centre"], second["source"]) == (7, 8, 9, 1)
    assert (second["plan_version"], second["sell_version"]) == (other.fingerprint, other.pk)
    assert (found["10001"]["line"], second["line"], second["ext"], second["trunk"]) == (1, 2, "201", "T9001")
    assert found["10003"]["matched_destination"] == "Mobile"


def test_nothing_billable_is_silently_free(stream, sell):
    of = {"sell_version": sell.pk}
    made.commit(
        stream,
        "c1",
        made.row(1),
        made.row(2, **of, number="4930123456", shown="4930123456", kind="international"),
        made.row(3, **of, number="", shown="0612345678", kind="unknown"),
        made.row(4, **of, way=""),
        made.row(5, **of, number="33015", shown="15", kind="emergency"),
        made.row(6, **of, number="33800123456", shown="33800123456", kind="free"),
        made.row(7, **of, answered=False, seconds=0),
        made.incoming(8, **of),
        made.row(9, **of, way="int", number="202", shown="202", kind="internal", seconds=0),
        made.row(10, **of, number="3303949", shown="3949", kind="short"),
        made.row(11, **of, seconds=-4),
        made.row(12, **of, way="transit"),
        made.row(13, **of, number="330118218", shown="118218", kind="directory"),
    )
    assert what(stream) == {
        "10001": ("UNRATED", "no-tariff", None),
        "10002": ("UNRATED", "no-destination", None),
        "10003": ("UNRATED", "no-number", None),
        "10004": ("UNRATED", "no-way", None),
        "10005": ("UNCHARGED", "free-number", None),
        "10006": ("UNCHARGED", "free-number", None),
        "10007": ("UNCHARGED", "not-answered", None),
        "10008": ("UNCHARGED", "incoming", None),
        "10009": ("UNCHARGED", "internal", None),
        "100010": ("RATED", "", 30 * CENT),
        "100011": ("REJECTED", "negative-usage", None),
        "100012": ("RATED", "", 6 * CENT),
        "100013": ("UNRATED", "no-destination", None),
    }
    stream.refresh_from_db()
    assert (stream.calls, stream.rated, stream.unrated, stream.uncharged, stream.rejected) == (13, 2, 5, 5, 1)
    assert stream.reasons["no-tariff"] == 1
    assert str(Call.objects.get(pk=f"{stream.pk}-8").reason_sentence()).startswith("Incoming call")


def test_incoming_calls_are_priced_where_the_tariff_says_so(stream, bruno):
    tables = {
        "Destinations.csv": "#Tag,Prefix\nDST_DDI,33144\n",
        "Rates.csv": "#Tag,ConnectFee,Rate,RateUnit,RateIncrement,GroupIntervalStart\nRT,0,0.03,60s,1s,0s\n",
        "DestinationRates.csv": "#Tag,DestinationsTag,RatesTag,RoundingMethod,RoundingDecimals,MaxCost,MaxCostStrategy\n"
        "DR,DST_DDI,RT,*up,4,0,\n",
        "Timings.csv": "#Tag,Years,Months,MonthDays,WeekDays,Time\nALL,*any,*any,*any,*any,00:00:00\n",
        "RatingPlans.csv": "#Tag,DestinationRatesTag,TimingTag,Weight\nRP,DR,ALL,10\n",
        "RatingProfiles.csv": "#Direction,Tenant,Category,Subject,ActivationTime,RatingPlanTag,RatesFallbackSubject,CdrStatQueueIds\n"
        "*in,acme,call,*any,2012-01-01T00:00:00Z,RP,,\n",
    }
    version = made.version_of(bruno.organisation, tables)
    made.commit(stream, "c1", made.incoming(1, sell_version=version.pk), made.row(2, sell_version=version.pk))
    assert what(stream) == {"10001": ("RATED", "", 3 * CENT), "10002": ("UNRATED", "no-profile", None)}
    assert stored(stream)["10001"]["tenant"] == "acme"


def test_a_retry_counts_nothing_twice(stream, sell):
    call = made.row(1, sell_version=sell.pk)
    first = made.commit(stream, "c1", call)
    again = made.commit(stream, "c1", call)
    assert (first.is_new, again) == (True, first.again())
    stream.refresh_from_db()
    assert (stream.calls, stream.total, stream.next_line) == (1, 6 * CENT, 2)
    assert list(UsageDay.objects.values_list("day", "status", "calls", "usage", "total")) == [
        (dt.date(2026, 10, 5), "RATED", 1, 60_000_000, 6 * CENT)
    ]


@pytest.mark.parametrize("dies_in", ["lake", "count"])
def test_a_crash_at_any_point_is_made_good_by_the_retry(stream, sell, monkeypatch, dies_in):
    made.commit(stream, "c0", made.row(0, sell_version=sell.pk))

    def dies(*_args, **_options):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        if dies_in == "lake":
            patch.setattr(lake, "commit", dies)
        else:
            patch.setattr(streams, "settle", dies)
        with pytest.raises(RuntimeError, match="power cut"):
            made.commit(stream, "c1", made.row(1, sell_version=sell.pk))
    made.commit(stream, "c2", made.row(2, sell_version=sell.pk))
    counts = made.commit(stream, "c1", made.row(1, sell_version=sell.pk))
    assert (counts.calls, counts.total) == (1, 6 * CENT)
    stream.refresh_from_db()
    assert (stream.calls, stream.total) == (3, 18 * CENT)
    assert sorted(row["line"] for row in stored(stream).values()) == [1, 2, 3]
    assert UsageDay.objects.get().calls == 3


def test_bad_columns_and_versions_keep_nothing(stream):
    with pytest.raises(ValueError, match="calls lack seconds"):
        streams.commit(
            actor=rows.SYSTEM, batch=stream, uid="c1", calls=made.as_batch(made.row()).drop_columns(["seconds"])
        )
    with pytest.raises(ValueError, match="no tariff version 999"):
        made.commit(stream, "c1", made.row(1, sell_version=999))
    assert not StreamCommit.objects.exists()
    assert lake.table() is None


def again(batch: UsageBatch) -> UsageBatch:
    new = streams.rate_again(actor=rows.SYSTEM, batch=batch)
    restream.run(actor=rows.SYSTEM, batch=new, progress=lambda _done, _all: None)
    new.refresh_from_db()
    batch.refresh_from_db()
    return new


def test_rated_again_with_other_attachments(stream, sell, bruno, monkeypatch):
    dear = price_list(bruno.organisation, [("33", "France", "0.6"), ("330", "Courts", "6")])
    made.commit(
        stream,
        "c1",
        made.row(1, sell_version=sell.pk),
        made.incoming(2),
        made.row(3, number="3303949", shown="3949", kind="short"),
    )

    def attacher(batch):
        assert batch == stream

        def attach(calls):
            rewritten = calls.to_pylist()
            for call in rewritten:
                call |= {"sell_version": dear.pk, "customer": 42}
            return streams.batch_of(rewritten)

        return attach

    monkeypatch.setattr(streams, "_reattach", [])
    streams.on_reattach(attacher)
    new = again(stream)
    assert (stream.state, new.state, new.generation) == ("replaced", "ready", 2)
    assert what(new) == {
        "10001": ("RATED", "", 60 * CENT),
        "10002": ("UNCHARGED", "incoming", None),
        "10003": ("RATED", "", 600 * CENT),
    }
    assert {row["customer"] for row in stored(new).values()} == {42}
    assert (new.calls, new.total, new.next_line) == (3, 660 * CENT, 4)
    assert [call.total for call in Call.objects.order_by("line")] == [60 * CENT, None, 600 * CENT]


def test_what_arrives_meanwhile_follows(stream, sell, bruno, monkeypatch):
    made.commit(stream, "c1", made.row(1, sell_version=sell.pk))
    new = streams.rate_again(actor=rows.SYSTEM, batch=stream)
    made.commit(stream, "c2", made.row(2, sell_version=sell.pk))
    real, late = restream.counts.of_lake, []

    def slow(*args, **options):
        if not late:  # between the last look and the taking of the place
            late.append(made.commit(stream, "c3", made.row(3, sell_version=sell.pk)))
        return real(*args, **options)

    monkeypatch.setattr(restream.counts, "of_lake", slow)
    restream.run(actor=rows.SYSTEM, batch=new, progress=lambda _done, _all: None)
    made.commit(stream, "c4", made.row(4, sell_version=sell.pk))  # still handed the old batch
    new.refresh_from_db()
    assert (new.state, new.calls, new.total) == ("ready", 4, 24 * CENT)
    assert sorted(stored(new)) == ["10001", "10002", "10003", "10004"]
    assert made.batch(bruno.organisation) == new
    assert made.commit(stream, "c2", made.row(2)).is_new is False


def test_rated_again_waits_for_an_addition_under_way(stream, sell, monkeypatch):
    made.commit(stream, "c1", made.row(1, sell_version=sell.pk))
    with monkeypatch.context() as patch:
        patch.setattr(lake, "commit", lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError):
            made.commit(stream, "c2", made.row(2, sell_version=sell.pk))
    new = streams.rate_again(actor=rows.SYSTEM, batch=stream)
    with pytest.raises(restream.StillWritingError):
        restream.run(actor=rows.SYSTEM, batch=new, progress=lambda *_: None)
    StreamCommit.objects.filter(uid="c2").update(created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    restream.run(actor=rows.SYSTEM, batch=new, progress=lambda *_: None)
    new.refresh_from_db()
    assert (new.state, new.calls) == ("ready", 1)
    assert made.commit(stream, "c2", made.row(2, sell_version=sell.pk)).is_new
    new.refresh_from_db()
    assert new.calls == 2


def test_refusals(stream, sell, worked):
    first = streams.rate_again(actor=rows.SYSTEM, batch=stream)
    with pytest.raises(ValidationError, match="already being rated"):
        streams.rate_again(actor=rows.SYSTEM, batch=stream)
    with pytest.raises(ValidationError):
        streams.rate_again(actor=rows.SYSTEM, batch=worked)
    with pytest.raises(ValidationError, match="tariffs of their customers"):
        services.rate_again(actor=rows.SYSTEM, batch=stream, version=sell)
    assert UsageBatch.objects.filter(replaces__isnull=False).get() == first


def test_the_number_of_the_tariff_is_found_again():
    assert pricing.rated_number("33612345678", "mobile", "out") == "33612345678"
    assert pricing.rated_number("3361234****", "mobile", "out") == "3361234"
    assert pricing.rated_number("3949", "short", "out") == "3303949"
    assert pricing.rated_number("0612345678", "unknown", "out") == ""
    assert pricing.rated_number("33144553300", "mobile", "in") == "33144553300"
    assert pricing.rated_number("201", "internal", "int") == ""


def test_digits_not_stored_are_gone_and_the_price_can_be_made_again(stream, sell):
    from chappe.apps.usage.models import MaskingPolicy

    MaskingPolicy.objects.all().delete()
    MaskingPolicy.objects.create(store_digits=4)
    made.commit(
        stream,
        "c1",
        made.row(1, sell_version=sell.pk, number="33612345678", shown="33612345678", kind="mobile"),
        made.incoming(2),
    )
    found = stored(stream)
    assert found["10001"]["destination"] == "3361234****"
    assert (found["10001"]["caller"], found["10002"]["caller"]) == ("201", "3361234****")
    assert what(again(stream))["10001"] == ("RATED", "", 12 * CENT)
