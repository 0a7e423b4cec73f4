"""Endpoints derived from screens: the rows, filters, rights and refusals of the pages."""

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chappe.apps.parties.models import Commune, Contact, Operator
from chappe.kit.access.door import Level
from chappe.kit.audit.models import AuditEntry
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Screen
from tests.kit.screens.conftest import calls, contact_screen
from tests.support.people import CommuneFactory, ContactFactory, make_role

from .conftest import CONTACTS, Api, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(bruno, chloe):
    made = [
        ContactFactory(operator=bruno.organisation, last_name=f"Durand {n:02}", active=n % 3 > 0) for n in range(12)
    ]
    return [*made, ContactFactory(operator=chloe.organisation, last_name="Étrangère")]


def names(response):
    assert response.status_code == 200, response.content
    return [row["last_name"] for row in response.json()["results"]]


def test_one_row_says_each_kind_in_its_way(as_alice, bruno):
    row = ContactFactory(operator=bruno.organisation, last_name="Durand", description="vu")
    got = as_alice.get(f"{CONTACTS}{row.pk}/").json()
    operator = bruno.organisation
    assert got == {
        "id": row.pk,
        "label": str(row),
        "url": f"{CONTACTS}{row.pk}/",
        "last_name": "Durand",
        "operator": {
            "id": operator.pk,
            "label": "Altitel",
            "url": f"/api/v1/{registry.for_model(Operator).slug.replace('.', '/')}/{operator.pk}/",
        },
        "operator_tenant": "altitel",
        "active": True,
        "amount": "7.407402",
        "joined": got["joined"],
        "shown": str(row),
        "description": "vu",
    }
    assert got["joined"].endswith(("+01:00", "+02:00"))


def test_a_secret_never_leaves(as_alice, bruno):
    operator = bruno.organisation
    operator.ftp_password = "très-secret"
    operator.save()
    paths = ["/api/v1/test/operator/", f"/api/v1/test/operator/{operator.pk}/", "/api/v1/test/operator/?format=csv"]
    for path in paths:
        response = as_alice.get(path)
        body = b"".join(response) if response.streaming else response.content
        assert response.status_code == 200 and "très-secret" not in body.decode() and b"ftp_password" not in body
    assert as_alice.get("/api/v1/test/operator/?cols=ftp_password").status_code == 400
    assert as_alice.get("/api/v1/test/operator/?sort=ftp_password").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["", "scope=all", "q=durand 1", "last_name=Durand 0", "active=False&scope=all", "sort=-last_name", "scope=all&sort=operator_tenant,-last_name",
     "chip=mail", "chip=mail&chip=mine", "amount_min=11", "operator_tenant=altitel&scope=all", "joined_from=2000-01-01&joined_to=2099-01-01"],
)  # fmt: skip
def test_the_same_filters_give_the_rows_of_the_page(client, alice, as_alice, rows, query):
    client.force_login(alice)
    page = client.get(f"/test/contact/?{query}&per=100")
    shown = [row.last_name for row in page.context["page"].rows]
    assert names(as_alice.get(f"{CONTACTS}?{query}")) == shown


def test_pages_of_rows(as_alice, rows):
    first = as_alice.get(f"{CONTACTS}?scope=all&page_size=5").json()
    assert (first["count"], first["count_capped"], first["page"], first["previous"]) == (13, False, 1, None)
    second = as_alice.get(first["next"]).json()
    third = as_alice.get(second["next"]).json()
    found = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert (len(found), len(set(found)), third["next"]) == (13, 13, None)
    beyond = as_alice.get(f"{CONTACTS}?scope=all&page_size=5&page=9").json()
    assert (beyond["results"], beyond["next"], beyond["count"]) == ([], None, 13)


def test_counting_stops_at_the_estimate(as_alice, rows):
    with registry.amended(contact_screen(estimate=4)):
        got = as_alice.get(f"{CONTACTS}?scope=all").json()
    assert (got["count"], got["count_capped"]) == (4, True)


@pytest.mark.parametrize(
    ("query", "name", "word"),
    [
        ("scope=lune", "scope", "Known: active, all"), ("chip=lune", "chip", "mine, mail"), ("sort=shown", "sort", "not known"),
        ("cols=lune", "cols", "not known"), ("lune=1", "lune", "no filter"), ("active=peut-être", "active", ""),
        ("amount_min=douze", "amount_min", "is not an amount"), ("joined_from=hier", "joined_from", ""), ("page=0", "page", "whole number"),
        ("page=²", "page", "whole number"), ("page_size=501", "page_size", "from 1 to 500"), ("of=password:1", "of", "not a relation"),
    ],
)  # fmt: skip
def test_a_bad_filter_is_400_with_a_sentence(as_alice, rows, query, name, word):
    response = as_alice.get(f"{CONTACTS}?{query}")
    body = response.json()
    assert (response.status_code, body["code"], list(body["fields"])) == (400, "invalid", [name])
    assert word in body["fields"][name][0] and body["message"]


def test_the_number_of_queries_does_not_grow_with_the_rows(as_alice, rows):
    as_alice.get(CONTACTS)  # opens the minute of the key

    def queries(size):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert len(as_alice.get(f"{CONTACTS}?scope=all&page_size={size}").json()["results"]) == size
        return len(seen)

    assert queries(1) == queries(13) <= 9


def test_strangers_see_nothing_and_are_told_404(as_bruno, as_chloe, rows):
    theirs = rows[0]
    assert len(names(as_bruno.get(f"{CONTACTS}?scope=all"))) == 12
    assert names(as_chloe.get(f"{CONTACTS}?scope=all")) == ["Étrangère"]
    path = f"{CONTACTS}{theirs.pk}/"
    answers = [
        as_chloe.get(path), as_chloe.patch(path, {"last_name": "X"}), as_chloe.put(path, {"last_name": "X"}), as_chloe.delete(path),
        as_chloe.post(f"{path}do/shout/"), as_chloe.get(f"{path}history/"),
        as_chloe.get(f"/api/v1/test/operator/{theirs.operator_id}/"), as_chloe.get(f"/api/v1/test/operator/{theirs.operator_id}/related/test.contact/"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404] * 8
    assert as_chloe.get(f"{CONTACTS}?scope=all&of=operator:{theirs.operator_id}").json()["count"] == 0
    theirs.refresh_from_db()
    assert (theirs.last_name, calls) == ("Durand 00", [])


def test_without_the_right_403_with_a_sentence(bruno, as_bruno, rows):
    bruno.roles.set([make_role("Rien", {"api": Level.READ})])
    for path in (CONTACTS, f"{CONTACTS}{rows[0].pk}/"):
        response = as_bruno.get(path)
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
        assert "read" in response.json()["message"]
    assert as_bruno.get("/api/v1/").json()["endpoints"] == [
        e for e in as_bruno.get("/api/v1/").json()["endpoints"] if e["area"] in {"api", ""}
    ]


def test_create_through_the_verb(as_bruno, bruno):
    response = as_bruno.post(CONTACTS, {"operator": bruno.organisation.pk, "last_name": "Neuf", "active": True})
    row = Contact.objects.get()
    assert (response.status_code, response["Location"]) == (201, f"{CONTACTS}{row.pk}/")
    assert (row.last_name, row.operator, row.active) == ("Neuf", bruno.organisation, True)
    entry = AuditEntry.objects.get(verb="created", object_pk=str(row.pk), content_type__model="contact")
    assert (entry.via, entry.actor, entry.detail.startswith("Bruno (chp_")) == ("api", bruno, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"last_name": "X", "operator": 999999}, "operator"), ({"last_name": "Interdit"}, "last_name"), ({"last_name": ["a"]}, "last_name"),
        ({"last_name": "X", "lune": 1}, "lune"), ({"last_name": "X", "active": "peut-être"}, "active"), ({"last_name": "\ud800"}, "last_name"),
        ({"last_name": "a\x00b"}, "last_name"), ({"last_name": {"a": 1}}, "last_name"), ({"last_name": "x" * 5000}, "last_name"),
        ({"last_name": "X", "id": 5}, "id"), ({"last_name": "X", "operator": True}, "operator"),
    ],
)  # fmt: skip
def test_what_is_refused_says_which_value_and_writes_nothing(as_alice, bruno, body, field):
    response = as_alice.post(CONTACTS, {"operator": bruno.organisation.pk} | body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid"), response.content
    assert field in response.json()["fields"]
    assert Contact.objects.count() == 0


def test_a_partner_creates_only_for_itself(as_bruno, chloe):
    response = as_bruno.post(CONTACTS, {"operator": chloe.organisation.pk, "last_name": "Intrus"})
    assert response.status_code == 400 and "operator" in response.json()["fields"]
    assert Contact.objects.count() == 0
    assert "Boréal" not in response.content.decode()


@pytest.mark.parametrize("text", ["[1]", '"a"', "{", "NaN", ""])
def test_a_body_that_is_no_object(as_alice, text):
    response = as_alice.client.post(CONTACTS, data=text, content_type="application/json", headers=as_alice.headers)
    assert (response.status_code, response.json()["code"] in {"parse_error", "invalid"}) == (400, True)


def test_patch_keeps_what_is_not_given_and_put_writes_all(as_alice, bruno):
    row = ContactFactory(
        operator=bruno.organisation, last_name="Durand", first_name="Denise", description="vu", active=True
    )
    path = f"{CONTACTS}{row.pk}/"
    assert as_alice.patch(path, {"last_name": "Dupont"}).json()["last_name"] == "Dupont"
    row.refresh_from_db()
    assert (row.last_name, row.first_name, row.description, row.active) == ("Dupont", "Denise", "vu", True)
    assert as_alice.patch(path, {"active": False}).status_code == 200
    assert (
        as_alice.put(path, {"last_name": "Seul", "operator": bruno.organisation.pk, "active": False}).status_code == 200
    )
    row.refresh_from_db()
    assert (row.last_name, row.first_name, row.description, row.active) == ("Seul", "", "", False)
    response = as_alice.patch(path, {"description": "non"})
    assert (response.status_code, response.json()["message"]) == (400, "Description refusée.")


def test_a_secret_may_be_written_and_an_empty_one_keeps_it(as_alice, bruno):
    path = f"/api/v1/test/operator/{bruno.organisation.pk}/"
    assert as_alice.patch(path, {"ftp_password": "neuf"}).status_code == 200
    assert as_alice.put(path, {"name": "Altitel", "active": True}).status_code == 200
    bruno.organisation.refresh_from_db()
    assert bruno.organisation.ftp_password == "neuf"


def test_the_lock_of_etag_and_if_match(as_alice, bruno):
    operator = bruno.organisation
    assert hasattr(operator, "updated_at"), "the operator says when it was changed"
    path = f"/api/v1/test/operator/{operator.pk}/"
    tag = as_alice.get(path)["ETag"]
    assert as_alice.get(path, **{"If-None-Match": tag}).status_code == 304
    assert as_alice.patch(path, {"name": "Un"}, **{"If-Match": tag}).status_code == 200
    late = as_alice.patch(path, {"name": "Deux"}, **{"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert as_alice.delete(path, **{"If-Match": tag}).status_code == 412
    operator.refresh_from_db()
    assert operator.name == "Un"
    assert as_alice.patch(path, {"name": "Trois"}, **{"If-Match": as_alice.get(path)["ETag"]}).status_code == 200


def test_delete_asks_the_highest_level(bruno, as_bruno, as_alice):
    row = ContactFactory(operator=bruno.organisation)
    path = f"{CONTACTS}{row.pk}/"
    assert as_bruno.delete(path).status_code == 403
    assert Contact.objects.count() == 1
    assert as_alice.delete(path).status_code == 204
    assert (Contact.objects.count(), as_alice.get(path).status_code) == (0, 404)


def test_a_row_in_use_is_not_deleted(as_alice, bruno):
    response = as_alice.delete(f"/api/v1/test/operator/{bruno.organisation.pk}/")
    assert (response.status_code, response.json()["code"]) == (409, "in_use")
    assert Operator.objects.filter(pk=bruno.organisation.pk).exists()


def test_a_verb_that_does_not_exist_is_405(as_alice):
    row = CommuneFactory()
    response = as_alice.delete(f"/api/v1/test/commune/{row.pk}/")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, PUT, PATCH, OPTIONS"
    assert as_alice.post("/api/v1/test/operator/").status_code == 405
    assert Commune.objects.count() == 1


def test_a_partner_reads_reference_data_and_does_not_write_it(as_bruno):
    row = CommuneFactory(name="Dole")
    assert as_bruno.get("/api/v1/test/commune/").json()["count"] == 1
    assert as_bruno.patch(f"/api/v1/test/commune/{row.pk}/", {"name": "X"}).status_code == 403
    assert as_bruno.post("/api/v1/test/commune/", {"insee": "39001", "name": "X"}).status_code == 403
    row.refresh_from_db()
    assert (row.name, Commune.objects.count()) == ("Dole", 1)


def test_acts(as_alice, as_bruno, alice, bruno):
    row = ContactFactory(operator=bruno.organisation)
    path = f"{CONTACTS}{row.pk}/do/"
    got = as_alice.post(f"{path}shout/").json()
    assert (got["message"], got["object"]["id"], calls) == ("1 fait", row.pk, [f"!:{row.pk}:Alice Martin"])
    assert as_alice.post(f"{path}say/", {"word": "oh"}).status_code == 200
    refused = as_alice.post(f"{path}say/", {"word": "trop long"})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["word"])
    assert as_alice.post(f"{path}shout/", {"word": "x"}).status_code == 400
    assert as_bruno.post(f"{path}rule/").status_code == 403
    assert as_alice.post(f"{path}lune/").status_code == 404
    assert as_alice.get(f"{path}shout/").status_code == 405
    Contact.objects.update(active=False)
    blocked = as_alice.post(f"{path}shout/")
    assert (blocked.status_code, blocked.json()) == (
        409,
        {"code": "not_now", "message": "Archivé : il ne crie plus.", "fields": {}},
    )
    assert len(calls) == 2


def test_related_rows_and_history(as_alice, as_bruno, bruno, rows):
    operator = bruno.organisation
    path = f"/api/v1/test/operator/{operator.pk}/related/test.contact/"
    assert len(names(as_alice.get(f"{path}?scope=all"))) == 12
    assert names(as_alice.get(f"{path}?q=durand 07")) == ["Durand 07"]
    assert as_alice.get(f"{path}?of=operator:1").status_code == 400
    assert as_alice.get(f"/api/v1/test/operator/{operator.pk}/related/lune/").status_code == 404
    as_bruno.patch(f"{CONTACTS}{rows[1].pk}/", {"description": "neuf"})
    lines = as_alice.get(f"{CONTACTS}{rows[1].pk}/history/").json()
    assert (lines["count"], lines["results"][0]["who"], lines["results"][0]["via"]) == (1, "Bruno Petit", "api")
    assert "description" in lines["results"][0]["sentence"]


@pytest.mark.parametrize("how", ["query", "accept"])
def test_csv_holds_every_row_found(as_alice, rows, how):
    headers = {} if how == "query" else {"Accept": "text/csv"}
    response = as_alice.get(
        f"{CONTACTS}?scope=all&cols=last_name,amount&page_size=2" + ("&format=csv" if how == "query" else ""), **headers
    )
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(b"".join(response).decode())))
    assert (lines[0], len(lines), lines[1]) == (["Nom", "Montant"], 14, ["Durand 00", "11.111103"])
    bad = as_alice.get(f"{CONTACTS}?format=csv&scope=lune")
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid")
    assert as_alice.get(f"{CONTACTS}?format=xml").status_code == 406


def test_columns_and_screens_that_stay_home(as_alice, rows):
    hidden = [*contact_screen().columns]
    from dataclasses import replace

    hidden[-1] = replace(hidden[-1], in_api=False)
    with registry.amended(contact_screen(columns=hidden)):
        assert "description" not in as_alice.get(CONTACTS).json()["results"][0]
        assert as_alice.get(f"{CONTACTS}?cols=description").status_code == 400
    with registry.amended(contact_screen(api=False)):
        assert as_alice.get(CONTACTS).status_code == 404
        assert "test.contact" not in [e["name"] for e in as_alice.get("/api/v1/").json()["endpoints"]]


def test_root_and_me(as_bruno, bruno):
    root = as_bruno.get("/api/v1/").json()
    found = {e["name"]: e for e in root["endpoints"]}
    assert found["test.contact"]["methods"] == ["DELETE", "GET", "PATCH", "POST", "PUT"]
    assert found["test.contact"]["url"] == CONTACTS
    assert "journal.entry" not in found
    me = as_bruno.get("/api/v1/me/").json()
    assert me["organisation"] == {"id": bruno.organisation_id, "label": "Altitel"}
    assert me["rights"]["lexique"] == "write"
    assert (me["key"]["name"], me["key"]["read_only"], me["key"]["rate"]["per_minute"]) == ("Bruno", False, 600)


@pytest.mark.parametrize(
    "path",
    ["lune/", "test/contact/abc/", "test/contact/99999999999999999999999/", "test/lune/", "test/contact/1/lune/"],
)
def test_nothing_there_is_404_in_the_one_shape(as_alice, path):
    response = as_alice.get(f"/api/v1/{path}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_language_follows_accept_language_then_the_account(alice, as_alice):
    french = as_alice.get(f"{CONTACTS}?lune=1", **{"Accept-Language": "fr"}).json()["fields"]["lune"][0]
    assert french.startswith("Il n’y a pas de filtre de ce nom.")
    alice.language = "fr"
    alice.save()
    as_alice.headers.pop("Accept-Language")
    assert as_alice.get(f"{CONTACTS}?lune=1").json()["fields"]["lune"][0] == french


def test_money_is_never_a_float(as_alice, rows):
    raw = as_alice.get(f"{CONTACTS}?scope=all&cols=amount").content.decode()
    assert all(isinstance(row["amount"], str) for row in json.loads(raw)["results"])


def test_every_screen_of_the_house_answers(admin):
    api = Api(make_key(admin)[1])
    for screen in registry.screens():
        assert isinstance(screen, Screen)
        if screen.api:
            response = api.get(f"/api/v1/{screen.slug.replace('.', '/')}/")
            assert response.status_code == 200, (screen.slug, response.content)


def test_yes_and_no_are_true_and_false_for_programs(as_alice, rows):
    asked = [names(as_alice.get(f"{CONTACTS}?scope=all&active={word}")) for word in ("false", "False")]
    assert asked[0] == asked[1] == ["Durand 00", "Durand 03", "Durand 06", "Durand 09"]
