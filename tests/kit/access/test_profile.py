"""One's own account: password, second factor, sessions, forced first steps."""

import pyotp
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from chappe.kit.access.models import OpenSession, User
from chappe.kit.access.passwords import check_password_rules
from chappe.kit.access.secrets import decrypt
from chappe.kit.audit.models import AuditEntry
from tests.support import people

pytestmark = pytest.mark.django_db
NEW = "un-pigeon-et-trois-bras"


@pytest.fixture
def browser(client, bruno):
    client.post("/sign-in/", {"login": "bruno", "password": people.PASSWORD})
    return client


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("court", "password_too_short"), ("12345678901234", "password_entirely_numeric"),
        ("bruno@chappe.example", "password_too_similar"), ("qwertyuiopasdfghjkl", None), ("motdepasse-brunopetit", None),
        ("passwordpassword", None), ("x" * 11, "password_too_short"), ("1234567890123456", "password_entirely_numeric"),
    ],
)  # fmt: skip
def test_password_rules(bruno, password, code):
    try:
        check_password_rules(password, bruno)
    except ValidationError as error:
        assert code in {one.code for one in error.error_list}
    else:
        assert code is None


def test_profile_page_and_language(browser, bruno):
    page = browser.get("/profile/")
    assert page.status_code == 200
    assert "My profile" in page.content.decode()
    assert browser.post("/profile/", {"first_name": "B", "last_name": "P", "language": "fr"}).status_code == 302
    bruno.refresh_from_db()
    assert (bruno.first_name, bruno.last_name, bruno.language) == ("B", "P", "fr")
    assert AuditEntry.objects.get(verb="changed").changes == {
        "first_name": ["Bruno", "B"], "last_name": ["Petit", "P"], "language": ["en", "fr"],
    }  # fmt: skip


def test_profile_takes_no_other_field(browser, bruno):
    browser.post(
        "/profile/", {"first_name": "B", "last_name": "P", "language": "fr", "is_superuser": "on", "organisation": ""}
    )
    bruno.refresh_from_db()
    assert bruno.is_superuser is False
    assert bruno.organisation.name == "Altitel"


def test_changing_the_password_closes_the_other_sessions(browser, bruno):
    other = Client()
    other.post("/sign-in/", {"login": "bruno", "password": people.PASSWORD})
    answer = browser.post("/profile/password/", {"old": people.PASSWORD, "new": NEW, "again": NEW})
    assert answer.status_code == 302
    assert browser.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302
    assert [row.session_key for row in OpenSession.objects.all()] == [browser.session.session_key]
    assert User.objects.get(pk=bruno.pk).check_password(NEW)
    texts = str(list(AuditEntry.objects.values_list("changes", "params")))
    assert NEW not in texts and "argon2" not in texts and "md5$" not in texts


@pytest.mark.parametrize(
    "form", [
        {"old": "wrong", "new": NEW, "again": NEW},
        {"old": people.PASSWORD, "new": NEW, "again": NEW + "x"},
        {"old": people.PASSWORD, "new": "court", "again": "court"},
        {"old": people.PASSWORD, "new": people.PASSWORD, "again": people.PASSWORD},
    ],
)  # fmt: skip
def test_refused_passwords_change_nothing(browser, bruno, form):
    before = User.objects.get(pk=bruno.pk).password
    assert browser.post("/profile/password/", form).status_code == 422
    assert User.objects.get(pk=bruno.pk).password == before
    assert not AuditEntry.objects.filter(verb="access.password").exists()


def test_an_open_session_does_not_let_guess_the_password(browser, bruno):
    for _ in range(6):
        browser.post("/profile/password/", {"old": "wrong", "new": NEW, "again": NEW})
    page = browser.post("/profile/password/", {"old": people.PASSWORD, "new": NEW, "again": NEW})
    assert page.status_code == 422
    assert "Too many tries" in page.content.decode()


def test_a_given_password_must_be_changed_first(client, bruno):
    User.objects.filter(pk=bruno.pk).update(must_change_password=True)
    client.post("/sign-in/", {"login": "bruno", "password": people.PASSWORD})
    assert client.get("/healthz").url == "/profile/password/"
    assert client.get("/profile/password/").status_code == 200
    client.post("/profile/password/", {"old": people.PASSWORD, "new": NEW, "again": NEW})
    assert User.objects.get(pk=bruno.pk).must_change_password is False


def test_enrolment_on_the_page(browser, bruno):
    page = browser.get("/profile/second-factor/")
    assert "<svg" in page.content.decode()
    secret = decrypt(browser.session["access_totp_secret"])
    assert browser.session["access_totp_secret"] != secret
    assert browser.post("/profile/second-factor/", {"code": "000"}).status_code == 422
    assert User.objects.get(pk=bruno.pk).has_totp is False
    page = browser.post("/profile/second-factor/", {"code": pyotp.TOTP(secret).now()})
    assert page.status_code == 200
    assert len(page.context["codes"]) == 10
    bruno.refresh_from_db()
    assert bruno.has_totp and bruno.totp_secret == secret
    assert page.context["codes"][0] not in browser.get("/profile/").content.decode()
    assert browser.post("/profile/second-factor/off/", {"password": "wrong"}).status_code == 422
    assert User.objects.get(pk=bruno.pk).has_totp is True
    assert browser.post("/profile/second-factor/off/", {"password": people.PASSWORD}).status_code == 302
    bruno.refresh_from_db()
    assert bruno.has_totp is False
    assert bruno.totp_secret == "" and bruno.recovery_codes.count() == 0


def test_a_role_may_require_the_second_factor(client, bruno):
    bruno.roles.update(requires_totp=True)
    client.post("/sign-in/", {"login": "bruno", "password": people.PASSWORD})
    assert client.get("/healthz").url == "/profile/second-factor/"
    page = client.get("/profile/second-factor/")
    assert "requires a second factor" in page.content.decode()


def test_nobody_closes_anothers_session(browser, chloe):
    hers = Client()
    hers.post("/sign-in/", {"login": "chloe", "password": people.PASSWORD})
    row = OpenSession.objects.get(user=chloe)
    assert browser.post(f"/profile/sessions/{row.pk}/close/").status_code == 404
    assert hers.get("/profile/").status_code == 200


def test_own_sessions_are_closed_but_this_one(browser, bruno):
    other = Client()
    other.post("/sign-in/", {"login": "bruno", "password": people.PASSWORD})
    assert browser.post("/profile/sessions/close/").status_code == 302
    assert browser.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_no_query_more_on_the_second_page(browser, django_assert_max_num_queries):
    browser.get("/profile/")
    with django_assert_max_num_queries(9):
        browser.get("/profile/")
