"""The page of a credit note line by line: nothing is kept before the last button, and what is wrong is told beside its line."""

import pytest

from chappe.apps.billing import credits, editing, services
from chappe.apps.billing.models import Invoice
from tests.support.rows_payments import euros

from .conftest import HOUSE
from .test_issuing import NOVEMBER, draft


@pytest.fixture
def issued(world):
    """100 € and three cables at 20 €."""
    made = draft(world, "100")
    editing.add_line(actor=HOUSE, invoice=made, label="Câble", price=euros("20"), quantity=3)
    made = services.issue(actor=HOUSE, invoice=made)
    made.cable = made.lines.get(label="Câble")
    made.first = made.lines.exclude(label="Câble").get()
    return made


def asked(invoice: Invoice, act: str = "preview", **more: str) -> dict[str, str]:
    usual = {"reason": "Rendus", "issue_date": NOVEMBER.isoformat(), "act": act, f"line-{invoice.cable.pk}": "on"}
    return usual | {f"quantity-{invoice.cable.pk}": "2", f"amount-{invoice.cable.pk}": "60"} | more


def test_chosen_looked_at_then_issued(client, admin, issued):
    client.force_login(admin)
    url = f"/billing/invoice/{issued.pk}/credit/"
    assert f'name="quantity-{issued.cable.pk}" value="3"' in client.get(url).content.decode()
    page = client.post(url, asked(issued))
    assert (page.status_code, Invoice.objects.count()) == (200, 1), "a look keeps nothing"
    assert page.context["preview"].gross == euros("48")  # two cables and 20 % of VAT
    page = client.post(url, asked(issued, "issue"), follow=True)
    note = Invoice.objects.get(kind="381")
    assert (note.state, note.gross, note.preceding) == ("issued", euros("48"), issued)
    assert [(line.quantity, line.price) for line in note.read_document().lines] == [("2", euros("20"))]
    assert str(note.number) in page.content.decode()
    assert credits.left_of(issued) == {issued.first.pk: euros("100"), issued.cable.pk: euros("20")}
    page = client.get(url).content.decode()
    assert f'name="quantity-{issued.cable.pk}"' not in page, "a line begun is credited by its amount"


def test_kept_as_a_draft(client, admin, issued):
    client.force_login(admin)
    client.post(
        f"/billing/invoice/{issued.pk}/credit/", asked(issued, "draft", **{f"amount-{issued.cable.pk}": "7,50"})
    )
    note = Invoice.objects.get(kind="381")
    assert (note.state, note.net) == ("draft", euros("7.5"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount": "61", "quantity": "3"}, "More than what is left"),
        ({"amount": "-5", "quantity": "3"}, "More than what is left"),
        ({"amount": "1.001", "quantity": "3"}, "More than what is left"),
        ({"amount": "", "quantity": "3"}, "Write an amount"),
        ({"amount": "dix", "quantity": "3"}, "is not an amount"),
        ({"amount": "60", "quantity": "4"}, "Between 0 and 3"),
        ({"amount": "60", "quantity": "NaN"}, "Between 0 and 3"),
        ({"amount": "60", "quantity": "deux"}, "is not a number"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_made(client, admin, issued, change, told):
    client.force_login(admin)
    data = asked(issued, "issue", **{f"{name}-{issued.cable.pk}": value for name, value in change.items()})
    page = client.post(f"/billing/invoice/{issued.pk}/credit/", data)
    assert page.status_code == 422
    assert told in page.content.decode()
    assert Invoice.objects.count() == 1


def test_without_a_line_or_a_reason(client, admin, issued):
    client.force_login(admin)
    data = asked(issued, "issue", reason=" ")
    del data[f"line-{issued.cable.pk}"]
    page = client.post(f"/billing/invoice/{issued.pk}/credit/", data)
    assert page.status_code == 422 and Invoice.objects.count() == 1


def test_who_may(client, admin, bruno, issued):
    url = f"/billing/invoice/{issued.pk}/credit/"
    client.force_login(bruno)
    assert client.get(url).status_code in {403, 404}
    client.force_login(admin)
    note = credits.credit(actor=HOUSE, invoice=issued, reason="Tout", issue_date=NOVEMBER)
    assert "Everything is credited" in client.get(url).content.decode()
    assert client.get(f"/billing/invoice/{note.pk}/credit/", follow=True).redirect_chain


def test_a_credit_note_gives_back_the_vat_that_was_charged(world, issued):
    """The customer is found to pay no VAT: the credit note has that of the invoice, the corrected invoice the right one."""
    world.customer.vat_case, world.customer.vat_reason = "exempt", "Exonération, article 261 du CGI"
    world.customer.save()
    note = credits.credit(actor=HOUSE, invoice=issued, reason="TVA à tort", issue_date=NOVEMBER)
    editing.set_note(actor=HOUSE, invoice=note, note="Bonjour")  # made again from its lines
    note.refresh_from_db()
    assert (note.net, note.tax, note.gross) == (euros("160"), euros("32"), euros("192"))
    assert [(row.category, row.rate, row.reason) for row in note.read_document().vat] == [("S", "20.00", "")]
    Invoice.objects.filter(pk=note.pk).delete()
    right = credits.correct(actor=HOUSE, invoice=issued, reason="TVA à tort", issue_date=NOVEMBER)
    assert (right.net, right.tax, right.gross) == (euros("160"), 0, euros("160"))
