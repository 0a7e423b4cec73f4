"""Numbers without gap, issued invoices that nothing changes, the journal, credit notes, archives; refusals change nothing."""

import datetime as dt
import threading
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from chappe.apps.billing import archives, credits, editing, events, issuing, journal, services
from chappe.apps.billing.anomalies import sentence_of
from chappe.apps.billing.models import (
    Archive,
    BilledLine,
    Invoice,
    JournalEntry,
    JournalHead,
    Purchase,
    Run,
    Series,
    SeriesYear,
)
from chappe.core.base.money import to_nano
from chappe.kit.access.actor import Actor
from tests.support import rows_billing as rows
from tests.support.calls import strong

from .conftest import HOUSE, OCTOBER, recomputed

NOVEMBER = dt.date(2026, 11, 1)


def euros(text: str) -> int:
    return to_nano(text)


def draft(world, price: str = "10", day: dt.date = NOVEMBER) -> Invoice:
    made = editing.single(actor=HOUSE, customer=world.customer, series=world.series, issue_date=day)
    editing.add_line(actor=HOUSE, invoice=made, label="Étude", price=euros(price))
    made.refresh_from_db()
    return made


def issued(world, price: str = "10") -> Invoice:
    return services.issue(actor=HOUSE, invoice=draft(world, price))


def test_an_issued_invoice_has_its_number_its_document_and_its_entry(world) -> None:
    first, second = issued(world), issued(world, "12.5")
    assert [one.number for one in (first, second)] == ["F2026-000001", "F2026-000002"]
    assert second.read_document().number == "F2026-000002"
    assert (second.net, second.tax, second.gross) == (euros("12.5"), euros("2.5"), euros("15"))
    entry = JournalEntry.objects.get(reference="F2026-000002")
    assert (entry.kind, entry.position, entry.amount) == ("invoice", 2, euros("15"))
    assert entry.data["document_sha256"] == second.sha256
    assert entry.data["net_nano"] == euros("12.5")
    assert journal.verify("0") == (2, [])


def test_numbers_begin_again_each_year_and_follow_the_dates(world) -> None:
    issued(world)
    late = draft(world, day=dt.date(2026, 10, 31))
    with pytest.raises(ValidationError) as refused:
        services.issue(actor=HOUSE, invoice=late)
    assert "2026-11-01" in refused.value.messages[0]
    late.refresh_from_db()
    assert (late.number, late.state) == (None, "draft")
    assert SeriesYear.objects.get(year=2026).last == 1
    other = Series.objects.create(code="x", name="x", prefix="X")
    assert SeriesYear.objects.filter(series=other).count() == 0


def test_an_empty_invoice_is_refused_and_takes_no_number(world) -> None:
    empty = editing.single(actor=HOUSE, customer=world.customer, series=world.series, issue_date=NOVEMBER)
    with pytest.raises(ValidationError):
        services.issue(actor=HOUSE, invoice=empty)
    assert not SeriesYear.objects.filter(last__gt=0).exists()
    assert not JournalEntry.objects.exists()


def test_what_a_listener_raises_refuses_the_whole(world, monkeypatch) -> None:
    def refuse(invoice, actor):
        raise ValidationError("non")

    monkeypatch.setitem(events._listeners, "issued", [refuse])
    made = draft(world)
    with pytest.raises(ValidationError, match="non"):
        services.issue(actor=HOUSE, invoice=made)
    made.refresh_from_db()
    assert made.number is None
    assert not JournalEntry.objects.exists()
    assert not SeriesYear.objects.filter(last__gt=0).exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda one: Invoice.objects.filter(pk=one.pk).update(net=1),
        lambda one: Invoice.objects.filter(pk=one.pk).update(number="F2026-999999"),
        lambda one: Invoice.objects.filter(pk=one.pk).update(document={}),
        lambda one: one.lines.update(net=1),
        lambda one: one.lines.all().delete(),
        lambda one: one.delete(),
        lambda one: BilledLine.objects.create(invoice=one, customer=one.customer, key="x", label="x"),
        lambda one: JournalEntry.objects.update(amount=1),
        lambda one: JournalEntry.objects.all().delete(),
    ],
)
def test_the_database_refuses_to_change_what_is_issued(world, act) -> None:
    made = issued(world)
    before = (made.document, made.number, made.lines.count(), JournalEntry.objects.get().amount)
    with pytest.raises(DatabaseError), transaction.atomic():
        act(made)
    made.refresh_from_db()
    assert before == (made.document, made.number, made.lines.count(), JournalEntry.objects.get().amount)


def test_a_journal_that_was_touched_shows_it(world) -> None:
    issued(world)
    issued(world)
    from chappe.kit.audit.seal import seal, unseal

    table = JournalEntry._meta.db_table
    unseal(connection, table)
    try:
        JournalEntry.objects.filter(position=1).update(amount=1)
        assert journal.verify("0") == (2, [(1, "hash")])
        JournalEntry.objects.filter(position=2).delete()
        assert ("head" in {code for _position, code in journal.verify("0")[1]}) is True
    finally:
        seal(connection, table, [field.column for field in JournalEntry._meta.concrete_fields], ["actor_id"])


def test_append_needs_a_transaction_and_links_each_entry(world) -> None:
    with transaction.atomic():
        one = journal.append("event", actor=HOUSE, reference="a")
        two = journal.append("payment", actor=HOUSE, reference="b", amount=-5)
    assert two.previous == one.sha256
    assert JournalHead.objects.get(chain="0").sha256 == two.sha256


def test_a_credit_note_on_a_line_points_at_its_invoice(world) -> None:
    made = draft(world, "100")
    editing.add_line(actor=HOUSE, invoice=made, label="Câble", price=euros("20"))
    made = services.issue(actor=HOUSE, invoice=made)
    cable = made.lines.get(label="Câble")
    note = credits.credit(
        actor=HOUSE, invoice=made, reason="Câble rendu", issue_date=NOVEMBER, amounts={cable.pk: euros("5")}
    )
    note = services.issue(actor=HOUSE, invoice=note)
    document = note.read_document()
    assert (note.kind, note.net, note.gross) == ("381", euros("5"), euros("6"))
    assert (document.preceding_number, document.preceding_date) == (made.number, NOVEMBER)
    assert document.reason == "Câble rendu"
    assert [line.net for line in document.lines] == [euros("5")]
    assert JournalEntry.objects.get(kind="credit_note").amount == -euros("6")
    assert credits.left_of(made)[cable.pk] == euros("15")
    with pytest.raises(ValidationError):
        credits.credit(actor=HOUSE, invoice=made, reason="x", issue_date=NOVEMBER, amounts={cable.pk: euros("15.01")})
    assert Invoice.objects.filter(kind="381").count() == 1
    rest = credits.credit(actor=HOUSE, invoice=made, reason="Tout", issue_date=NOVEMBER)
    assert rest.net == euros("115")  # 100 + 20 − 5


def test_a_gesture_is_not_billed_again_a_cancellation_is(world) -> None:
    batch = rows.batch_of_calls()
    start = dt.datetime(2026, 10, 3, tzinfo=dt.UTC)
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": start, "price": "8"}])
    made = world.invoice(world.issue(world.run()))
    note = credits.credit(
        actor=HOUSE, invoice=made, reason="Geste", issue_date=NOVEMBER, amounts={made.lines.get().pk: euros("3")}
    )
    services.issue(actor=HOUSE, invoice=note)
    assert not world.run(NOVEMBER).invoices.exists()
    Run.objects.update(state="cancelled")
    with pytest.raises(ValidationError):  # a part is credited already
        credits.credit(actor=HOUSE, invoice=made, reason="Tout", issue_date=NOVEMBER, bill_again=True)


def test_a_cancelled_invoice_is_billed_anew(world) -> None:
    batch = rows.batch_of_calls()
    start = dt.datetime(2026, 10, 3, tzinfo=dt.UTC)
    rows.put_calls(batch, [{"customer": world.customer.pk, "start": start, "price": "8"}])
    made = world.invoice(world.issue(world.run()))
    note = credits.credit(actor=HOUSE, invoice=made, reason="Mauvais client", issue_date=NOVEMBER, bill_again=True)
    services.issue(actor=HOUSE, invoice=note)
    made.refresh_from_db()
    assert made.is_rebilled is True
    again = world.invoice(world.run(NOVEMBER))
    assert (again.kind, again.net) == ("380", euros("8"))
    assert len(again.read_document().calls) == 1


def test_a_corrected_invoice_takes_the_place_of_the_first(world) -> None:
    made = issued(world, "100")
    right = credits.correct(actor=HOUSE, invoice=made, reason="Adresse", issue_date=NOVEMBER)
    editing.add_line(actor=HOUSE, invoice=right, label="Oubli", price=euros("10"))
    right = services.issue(actor=HOUSE, invoice=right)
    assert (right.kind, right.net, right.read_document().preceding_number) == ("384", euros("110"), made.number)
    assert JournalEntry.objects.get(kind="correction").amount == euros("12")  # 132 − 120
    with pytest.raises(ValidationError):
        credits.credit(actor=HOUSE, invoice=made, reason="x", issue_date=NOVEMBER)


def test_parked_customers_have_a_sentence_and_the_others_are_invoiced(world) -> None:
    lost = rows.buyer(name="Sans adresse", line1="", postal_code="", city="")
    wrong = rows.buyer(name="Mauvaise TVA", vat_number="FR00732829320")
    dear = rows.buyer(name="Sans prix")
    option = rows.buyer(name="Produit sans prix")
    product = rows.product(None, "option", code="OPT", in_advance=False, anchor_day=1)
    Purchase.objects.create(customer=option, product=product, starts_on=OCTOBER)
    batch = rows.batch_of_calls()
    start = dt.datetime(2026, 10, 3, tzinfo=dt.UTC)
    rows.put_calls(
        batch,
        [{"customer": one.pk, "start": start, "price": "8"} for one in (world.customer, lost, wrong)]
        + [{"customer": dear.pk, "start": start, "status": "UNRATED", "price": "0", "total": None}],
    )
    run = world.run()
    assert [one.customer for one in run.invoices.all()] == [world.customer]
    with translation.override("fr"):
        told = {parked.customer: (parked.code, parked.sentence) for parked in run.parked.all()}
    assert told == {
        lost: ("customer.no-address", "Il n’y a pas d’adresse postale\u00a0: une facture doit la porter."),
        wrong: (
            "customer.vat",
            "«\u00a0FR00732829320\u00a0» n’est pas un numéro de TVA\u00a0: sa forme ou sa clé est fausse.",
        ),
        dear: ("unrated_calls", "1 appel n’a pas de prix."),
        option: ("price_missing", "Le produit OPT n’a pas de prix au 01/10/2026."),
    }
    assert {parked.net for parked in run.parked.filter(customer__in=[lost, wrong])} == {euros("8")}
    assert run.parked_count == 4
    world.issue(run)
    assert list(Invoice.objects.values_list("customer__name", "number")) == [(world.customer.name, "F2026-000001")]
    assert JournalEntry.objects.count() == 1, "nothing is told of those who wait"


def test_a_parked_customer_is_invoiced_once_what_is_said_is_corrected(world) -> None:
    lost = rows.buyer(name="Sans adresse", line1="", postal_code="", city="")
    start = dt.datetime(2026, 10, 3, tzinfo=dt.UTC)
    rows.put_calls(
        rows.batch_of_calls(), [{"customer": one.pk, "start": start, "price": "8"} for one in (world.customer, lost)]
    )
    run = world.run()
    assert (run.invoices_count, run.parked_count) == (1, 1)
    lost.line1, lost.postal_code, lost.city = "1 rue", "39100", "Dole"
    lost.save()
    run = recomputed(run)
    assert (run.invoices_count, run.parked_count) == (2, 0)


def test_a_run_is_undone_until_a_number_is_taken(world) -> None:
    batch = rows.batch_of_calls()
    rows.put_calls(
        batch, [{"customer": world.customer.pk, "start": dt.datetime(2026, 10, 3, tzinfo=dt.UTC), "price": "8"}]
    )
    run = world.run()
    with pytest.raises(ValidationError):  # one run at a time
        services.create_run(actor=HOUSE, month=OCTOBER)
    with pytest.raises(ValidationError):  # not checked
        services.freeze(actor=HOUSE, run=run)
    services.undo(actor=HOUSE, run=run)
    run.refresh_from_db()
    assert (run.state, run.invoices.count()) == ("cancelled", 0)
    run = world.issue(world.run())
    with pytest.raises(ValidationError):
        services.undo(actor=HOUSE, run=run)
    assert run.invoices.get().number == "F2026-000001"


def test_a_partner_prepares_its_own_and_a_stranger_nothing(world, bruno, chloe) -> None:
    made = draft(world)
    for person in (bruno, chloe):
        actor = Actor(user=person, via="page")
        with pytest.raises(PermissionDenied):
            editing.add_line(actor=actor, invoice=made, label="x", price=1)
        with pytest.raises(PermissionDenied):
            services.issue(actor=actor, invoice=made)
        assert not Invoice.objects.visible_to(person).exists()
    made.refresh_from_db()
    assert (made.net, made.number) == (euros("10"), None)


def test_an_archive_can_be_read_and_checked_without_us(world, client, alice, chloe) -> None:
    issued(world)
    issued(world, "2")
    row = Archive.objects.create(first_day=dt.date(2020, 1, 1), last_day=dt.date(2100, 1, 1))
    archives.write(row, actor=HOUSE)
    archives.write(row, actor=HOUSE)  # a second run of the job adds nothing
    row.refresh_from_db()
    assert (row.entries, row.first_position, row.last_position) == (2, 1, 2)
    with zipfile.ZipFile(row.stored.path) as file:
        assert sorted(file.namelist()) == ["LISEZ-MOI.txt", "documents.jsonl", "empreintes.txt", "journal.jsonl"]
        assert row.last_sha256 in file.read("LISEZ-MOI.txt").decode()
    import hashlib
    import json

    before = "0" * 64
    for entry in archives.read(row.stored.path):
        told = {key: value for key, value in entry.items() if key != "sha256"}
        assert told["previous"] == before
        # by the words of the page of explanations, not by our code
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        assert entry["sha256"] == before
    assert JournalEntry.objects.filter(kind="archive").count() == 1
    client.force_login(strong(alice))
    address = f"/billing/archive/{row.pk}/file/"
    assert address in client.get(f"/billing/archive/{row.pk}/").content.decode()
    assert b"".join(client.get(address).streaming_content) == row.stored.path.read_bytes()
    client.force_login(strong(chloe))
    assert client.get(address).status_code == 404, "of another operator"


@pytest.mark.django_db(transaction=True)
def test_500_invoices_issued_at_once_have_500_numbers_without_gap() -> None:
    if connection.vendor != "postgresql":
        count, hands = 40, 4  # SQLite has one writer: the queue is the same, only shorter
    else:
        count, hands = 500, 10
    seller = rows.seller()
    series = Series.objects.create(code="factures", name="Factures", is_default=True)
    customer = rows.buyer(brand=seller)
    model = editing.single(actor=HOUSE, customer=customer, series=series, issue_date=NOVEMBER)
    editing.add_line(actor=HOUSE, invoice=model, label="Étude", price=euros("10"))
    model.refresh_from_db()
    ids = [model.pk]
    for _copy in range(count - 1):
        one = Invoice.objects.create(
            customer=customer, series=series, issue_date=NOVEMBER, document=model.document, month=NOVEMBER
        )
        ids.append(one.pk)
    failures: list[Exception] = []

    def hand(mine: list[int]) -> None:
        try:
            for pk in mine:
                issuing.issue_all([pk], actor=HOUSE)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=hand, args=(ids[start::hands],)) for start in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"F2026-{number:06d}" for number in range(1, count + 1)]
    assert journal.verify("0") == (count, [])


def test_goods_give_the_invoice_its_frame_and_its_credit_note_too(world) -> None:
    """Goods and services are M1 with the words of the law; the credit note on the goods alone is B1."""
    made = draft(world)
    assert made.read_document().frame == "S1"
    editing.add_line(actor=HOUSE, invoice=made, label="Téléphone", price=euros("89"), nature="goods")
    made.refresh_from_db()
    sold = services.issue(actor=HOUSE, invoice=made)
    document = sold.read_document()
    assert document.frame == "M1"
    assert any("livraisons de biens et prestations" in text for text in document.mentions)
    goods = sold.lines.get(nature="goods")
    back = credits.credit(
        actor=HOUSE, invoice=sold, reason="Retour", issue_date=NOVEMBER, amounts={goods.pk: euros("89")}
    )
    assert back.read_document().frame == "B1"


def test_the_control_says_why_a_customer_is_parked(world) -> None:
    rows.buyer(name="Sans adresse", line1="", postal_code="", city="")
    batch = rows.batch_of_calls()
    lost = rows.Customer.objects.get(name="Sans adresse")
    rows.put_calls(batch, [{"customer": lost.pk, "start": dt.datetime(2026, 10, 3, tzinfo=dt.UTC), "price": "8"}])
    run = world.run()
    with translation.override("en"):
        [told] = [sentence_of(finding) for finding in run.findings if finding["code"] == "parked"]
    assert told.startswith("There is no postal address")
    assert told.endswith("Parked: €8.00 wait")
