"""A scheduled report on its way: into a real mailbox in each format, stopped, taken up again, failed and told."""

import datetime as dt
import io
import zipfile

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from chappe.apps.reports import builtins, engine, scheduling, services
from chappe.apps.reports.models import Report, ReportRun, ReportSchedule
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from chappe.kit.mail.models import Message
from tests.kit.mail.conftest import box, smtp, start  # noqa: F401 - fixtures: a real mail server on loopback

pytestmark = pytest.mark.django_db
DUE = dt.datetime(2026, 11, 2, 6, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _installed(db):
    builtins.install()


def schedule(user, **more) -> ReportSchedule:
    data = {"report": Report.objects.get(slug="cumul-par-client"), "recipients": "dir@perret.example", "format": "pdf", "cadence": "monthly", "day": 2, "hour": 7}  # fmt: skip
    return services.create_schedule(actor=Actor(user), data=data | more)


def test_each_format_arrives_in_a_real_mailbox_and_opens(house, box, smtp):  # noqa: F811 - the fixtures above
    for form in ("pdf", "xlsx", "csv"):
        scheduling.deliver(schedule(house.bruno, format=form), DUE)
    run_pending(limit=10)
    found = {}
    for mail in box.mails:
        assert mail["Subject"] == "By customer – October 2026" and mail["To"] == "dir@perret.example"
        (attached,) = mail.iter_attachments()
        found[attached.get_filename()] = attached.get_payload(decode=True)
    assert sorted(found) == [f"cumul-par-client-2026-10.{form}" for form in ("csv", "pdf", "xlsx")]
    assert "Vautrin" in found["cumul-par-client-2026-10.csv"].decode("utf-8-sig")
    assert found["cumul-par-client-2026-10.pdf"].startswith(b"%PDF-")
    with zipfile.ZipFile(io.BytesIO(found["cumul-par-client-2026-10.xlsx"])) as book:
        assert book.testzip() is None


def test_a_stopped_schedule_sends_nothing_and_is_taken_up_from_its_next_time(house):
    with time_machine.travel(dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC), tick=False):
        row = schedule(house.bruno)
    with pytest.raises(PermissionDenied):
        services.set_schedule_active(actor=Actor(house.chloe), schedule=row, active=False)
    services.set_schedule_active(actor=Actor(house.alice), schedule=row, active=False)
    later = dt.datetime(2026, 11, 5, 9, tzinfo=dt.UTC)
    assert scheduling.enqueue_due(later) == 0
    with time_machine.travel(later, tick=False):
        row = services.set_schedule_active(actor=Actor(house.alice), schedule=row, active=True)
    assert timezone.localtime(row.next_due).date() == dt.date(2026, 12, 2), "what was missed is not sent"
    assert (row.runs_as, scheduling.enqueue_due(later)) == (house.bruno, 0)


def test_a_failure_is_told_on_the_page_and_to_whoever_asked(house, client):
    row = schedule(house.bruno)
    Report.objects.filter(pk=row.report_id).update(sql="SELECT missing FROM calls")
    run = scheduling.deliver(ReportSchedule.objects.get(), DUE)
    assert (run.state, run.message) == ("failed", None) and "There is no column “missing”" in run.problem
    (message,) = Message.objects.all()
    assert message.to == [house.bruno.email] and "There is no column “missing”" in message.text
    client.force_login(house.bruno)
    shown = client.get(f"/reports/run/{run.pk}/").content.decode()
    assert "There is no column “missing”" in shown and "October 2026" in shown
    scheduling.deliver(ReportSchedule.objects.get(), DUE)
    assert Message.objects.count() == 1, "told once"


def test_a_busy_house_is_tried_again_and_given_up_on_in_words(house, monkeypatch):
    row = schedule(house.bruno)

    def busy(*args, **kwargs):
        raise engine.ReportError("busy")

    monkeypatch.setattr(engine, "run", busy)
    from chappe.kit.jobs.services import enqueue

    job = enqueue("reports.send", actor=Actor(house.bruno), schedule=row.pk, due=DUE.isoformat())
    run_pending(limit=1)
    assert Job.objects.get(pk=job.pk).state == "queued" and not ReportRun.objects.exists(), "it waits for its next try"
    Job.objects.filter(pk=job.pk).update(attempt=job.retries, not_before=timezone.now())
    run_pending(limit=1)
    assert Job.objects.get(pk=job.pk).state == "failed"
    assert ReportRun.objects.get().problem.startswith("Other reports are being computed")
    assert Message.objects.get().subject == "Not sent: By customer"
