"""Every job: a label, a right, a bound; run twice it does its work once; its row is no stranger's."""

import pytest

from chappe.apps.usage.models import Call, UsageBatch
from chappe.kit.access.areas import areas
from chappe.kit.jobs import registry as jobs
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue
from tests.support import calls, rows, rows_customers

from .screens import body

#: Jobs run twice elsewhere, and where.
TESTED_ELSEWHERE = {
    "network.walk": "tests/apps/network: every PM walked, twice",
    "exchange.purge": "tests/apps/exchange/test_purging.py",
    "exchange.read": "tests/apps/exchange: plan, apply and undo of each format, twice",
    "exchange.apply": "tests/apps/exchange: plan, apply and undo of each format, twice",
    "exchange.undo": "tests/apps/exchange: plan, apply and undo of each format, twice",
    "billing.compute": "tests/apps/billing/test_difference.py: a month run again changes nothing",
    "billing.freeze": "tests/apps/billing/test_issuing.py: what is issued is not issued again",
    "billing.archive": "tests/apps/billing/test_issuing.py: archives of a period",
    "customers.attach": "tests/apps/billing/test_reattached.py: a line that changes hands",
    "collect.read": "tests/apps/collect/test_pipeline.py: stopped at each step and run again",
    "collect.withdraw": "tests/apps/collect/test_withdrawing.py: killed and run again, then once more",
    "collect.round": "tests/apps/collect/test_flow.py: the job of every minute, twice",
    "ipe.compare": "tests/apps/ipe/test_pages.py: two files compared, twice",
    "invoicing.produce": "tests/apps/invoicing/test_flow.py: files of an invoice",
    "invoicing.produce_many": "tests/apps/invoicing/test_flow.py: files of a run",
    "mail.send": "tests/kit/mail/test_posting.py: a mail is sent once a key, whatever is run again",
    "mail.forgotten": "tests/kit/mail/test_forgotten.py",
    "publication.make": "tests/apps/publication/test_jobs.py: files made once, whatever is run again",
    "reports.send": "tests/apps/reports: a schedule is mailed once",
    "usage.rate-stream": "tests/apps/usage: rated again under faults and arrivals",
}


def _rate(owner):
    batch = calls.sent(calls.v091_calls(), rows.version(owner, "v091"), owner)
    Job.objects.all().delete()
    return {"batch": batch.pk}


def _simulate(owner):
    calls.rated(calls.v091_calls(), rows.version(owner, "v091"), owner)
    Job.objects.all().delete()  # the file of calls had one of its own
    return {"simulation": rows.simulation(owner, "essai").pk}


def _load(owner):
    stored = rows.store(rows.io.BytesIO(rows.zipped()), name="plan.zip", actor=rows.SYSTEM, owner=owner)
    return {"plan": rows.plan(owner, "grille").pk, "stored": stored.pk}


#: job → what makes its parameters for an owner.
RUNS = {
    "cartography.count-all": lambda owner: {},
    "cartography.refresh": lambda owner: {},
    "cartography.sweep": lambda owner: {},
    "documents.sweep": lambda owner: {},
    "jobs.purge": lambda owner: {},
    "usage.compact": lambda owner: {},
    "usage.purge": lambda owner: {},
    "billing.purge": lambda owner: {},
    "collect.fetch": lambda owner: {},
    "collect.purge": lambda owner: {},
    "ipe.quality": lambda owner: {},
    "invoicing.poll": lambda owner: {},
    "invoicing.report": lambda owner: {},
    "mail.bounces": lambda owner: {},
    "publication.hand-over": lambda owner: {},
    "publication.purge": lambda owner: {},
    "payments.lapse": lambda owner: {},
    "payments.remind": lambda owner: {},
    "payments.use-top-ups": lambda owner: {"customer": rows_customers.customer(owner, "recharge").pk},
    "reports.due": lambda owner: {},
    "watch.hourly": lambda owner: {},
    "watch.new": lambda owner: {},
    "usage.rate": _rate,
    "usage.simulate": _simulate,
    "tariffs.load": _load,
}


def world() -> dict:
    """What a second run must leave as it was."""
    from chappe.apps.tariffs.models import TariffVersion
    from chappe.apps.usage.models import SimulationRow
    from chappe.kit.documents.models import StoredFile

    return {
        "calls": [(call.pk, call.total) for call in Call.objects.order_by("pk")],
        "batches": list(UsageBatch.objects.order_by("pk").values_list("pk", "state", "calls", "total")),
        "rows": list(
            SimulationRow.objects.order_by("subject", "destination").values_list("subject", "calls", "difference")
        ),
        "versions": list(TariffVersion.objects.order_by("pk").values_list("pk", "state")),
        "files": StoredFile.objects.count(),
    }


def test_every_job_is_run_twice_somewhere():
    assert set(jobs.jobs()) == set(RUNS) | set(TESTED_ELSEWHERE)
    assert not set(RUNS) & set(TESTED_ELSEWHERE)


@pytest.mark.parametrize("name", sorted(jobs.jobs()))
def test_a_job_says_what_it_is_and_who_may(name):
    spec = jobs.get(name)
    assert str(spec.label).strip() not in {"", name}
    assert spec.area in areas()
    assert 0 <= spec.retries <= 10
    assert spec.queue in jobs.QUEUES
    assert (spec.run.__doc__ or "").strip()


@pytest.mark.parametrize("name", sorted(jobs.schedules()))
def test_a_schedule_starts_a_known_job(name):
    assert jobs.schedules()[name].job in jobs.jobs()


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(RUNS))
def test_run_twice_is_done_once(name, bruno, chloe):
    params = RUNS[name](bruno.organisation)
    first = enqueue(name, actor=rows.SYSTEM, owner=bruno.organisation, **params)
    assert run_pending() == 1
    first.refresh_from_db()
    assert (first.state, first.error) == ("done", "")
    after = world()
    second = enqueue(name, actor=rows.SYSTEM, owner=bruno.organisation, **params)
    assert run_pending() == 1
    second.refresh_from_db()
    assert (second.state, second.error) == ("done", "")
    assert world() == after
    assert Job.objects.visible_to(bruno).count() == 2
    assert Job.objects.visible_to(chloe).count() == 0


@pytest.mark.django_db
def test_the_live_part_of_a_job_is_no_strangers(client, bruno, chloe):
    job = rows.job(bruno.organisation, "zqjob")
    file = rows.job_file(bruno.organisation, "zqfile")
    addresses = [f"/jobs/job/{job.pk}/live", f"/jobs/job/{job.pk}/bar", f"/jobs/file/{file.pk}/download"]

    def statuses(reader) -> list[int]:
        client.force_login(reader)
        answers = [client.get(address) for address in addresses]
        for answer in answers:
            body(answer)  # a file that is not read to its end stays open
        return [answer.status_code for answer in answers]

    assert statuses(bruno) == [200, 200, 200]
    assert statuses(chloe) == [404, 404, 404]
