"""Create, edit, delete: rights, refusals as sentences, nothing written on a refusal, no lost update."""

import pytest

from chappe.apps.parties.models import Commune, Contact, Operator, OperatorProtocol
from chappe.kit.audit.models import AuditEntry
from chappe.kit.screens.forms import VERSION, version_of
from tests.support.people import CommuneFactory, ContactFactory, OperatorFactory, make_role

NEW = "/test/contact/new/"


@pytest.fixture
def row(bruno):
    return ContactFactory(operator=bruno.organisation, last_name="Durand 1", description="avant")


def fields(row, **changes):
    return {
        "operator": row.operator_id, "first_name": row.first_name, "last_name": row.last_name, "email": row.email,
        "description": row.description, "active": "on",
    } | changes  # fmt: skip


def test_create_writes_through_the_verb_and_leaves_a_line(client, alice, bruno):
    client.force_login(alice)
    assert 'name="last_name"' in client.get(NEW).content.decode()
    response = client.post(NEW, {"operator": bruno.organisation.pk, "last_name": "Nouveau", "active": "on"})
    made = Contact.objects.get()
    assert response["Location"] == f"/test/contact/{made.pk}/"
    assert (made.last_name, made.operator) == ("Nouveau", bruno.organisation)
    assert AuditEntry.objects.filter(verb="created", object_pk=str(made.pk), actor=alice).count() == 1


def test_a_partner_creates_only_for_itself(client, bruno, chloe):
    client.force_login(bruno)
    response = client.post(NEW, {"operator": chloe.organisation.pk, "last_name": "Intrus", "active": "on"})
    assert response.status_code == 422
    assert "operator" in response.context["form"].errors
    assert Contact.objects.count() == 0
    assert "Boréal" not in client.get(NEW).content.decode()


def test_reading_does_not_allow_writing(client, bruno, row):
    bruno.roles.set([make_role("Lecture", {"lexique": 1})])
    client.force_login(bruno)
    assert client.get("/test/contact/").status_code == 200
    assert client.get(NEW).status_code == 403
    assert client.post(f"/test/contact/{row.pk}/edit/", fields(row, last_name="X")).status_code == 403
    assert client.post(f"/test/contact/{row.pk}/delete/").status_code == 403
    row.refresh_from_db()
    assert row.last_name == "Durand 1"
    page = client.get(f"/test/contact/{row.pk}/").content.decode()
    assert f"/test/contact/{row.pk}/edit/" not in page
    assert NEW not in client.get("/test/contact/").content.decode()


def test_what_the_verb_refuses_stands_under_its_field(client, alice, bruno):
    client.force_login(alice)
    response = client.post(NEW, {"operator": bruno.organisation.pk, "last_name": "Interdit", "active": "on"})
    assert response.status_code == 422
    assert response.context["form"].errors["last_name"] == ["Ce nom est refusé."]
    assert Contact.objects.count() == 0


def test_edit_writes_the_difference(client, bruno, row):
    client.force_login(bruno)
    response = client.post(f"/test/contact/{row.pk}/edit/", fields(row, description="après"))
    assert response["Location"] == f"/test/contact/{row.pk}/"
    row.refresh_from_db()
    assert row.description == "après"
    entry = AuditEntry.objects.get(verb="changed", object_pk=str(row.pk))
    assert set(entry.changes) == {"description"}


def test_a_stranger_finds_nothing(client, chloe, row):
    client.force_login(chloe)
    for address in ("", "edit/", "history/"):
        assert client.get(f"/test/contact/{row.pk}/{address}").status_code == 404
    assert client.post(f"/test/contact/{row.pk}/edit/", fields(row, last_name="Volé")).status_code == 404
    row.refresh_from_db()
    assert row.last_name == "Durand 1"


@pytest.mark.parametrize("pk", ["abc", "99999999", "9" * 30])
def test_a_key_that_is_none_is_not_found(client, alice, pk):
    client.force_login(alice)
    assert client.get(f"/test/contact/{pk}/").status_code == 404


@pytest.mark.parametrize(
    ("typed", "sentence"), [("non", "Description refusée."), ("pas à vous", "Ce champ n’est pas à vous.")]
)
def test_a_refused_edit_changes_nothing(client, bruno, row, typed, sentence):
    client.force_login(bruno)
    response = client.post(f"/test/contact/{row.pk}/edit/", fields(row, description=typed, last_name="Autre"))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    row.refresh_from_db()
    assert (row.last_name, row.description) == ("Durand 1", "avant")
    assert AuditEntry.objects.filter(object_pk=str(row.pk)).count() == 0


def test_a_change_made_meanwhile_is_not_overwritten(client, alice):
    operator = OperatorFactory(name="Delta")
    seen = version_of(operator)
    operator.name = "Delta Tel"
    operator.save()
    alice.language = "fr"
    alice.save()
    client.force_login(alice)
    response = client.post(f"/test/operator/{operator.pk}/edit/", {"name": "Autre", "active": "on", VERSION: seen})
    assert response.status_code == 422
    assert "a modifié cette fiche entre-temps" in response.content.decode()
    operator.refresh_from_db()
    assert operator.name == "Delta Tel"
    response = client.post(
        f"/test/operator/{operator.pk}/edit/", {"name": "Autre", "active": "on", VERSION: version_of(operator)}
    )
    assert response.status_code == 302


def test_an_empty_secret_keeps_the_present_one(client, alice):
    operator = OperatorFactory(name="Delta", ftp_password="tenu")
    client.force_login(alice)
    page = client.get(f"/test/operator/{operator.pk}/edit/").content.decode()
    assert "tenu" not in page.replace("obtenu", "")
    client.post(
        f"/test/operator/{operator.pk}/edit/",
        {"name": "Delta 2", "ftp_password": "", "active": "on", VERSION: version_of(operator)},
    )
    operator.refresh_from_db()
    assert (operator.name, operator.ftp_password) == ("Delta 2", "tenu")


def test_delete_says_what_goes_along(client, alice):
    operator = OperatorFactory(name="Delta")
    OperatorProtocol.objects.create(operator=operator, flow="acces", version="1.3")
    OperatorProtocol.objects.create(operator=operator, flow="pm", version="1.0")
    alice.language = "en"
    alice.save()
    client.force_login(alice)
    response = client.get(f"/test/operator/{operator.pk}/delete/")
    assert (response.context["going"], response.context["blocked"]) == (["2 protocol versions"], [])
    assert "2 protocol versions" in response.content.decode()
    assert Operator.objects.filter(pk=operator.pk).exists()
    response = client.post(f"/test/operator/{operator.pk}/delete/")
    assert response["Location"] == "/test/operator/"
    assert not Operator.objects.filter(pk=operator.pk).exists()
    assert AuditEntry.objects.filter(verb="deleted", object_pk=str(operator.pk)).count() == 1


def test_delete_refused_by_the_verb(client, alice):
    operator = OperatorFactory(name="Intouchable")
    client.force_login(alice)
    response = client.post(f"/test/operator/{operator.pk}/delete/")
    assert response.status_code == 409
    assert "Cet opérateur reste." in response.content.decode()
    assert Operator.objects.filter(pk=operator.pk).exists()


def test_delete_of_a_protected_row_says_by_what(client, alice, bruno):
    client.force_login(alice)
    response = client.get(f"/test/operator/{bruno.organisation.pk}/delete/")
    way = f'<a href="/access/user/{bruno.pk}/">{bruno.get_full_name()}</a>'
    assert response.context["blocked"] == [f"1 user ({way})"]
    assert client.post(f"/test/operator/{bruno.organisation.pk}/delete/").status_code == 409
    assert Operator.objects.filter(pk=bruno.organisation.pk).exists()


def test_reference_data_is_the_houses_to_write(client, bruno):
    commune = CommuneFactory(name="Dole")
    client.force_login(bruno)
    assert client.get(f"/test/commune/{commune.pk}/").status_code == 200
    assert client.get("/test/commune/new/").status_code == 403
    assert (
        client.post(
            f"/test/commune/{commune.pk}/edit/", {"insee": "39198", "name": "Volée", "postal_codes": "39100"}
        ).status_code
        == 403
    )
    assert Commune.objects.get().name == "Dole"
