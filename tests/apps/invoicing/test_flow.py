"""From an issued invoice to its files, its mail and the platform; and what is refused on the way."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from chappe.apps.billing import events
from chappe.apps.customers.models import Customer
from chappe.apps.invoicing import depositing, jobs, mailing, producing, reactions
from chappe.apps.invoicing.models import Deposit, DepositStatus, IssuedFile, Production
from chappe.apps.invoicing.queries import platform_folder
from chappe.connectors.einvoice.check import check_file
from chappe.connectors.einvoice.platform import FolderPlatform, PlatformError, simulate, tell
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
    assert not row.is_over, "more money may come, or go back"
    assert depositing.still_open() == [row]
    assert depositing.still_open(now=timezone.now() + dt.timedelta(days=61)) == []


@pytest.fixture
def money(monkeypatch):
    """Encashments of every invoice, as the payments app would tell them; the deposits of which some are not told."""
    known: list[depositing.Encashment] = []
    monkeypatch.setattr(depositing, "_money", [lambda _invoice: list(known)])
    monkeypatch.setattr(depositing, "_paid", [lambda invoice: sum(one.amount for one in known) >= invoice.gross])
    monkeypatch.setattr(depositing, "_waiting", [lambda: Deposit.objects.filter(encashments__lt=len(known))])

    def came(cents: int) -> None:
        known.append(depositing.Encashment(f"allocation:{len(known)}", dt.date(2026, 11, 20), cents * 10_000_000))
        for _again in range(2):  # the second round says nothing more
            jobs.poll(context())

    return came


def told(row: Deposit) -> list[list[tuple[str, int]]]:
    return [
        [(rate, nano // 10_000_000) for rate, nano in status.money()]
        for status in row.statuses.filter(code=212).order_by("at")
    ]


def test_each_encashment_is_told_with_its_amounts_and_undone_by_the_opposite(ready, money):
    row = depositing.deposit(actor=HOUSE, invoice=ready)
    jobs.poll(context())
    assert told(row) == []
    money(10_000)
    money(19_988)  # 299.88 in all, at 20 %
    money(-19_988)
    with translation.override("en"):
        assert told(row) == [[("20%", 10_000)], [("20%", 19_988)], [("20%", -19_988)]]
        last = row.statuses.order_by("at").last()
        assert (last.label(), last.received_on()) == ("Payment taken back", dt.date(2026, 11, 20))
    row.refresh_from_db()
    assert (row.status, row.encashments, row.is_over) == (212, 3, False)
    assert depositing.tell_money(actor=HOUSE, deposit=row) == 0


def test_a_platform_that_is_down_is_told_later(ready, money, monkeypatch):
    row = depositing.deposit(actor=HOUSE, invoice=ready)

    def down(*_args):
        raise PlatformError("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(FolderPlatform, "say", down)
        money(10_000)
    row.refresh_from_db()
    assert (row.encashments, row.problem, told(row)) == (0, "no answer", [])
    jobs.poll(context())
    row.refresh_from_db()
    assert (row.encashments, row.problem) == (1, "")
    assert [sum(nano for _rate, nano in shares) for shares in told(row)] == [10_000]


def test_what_is_undone_before_it_was_told_is_not_said(ready, money, monkeypatch):
    row = depositing.deposit(actor=HOUSE, invoice=ready)
    with monkeypatch.context() as patch:
        patch.setattr(depositing, "_waiting", [])  # the job has not come by yet
        for cents in (10_000, 5_000, -5_000, -10_000, 7_000):
            money(cents)
    jobs.poll(context())
    row.refresh_from_db()
    assert (row.encashments, [sum(nano for _rate, nano in shares) for shares in told(row)]) == (5, [7_000])


def test_a_process_killed_after_the_platform_answered_says_it_once(ready, money, monkeypatch):
    row = depositing.deposit(actor=HOUSE, invoice=ready)
    say = FolderPlatform.say

    def killed(*args):
        say(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FolderPlatform, "say", killed)
        with pytest.raises(KeyboardInterrupt):
            money(10_000)
    row.refresh_from_db()
    assert (row.encashments, told(row)) == (0, [])
    money(-10_000)  # taken back before the job came again: the platform has the first, so it is told the second
    row.refresh_from_db()
    assert row.encashments == 2
    assert [sum(nano for _rate, nano in shares) for shares in told(row)] == [10_000, -10_000]


def test_an_invoice_on_debits_is_told_paid_once_it_is(money):
    invoice = issued(replace(company(1), number="DEBITS-1", vat_on_debits=True))
    producing.produce(actor=HOUSE, invoice=invoice)
    row = depositing.deposit(actor=HOUSE, invoice=invoice)
    money(10_000)
    assert told(row) == []
    money(19_988)
    assert told(row) == [[]]
    row.refresh_from_db()
    assert (row.status, row.encashments) == (212, 2)


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
