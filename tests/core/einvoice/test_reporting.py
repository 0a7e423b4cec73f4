"""E-reporting: periods, days of deposit, sums."""

import datetime as dt
from dataclasses import replace

import pytest
from lxml import etree

from chappe.core.einvoice import reporting as core
from chappe.core.einvoice.reporting_layout import LayoutFault, packaged_text, read
from chappe.core.einvoice.samples import COMPANY, SAMPLES, company, person

D = dt.date
CENT = 10_000_000


@pytest.mark.parametrize(
    ("day", "what", "regime", "first", "last", "due"),
    [
        (D(2026, 10, 1), "transactions", "monthly", D(2026, 10, 1), D(2026, 10, 10), D(2026, 10, 20)),
        (D(2026, 10, 11), "transactions", "monthly", D(2026, 10, 11), D(2026, 10, 20), D(2026, 10, 31)),
        (D(2026, 12, 31), "transactions", "monthly", D(2026, 12, 21), D(2026, 12, 31), D(2027, 1, 10)),
        (D(2028, 2, 29), "payments", "monthly", D(2028, 2, 1), D(2028, 2, 29), D(2028, 3, 10)),
        (D(2026, 2, 3), "transactions", "franchise", D(2026, 1, 1), D(2026, 2, 28), D(2026, 3, 30)),
    ],
)
def test_periods(day, what, regime, first, last, due):
    assert core.period_of(day, what, regime) == core.Period(what, first, last, due)


def test_sales_to_persons_are_summed_a_day_and_rate_and_credit_notes_subtract():
    back = replace(person(), kind="381", number="AV1")
    rows = core.transactions([person(), replace(person(), number="2"), back])
    # 29.99 + 5 + 1.35 = 36.34 at 20 % = 7.27; 7.99 at 10 % = 0.80; two sales less one
    assert [(r.flux, r.day, r.category, r.rate, r.base // CENT, r.tax // CENT, r.count) for r in rows] == [
        ("10.3", D(2026, 11, 3), "TPS1", "10.00", 799, 80, 3),
        ("10.3", D(2026, 11, 3), "TPS1", "20.00", 3634, 727, 3),
    ]


def test_a_french_company_is_told_by_its_invoice():
    assert core.transactions([company(), SAMPLES["wholesale"](), SAMPLES["guyane"]()]) == ()


def test_a_company_abroad_is_told_invoice_by_invoice():
    abroad = replace(company(), buyer=replace(COMPANY, address=replace(COMPANY.address, country="BE")))
    rows = core.transactions([abroad])
    assert [(r.flux, r.invoice, r.base // CENT) for r in rows] == [("10.1", "FA2026-00142", 24990)]


def test_payments_are_shared_over_the_rates():
    document = person()  # 43.61 at 20 % with tax, 8.79 at 10 %: 52.40
    rows = core.payments([core.Payment(document, D(2026, 12, 1), document.gross)])
    assert [(r.flux, r.rate, r.base // CENT, r.tax // CENT) for r in rows] == [
        ("10.4", "10.00", 799, 80),
        ("10.4", "20.00", 3634, 727),
    ]
    half = core.payments([core.Payment(document, D(2026, 12, 1), document.gross // 2)])
    assert sum(r.base + r.tax for r in half) == document.gross // 2


def test_no_payment_is_told_on_debits_nor_under_reverse_charge():
    document = person()
    assert core.payments([core.Payment(document, D(2026, 12, 1), document.gross)], on_debits=True) == ()
    other = SAMPLES["wholesale"]()
    assert core.payments([core.Payment(other, D(2026, 12, 1), other.gross)]) == ()


def test_a_payment_between_french_companies_is_told_by_its_invoice_and_goods_by_nothing():
    def told(document):
        return core.payments([core.Payment(document, D(2026, 12, 1), document.gross)])

    assert told(company()) == (), "the status 212 of the electronic invoice tells it"
    abroad = replace(company(), buyer=replace(COMPANY, address=replace(COMPANY.address, country="BE")))
    assert {(r.flux, r.invoice) for r in told(abroad)} == {("10.2", "FA2026-00142")}
    assert told(replace(person(), frame="B1")) == ()
    assert told(replace(person(), vat_on_debits=True)) == ()
    assert told(SAMPLES["guyane"]()) == ()


def test_a_corrected_layout_changes_names_codes_order_and_days():
    text = packaged_text().replace('name = "Base"', 'name = "MontantHT"').replace('S = "TPS1"', 'S = "PRESTA"')
    text = text.replace('date = "%Y-%m-%d"', 'date = "%Y%m%d"').replace('rows = ""', 'rows = "Lignes"')
    text = text.replace('namespace = "urn:chappe:e-reporting:proposed:1"', 'namespace = ""')
    text = text.replace('person_sale = "10.3"', 'person_sale = "10.33"').replace("due_day = 20", "due_day = 18")
    text = text.replace(
        '[[head]]\nname = "Kind"', '[[head]]\nname = "Version"\nvalue = "=2.1"\n[[head]]\nname = "Kind"'
    )
    layout = read(text)
    period = core.period_of(D(2026, 11, 3), "transactions", "monthly", layout)
    assert period.due == D(2026, 11, 18)
    report = core.Report(period, "812345676", "Saône Télécom", core.transactions([person()], layout))
    tree = etree.fromstring(core.as_xml(report, layout))
    assert [tree.findtext(name) for name in ("Version", "From")] == ["2.1", "20261101"]
    rows = tree.findall("Lignes/Row")
    assert [[row.findtext(name) for name in ("Flux", "Category", "MontantHT")] for row in rows] == [
        ["10.33", "PRESTA", "7.99"], ["10.33", "PRESTA", "36.34"],
    ]  # fmt: skip
    assert core.as_csv(report, layout).decode("utf-8-sig").splitlines()[0].split(";")[5] == "MontantHT"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('value = "base"', 'value = "basis"'),
        ('name = "Tax"\nvalue = "tax"', 'name = "Tax"\nvalue = "count"'),
        ('root = "Report"', 'root = "Re port"'),
        ('name = "Tax"', 'name = "Base"'),
        ('date = "%Y-%m-%d"', 'date = "%Y-%m"'),
        ("decimals = 2", 'decimals = "2"'),
        ('separator = ";"', 'separator = "x"'),
        ("last_day = 20", "last_day = 19"),
        ("first_day = 21\nlast_day = 0", "first_day = 21\nlast_day = 28"),
        ('abroad_sale = "10.1"', ""),
        ("[words]", "[wordz]"),
        ("[file]", "[file"),
    ],
)
def test_a_layout_that_cannot_be(before, after):
    assert packaged_text().count(before) >= 1
    with pytest.raises(LayoutFault):
        read(packaged_text().replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[file]", "[file", "Ligne 4, colonne"),
        ('date = "%Y-%m-%d"', 'date = "%Y-%m\\u0000-%d"', "date doit être un texte"),
        ('value = "what"', 'value = "=\\u0001"', "value doit être un texte"),
        ('separator = ";"', 'separator = "x"', "separator = « x » : il faut"),
        ("decimals = 2", "decimals = 12", "decimals = 12 : il faut un nombre entier de 0 à 9."),
        ('root = "Report"', 'root = "a b"', "root = « a b » ne peut être le nom"),
        ("first_day = 11", "first_day = 12", "regime.monthly.transactions : les jours"),
        ("[words]", "[mots]", "[mots] ne fait pas partie d’un format."),
        ('value = "rate"', 'value = "=20"', "Aucune colonne ne dit : rate."),
    ],
)
def test_what_is_wrong_in_a_layout_is_said(before, after, said):
    with pytest.raises(LayoutFault) as raised:
        read(packaged_text().replace(before, after, 1))
    assert said in raised.value.sentence("fr")


def test_the_files_say_the_same():
    period = core.period_of(D(2026, 11, 3), "transactions")
    report = core.Report(period, "812345676", "Saône Télécom", core.transactions([person()]))
    xml, table = core.as_xml(report).decode(), core.as_csv(report).decode("utf-8-sig")
    assert "urn:chappe:e-reporting:proposed:1" in xml
    assert xml.count("<r:Row>") == table.count("\r\n") - 1 == 2
    assert "<r:Due>2026-11-20</r:Due>" in xml
    assert "10.3;2026-11-03;EUR;TPS1;20.00;36.34;7.27;1;" in table
