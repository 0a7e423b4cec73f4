"""The detail as a table."""

from dataclasses import replace

from chappe.core.einvoice.annex import as_csv
from chappe.core.einvoice.samples import SAMPLES, company


def test_french_spreadsheets_open_it_at_once():
    data = as_csv(company(2))
    assert data.startswith(b"\xef\xbb\xbf")
    lines = data.decode("utf-8-sig").split("\r\n")
    assert len(lines[0].split(";")) == 9
    # 137 s + 37 at 0.000708333 € a second = 0.1232 → 0.12
    assert lines[2].split(";")[:7] == [
        "04 78 00 14 21",
        "2026-10-16",
        "08:53:07",
        "06 12 34 •• ••",
        "France, mobiles",
        "174",
        "0,1200",
    ]
    assert len(lines) == 4  # head, two calls, the end


def test_english_has_points_and_commas():
    data = as_csv(SAMPLES["english"]()).decode("utf-8-sig")
    assert data.startswith("Line,Date,Time,Number called,")
    assert ",0.1200," in data


def test_a_formula_is_text():
    document = company(1)
    call = replace(document.calls[0], label="=cmd()", number="+3225550000")
    text = as_csv(document, [call]).decode("utf-8-sig")
    assert ";'=cmd();" in text
    assert ";'+3225550000;" in text
