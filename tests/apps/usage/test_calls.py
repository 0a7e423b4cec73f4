"""``Call.objects``: the lake behind the queryset methods that screens use, and its refusals."""

import datetime as dt

import pytest
from django.db import NotSupportedError
from django.db.models import Q

from chappe.apps.usage.conditions import LATEST, key_of
from chappe.apps.usage.models import Call, UsageBatch
from chappe.kit.access.door import visible_to
from tests.support import rows
from tests.support.calls import V091, file_of, line, rated, v091_calls

pytestmark = pytest.mark.django_db


def ids(calls) -> list[str]:
    return [call.call_id for call in calls]


def test_every_call_has_the_total_of_the_example(worked):
    assert {call.call_id: call.total for call in Call.objects.all()} == V091
    assert (worked.calls, worked.rated, worked.unrated, worked.rejected) == (8, 8, 0, 0)
    # 0.262 + 0.27 + 0.16 + 0.175 + 0.065 + 0.1 + 0.5 + 0.0078
    assert worked.total == 1_539_800_000


def test_filters_orders_and_slices(worked):
    calls = Call.objects.order_by("-total", "call_id")
    assert ids(calls[:2]) == ["capped", "slots-2-decimals"]
    assert ids(calls[2:4]) == ["slots", "to-off-peak"]
    assert ids(calls[1:][:1]) == ["slots-2-decimals"]
    assert calls[7].call_id == "fallback"
    assert ids(calls.filter(total__gte=262_000_000)) == ["capped", "slots-2-decimals", "slots"]
    assert ids(calls.filter(total__lt=100_000_000)) == ["to-peak", "fallback"]
    assert ids(calls.filter(call_id__istartswith="TO-")) == ["to-off-peak", "to-peak"]
    assert ids(calls.filter(call_id__icontains="DECIM")) == ["slots-2-decimals"]
    assert ids(calls.filter(destination__startswith="44")) == ["capped"]
    assert ids(calls.filter(call_id__in=["xmas", "slots"])) == ["slots", "xmas"]
    assert ids(calls.filter(Q(call_id="xmas") | Q(subject="alice"))) == ["xmas", "fallback"]
    assert ids(calls.filter(~Q(subject="bob"))) == ids(calls.exclude(subject="bob")) == ["fallback"]
    assert ids(calls.filter(start__gte=dt.datetime(2015, 12, 1, tzinfo=dt.UTC))) == ["xmas"]
    assert calls.filter(usage=100).count() == 2  # whole seconds: the two calls of 100 s
    assert calls.none().count() == 0
    assert calls.filter(reason__isnull=True).count() == 0
    assert calls.exists()
    assert not calls.filter(call_id="nobody").exists()


def test_not_is_the_rest_even_of_what_is_unknown(bruno, version):
    """A refused line has no start and no total: “not dear” must still hold it."""
    rated(
        file_of(line("good", "33145678901", "2015-03-04T10:00:00+00:00", 25), "bad,acme,0,call,OUT,bob,bob,33,x,y"),
        version,
        bruno.organisation,
    )
    assert sorted(ids(Call.objects.exclude(total__gt=1))) == ["bad"]
    assert sorted(ids(Call.objects.filter(total=None))) == ["bad"]


def test_months_and_the_latest_one(worked):
    assert ids(Call.objects.filter(month=LATEST)) == ["xmas"]
    assert Call.objects.filter(month="2015-03").count() == 7


def test_keys_lead_to_their_call(worked):
    keys = list(Call.objects.order_by("line").values_list("pk", flat=True))
    assert keys[0] == f"{worked.pk}-2"
    assert Call.objects.get(pk=keys[0]).call_id == "slots"
    assert ids(Call.objects.filter(pk__in=[keys[0], keys[3]]).order_by("line")) == ["slots", "to-off-peak"]
    assert Call.objects.filter(pk__in=Call.objects.filter(subject="alice")).count() == 1
    assert Call.objects.order_by("line").values("pk")[:1][0] == {"pk": keys[0]}
    with pytest.raises(Call.DoesNotExist):
        Call.objects.get(pk=f"{worked.pk}-999")
    with pytest.raises(Call.MultipleObjectsReturned):
        Call.objects.get(subject="bob")


@pytest.mark.parametrize("text", ["", "x", "1", "1-", "-1", "1-x", "1;2", "1--2", "'", "9" * 50 + "-1", "1-2-3"])
def test_a_key_that_is_none_finds_nothing(worked, text):
    assert key_of(text) is None
    assert Call.objects.filter(pk=text).count() == 0


def test_texts_cannot_become_questions(worked):
    assert Call.objects.filter(call_id="' OR 1=1 --").count() == 0
    assert Call.objects.filter(call_id__icontains="%").count() == 0
    assert Call.objects.filter(call_id__in=["'); DROP VIEW calls; --"]).count() == 0


def test_what_the_lake_does_not_know_is_refused(worked):
    calls = Call.objects.all()
    for act in (
        lambda: calls.filter(colour="red"), lambda: calls.filter(total__regex="1"), lambda: calls.order_by("colour"),
        lambda: calls.values("call_id"), lambda: calls[::2], lambda: calls[-1:], lambda: calls.filter(pk__gt="1-2"),
        lambda: calls.update(total=0), calls.delete, calls.create, calls.aggregate,
    ):  # fmt: skip
        with pytest.raises((NotSupportedError, TypeError, ValueError)):
            act()
    assert calls.count() == 8


def test_owner_reaches_the_lake_through_the_batch(worked, alice, bruno, chloe):
    theirs = rated(
        file_of(line("theirs", "33145678901", "2015-03-04T10:00:00+00:00", 25)), worked.version, chloe.organisation
    )
    assert visible_to(alice, Call).count() == 9
    assert visible_to(bruno, Call).count() == 8
    assert ids(visible_to(chloe, Call)) == ["theirs"]
    assert ids(Call.objects.filter(batch=theirs)) == ["theirs"]
    assert ids(Call.objects.filter(batch_id=theirs.pk)) == ["theirs"]
    assert Call.objects.filter(batch__owner=None).count() == 0


def test_only_batches_that_stand_count(worked, bruno, version):
    for state in UsageBatch.State.values:
        UsageBatch.objects.filter(pk=worked.pk).update(state=state)
        assert Call.objects.count() == (8 if state == "ready" else 0), state


def test_calls_come_with_their_batches_in_one_query(worked, django_assert_num_queries):
    # The batches that stand, those of the rows, how numbers are masked, and for which lines: whatever the number of calls.
    with django_assert_num_queries(6):
        assert {str(call.batch.version) for call in Call.objects.all()} == {"v091 v1"}


def test_iterating_is_the_same_rows(worked):
    assert ids(Call.objects.order_by("line").iterator(3)) == ids(Call.objects.order_by("line"))


def test_the_calls_own_clock_is_kept(bruno, version):
    """The offset written on the call stays beside its instant: 10:00+02:00 is 08:00 UTC and 7200 s."""
    rated(file_of(line("o", "33145678901", "2015-03-04T10:00:00+02:00", 25)), version, bruno.organisation)
    call = Call.objects.get(call_id="o")
    assert (call.start, call.utc_offset) == (dt.datetime(2015, 3, 4, 8, tzinfo=dt.UTC), 7200)


def test_months_follow_the_clock_of_the_house(bruno, version):
    """23:30 UTC on 31 March is 01:30 on 1 April in Paris (summer time)."""
    batch = rated(file_of(line("m", "33145678901", "2015-03-31T23:30:00+00:00", 25)), version, bruno.organisation)
    assert batch.months == ["2015-04"]
    assert list(batch.days.values_list("day", flat=True)) == [dt.date(2015, 4, 1)]


def test_v091_file_is_the_one_of_the_examples():
    assert [text.split(",")[0] for text in v091_calls().splitlines()[1:]] == list(V091)
    assert rows.EXAMPLES.name == "tariffs"
