"""From an issued invoice to its files, its mail and the platform; and what is refused on the way."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from chappe.apps.billing import events
from chappe.apps.customers.models import Customer
from chappe.apps.invoicing import depositing, jobs, mailing, producing, reactions
from chappe.apps.invoicing.models import Deposit, DepositStatus, IssuedFile, Production
from chappe.apps.invoicing.queries import platform_folder
from chappe.connectors.einvoice.check import check_file
from chappe.connectors.einvoice.platform import simulate, tell
from chappe.core.einvoice.samples import SAMPLES, company, person
from chappe.kit.audit.services import history
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.models import Job
from chappe.kit.mail.models import Message
from tests.apps.invoicing.conftest import HOUSE
from tests.support.rows_invoicing import issued

pytestmark = pytest.mark.django_db


def context() -> JobContext:
    return JobContext(Job.objects.create(name="invoicing.produce"))


@pytest.fixture
def ready():
    invoice = issued(company(6))
    producing.produce(actor=HOUSE, invoice=invoice)
    return invoice


def test_files_are_made_checked_and_kept(ready):
    row = Production.objects.get(invoice=ready)
    assert (row.state, row.issues, row.attempt) == ("ready", [], 1)
    kept = {file.kind: file for file in IssuedFile.objects.filter(invoice=ready).select_related("stored")}
    assert sorted(kept) == ["annex_csv", "cii", "pdf"]
    assert kept["pdf"].stored.name == "FA2026-00142.pdf"
    assert check_file(kept["pdf"].stored.path.read_bytes()) == []
    assert history(ready).filter(verb="invoicing.made").count() == 1


def test_making_again_changes_nothing(ready):
    before = list(IssuedFile.objects.order_by("pk").values_list("pk", "stored__sha256"))
    assert producing.produce(actor=HOUSE, invoice=ready).attempt == 1
    assert list(IssuedFile.objects.order_by("pk").values_list("pk", "stored__sha256")) == before


def test_what_the_rules_refuse_is_blocked_with_sentences_and_does_not_leave():
    document = company(2)
    invoice = issued(replace(document, notes={"PMD": "x", "PMT": "y"}))
    row = producing.produce(actor=HOUSE, invoice=invoice)
    assert row.state == "blocked"
    assert [issue["field"] for issue in row.issues] == ["BR-FR-05_BT-22_AAB"]
    assert "AAB" in row.first_sentence()
    with pytest.raises(ValidationError, match="AAB"):
        mailing.send(actor=HOUSE, invoice=invoice)
    with pytest.raises(ValidationError, match="AAB"):
        depositing.deposit(actor=HOUSE, invoice=invoice)
    assert Message.objects.count() == 0
    assert Deposit.objects.count() == 0
    assert not (platform_folder() / "deposits").exists()


def test_a_draft_has_no_files():
    invoice = issued(replace(company(1), number=""))
    with pytest.raises(ValidationError):
        producing.produce(actor=HOUSE, invoice=invoice)
    assert Production.objects.count() == 0
    assert producing.preview(invoice).startswith(b"%PDF-")


def test_nothing_leaves_before_the_files_are_there():
    invoice = issued(company(1))
    with pytest.raises(ValidationError):
        mailing.send(actor=HOUSE, invoice=invoice)
    assert Message.objects.count() == 0


def test_ubl_and_workbook_are_made_when_asked(ready):
    assert producing.extra(actor=HOUSE, invoice=ready, kind="ubl").stored.path.read_bytes()[:5] == b"<?xml"
    assert producing.extra(actor=HOUSE, invoice=ready, kind="annex_xlsx").stored.path.read_bytes()[:2] == b"PK"
    again = producing.extra(actor=HOUSE, invoice=ready, kind="ubl")
    assert IssuedFile.objects.filter(invoice=ready, kind="ubl").get() == again
    bare = issued(SAMPLES["overseas"]())
    producing.produce(actor=HOUSE, invoice=bare)
    with pytest.raises(ValidationError):
        producing.extra(actor=HOUSE, invoice=bare, kind="annex_xlsx")


def test_a_mail_is_in_the_customers_language_with_its_files(ready):
    message = mailing.send(actor=HOUSE, invoice=ready)
    assert message.to == ["compta@client.example"]
    assert message.subject == "Saône Télécom : votre facture FA2026-00142"
    assert "299,88\u00a0€" in message.text
    assert sorted(file.name for file in message.files.all()) == ["FA2026-00142-detail.csv", "FA2026-00142.pdf"]
    assert Production.objects.get(invoice=ready).mail == message
    english = issued(SAMPLES["english"]())
    producing.produce(actor=HOUSE, invoice=english)
    assert mailing.send(actor=HOUSE, invoice=english).subject == "Saône Télécom: your invoice FA2026-00160"


def test_no_address_is_a_sentence(ready):
    Customer.objects.filter(pk=ready.customer_id).update(invoice_emails="")
    ready.customer.refresh_from_db()
    with pytest.raises(ValidationError):
        mailing.send(actor=HOUSE, invoice=ready)
    assert Message.objects.count() == 0


def test_the_job_mails_once_whatever_is_run_again():
    invoice = issued(company(2), delivery=Customer.Delivery.MAIL)
    jobs.produce(context(), invoice=invoice.pk)
    jobs.produce(context(), invoice=invoice.pk)
    assert Message.objects.count() == 1
    assert Message.objects.get().key == f"invoice:{invoice.uid}"


def test_a_chunk_goes_on_after_a_refused_one():
    bad = issued(replace(company(1), number="BAD-1", notes={}))
    good = issued(replace(company(1), number="GOOD-1"))
    ctx = context()
    jobs.produce_many(ctx, invoices=[bad.pk, good.pk])
    assert ctx.outcome == {"blocked": 1, "ready": 1}


def test_issuing_queues_the_files_and_a_run_in_chunks(monkeypatch):
    invoice = issued(company(1))
    events.tell("issued", invoice=invoice, actor=HOUSE)
    assert Production.objects.get(invoice=invoice).state == "waiting"
    assert Job.objects.filter(name="invoicing.produce", params={"invoice": invoice.pk}).count() == 1
    more = [issued(replace(company(1), number=f"R-{at}")) for at in range(3)]
    monkeypatch.setattr(reactions, "CHUNK", 2)
    assert reactions.produce_many(actor=HOUSE, invoices=[row.pk for row in more]) == 2
    assert Job.objects.filter(name="invoicing.produce_many").count() == 2


def test_the_life_of_a_deposit(ready):
    row = depositing.deposit(actor=HOUSE, invoice=ready)
    assert (row.status, row.address) == (200, "502134687")
    with pytest.raises(ValidationError):
        depositing.deposit(actor=HOUSE, invoice=ready)
    simulate(platform_folder(), row.reference)
    assert depositing.poll(actor=HOUSE, deposit=row) == 5
    assert depositing.poll(actor=HOUSE, deposit=row) == 0
    row.refresh_from_db()
    assert row.status == 205
    assert [status.code for status in row.statuses.all()] == [200, 201, 202, 203, 204, 205]
    tell(platform_folder(), row.reference, 212, at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    jobs.poll(context())
    row.refresh_from_db()
    assert row.is_over
    assert depositing.still_open() == []


def test_a_paid_invoice_is_told_to_the_platform_once(ready, monkeypatch):
    row = depositing.deposit(actor=HOUSE, invoice=ready)
    paid: list[bool] = [False]
    monkeypatch.setattr(depositing, "_paid", [lambda invoice: invoice == ready and paid[0]])
    jobs.poll(context())
    row.refresh_from_db()
    assert row.status == 200
    paid[0] = True
    for _again in range(2):
        jobs.poll(context())
    row.refresh_from_db()
    assert (row.status, row.is_over) == (212, True)
    assert [status.code for status in row.statuses.all()] == [200, 212]
    assert not depositing.tell_paid(actor=HOUSE, deposit=row)


def test_a_refused_invoice_keeps_its_reason(ready):
    row = depositing.deposit(actor=HOUSE, invoice=ready)
    tell(platform_folder(), row.reference, 210, "montant contesté", at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    depositing.poll(actor=HOUSE, deposit=row)
    assert DepositStatus.objects.get(code=210).reason == "montant contesté"
    assert row.status_label().startswith("210 ")


def test_the_directory_decides(ready):
    platform_folder().mkdir(parents=True, exist_ok=True)
    (platform_folder() / "directory.csv").write_text("siren;name;address;platform\n", "utf-8")
    with pytest.raises(ValidationError):
        depositing.deposit(actor=HOUSE, invoice=ready)
    assert Deposit.objects.count() == 0


def test_a_private_person_is_not_for_the_platform():
    invoice = issued(person())
    producing.produce(actor=HOUSE, invoice=invoice)
    with pytest.raises(ValidationError):
        depositing.deposit(actor=HOUSE, invoice=invoice)
    assert Deposit.objects.count() == 0


def test_a_platform_that_forgets_is_told_on_the_deposit(ready):
    row = depositing.deposit(actor=HOUSE, invoice=ready)
    (platform_folder() / "deposits" / row.reference / "statuses.jsonl").unlink()
    assert depositing.poll(actor=HOUSE, deposit=row) == 0
    row.refresh_from_db()
    assert row.problem
    assert row.status == 200
