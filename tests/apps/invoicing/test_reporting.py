"""E-reporting files: periods that are over, their sums, their deposit."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.invoicing import report_layouts, reporting
from chappe.apps.invoicing.models import Report, ReportLayout
from chappe.apps.invoicing.queries import platform_folder
from chappe.core.einvoice.reporting_layout import packaged_text
from chappe.core.einvoice.samples import company, person
from chappe.kit.access.actor import Actor
from tests.apps.invoicing.conftest import HOUSE
from tests.support import rows_billing
from tests.support.rows_invoicing import issued

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 12, 2)
CENT = 10_000_000


@pytest.fixture
def told():
    rows_billing.seller()
    issued(person())
    issued(company(1))
    return {(row.what, row.first): row for row in reporting.open_periods(owner=None, today=TODAY)}


def test_the_periods_that_are_over_have_a_row_once(told):
    assert sorted(told) == [
        ("payments", dt.date(2026, 11, 1)),
        ("transactions", dt.date(2026, 11, 1)),
        ("transactions", dt.date(2026, 11, 11)),
        ("transactions", dt.date(2026, 11, 21)),
    ]
    assert told["transactions", dt.date(2026, 11, 1)].due == dt.date(2026, 11, 20)
    assert reporting.open_periods(owner=None, today=TODAY) == []


def test_sales_to_persons_are_told_and_companies_not(told):
    row = reporting.make(actor=HOUSE, report=told["transactions", dt.date(2026, 11, 1)])
    assert (row.state, row.rows, row.base // CENT, row.tax // CENT) == ("made", 2, 4433, 807)
    text = row.xml.path.read_text("utf-8")
    assert "552100554" in text
    assert "FA2026-00142" not in text


def test_a_period_without_a_sale_is_empty_and_is_not_deposited(told):
    row = reporting.make(actor=HOUSE, report=told["transactions", dt.date(2026, 11, 11)])
    assert row.state == Report.State.EMPTY
    with pytest.raises(ValidationError):
        reporting.deposit(actor=HOUSE, report=row)
    assert not (platform_folder() / "reports").exists()


def test_a_report_is_deposited_once(told):
    row = reporting.make(actor=HOUSE, report=told["transactions", dt.date(2026, 11, 1)])
    reporting.deposit(actor=HOUSE, report=row)
    assert row.state == Report.State.DEPOSITED
    assert (platform_folder() / "reports" / row.reference / "content.xml").is_file()
    for verb in (reporting.deposit, reporting.make):
        with pytest.raises(ValidationError):
            verb(actor=HOUSE, report=row)


def test_payments_come_from_the_app_above(told, monkeypatch):
    from chappe.apps.billing.models import Invoice

    invoice = Invoice.objects.get(number="FA2026-00377")
    monkeypatch.setattr(reporting, "_sources", [])
    reporting.payments_with(lambda owner, first, last: [(invoice, dt.date(2026, 11, 20), invoice.gross)])
    row = reporting.make(actor=HOUSE, report=told["payments", dt.date(2026, 11, 1)])
    assert (row.rows, row.base // CENT, row.tax // CENT) == (2, 4433, 807)


def test_without_a_siren_there_is_a_sentence(told):
    from chappe.apps.customers.models import Brand

    Brand.objects.update(siren="")
    with pytest.raises(ValidationError):
        reporting.make(actor=HOUSE, report=told["transactions", dt.date(2026, 11, 1)])
    assert Report.objects.filter(state="due").count() == 4


def test_a_corrected_layout_is_in_force_until_one_goes_back(told):
    packaged = packaged_text()
    ours = 'prefix = "r"'
    for wrong in ("x = ", packaged.replace('root = "Report"', 'root = ""'), packaged.replace(ours, 'prefix = "xml"')):
        with pytest.raises(ValidationError, match="inutilisable"):
            report_layouts.COPIES.create(actor=HOUSE, data={"note": "x", "text": wrong})
    assert not ReportLayout.objects.exists()
    copy = report_layouts.COPIES.create(
        actor=HOUSE, data={"note": "Nom officiel", "text": packaged.replace('root = "Report"', 'root = "Declaration"')}
    )
    row = told["transactions", dt.date(2026, 11, 1)]
    assert b":Report " in reporting.make(actor=HOUSE, report=row).xml.path.read_bytes(), "a draft changes nothing"
    report_layouts.activate(actor=HOUSE, objects=[copy])
    assert b":Declaration " in reporting.make(actor=HOUSE, report=row).xml.path.read_bytes()
    with pytest.raises(ValidationError):
        report_layouts.COPIES.update(actor=HOUSE, object=copy, data={"note": "y"})
    with pytest.raises(ValidationError):
        report_layouts.COPIES.delete(actor=HOUSE, object=copy)
    report_layouts.retire(actor=HOUSE, objects=[copy])
    assert b":Report " in reporting.make(actor=HOUSE, report=row).xml.path.read_bytes()


def test_only_administrators_of_the_house_correct_a_layout(client, bruno, admin):
    given = {"note": "x", "text": packaged_text()}
    with pytest.raises(PermissionDenied):
        report_layouts.COPIES.create(actor=Actor(user=bruno), data=given)
    client.force_login(admin)
    assert client.post("/invoicing/report-layout/new/", given).status_code == 302
    page = client.get(f"/invoicing/report-layout/{ReportLayout.objects.get().pk}/").content.decode()
    assert "urn:chappe:e-reporting:proposed:1" in page
    refused = client.post("/invoicing/report-layout/new/", given | {"text": "x ="})
    assert refused.status_code == 422
    assert ReportLayout.objects.count() == 1
