"""The pages of jobs: live progress, what is seen by whom, the buttons."""

import pytest

from chappe.kit.access.actor import Actor
from chappe.kit.jobs import queue, registry, services
from chappe.kit.jobs.models import Job, Schedule, State
from tests.support import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    person = people.make_alice()
    client.force_login(person)
    return person


def test_the_list_and_the_page_of_a_running_job(client, alice):
    job = services.enqueue("sample.count", actor=Actor(user=alice), label="Count the masts", to=9)
    held = queue.claim("w", registry.QUEUES)
    queue.write(held, {"progress_done": 3, "progress_total": 9, "message": "mast 3"}, [])
    listed = client.get("/jobs/job/")
    assert listed.status_code == 200
    assert "Count the masts" in listed.content.decode()
    page = client.get(job.get_absolute_url()).content.decode()
    assert "mast 3" in page
    assert f'hx-get="/jobs/job/{job.pk}/live"' in page


def test_polling_stops_when_the_job_ends(client, alice):
    job = services.enqueue("sample.count", actor=Actor(user=alice))
    running = client.get(f"/jobs/job/{job.pk}/live")
    assert "hx-trigger" in running.content.decode()
    assert "HX-Refresh" not in running
    Job.objects.filter(pk=job.pk).update(state=State.FAILED, error="The wire is cut.")
    ended = client.get(f"/jobs/job/{job.pk}/live")
    assert "hx-trigger" not in ended.content.decode()
    assert "The wire is cut." in ended.content.decode()
    assert ended["HX-Refresh"] == "true"
    assert "hx-trigger" not in client.get(f"/jobs/job/{job.pk}/bar").content.decode()


def test_a_partner_sees_its_own_jobs_only(client):
    bruno, chloe = people.make_bruno(), people.make_chloe()
    job = services.enqueue("sample.count", actor=Actor(user=bruno))
    assert job.owner_id == bruno.organisation_id
    assert Job.objects.visible_to(bruno).count() == 1
    assert Job.objects.visible_to(chloe).count() == 0
    assert Schedule.objects.visible_to(bruno).count() == 0
    client.force_login(chloe)
    assert client.get(f"/jobs/job/{job.pk}/live").status_code == 404
    assert client.get(f"/jobs/job/{job.pk}/bar").status_code == 404


def test_cancel_and_retry_buttons(client, alice):
    job = services.enqueue("sample.count", actor=Actor(user=alice))
    client.post(f"/jobs/job/{job.pk}/do/cancel/", {"confirmed": "1", "confirm": "1"})
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    client.post(f"/jobs/job/{job.pk}/do/retry/")
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_the_page_of_a_schedule(client, alice):
    row = Schedule.objects.create(name="sample.nightly", job="sample.count", cron="0 3 * * *")
    assert client.get("/jobs/schedule/").status_code == 200
    assert client.get(f"/jobs/schedule/{row.pk}/").status_code == 200
    client.post(f"/jobs/schedule/{row.pk}/do/run/")
    assert Job.objects.filter(name="sample.count").count() == 1


def test_the_list_of_files(client, alice):
    assert client.get("/documents/file/").status_code == 200
