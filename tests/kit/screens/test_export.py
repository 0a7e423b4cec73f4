"""Exports: exactly what is filtered, in that order, for that reader; harmless to open; exact in amounts."""

import csv
from io import BytesIO, StringIO

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chappe.kit.screens import registry
from chappe.kit.screens.exports import disarmed
from tests.support.people import ContactFactory

from .conftest import operator_screen

URL = "/test/contact/export.csv"


@pytest.fixture
def rows(bruno, chloe):
    for n in (1, 2, 3):
        ContactFactory(operator=bruno.organisation, last_name=f"Durand {n}", email="", first_name="")
    ContactFactory(operator=chloe.organisation, last_name="Boréal 1", email="", first_name="")


def read(response, delimiter=","):
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(StringIO(text.removeprefix("\ufeff")), delimiter=delimiter))


def test_csv_holds_the_filtered_rows_in_their_order(client, rows, bruno):
    client.force_login(bruno)
    response = client.get(URL, {"last_name": "durand", "sort": "-last_name", "cols": "last_name,amount,active"})
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="test-contact-' in response["Content-Disposition"]
    assert read(response) == [
        ["Nom", "Montant", "Actif"],
        ["Durand 3", "9.876536", "actif"],
        ["Durand 2", "9.876536", "actif"],
        ["Durand 1", "9.876536", "actif"],
    ]


def test_nobody_exports_anothers_rows(client, rows, bruno, chloe):
    client.force_login(chloe)
    assert [row[0] for row in read(client.get(URL))] == ["Nom", "Boréal 1"]
    client.logout()
    assert client.get(URL).status_code == 302
    bruno.roles.clear()
    client.force_login(bruno)
    assert client.get(URL).status_code == 403


def test_csv_for_spreadsheets_in_french(client, rows, bruno):
    bruno.language = "fr"
    bruno.save()
    client.force_login(bruno)
    response = client.get(URL, {"cols": "last_name,amount", "bom": "1", "q": "durand 1"})
    body = b"".join(response.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.decode("utf-8-sig") == "Nom;Montant\r\nDurand 1;9,876536\r\n"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("+33612345678", "+33612345678"), ("-12,50", "-12,50"), ("Durand", "Durand"), ("", ""),
    ],
)  # fmt: skip
def test_formulas_are_disarmed(given, written):
    assert disarmed(given) == written


def test_a_formula_typed_by_a_partner_reaches_no_spreadsheet(client, rows, bruno):
    ContactFactory(operator=bruno.organisation, last_name='=HYPERLINK("http://x")')
    client.force_login(bruno)
    cells = read(client.get(URL, {"cols": "last_name", "sort": "last_name"}))
    assert cells[1] == ['\'=HYPERLINK("http://x")']
    sheet = xlsx(client.get("/test/contact/export.xlsx", {"cols": "last_name"}))
    assert sheet["Nom"].to_list()[0] == '=HYPERLINK("http://x")'  # a text cell, not a formula


def xlsx(response):
    return pl.read_excel(BytesIO(b"".join(response.streaming_content)), engine="calamine", infer_schema_length=None)


def test_xlsx_holds_the_same_rows(client, rows, alice):
    client.force_login(alice)
    response = client.get(
        "/test/contact/export.xlsx", {"q": "durand", "cols": "last_name,amount,operator", "sort": "last_name"}
    )
    assert response.streaming
    sheet = xlsx(response)
    assert sheet.columns == ["Nom", "Montant", "Opérateur"]
    assert sheet.rows() == [(f"Durand {n}", 9.876536, "Altitel") for n in (1, 2, 3)]


def test_every_column_when_asked(client, rows, alice):
    client.force_login(alice)
    header = read(client.get(URL, {"cols": "*"}))[0]
    assert header == ["Nom", "Opérateur", "Locataire", "Actif", "Montant", "Depuis", "Appel", "Description"]


def test_a_secret_is_never_exported(client, rows, alice, bruno):
    bruno.organisation.ftp_password = "pas-pour-eux"
    bruno.organisation.save()
    client.force_login(alice)
    with registry.amended(operator_screen()):
        for address in ("export.csv", "export.xlsx"):
            body = b"".join(client.get(f"/test/operator/{address}", {"cols": "*"}).streaming_content)
            assert b"pas-pour-eux" not in body
    assert read(client.get("/test/operator/export.csv", {"cols": "*"}))[0] == ["Nom", "Actif", "Créé"]


def test_a_wrong_filter_exports_nothing(client, rows, alice):
    client.force_login(alice)
    response = client.get(URL, {"amount_min": "beaucoup"})
    assert response.status_code == 400
    assert "beaucoup" in response.content.decode()


def test_the_number_of_queries_does_not_grow(client, alice):
    client.force_login(alice)
    ContactFactory()
    read(client.get(URL, {"cols": "*"}))
    with CaptureQueriesContext(connection) as one:
        read(client.get(URL, {"cols": "*"}))
    ContactFactory.create_batch(11)
    with CaptureQueriesContext(connection) as many:
        assert len(read(client.get(URL, {"cols": "*"}))) == 13
    assert len(many) == len(one)
