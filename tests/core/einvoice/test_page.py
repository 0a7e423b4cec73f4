"""What stands on paper: sections, amounts as the language writes them, masks, the transfer code."""

from dataclasses import replace

import pytest

from chappe.core.einvoice import wording as say
from chappe.core.einvoice.page import PIECE, page, transfer_code
from chappe.core.einvoice.samples import SAMPLES, company


def test_the_sections_are_those_of_a_telephone_bill():
    told = page(replace(company(), language="en"))["sections"]
    assert [(row["group"], row["title"], row["total"]) for row in told] == [
        ("Services of Saône Télécom", "Subscriptions and plans", "€145.12"),
        ("Services of Saône Télécom", "Options", "€9.00"),
        ("Services of Saône Télécom", "Communications", "€31.18"),
        ("Services of Saône Télécom", "One-off services", "€55.00"),
        ("Services of other companies", "Third-party services", "€9.60"),
    ]


@pytest.mark.parametrize(
    ("nano", "french", "english"),
    [
        (1_234_500_000_000, "1\u202f234,50\u00a0€", "€1,234.50"),
        (-9_600_000_000, "−9,60\u00a0€", "−€9.60"),
        (0, "0,00\u00a0€", "€0.00"),
    ],
)
def test_money(nano, french, english):
    assert say.money(nano, "fr") == french
    assert say.money(nano, "en") == english


def test_prices_keep_their_decimals():
    assert say.unit_price(640_000, "fr") == "0,00064\u00a0€"
    assert say.unit_price(49_000_000_000, "fr") == "49,00\u00a0€"
    assert say.unit_price(123_456_789, "fr") == "0,123457\u00a0€"


def test_durations_and_periods():
    assert say.duration(59) == "0:59"
    assert say.duration(3_725) == "1:02:05"
    from datetime import date

    assert say.period(date(2026, 2, 1), date(2026, 2, 28), "en") == "February\u00a02026"
    assert say.short_period(date(2026, 12, 20), date(2027, 1, 19)) == "20/12/2026 – 19/01/2027"


def test_a_debited_account_is_masked_on_paper():
    rows = dict(page(SAMPLES["direct-debit"]())["payment"]["rows"])
    assert "FR76 •••• •••• 491" in rows.values()
    assert not any("30004" in value for value in rows.values())


def test_the_transfer_code_is_that_of_the_european_guide():
    assert transfer_code(company()).split("\n") == [
        "BCD", "002", "1", "SCT", "SOGEFRPP", "Saône Télécom", "FR7630003012900002012345606", "EUR299.88", "", "",
        "FA2026-00142",
    ]  # fmt: skip
    assert transfer_code(SAMPLES["prepaid"]()) == ""
    assert transfer_code(SAMPLES["direct-debit"]()) == ""


def test_calls_are_all_there_by_pieces_and_long_ones_stand_alone():
    document = company(25)
    long = replace(document.calls[4], label="Une destination dont le nom est bien trop long pour sa colonne")
    document = replace(document, calls=(*document.calls[:4], long, *document.calls[5:]))
    lines = page(document)["calls"]["lines"]
    pieces = [piece for row in lines for piece in row["pieces"]]
    assert sum(piece[0].count("\n") + 1 for piece in pieces) == 25
    assert all(len({cell.count("\n") for cell in piece}) == 1 for piece in pieces)
    assert max(piece[0].count("\n") + 1 for piece in pieces) <= PIECE
    alone = next(piece for piece in pieces if "bien trop long" in piece[3])
    assert "\n" not in alone[0]


def test_calls_that_are_elsewhere_are_told():
    document = replace(company(5), calls_total=12_345, language="en")
    assert page(document)["calls"]["note"] == "12,340 calls more are in the attached file."
    without = replace(document, calls=(), language="fr")
    assert page(without)["calls"]["note"] == "Le détail des 12\u202f345 appels est dans le fichier joint."


def test_a_credit_note_asks_for_nothing():
    told = page(replace(SAMPLES["credit-note"](), language="en"))
    assert told["title"] == "Credit note"
    assert told["headline"]["label"] == "Credit in your favour"
    assert told["payment"]["rows"] == []
    assert ["Invoice corrected", "FA2026-00142 of 03/11/2026"] in told["references"]
