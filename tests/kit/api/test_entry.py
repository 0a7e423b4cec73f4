"""At the door of the API: who is let in, with which rights, how often."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from chappe.apps.parties.models import Contact
from chappe.kit.access.door import Level, may, visible_to
from chappe.kit.api import limits
from chappe.kit.api.models import ApiKey, KeyHolder, KeyMeter
from tests.support.people import ContactFactory, make_role

from .conftest import CONTACTS, Api, in_days, make_key

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


@pytest.mark.parametrize("header", ["bearer", "x"])
def test_both_headers_open(alice, header):
    assert Api(make_key(alice)[1], header).get(ME).json()["account"]["username"] == "alice"


def test_without_a_key_401_in_one_shape_and_in_the_readers_language(db):
    response = Api().get(ME)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="Chappe"')
    assert response.json() == {
        "code": "not_authenticated",
        "message": "Send a key in the header Authorization: Bearer …",
        "fields": {},
    }
    french = Api().get(ME, **{"Accept-Language": "fr"}).json()["message"]
    assert french == "Envoyez une clé dans l’en-tête Authorization: Bearer …"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"expires_at": in_days(-1)}, "key_expired"),
        ({"revoked_at": in_days(-1)}, "key_revoked"),
        ({"networks": "192.0.2.0/24"}, "address_refused"),
    ],
)
def test_a_key_that_does_not_open_says_why(alice, change, code):
    key, text = make_key(alice)
    ApiKey.objects.filter(pk=key.pk).update(**change)
    response = Api(text).get(ME)
    assert (response.status_code, response.json()["code"]) == (401, code)
    assert response.json()["message"].endswith(".")


def test_an_altered_or_unknown_key_is_refused(alice):
    _key, text = make_key(alice)
    for wrong in (text[:-1], text[:-1] + ("a" if text[-1] != "a" else "b"), "chp_aaaaaaaa_" + "a" * 40, "é", ""):
        response = Api(wrong or " ").get(ME) if wrong else Api().client.get(ME, headers={"X-API-Key": ""})
        assert (response.status_code, response.json()["code"]) == (401, "key_unknown")


def test_a_bad_key_is_not_saved_by_a_session(client, alice):
    client.force_login(alice)
    assert client.get(ME).status_code == 200
    assert client.get(ME, headers={"X-API-Key": "chp_x"}).status_code == 401


def test_a_closed_or_moved_account_is_refused(bruno, chloe):
    key, text = make_key(bruno)
    bruno.is_active = False
    bruno.save()
    assert Api(text).get(ME).json()["code"] == "account_closed"
    bruno.is_active, bruno.organisation = True, chloe.organisation
    bruno.save()
    assert (Api(text).get(ME).status_code, Api(text).get(ME).json()["code"]) == (401, "account_moved")
    assert key.organisation != chloe.organisation


def test_networks_let_in_whom_they_name(alice):
    _key, text = make_key(alice, networks="127.0.0.0/8, 2001:db8::/32")
    assert Api(text).get(ME).status_code == 200


@override_settings(SECRET_KEY="nouvelle", SECRET_KEY_FALLBACKS=[])
def test_the_fingerprint_depends_on_the_secret_key(settings, alice):
    _key, text = make_key(alice)
    settings.SECRET_KEY = "plus nouvelle"
    assert Api(text).get(ME).status_code == 401
    settings.SECRET_KEY_FALLBACKS = ["nouvelle"]
    assert Api(text).get(ME).status_code == 200


def test_a_session_needs_the_csrf_token_to_write(alice, bruno):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    body = {"data": {"operator": bruno.organisation.pk, "last_name": "X"}, "content_type": "application/json"}
    assert client.get(CONTACTS).status_code == 200
    assert client.post(CONTACTS, **body).status_code == 403
    assert Contact.objects.count() == 0
    client.get("/api/v1/docs/")
    token = client.cookies["csrftoken"].value
    assert client.post(CONTACTS, headers={"X-CSRFToken": token}, **body).status_code == 201


def test_a_key_does_not_open_the_pages(alice):
    response = Api(make_key(alice)[1]).get("/test/contact/")
    assert (response.status_code, response["Location"].startswith("/sign-in/")) == (302, True)


def test_the_key_never_may_more_than_its_account_at_this_moment(bruno, as_bruno):
    ContactFactory(operator=bruno.organisation)
    assert as_bruno.get(CONTACTS).json()["count"] == 1
    bruno.roles.clear()
    response = as_bruno.get(CONTACTS)
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


def test_scopes_and_read_only_narrow_the_one_door(admin, alice, bruno):
    contact = ContactFactory(operator=bruno.organisation, last_name="Durand")
    for user, data, levels in [
        (admin, {"scopes": {"lexique": 2}}, {"lexique": 2}),
        (admin, {"read_only": True, "scopes": {"lexique": 3, "api": 2}}, {"lexique": 1, "api": 1}),
        (alice, {"scopes": {"lexique": 1}}, {"lexique": 1}),
    ]:
        key, text = make_key(user, f"{user} {data}", **data)
        holder = KeyHolder.of(ApiKey.objects.select_related("user").get(pk=key.pk))
        assert holder.rights == levels
        assert not holder.is_superuser
        assert may(holder, "lexique", levels["lexique"]) and not may(holder, "lexique", levels["lexique"] + 1)
        assert not may(holder, "journal") and not visible_to(holder, get_user_model()).exists()
        holder.refresh_from_db()
        assert (holder.rights, holder.is_superuser) == (levels, False)
        api = Api(text)
        assert api.get(CONTACTS).json()["count"] == 1
        assert api.get("/api/v1/access/user/").status_code == 403
        expected = 200 if levels["lexique"] >= Level.WRITE else 403
        assert api.patch(f"{CONTACTS}{contact.pk}/", {"last_name": f"N{expected}"}).status_code == expected
        assert api.delete(f"{CONTACTS}{contact.pk}/").status_code == 403
    contact.refresh_from_db()
    assert contact.last_name == "N200"


def test_a_whole_key_of_the_administrator_holds_every_right(admin):
    key, _t = make_key(admin)
    holder = KeyHolder.of(key)
    assert holder.is_superuser and may(holder, "journal", Level.ADMIN)


def test_the_account_behind_a_key_is_never_saved(admin):
    holder = KeyHolder.of(make_key(admin, read_only=True)[0])
    with pytest.raises(RuntimeError):
        holder.save()
    with pytest.raises(RuntimeError):
        holder.delete()
    admin.refresh_from_db()
    assert admin.is_superuser


def test_a_wider_scope_than_the_rights_of_now_gives_nothing_more(bruno):
    key, text = make_key(bruno, scopes={"lexique": 2})
    bruno.roles.set([make_role("Moins", {"lexique": Level.READ})])
    assert Api(text).get(ME).json()["rights"] == {"lexique": "read"}
    assert key.scopes == {"lexique": 2}


def test_last_use_is_written_once_a_minute_and_every_request_is_counted(alice):
    key, _t = make_key(alice)
    for at in (600.0, 601.0, 659.0):
        assert limits.spend(key, "192.0.2.7", now=at).allowed
    key.refresh_from_db()
    first = key.last_used_at
    assert (first is not None, key.last_used_from) == (True, "192.0.2.7")
    limits.spend(key, "192.0.2.8", now=659.5)
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_from) == (first, "192.0.2.7")
    limits.spend(key, "192.0.2.8", now=660.0)
    key.refresh_from_db()
    assert (key.last_used_from, key.meter.total, key.meter.count) == ("192.0.2.8", 5, 1)


def test_429_with_retry_after_then_the_next_minute_opens(alice, monkeypatch):
    _key, text = make_key(alice, rate_per_minute=2)
    other = Api(make_key(alice, "autre")[1])
    monkeypatch.setattr(limits.time, "time", lambda: 6_000_010.0)
    api = Api(text)
    assert [api.get(ME)["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
    response = api.get(ME)
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 61
    assert other.get(ME).status_code == 200
    monkeypatch.setattr(limits.time, "time", lambda: 6_000_010.0 + 60)
    assert api.get(ME).status_code == 200
    assert other.get(ME).json()["key"]["rate"]["per_minute"] == 600


def test_the_usual_limit_is_a_setting(alice, monkeypatch):
    monkeypatch.setenv("CHAPPE_API_RATE_PER_MINUTE", "7")
    assert Api(make_key(alice)[1]).get(ME)["X-RateLimit-Limit"] == "7"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_pass_the_limit(alice):
    key, _t = make_key(alice, rate_per_minute=10)
    found, start = [], threading.Barrier(4)

    def run():
        try:
            start.wait()
            for _ in range(6):
                found.append(limits.spend(key, None, now=6000.0).allowed)  # noqa: PERF401 - one by one, between threads
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (len(found), sum(found)) == (24, 10)
    assert KeyMeter.objects.get().count == 10
