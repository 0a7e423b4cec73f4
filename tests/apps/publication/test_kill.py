"""A generation killed in the middle: what stands is whole, and the next worker makes the rest, once."""

import signal

import pytest

from chappe.apps.publication.models import PublishedFile
from chappe.kit.access.actor import Actor
from chappe.kit.documents import blobs
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue

from .reading import read

pytestmark = pytest.mark.django_db(transaction=True)


def test_killed_between_two_files_nothing_is_half_made_or_made_twice(altitel, workers):
    enqueue("publication.make", actor=Actor.system("test"), kind="full", day="2026-10-31", recipients=[altitel.pk])
    first = workers.start(dies_at="chappe.apps.publication.making:_row:2")
    assert first.wait(120) == -signal.SIGKILL, workers.logs()[-3000:]
    [before] = PublishedFile.objects.all()
    assert len(read(before)) == before.rows
    assert blobs.fingerprint(before.stored.path) == before.sha256
    job = Job.objects.get(name="publication.make")
    assert job.state == "running"
    Job.objects.filter(pk=job.pk).update(
        state="queued", ended=None, token=""
    )  # as the next worker finds it when the lease is over
    run_pending()
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
    rows = list(PublishedFile.objects.order_by("pk"))
    assert (rows[0].pk, rows[0].sha256, len(rows)) == (before.pk, before.sha256, 3)
    assert sorted((row.flow, row.zone, row.sequence) for row in rows) == [
        ("cpn", "", 1),
        ("ipe", "zmd", 1),
        ("ipe", "ztd", 1),
    ]
    for row in rows:
        assert len(read(row)) == row.rows
        assert blobs.fingerprint(row.stored.path) == row.sha256
