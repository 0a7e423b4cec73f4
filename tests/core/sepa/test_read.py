"""Statements and rejections of banks: every version, every quirk, nothing that a file holds raises."""

import datetime as dt

import pytest

from chappe.core.billing.document import CENT
from chappe.core.sepa import returns, statement
from tests.core.sepa.bank import ACCOUNT, entry, rejections, transfer
from tests.core.sepa.bank import statement as made

PAYER = "FR7630006000011234567890189"
VERSIONS = [f"camt.053.001.{number:02d}" for number in range(2, 14)] + ["camt.052.001.08", "camt.054.001.08"]


def codes(reading) -> list[str]:
    return [issue.code for issue in reading.issues]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(version):
    new = int(version[-2:]) >= 8
    data = made(
        [entry("120.50", details=transfer("DUPONT SARL", PAYER, "FACT F2026-000012", party=new))],
        version=version,
        opening="10.00",
        closing="130.50",
    )
    reading = statement.read(data)
    assert codes(reading) == []
    assert reading.version == version
    [one] = reading.statements
    assert (one.iban, one.identity, one.currency) == (ACCOUNT, "STMT-1", "EUR")
    assert (one.opening, one.closing, one.last_day) == (1000 * CENT, 13050 * CENT, dt.date(2026, 11, 20))
    [move] = one.movements
    assert (move.amount, move.name, move.iban, move.text) == (12050 * CENT, "DUPONT SARL", PAYER, "FACT F2026-000012")
    assert (move.booked, move.end_to_end, move.reason, move.is_reversal) == (dt.date(2026, 11, 20), "", "", False)


def test_a_batch_gives_one_movement_a_transaction():
    details = "".join(
        transfer(f"Client {n}", PAYER, end_to_end=f"E{n}", amount=a) for n, a in ((1, "10.00"), (2, "20.00"))
    )
    [one] = statement.read(made([entry("30.00", details=details), entry("5.00", "DBIT")])).statements
    assert [(move.position, move.amount, move.end_to_end) for move in one.movements] == [
        (1, 1000 * CENT, "E1"), (2, 2000 * CENT, "E2"), (3, -500 * CENT, ""),
    ]  # fmt: skip


def test_details_that_do_not_sum_up_are_kept_whole():
    details = transfer("A", amount="10.00") + transfer("B", amount="19.00")
    reading = statement.read(made([entry("30.00", details=details)]))
    assert codes(reading) == ["bank-details"]
    assert [move.amount for move in reading.statements[0].movements] == [3000 * CENT]


def test_a_collection_booked_as_one_line():
    batch = "<Btch><PmtInfId>CHAPPE-12-1</PmtInfId><NbOfTxs>250</NbOfTxs></Btch>"
    [move] = statement.read(made([entry("5000.00", details=batch)])).statements[0].movements
    assert (move.batch, move.number, move.amount) == ("CHAPPE-12-1", 250, 500_000 * CENT)


def test_a_returned_debit_names_ours_and_why():
    details = transfer("Client", PAYER, end_to_end="F2026-000001", mandate="RUM-1", reason="AM04")
    [move] = (
        statement.read(made([entry("12.34", "DBIT", details=details, extra="<RvslInd>true</RvslInd>")]))
        .statements[0]
        .movements
    )
    assert (move.amount, move.end_to_end, move.mandate, move.reason, move.is_reversal) == (
        -1234 * CENT,
        "F2026-000001",
        "RUM-1",
        "AM04",
        True,
    )
    assert (move.name, move.iban) == ("Client", PAYER)
    assert returns.words("AM04") == "insufficient funds"
    assert returns.words("ZZ99") == "ZZ99"


def test_pending_wrong_and_undated_entries():
    entries = [
        entry("1.00", status="<Cd>PDNG</Cd>"), entry("abc"), entry("-4.00"), entry("2.00", status="BOOK"),
        '<Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>',
    ]  # fmt: skip
    reading = statement.read(made(entries, opening="0.00", closing="5.00"))
    assert codes(reading) == ["bank-pending", "bank-amount", "bank-amount", "bank-no-date"]
    assert [issue.line for issue in reading.issues] == [1, 2, 3, 5]
    assert [move.amount for move in reading.statements[0].movements] == [200 * CENT, 300 * CENT]


def test_balances_that_do_not_agree():
    reading = statement.read(made([entry("10.00")], opening="5.00", closing="16.00"))
    assert codes(reading) == ["bank-balance"]
    assert "5 at the opening and 10 moved make 15, the bank says 16" in reading.issues[0].sentence()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bank-xml"),
        (b"not xml", "bank-xml"),
        (made([entry("1.00")])[:-40], "bank-xml"),
        (made([entry("1.00")], prefix='<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "bank-doctype"),
        (b"<Document><Other/></Document>", "bank-kind"),
        (rejections([]), "bank-kind"),
        (made([]), "bank-no-entry"),
    ],
)
def test_files_that_are_no_statement(data, code):
    reading = statement.read(data)
    assert codes(reading) == [code]
    assert all(not one.movements for one in reading.statements)


def test_a_bomb_of_entities_is_not_opened():
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    reading = statement.read(made([entry("1.00", details=transfer("&b;"))], prefix=bomb))
    assert codes(reading) == ["bank-doctype"]


def test_rejections():
    report = returns.read(rejections([("F2026-000001", "AC04", "12.34"), ("F2026-000002", "MD01", "abc")]))
    assert (report.message_id, report.whole, codes(report)) == ("CHAPPE-12", "PART", [])
    assert [(one.end_to_end, one.reason, one.amount) for one in report.rejected] == [
        ("F2026-000001", "AC04", 1234 * CENT), ("F2026-000002", "MD01", None),
    ]  # fmt: skip
    assert report.rejected[0].batch == "CHAPPE-12-1"


def test_a_file_refused_whole():
    report = returns.read(rejections([], whole="RJCT"))
    assert (report.whole, report.reason, codes(report)) == ("RJCT", "FF01", ["bank-group-refused"])
    assert codes(returns.read(made([entry("1.00")]))) == ["bank-kind"]


def test_french():
    from chappe.core.sepa.returns import REASONS

    assert returns.words("MD06", "fr").startswith("contesté")
    assert all(returns.words(code, "fr") != returns.words(code) for code in REASONS)
