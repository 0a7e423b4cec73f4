"""Bank statements as tables: French and English amounts and days, columns by name, lines that cannot be read."""

import datetime as dt

import pytest

from chappe.core.base.money import to_nano
from chappe.core.sepa import table

PARTED = (
    "Compte;FR76 3000 6000 0112 3456 7890 189\r\nSolde au 20/11/2026;1 000,00\r\n\r\n"
    "Date opération;Libellé;Référence;Débit euros;Crédit euros\r\n"
    "18/11/2026;VIR SEPA GARAGE DUPONT F2026-000077;;;1\u202f234,50\r\n"
    "19/11/2026;FRAIS TENUE DE COMPTE;;-12,50;\r\n"
    "31/02/2026;impossible;;;5,00\r\n20/11/2026;illisible;;;12,3.4\r\n20/11/2026;rien;;;\r\n;Total;;;\r\n"
)
SIGNED = "Date,Amount,Description,Counterparty\n2026-11-18,1234.50,Invoice 77,Garage\n2026-11-19,-12.50,Fees,\n"


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("1 234,56", ",", "1234.56"),
        ("1\u00a0234,5 €", ",", "1234.5"),
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("+7", ",", "7"),
        ("-12,50", ",", "-12.5"),
        ("\u221212,50 EUR", ",", "-12.5"),
        ("45,00-", ",", "-45"),
        ("(45,00)", ",", "-45"),
    ],
)
def test_amounts(text, decimal, expected):
    assert table.amount(text, decimal) == to_nano(expected)


@pytest.mark.parametrize("text", ["abc", "1,2,3", "12.34,5", "1.23,4", "1,234.56", "12,345", "1,", "--5", "٣"])
def test_amounts_that_are_none(text):
    with pytest.raises(ValueError, match=r"."):
        table.amount(text, ",")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_debit_and_credit_under_lines_of_the_bank(encoding):
    data = PARTED.replace("\u202f", "\u00a0").encode(encoding)
    found = table.cut(data)
    assert found is not None
    assert (found.first, found.names) == (4, ("Date opération", "Libellé", "Référence", "Débit euros", "Crédit euros"))
    columns = table.guess(found)
    assert columns == table.Columns(
        day="Date opération", debit="Débit euros", credit="Crédit euros", text="Libellé", reference="Référence"
    )
    reading = table.read(data, columns, iban="FR76")
    [statement] = reading.statements
    assert [(move.position, move.booked.day, move.amount, move.text) for move in statement.movements] == [
        (1, 18, to_nano("1234.50"), "VIR SEPA GARAGE DUPONT F2026-000077"),
        (2, 19, to_nano("-12.50"), "FRAIS TENUE DE COMPTE"),
    ]
    assert (statement.first_day, statement.last_day) == (dt.date(2026, 11, 18), dt.date(2026, 11, 19))
    assert [(issue.code, issue.line) for issue in reading.issues] == [
        ("bank-table-date", 7), ("bank-table-amount", 8), ("bank-table-no-amount", 9),
    ]  # fmt: skip
    assert "31/02/2026" in reading.issues[0].sentence("fr")


def test_one_signed_column():
    found = table.cut(SIGNED.encode())
    assert found is not None
    columns = table.guess(found)
    assert (columns.amount, columns.date, columns.decimal) == ("Amount", "yyyy-mm-dd", ".")
    [statement] = table.read(SIGNED.encode(), columns).statements
    assert [(move.amount, move.name) for move in statement.movements] == [
        (to_nano("1234.5"), "Garage"), (to_nano("-12.5"), ""),
    ]  # fmt: skip


def test_columns_are_found_wherever_they_stand_and_however_written():
    moved = "MONTANT;libelle;DATE\n5,00;x;18/11/2026\n"
    columns = table.Columns(day="Date", amount="Montant", text="Libellé")
    [statement] = table.read(moved.encode(), columns).statements
    assert [move.amount for move in statement.movements] == [to_nano("5")]


def test_what_is_no_such_table():
    reading = table.read(b"a;b\n1;2\n", table.Columns(day="Date", amount="Montant"))
    assert [issue.code for issue in reading.issues] == ["bank-table"]
    assert table.cut(b"a;b\n1;2\n") is None
    assert [table.is_table(data) for data in (b"<a/>", b"PK\x03\x04\0", b"", SIGNED.encode())] == [
        False,
        False,
        False,
        True,
    ]


def test_debit_and_credit_on_one_line_are_refused():
    data = b"Date;Debit;Credit\n18/11/2026;5,00;6,00\n"
    reading = table.read(data, table.Columns(day="Date", debit="Debit", credit="Credit"))
    assert [issue.code for issue in reading.issues] == ["bank-table-amount", "bank-no-entry"]


COLUMNS = table.Columns(day="Date", amount="Montant", text="Libellé")


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (['03/11/2026;"VIR DUPONT;10,00', "04/11/2026;VIR MARTIN;20,00"], 2),
        (["03/11/2026;VIR DUPONT;10,00", '04/11/2026;"VIR "MARTIN";20,00', "05/11/2026;x;1,00"], 3),
        (['03/11/2026;"' + "x" * 200_000 + '";10,00'], 2),
    ],
    ids=["never closed", "closed in the middle", "a field of 200,000 signs"],
)
def test_a_quotation_mark_swallows_no_movement(lines, at):
    """Lines after it would be one long label: nothing is planned, and the sentence names the line."""
    reading = table.read("\n".join(["Date;Libellé;Montant", *lines]).encode(), COLUMNS)
    [issue] = reading.issues
    assert (issue.code, issue.line, reading.statements) == ("bank-table-quote", at, [])
    assert f"ligne {at} " in issue.sentence("fr")


def test_a_label_of_several_lines_and_old_line_ends():
    text = 'Date;Libellé;Montant\r03/11/2026;"VIR\rDUPONT";10,00\r05/11/2026;illisible;x\r'
    reading = table.read(text.encode(), COLUMNS)
    assert [(row.amount, row.text) for row in reading.statements[0].movements] == [(to_nano("10"), "VIR\nDUPONT")]
    assert [(issue.code, issue.line) for issue in reading.issues] == [("bank-table-amount", 4)]


def test_a_table_that_is_too_long_is_refused_whole(monkeypatch):
    monkeypatch.setattr(table, "MOST_LINES", 3)
    monkeypatch.setattr(table, "HEAD_LINES", 1)
    rows = ["Date;Libellé;Montant", *(f"0{n}/11/2026;x;1,00" for n in range(1, 6))]
    assert len(table.read("\n".join(rows[:4]).encode(), COLUMNS).statements[0].movements) == 3
    reading = table.read("\n".join(rows).encode(), COLUMNS)
    assert ([issue.code for issue in reading.issues], reading.statements) == (["bank-table-long"], [])
