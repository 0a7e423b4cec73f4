"""The pages of parties, accounts, roles and the journal, as each reader gets them."""

import pytest

from chappe.apps.parties.models import Operator
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.models import LoginAttempt, Role, User
from tests.support import people

pytestmark = pytest.mark.django_db
LISTS = ["/parties/operator/", "/parties/contact/", "/parties/protocol/", "/parties/commune/", "/access/user/", "/access/role/",
         "/access/attempt/", "/access/session/", "/audit/entry/"]  # fmt: skip


@pytest.mark.parametrize("address", LISTS)
def test_every_list_opens_empty_and_full(client, alice, bruno, chloe, address):
    client.force_login(alice)
    people.ContactFactory(operator=bruno.organisation)
    people.CommuneFactory()
    LoginAttempt.objects.create(login="bruno", user=bruno, outcome="ok")
    audit.created(Actor(bruno), bruno.organisation)
    assert client.get(address).status_code == 200
    client.force_login(chloe)
    page = client.get(address)
    assert page.status_code == 200
    assert "Altitel" not in page.content.decode()
    assert "Bruno Petit" not in page.content.decode()


def test_detail_pages(client, alice, bruno, chloe):
    entry = audit.created(Actor(bruno), bruno.organisation)
    places = [
        f"/parties/operator/{bruno.organisation.pk}/", f"/access/user/{bruno.pk}/", f"/audit/entry/{entry.pk}/",
    ]  # fmt: skip
    client.force_login(alice)
    for place in [*places, f"/access/role/{Role.objects.first().pk}/"]:
        assert client.get(place).status_code == 200, place
    client.force_login(chloe)
    for place in places:
        assert client.get(place).status_code == 404, place


def test_an_operator_is_made_and_changed_on_the_page(client, alice):
    client.force_login(alice)
    form = {
        "name": "Boréal",
        "kind": "oc",
        "active": "on",
        "tenant": "boreal",
        "colour": "#1d4ed8",
        "ftp_password": "gaufre",
    }
    answer = client.post("/parties/operator/new/", form)
    assert answer.status_code == 302, answer.context["form"].errors
    operator = Operator.objects.get()
    assert operator.ftp_password == "gaufre"
    page = client.get(f"/parties/operator/{operator.pk}/")
    assert "gaufre" not in page.content.decode()
    answer = client.post(f"/parties/operator/{operator.pk}/edit/", form | {"name": "Austral", "ftp_password": ""})
    assert answer.status_code == 302
    operator.refresh_from_db()
    assert (operator.name, operator.ftp_password) == ("Austral", "gaufre")
    told = audit.history(operator).filter(verb="changed").get().sentence("en")
    assert told == "Alice Martin changed the name of “Austral”: “Boréal” → “Austral”"


def test_a_role_is_made_on_the_page(client, admin):
    client.force_login(admin)
    page = client.get("/access/role/new/")
    assert page.status_code == 200
    answer = client.post("/access/role/new/", {"name": "Comptable", "area_lexique": "1", "area_journal": "0"})
    assert answer.status_code == 302, answer.context["form"].errors
    assert dict(Role.objects.get(name="Comptable").rights.values_list("area", "level")) == {"lexique": 1}


def test_an_account_is_opened_on_the_page_and_invited(client, admin):
    client.force_login(admin)
    data = {"username": "denise", "language": "fr", "is_active": "on"}
    answer = client.post("/access/user/new/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    user = User.objects.get(username="denise")
    assert client.get(f"/access/user/{user.pk}/edit/").status_code == 200
    assert client.get(f"/access/user/{user.pk}/").status_code == 200
