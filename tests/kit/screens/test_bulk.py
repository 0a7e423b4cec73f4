"""Acts on many rows: the number is confirmed, all or none, each row with its line and its right."""

import pytest

from chappe.apps.parties.models import Contact
from chappe.kit.audit.models import AuditEntry
from tests.support.people import ContactFactory, make_role

from .conftest import calls

URL = "/test/contact/bulk/edit/"


@pytest.fixture
def rows(bruno, chloe):
    mine = [ContactFactory(operator=bruno.organisation, last_name=f"Durand {n}") for n in (1, 2, 3)]
    theirs = ContactFactory(operator=chloe.organisation, last_name="Boréal 1")
    return mine, theirs


def chosen(*rows, **more):
    return {"pk": [str(row.pk) for row in rows], "query": "", **more}


def test_edit_asks_confirms_then_writes(client, rows, bruno):
    mine, _ = rows
    bruno.language = "fr"
    bruno.save()
    client.force_login(bruno)
    ask = client.post(URL, chosen(*mine[:2]))
    assert "Modifier 2 lignes" in ask.content.decode()
    confirm = client.post(URL, chosen(*mine[:2], step="confirm", set=["description"], description="neuf"))
    page = confirm.content.decode()
    assert "Ces valeurs seront fixées sur 2 lignes" in page
    assert "<b>neuf</b>" in page
    assert Contact.objects.filter(description="neuf").count() == 0
    done = client.post(URL, chosen(*mine[:2], step="do", set=["description"], description="neuf", count="2"))
    assert done.status_code == 302
    assert sorted(Contact.objects.filter(description="neuf").values_list("last_name", flat=True)) == [
        "Durand 1",
        "Durand 2",
    ]
    entries = AuditEntry.objects.filter(verb="changed")
    assert {entry.object_pk for entry in entries} == {str(row.pk) for row in mine[:2]}
    assert {entry.actor for entry in entries} == {bruno}


def test_all_that_is_filtered(client, rows, bruno):
    client.force_login(bruno)
    data = {
        "all": "1",
        "query": "last_name=durand",
        "step": "do",
        "set": ["description"],
        "description": "tous",
        "count": "3",
    }
    assert client.post(URL, data).status_code == 302
    assert Contact.objects.filter(description="tous").count() == 3


def test_a_number_that_changed_is_confirmed_again(client, rows, bruno):
    client.force_login(bruno)
    data = {"all": "1", "query": "", "step": "do", "set": ["description"], "description": "tous", "count": "2"}
    response = client.post(URL, data)
    assert response.status_code == 200
    assert response.context["errors"]
    assert Contact.objects.filter(description="tous").count() == 0


def test_anothers_rows_are_not_touched(client, rows, bruno):
    mine, theirs = rows
    client.force_login(bruno)
    data = chosen(mine[0], theirs, step="do", set=["description"], description="volé", count="1")
    client.post(URL, data)
    theirs.refresh_from_db()
    assert theirs.description == ""
    assert Contact.objects.filter(description="volé").count() == 1
    client.post(URL, chosen(theirs, step="do", set=["description"], description="volé", count="1"))
    theirs.refresh_from_db()
    assert theirs.description == ""


def test_one_refusal_leaves_all_as_they_were(client, rows, bruno):
    mine, _ = rows
    client.force_login(bruno)
    data = chosen(*mine, step="do", set=["description"], description="pas Durand", count="3")
    response = client.post(URL, data)
    assert "Denise Durand 2 : Pas celui-là." in response.content.decode()
    assert Contact.objects.filter(description="pas Durand").count() == 0
    assert AuditEntry.objects.count() == 0


def test_only_declared_fields_and_only_with_the_right(client, rows, bruno):
    mine, _ = rows
    client.force_login(bruno)
    client.post(URL, chosen(mine[0], step="do", set=["last_name"], last_name="Autre", count="1"))
    mine[0].refresh_from_db()
    assert mine[0].last_name == "Durand 1"
    bruno.roles.set([make_role("Lecture", {"lexique": 1})])
    response = client.post(URL, chosen(mine[0], step="do", set=["description"], description="x", count="1"))
    assert response.status_code == 403
    assert Contact.objects.filter(description="x").count() == 0


def test_no_row_chosen_says_so(client, rows, bruno):
    client.force_login(bruno)
    response = client.post(URL, {"query": "q=durand"}, follow=True)
    assert response.redirect_chain[0][0] == "/test/contact/?q=durand"
    assert "No row is chosen" in response.content.decode() or "Aucune ligne" in response.content.decode()


def test_a_bulk_act_runs_once_on_all(client, rows, bruno):
    mine, _ = rows
    client.force_login(bruno)
    address = "/test/contact/bulk/shout/"
    assert client.post(address, chosen(*mine)).status_code == 200
    assert calls == []
    assert client.post(address, chosen(*mine, step="do", count="3")).status_code == 302
    assert calls == [f"!:{','.join(str(row.pk) for row in mine)}:{bruno}"]


def test_a_bulk_act_names_the_rows_that_forbid_it(client, rows, bruno):
    mine, _ = rows
    Contact.objects.filter(pk=mine[1].pk).update(active=False)
    client.force_login(bruno)
    response = client.post("/test/contact/bulk/shout/", chosen(*mine, step="do", count="3"))
    assert "Archivé : il ne crie plus. (Denise Durand 2)" in response.content.decode()
    assert calls == []


def test_too_many_rows_are_refused(client, rows, bruno, monkeypatch):
    monkeypatch.setattr("chappe.kit.screens.views.bulk.BULK_LIMIT", 2)
    client.force_login(bruno)
    data = {"all": "1", "query": "", "step": "do", "set": ["description"], "description": "x", "count": "3"}
    assert client.post(URL, data).status_code == 302
    assert Contact.objects.filter(description="x").count() == 0


def test_the_way_back_stays_in_the_house(client, rows, bruno):
    mine, _ = rows
    client.force_login(bruno)
    for back in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        response = client.post("/test/contact/bulk/shout/", chosen(mine[0], step="do", count="1", back=back))
        assert response["Location"] == "/test/contact/?"
