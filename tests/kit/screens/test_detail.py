"""The page of one row: panels, acts and why not, relations, history, secrets."""

import pytest

from chappe.kit.audit.models import AuditEntry
from chappe.kit.screens import registry
from tests.support.people import ContactFactory, OperatorFactory, make_role

from .conftest import calls


@pytest.fixture
def operator(bruno):
    bruno.organisation.ftp_password = "s3cret-ftp"
    bruno.organisation.save()
    return bruno.organisation


def test_a_secret_is_masked_until_asked_and_leaves_a_line(client, bruno, operator):
    client.force_login(bruno)
    page = client.get(f"/test/operator/{operator.pk}/").content.decode()
    assert "s3cret-ftp" not in page
    address = f"/test/operator/{operator.pk}/reveal/ftp_password/"
    assert address in page
    assert client.get(address).status_code == 405
    assert AuditEntry.objects.count() == 0
    response = client.post(address, HTTP_HX_REQUEST="true")
    assert "s3cret-ftp" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.object_pk) == ("screens.secret_shown", bruno, str(operator.pk))
    assert "s3cret-ftp" not in entry.sentence("fr")
    assert "Mot de passe FTP" in entry.sentence("fr")


def test_a_secret_is_not_for_readers_nor_for_strangers(client, bruno, chloe, operator):
    address = f"/test/operator/{operator.pk}/reveal/ftp_password/"
    client.force_login(chloe)
    assert client.post(address).status_code == 404
    bruno.roles.set([make_role("Lecture", {"lexique": 1})])
    client.force_login(bruno)
    assert address not in client.get(f"/test/operator/{operator.pk}/").content.decode()
    assert client.post(address).status_code == 403
    assert client.post(f"/test/operator/{operator.pk}/reveal/name/").status_code == 403
    assert AuditEntry.objects.count() == 0


def test_related_rows_with_the_way_to_all_of_them(client, alice, operator):
    ContactFactory.create_batch(3, operator=operator)
    client.force_login(alice)
    related = client.get(f"/test/operator/{operator.pk}/").context["related"][0]
    assert (related["count"], len(related["table"].data)) == ("3", 2)
    assert related["url"] == f"/test/contact/?of=operator:{operator.pk}"
    assert len(client.get(related["url"]).context["page"].rows) == 3
    assert [column.name for column in related["table"].columns][:2] == ["last_name", "active"]


def test_a_blocked_act_says_why(client, alice, operator):
    row = ContactFactory(operator=operator, active=False)
    client.force_login(alice)
    page = client.get(f"/test/contact/{row.pk}/").content.decode()
    assert "Archivé : il ne crie plus." in page
    assert 'aria-disabled="true"' in page
    response = client.post(f"/test/contact/{row.pk}/do/shout/", follow=True)
    assert "Archivé : il ne crie plus." in response.content.decode()
    assert calls == []


def test_acts_need_their_level(client, bruno, operator):
    row = ContactFactory(operator=operator)
    client.force_login(bruno)
    offered = [button.action.name for button in client.get(f"/test/contact/{row.pk}/").context["buttons"]]
    assert offered == ["shout", "say"]
    assert client.post(f"/test/contact/{row.pk}/do/rule/").status_code == 403
    assert client.post(f"/test/contact/{row.pk}/do/nothing/").status_code == 404
    assert calls == []


def test_an_act_runs_and_says_it(client, bruno, operator):
    row = ContactFactory(operator=operator)
    client.force_login(bruno)
    response = client.post(f"/test/contact/{row.pk}/do/shout/", follow=True)
    assert response.redirect_chain == [(f"/test/contact/{row.pk}/", 302)]
    assert "1 fait" in response.content.decode()
    assert calls == [f"!:{row.pk}:{bruno}"]


def test_an_act_with_a_form_asks_first(client, bruno, operator):
    row = ContactFactory(operator=operator)
    client.force_login(bruno)
    address = f"/test/contact/{row.pk}/do/say/"
    assert "Dire un mot ?" in client.get(address).content.decode()
    assert client.post(address, {"word": "trop long"}).status_code == 422
    assert calls == []
    assert client.post(address, {"word": "oui"}).status_code == 302
    assert calls == [f"oui:{row.pk}:{bruno}"]


def test_history_tells_sentences(client, alice, operator):
    row = ContactFactory(operator=operator)
    client.force_login(alice)
    data = {"operator": operator.pk, "last_name": row.last_name, "description": "urgences", "active": "on"}
    client.post(f"/test/contact/{row.pk}/edit/", data)
    for address in ("", "history/"):
        page = client.get(f"/test/contact/{row.pk}/{address}").content.decode()
        assert "urgences" in page
        assert "Alice Martin" in page


def test_the_menu_shows_what_may_be_opened(client, alice, bruno, rf):
    from chappe.kit.screens.context import menu_for

    slugs = {entry["slug"] for section in menu_for(alice, "parties.operator") for entry in section["entries"]}
    assert "parties.operator" in slugs
    active = [e["slug"] for s in menu_for(alice, "parties.operator") for e in s["entries"] if e["active"]]
    assert active == ["parties.operator"]
    bruno.roles.set([make_role("Rien", {})])
    bruno.forget_rights()
    assert "parties.operator" not in {e["slug"] for s in menu_for(bruno) for e in s["entries"]}


def test_global_search_shows_only_what_is_visible(client, bruno, chloe, operator):
    ContactFactory(operator=operator, last_name="Sémaphore")
    client.force_login(bruno)
    found = client.get("/search/", {"q": "sémaph"})
    assert any(hit["title"].endswith("Sémaphore") for group in found.context["groups"] for hit in group["hits"])
    assert "<html" not in client.get("/search/", {"q": "sémaph"}, HTTP_HX_REQUEST="true").content.decode()
    client.force_login(chloe)
    found = client.get("/search/", {"q": "sémaph"})
    assert found.context["groups"] == []
    assert "Sémaphore" not in found.content.decode()
    client.logout()
    assert client.get("/search/").status_code == 302


def test_search_shows_five_of_each_and_leads_to_the_rest(client, alice):
    for n in range(7):
        OperatorFactory(name=f"Zéphyr {n}")
    client.force_login(alice)
    group = next(
        g for g in client.get("/search/", {"q": "zéphyr"}).context["groups"] if g["screen"].slug == "test.operator"
    )
    assert (len(group["hits"]), group["more"]) == (5, True)
    assert len(client.get(group["url"]).context["page"].rows) == 7


def test_object_url_leads_to_the_registered_screen(operator):
    assert registry.object_url(operator) == f"/parties/operator/{operator.pk}/"
