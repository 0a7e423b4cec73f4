"""The frame of an invoice (BT-23) follows what it sells and whether it is paid."""

from dataclasses import replace

import pytest

from chappe.core.billing.frames import category_of, frame_of
from chappe.core.einvoice import collected, reporting
from chappe.core.einvoice.samples import PERSON, SAMPLES, company, line, person

CENT = 10_000_000
GOODS, SERVICE = line("Téléphone", "89", is_goods=True), line("Pose", "55")


@pytest.mark.parametrize(
    ("lines", "category"),
    [
        ([GOODS], "B"),
        ([SERVICE], "S"),
        ([GOODS, SERVICE], "M"),
        ([GOODS, replace(SERVICE, net=0)], "B"),  # a line of nothing sells nothing
        ([], "S"),
    ],
)
def test_goods_services_or_both(lines, category):
    assert category_of(lines) == category
    assert frame_of(lines) == f"{category}1"
    assert frame_of(lines, gross=100 * CENT, paid=100 * CENT) == f"{category}2"
    assert frame_of(lines, gross=100 * CENT, paid=99 * CENT) == f"{category}1"


def test_goods_and_services_sold_to_a_person_are_told_apart():
    sold = replace(SAMPLES["mixed"](), buyer=PERSON)  # 4 × 89.00 of goods, 55.00 of services, 20 %
    rows = [(row.category, row.base // CENT, row.tax // CENT) for row in reporting.transactions([sold])]
    assert rows == [("TLB1", 35600, 7120), ("TPS1", 5500, 1100)]
    # of 493.20 paid, the services are 66.00
    paid = reporting.payments([reporting.Payment(sold, sold.issue_date, sold.gross)])
    assert [(row.category, row.base // CENT, row.tax // CENT) for row in paid] == [("TPS1", 5500, 1100)]


def test_money_is_shared_over_the_rates_and_three_parts_give_the_whole():
    document = person()  # 43.61 at 20 % with tax, 8.79 at 10 %: 52.40
    third = 17_46 * CENT
    got: dict[str, int] = {}
    before = 0
    for amount in (third, third, document.gross - 2 * third):
        told = collected.shares(document, amount, before)
        assert sum(share.amount for share in told) == amount
        before += amount
        for share in told:
            got[share.rate] = got.get(share.rate, 0) + share.amount
    assert got == {"20.00": 43_61 * CENT, "10.00": 8_79 * CENT}
    back = collected.shares(document, -third, before)
    assert sum(share.amount for share in back) == -third
    assert all(share.amount < 0 for share in back)


def test_whose_encashments_the_tax_office_wants():
    assert collected.is_wanted(company())
    assert collected.is_wanted(SAMPLES["mixed"]())
    assert not collected.is_wanted(replace(company(), vat_on_debits=True))
    assert not collected.is_wanted(replace(company(), frame="B1"))
    for name in ("wholesale", "guyane", "credit-note", "sent-abroad"):
        assert not collected.is_wanted(SAMPLES[name]()), name


def test_an_encashment_is_kept_as_plain_data():
    one = collected.Collected("allocation:7", person().issue_date, collected.shares(person(), 10 * CENT))
    assert collected.collected_from(one.as_data()) == one
