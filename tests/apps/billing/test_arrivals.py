"""A call that comes after the drafts were computed is told on the page of the run, until the run is computed again."""

import datetime as dt

from django.utils import timezone

from chappe.apps.billing import arrivals, pages
from chappe.apps.billing.models import Run
from chappe.apps.usage.models import StreamCommit, UsageBatch
from tests.apps.billing.conftest import recomputed
from tests.support import rows_billing as rows


def at(day: int, month: int = 10) -> dt.datetime:
    return dt.datetime(2026, month, day, 10, tzinfo=dt.UTC)


def test_calls_after_the_drafts_are_told_until_computed_again(world) -> None:
    owner = world.customer.owner
    stream = rows.batch_of_calls(owner)
    call = {"customer": world.customer.pk, "price": "1"}
    rows.put_calls(stream, [call | {"start": at(3)}])
    run = world.run()
    assert arrivals.since(run) == 0

    # line 2 is of October, line 3 of a month that the run does not bill, line 4 is nobody's
    late = [call | {"start": at(30), "line": 2}, call | {"start": at(2, month=12), "line": 3}]
    rows.put_calls(stream, [*late, {"start": at(30), "price": "1", "line": 4}])
    StreamCommit.objects.create(uid="late", batch=stream, first_line=2, lines=3)
    assert arrivals.since(run) == 1
    assert pages.state(run, None)["arrived"] == 1

    run = recomputed(run)
    assert (arrivals.since(run), run.net) == (0, 2_000_000_000)

    # a file whose prices were made after the computation: all of it may be new
    UsageBatch.objects.filter(pk=stream.pk).update(ended_at=timezone.now())
    assert arrivals.since(run) == 2
    Run.objects.filter(pk=run.pk).update(state=Run.State.FROZEN)
    run.refresh_from_db()
    assert arrivals.since(run) == 0, "nothing more can be done to it"
