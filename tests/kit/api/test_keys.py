"""Keys: made by who may, shown once, kept as a fingerprint, never back once revoked."""

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level
from chappe.kit.access.secrets import mask_secrets
from chappe.kit.api import secret, services
from chappe.kit.api.models import ApiKey
from chappe.kit.audit.models import AuditEntry
from tests.support.people import make_role

from .conftest import Api, in_days, make_key

pytestmark = pytest.mark.django_db
NEW = "/api/key/new/"
SHAPE = re.compile(r"chp_[a-z0-9]{8}_[A-Za-z0-9]{40}")


def made_on_page(client, **data):
    response = client.post(NEW, {"everything": "all", "name": "Facturation", **data})
    return response, SHAPE.search(response.content.decode())


def test_the_page_shows_the_key_once_and_keeps_only_its_fingerprint(client, alice):
    client.force_login(alice)
    response, found = made_on_page(client)
    assert (response.status_code, response["Cache-Control"].count("no-store")) == (201, 1)
    assert "cannot be found again" in response.content.decode()
    key = ApiKey.objects.get()
    assert (key.name, key.user, key.organisation_id) == ("Facturation", alice, None)
    assert found and found[0].startswith(f"chp_{key.prefix}_")
    whole = found[0]
    hidden = whole.split("_")[2]
    assert key.digest == secret.digest(whole) and len(key.digest) == 64
    assert all(hidden not in str(value) for value in ApiKey.objects.values_list()[0])
    for path in ("/api/key/", f"/api/key/{key.pk}/", f"/api/key/{key.pk}/edit/", f"/api/v1/api/key/{key.pk}/"):
        page = client.get(path)
        assert page.status_code == 200
        assert hidden not in page.content.decode() and key.digest not in page.content.decode()
    assert Api(whole).get("/api/v1/me/").json()["key"]["name"] == "Facturation"


def test_the_audit_trail_knows_the_key_without_its_secret(alice):
    key, text = services.create_key(actor=Actor(alice), data={"name": "ERP"})
    services.revoke_keys(actor=Actor(alice), objects=[key])
    entries = list(AuditEntry.objects.filter(object_pk=str(key.pk)).order_by("pk"))
    assert [entry.verb for entry in entries] == ["created", "api.made", "changed", "api.revoked"]
    told = " ".join(f"{e.changes}{e.params}{e.sentence('en')}" for e in entries)
    assert key.digest not in told and text.split("_")[2] not in told
    assert f"Alice Martin revoked API key “ERP” (chp_{key.prefix}_…)" in told


def test_a_name_is_mandatory_and_not_taken_twice(client, alice):
    client.force_login(alice)
    response, found = made_on_page(client, name="  ")
    assert (response.status_code, found, ApiKey.objects.count()) == (422, None, 0)
    assert made_on_page(client)[1] is not None
    response, found = made_on_page(client, name="facturation")  # the same form sent twice
    assert (response.status_code, found, ApiKey.objects.count()) == (422, None, 1)
    assert "Another key has this name" in response.content.decode()


def test_expiry_is_optional_and_to_come(alice):
    with pytest.raises(ValidationError, match="past"):
        services.create_key(actor=Actor(alice), data={"name": "a", "expires_at": in_days(-1)})
    assert ApiKey.objects.count() == 0
    assert services.create_key(actor=Actor(alice), data={"name": "a", "expires_at": in_days(2)})[0].expires_at


def test_only_administrators_of_the_api_make_revoke_and_delete_keys(client, bruno):
    key, _text = make_key(bruno)
    for levels in ({}, {"api": Level.READ}, {"api": Level.WRITE}):
        bruno.roles.set([make_role("R", levels | {"lexique": Level.READ})])
        bruno.forget_rights()
        client.force_login(bruno)
        assert client.get(NEW).status_code == 403
        assert made_on_page(client)[0].status_code == 403
        assert client.post(f"/api/key/{key.pk}/do/revoke/").status_code in {403, 404}
        assert client.post(f"/api/key/{key.pk}/delete/").status_code in {403, 404}
        with pytest.raises(PermissionDenied):
            services.create_key(actor=Actor(bruno), data={"name": "x"})
        with pytest.raises(PermissionDenied):
            services.revoke_keys(actor=Actor(bruno), objects=[key])
    key.refresh_from_db()
    assert (ApiKey.objects.count(), key.revoked_at) == (1, None)


def test_a_partner_sees_and_revokes_only_the_keys_of_its_organisation(client, partner_admin, chloe, alice):
    own, _t = make_key(partner_admin, "à nous")
    others = [make_key(chloe, "à Boréal")[0], make_key(alice, "à la maison")[0]]
    client.force_login(partner_admin)
    page = client.get("/api/key/").content.decode()
    assert "à nous" in page and "à Boréal" not in page and "à la maison" not in page
    for key in others:
        assert client.get(f"/api/key/{key.pk}/").status_code == 404
        assert client.post(f"/api/key/{key.pk}/do/revoke/").status_code == 404
        with pytest.raises(PermissionDenied):
            services.revoke_keys(actor=Actor(partner_admin), objects=[key])
    assert client.post(f"/api/key/{own.pk}/do/revoke/").status_code == 302
    assert set(ApiKey.objects.exclude(revoked_at=None)) == {own}
    with pytest.raises(PermissionDenied, match="own organisation"):
        services.create_key(actor=Actor(partner_admin), data={"name": "x", "user": chloe})


def test_nobody_makes_a_key_that_may_more_than_they_may(alice, admin, bruno):
    bruno.roles.set([make_role("Clés", {"api": Level.ADMIN, "lexique": Level.READ})])
    bruno.forget_rights()
    with pytest.raises(ValidationError, match="does not hold"):
        services.create_key(actor=Actor(bruno), data={"name": "x", "scopes": {"lexique": Level.WRITE}})
    alice.roles.set([make_role("Clés de la maison", {"api": Level.ADMIN})])
    alice.forget_rights()
    with pytest.raises(PermissionDenied, match="do not hold"):
        services.create_key(actor=Actor(alice), data={"name": "x", "user": admin})
    with pytest.raises(ValidationError, match="no area"):
        services.create_key(actor=Actor(admin), data={"name": "x", "scopes": {"lune": 1}})
    assert ApiKey.objects.count() == 0


def test_a_key_on_anothers_account_is_fixed_to_the_rights_of_that_moment(admin, bruno):
    key, _t = services.create_key(actor=Actor(admin), data={"name": "x", "user": bruno})
    assert key.scopes == bruno.rights
    assert key.organisation == bruno.organisation


def test_a_revoked_key_never_comes_back(client, alice):
    key, text = make_key(alice)
    assert Api(text).get("/api/v1/me/").status_code == 200
    client.force_login(alice)
    assert "cannot be put back" in client.get(f"/api/key/{key.pk}/do/revoke/").content.decode()
    assert client.post(f"/api/key/{key.pk}/do/revoke/").status_code == 302
    key.refresh_from_db()
    moment = key.revoked_at
    assert moment is not None
    assert Api(text).get("/api/v1/me/").json()["code"] == "key_revoked"
    with pytest.raises(ValidationError, match="revoked"):
        services.update_key(actor=Actor(alice), object=key, data={"name": "autre"})
    assert services.revoke_keys(actor=Actor(alice), objects=[key]) == 0
    for change in ({"revoked_at": None}, {"revoked_at": timezone.now()}):
        with pytest.raises(IntegrityError, match="revoked"), transaction.atomic():
            ApiKey.objects.filter(pk=key.pk).update(**change)
    key.refresh_from_db()
    assert (key.revoked_at, key.name) == (moment, "ERP")
    assert Api(text).get("/api/v1/me/").status_code == 401


def test_a_key_never_changes_its_account(alice, bruno):
    key, _t = make_key(bruno)
    with pytest.raises(IntegrityError, match="account"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(user=alice)


def test_edit_renames_and_brings_the_expiry_nearer_but_only_an_administrator_prolongs(bruno):
    bruno.roles.set([make_role("R", {"api": Level.WRITE})])
    bruno.forget_rights()
    key, _t = make_key(bruno, expires_at=in_days(10))
    services.update_key(actor=Actor(bruno), object=key, data={"name": "Autre", "expires_at": in_days(5)})
    for data in ({"expires_at": in_days(20)}, {"expires_at": None}, {"read_only": True}, {"networks": "192.0.2.0/24"}):
        with pytest.raises(PermissionDenied):
            services.update_key(actor=Actor(bruno), object=key, data=data)
    key.refresh_from_db()
    assert (key.name, key.read_only, key.networks) == ("Autre", False, "")
    assert key.expires_at < in_days(6)
    services.update_key(actor=Actor.system("x"), object=key, data={"expires_at": None})
    key.refresh_from_db()
    assert key.expires_at is None


def test_the_edit_form_of_the_page(client, alice):
    key, _t = make_key(alice)
    client.force_login(alice)
    response = client.post(
        f"/api/key/{key.pk}/edit/", {"name": "Neuf", "expires_at": "2099-01-01T00:00", "networks": "pas un réseau"}
    )
    assert response.status_code == 422 and "neither an address nor a network" in response.content.decode()
    assert client.post(f"/api/key/{key.pk}/edit/", {"name": "Neuf", "networks": "192.0.2.0/24"}).status_code == 302
    key.refresh_from_db()
    assert (key.name, key.networks) == ("Neuf", "192.0.2.0/24")


def test_the_list_filters_on_name_created_expires_and_revoked(client, alice):
    make_key(alice, "Un")
    make_key(alice, "Deux", expires_at=in_days(3))
    stopped, _t = make_key(alice, "Trois")
    services.revoke_keys(actor=Actor(alice), objects=[stopped])
    old, _t = make_key(alice, "Passée", expires_at=in_days(1))
    ApiKey.objects.filter(pk=old.pk).update(created_at=in_days(-40), expires_at=in_days(-1))
    client.force_login(alice)

    def names(query):
        return {row["name"] for row in client.get(f"/api/v1/api/key/?{query}").json()["results"]}

    day = in_days(2).date().isoformat()
    assert names("") == {"Un", "Deux"}
    assert names("scope=expired") == {"Passée"}
    assert names("scope=revoked") == {"Trois"} == names("scope=all&revoked=true")
    assert names("scope=all&revoked=false") == {"Un", "Deux", "Passée"}
    assert names("scope=all&name=deu") == {"Deux"}
    assert names(f"scope=all&expires_from={day}") == {"Deux"}
    assert names(f"scope=all&created_to={in_days(-30).date()}") == {"Passée"}
    row = client.get("/api/v1/api/key/?scope=expired").json()["results"][0]
    assert (row["state"], row["revoked"]) == ("expired", False)
    for query in ("", "?scope=revoked", "?scope=all&revoked=true&name=o"):
        assert client.get(f"/api/key/{query}").status_code == 200


def test_the_matrix_of_the_form_narrows_the_key(client, alice):
    client.force_login(alice)
    response, found = made_on_page(client, everything="some")
    assert (response.status_code, found) == (422, None)
    response, found = made_on_page(client, everything="some", scope_lexique=str(int(Level.READ)), user=alice.pk)
    assert (response.status_code, ApiKey.objects.get().scopes) == (201, {"lexique": 1})
    assert Api(found[0]).get("/api/v1/me/").json()["rights"] == {"lexique": "read"}


def test_no_key_is_made_by_the_api(as_alice):
    before = ApiKey.objects.count()
    assert as_alice.post("/api/v1/api/key/", {"name": "x"}).status_code == 405
    assert ApiKey.objects.count() == before


def test_a_key_is_masked_in_logs(alice):
    _key, text = make_key(alice)
    event = {"event": f"refused {text}", "authorization": f"Bearer {text}"}
    assert text.split("_")[2] not in str(mask_secrets(None, "info", event))


def test_a_closed_account_and_a_deleted_key(client, alice, bruno):
    key, text = make_key(bruno)
    client.force_login(alice)
    assert client.post(f"/api/key/{key.pk}/delete/").status_code == 302
    assert not ApiKey.objects.exists()
    assert Api(text).get("/api/v1/me/").json()["code"] == "key_unknown"
    assert AuditEntry.objects.filter(verb="deleted", object_pk=str(key.pk)).count() == 1
