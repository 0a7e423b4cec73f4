"""Direct debit files: what stands in them, what keeps them from being made. The XSD is the last judge of each."""

import datetime as dt
from dataclasses import replace

import pytest
from lxml import etree

from chappe.core.billing.document import CENT
from chappe.core.sepa import debit
from chappe.core.sepa.values import Address, Amendment, Creditor, Debit, bic_of, check_debit, latin, masked

IBAN = "FR7630006000011234567890189"
OTHER = "DE89370400440532013000"
CREDITOR = Creditor("Boréal Télécom SAS", "FR14 2004 1010 0505 0001 3M02 606", "FR72ZZZ123456")
ONE = Debit(
    end_to_end="F2026-000001", amount=1234 * CENT, name="Société Dupont & Fils", iban=IBAN, rum="RUM-C000001-1",
    signed_on=dt.date(2026, 1, 15), sequence="RCUR", collected_on=dt.date(2026, 11, 30), text="Facture F2026-000001 – télécoms",
)  # fmt: skip
NOON = dt.datetime(2026, 11, 22, 12, 0, 0)


def written(*debits: Debit, creditor: Creditor = CREDITOR) -> tuple[debit.DebitFile, object]:
    made = debit.write(creditor, debits, message_id="CHAPPE-12", made_at=NOON)
    return made, etree.fromstring(made.data)


def texts(tree, name: str) -> list[str]:
    return [node.text for node in tree.iter(f"{{{debit.NAMESPACE}}}{name}")]


def test_a_file_of_three_debits_in_two_groups():
    first = replace(ONE, end_to_end="A-1", sequence="FRST", amount=1999 * CENT)
    made, tree = written(ONE, first, replace(ONE, end_to_end="A-2", amount=1 * CENT))
    assert debit.is_valid(made.data)
    assert (made.count, made.total) == (3, 3234 * CENT)  # 12.34 + 19.99 + 0.01 = 32.34
    day = dt.date(2026, 11, 30)
    assert made.groups == {("RCUR", day): (2, 1235 * CENT), ("FRST", day): (1, 1999 * CENT)}
    assert texts(tree, "CtrlSum") == ["32.34", "12.35", "19.99"]
    assert texts(tree, "NbOfTxs") == ["3", "2", "1"]
    assert texts(tree, "MsgId") == ["CHAPPE-12"]
    assert texts(tree, "PmtInfId") == ["CHAPPE-12-1", "CHAPPE-12-2"]
    assert texts(tree, "CreDtTm") == ["2026-11-22T12:00:00"]
    assert texts(tree, "InstdAmt") == ["12.34", "0.01", "19.99"]
    assert texts(tree, "MndtId") == ["RUM-C000001-1"] * 3
    assert texts(tree, "DtOfSgntr") == ["2026-01-15"] * 3
    assert texts(tree, "Nm")[:2] == ["Boreal Telecom SAS", "Boreal Telecom SAS"]
    assert "Societe Dupont + Fils" in texts(tree, "Nm")
    assert texts(tree, "Ustrd")[0] == "Facture F2026-000001 - telecoms"
    assert set(texts(tree, "IBAN")) == {"FR1420041010050500013M02606", IBAN}
    assert texts(tree, "PstlAdr") == []


def test_the_same_debits_give_the_same_bytes():
    assert written(ONE)[0].data == written(ONE)[0].data


def test_b2b_with_bic_and_structured_addresses():
    address = Address("rue de l’Église", "12 bis", "39100", "Dole", "FR")
    made, tree = written(
        replace(ONE, scheme="B2B", bic="AGRIFRPP", address=address),
        creditor=replace(CREDITOR, bic="PSSTFRPPLIL", address=address),
    )
    assert debit.is_valid(made.data)
    assert texts(tree, "BICFI") == ["PSSTFRPPLIL", "AGRIFRPP"]
    assert texts(tree, "StrtNm") == ["rue de l'Eglise", "rue de l'Eglise"]
    assert (texts(tree, "TwnNm"), texts(tree, "Ctry")) == (["Dole"] * 2, ["FR"] * 2)
    assert (texts(tree, "AdrLine"), texts(tree, "AdrTp")) == ([], [])
    assert "B2B" in texts(tree, "Cd")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Amendment(rum="OLD-1"), {"OrgnlMndtId": ["OLD-1"]}),
        (Amendment(iban=OTHER), {"OrgnlDbtrAcct": [None]}),
        (Amendment(other_bank=True), {"Id": ["SMNDA"]}),
        (Amendment(ics="FR72ZZZ123456", creditor_name="Ancien nom"), {"OrgnlCdtrSchmeId": [None]}),
    ],
)
def test_amendments_travel(change, expected):
    made, tree = written(replace(ONE, amendment=change))
    assert debit.is_valid(made.data)
    assert texts(tree, "AmdmntInd") == ["true"]
    for name, values in expected.items():
        assert set(values) <= set(texts(tree, name))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iban": "FR7630006000011234567890188"}, "sepa-iban"),
        ({"iban": "US12345678"}, "sepa-iban"),
        ({"iban": "BR1800360305000010009795493C1"}, "sepa-iban-area"),
        ({"rum": "A" * 36}, "sepa-rum"),
        ({"rum": ""}, "sepa-rum"),
        ({"rum": "/A"}, "sepa-rum"),
        ({"rum": "RUM_É"}, "sepa-rum"),
        ({"amount": 0}, "sepa-amount"),
        ({"amount": -5 * CENT}, "sepa-amount"),
        ({"amount": CENT + 1}, "sepa-amount"),
        ({"name": "  "}, "sepa-name"),
        ({"scheme": "COR1"}, "sepa-scheme"),
        ({"sequence": "ONCE"}, "sepa-sequence"),
        ({"end_to_end": "x" * 36}, "sepa-end-to-end"),
        ({"signed_on": dt.date(2026, 12, 1)}, "sepa-signed-later"),
        ({"bic": "NOTABIC"}, "sepa-bic"),
        ({"address": Address(street="rue X", country="FR")}, "sepa-address"),
        ({"address": Address(town="Dole")}, "sepa-address"),
    ],
)
def test_what_keeps_a_debit_out(change, code):
    bad = replace(ONE, **change)
    assert [issue.code for issue in check_debit(bad)] == [code]
    with pytest.raises(debit.Refused) as refusal:
        debit.write(CREDITOR, [replace(ONE, end_to_end="GOOD"), bad], message_id="M", made_at=NOON)
    found = [(index, issue.code) for index, issue in refusal.value.issues if issue.code != "sepa-mixed"]
    assert found == [(1, code)]


def test_the_sentence_of_a_bad_account_hides_it():
    issue = check_debit(replace(ONE, iban="FR7630006000011234567890188"))[0]
    assert "FR76 •••• 0188" in issue.sentence()
    assert "30006" not in issue.sentence()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ics": ""}, "sepa-ics-missing"),
        ({"ics": "FR12ZZZ123456"}, "sepa-ics"),
        ({"iban": "x"}, "sepa-iban"),
        ({"name": ""}, "sepa-name"),
    ],
)
def test_what_keeps_a_creditor_out(change, code):
    with pytest.raises(debit.Refused) as refusal:
        debit.write(replace(CREDITOR, **change), [ONE], message_id="M", made_at=NOON)
    assert [(index, issue.code) for index, issue in refusal.value.issues] == [(-1, code)]


def test_twice_mixed_and_empty():
    assert [issue.code for _i, issue in debit.check(CREDITOR, [])] == ["sepa-empty"]
    assert [(i, issue.code) for i, issue in debit.check(CREDITOR, [ONE, ONE])] == [(1, "sepa-twice")]
    mixed = [ONE, replace(ONE, end_to_end="B", scheme="B2B")]
    assert [(i, issue.code) for i, issue in debit.check(CREDITOR, mixed)] == [(1, "sepa-mixed")]
    with pytest.raises(ValueError, match="message id"):
        debit.write(CREDITOR, [ONE], message_id="", made_at=NOON)


def test_letters_of_the_banks():
    assert latin("Œuvre «Été» № 5 — 10 € & Cie\n_x", 140) == "OEuvre 'Ete' No 5 - 10 EUR + Cie.x"
    assert latin("é" * 80, 70) == "e" * 70
    assert masked("fr76 3000 6000 0112 3456 7890 189") == "FR76 •••• 0189"
    assert masked("short") == "••••"
    assert bic_of(IBAN) == "AGRIFRPPXXX"
    assert bic_of("nonsense") == ""
